"""References: texts that name one thing, such as `Models/Churn:v1`, a digest, an address or a run. No query."""

import re
from typing import NamedTuple

from .. import rules

WANDB_PREFIX = "wandb-registry-"  # how the wandb client begins the name of a registry
DIGEST = re.compile(r"([a-z][a-z0-9-]{0,39}:)?([0-9a-f]{8,128})")  # 8: a shorter text is rather a word
AFTER_HEX = "g"  # follows each hexadecimal digit in the order of every database


class Place(NamedTuple):
    """A place in registries: keys of the names of a registry (None: any) and a collection, and an alias or None.

    `organization` is what the text calls the organization, as a key; None where it says nothing of it.
    """

    organization: str | None
    registry: str | None
    collection: str
    alias: str | None


class Reference(NamedTuple):
    """What a text may name. `is_word`: it may as well be a word, for it has neither a colon nor a slash."""

    places: tuple[Place, ...] = ()
    sources: tuple[tuple[str, str, str, int], ...] = ()  # as `rules.parse_path` gives them
    digests: tuple[str, ...] = ()
    digest_start: str = ""
    uris: tuple[str, ...] = ()
    run: str = ""
    is_word: bool = False


def read_reference(text: str) -> Reference:
    """What `text`, as it was typed or pasted, may name. Names with spaces may have quotes around them."""
    text = rules.clean_name(text)
    if not 1 <= len(text) <= rules.URI_LENGTH or "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        return Reference()
    readings = list(dict.fromkeys([text, text.removeprefix('"').removesuffix('"').strip(), text.replace('"', "")]))
    places = [place for reading in readings for place in _places(reading)]
    sources = filter(None, map(rules.parse_path, readings))
    bare = readings[-1].strip()
    return Reference(
        tuple(dict.fromkeys(places)),
        tuple(dict.fromkeys(sources)),
        tuple(dict.fromkeys([bare, bare.lower()])) if len(bare) <= rules.DIGEST_LENGTH and ":" in bare else (),
        _digest_start(bare.lower()),
        _uris(bare),
        bare if len(bare) <= rules.LABEL_LENGTH else "",
        not any(sign in text for sign in ":/"),
    )


def _places(text):
    """The Places that `text` may name: `registry/collection:alias`, also after an organization or wandb's entity."""
    *path, last = [part.strip() for part in text.split("/")]
    collection, colon, alias = last.rpartition(":")
    if len(path) > 2 or not all(path) or not (path or colon):
        return
    organization, registry = ([None, None, *map(rules.name_key, path)])[-2:]
    if registry and registry.startswith(WANDB_PREFIX):
        organization, registry = None, registry.removeprefix(WANDB_PREFIX)  # before it stands any entity
    names = [(collection.strip(), alias.strip())] if colon else []
    for name, label in [*names, (last, None)] if path else names:
        if rules.may_be_stored(name) and (label is None or rules.may_be_stored(label)):
            yield Place(organization, registry, rules.name_key(name), label)


def _digest_start(text):
    """The beginning of a digest in small letters, or "". Without a kind it is that of a SHA-256."""
    found = DIGEST.fullmatch(text)
    return (found[1] or "sha256:") + found[2] if found else ""


def _uris(text):
    """The address as it is and with or without a slash at its end; () if `text` is no address."""
    if "/" not in text or rules.refuse_uri(text):
        return ()
    return text, text.removesuffix("/") if text.endswith("/") else f"{text}/"
