"""What a provider says of a person (its claims), read with care: any claim may be missing, or of any type."""

import math
import unicodedata
from typing import Any

TEXT = {"name", "given_name", "family_name", "preferred_username", "nickname", "picture"}
OF_EMAIL = {"email", "email_verified", "xms_edov"}
STATEMENTS = ("email_verified", "xms_edov")  # that the address is the person's; the second is what Entra calls it
TEXT_LENGTH, ID_LENGTH = 1000, 191  # characters; the second is that of allauth's column
DEPTH = 20  # of lists and objects in each other; what is deeper is left out


def merge(userinfo: dict[str, Any], id_token: dict[str, Any], *, vouched: bool) -> dict[str, Any]:
    """The claims of both, those of `userinfo` first. Texts are clean, and `email_verified` is true or false.

    `vouched`: the operator vouches for addresses of which the provider says nothing. Where the two name different
    addresses, what the ID token says of its own doesn't count.
    """
    one, other = _key(userinfo.get("email")), _key(id_token.get("email"))
    if one and other and one != other:
        id_token = {name: value for name, value in id_token.items() if name not in OF_EMAIL}
    said = {**id_token, **{name: value for name, value in userinfo.items() if value is not None}}
    texts = {name: _clean(said[name]) for name in TEXT & said.keys()} | {"email": _email(said.get("email"))}
    kept = storable({name: value for name, value in said.items() if name not in texts})
    shown = {name: text for name, text in texts.items() if text}
    return {**kept, **shown, "email_verified": _is_verified(said, vouched=vouched)}


def subject(said: dict[str, Any]) -> str | None:
    """The provider's id of the person, if it is one."""
    value = said.get("sub")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.isprintable() or not value.strip() or len(value) > ID_LENGTH:
        return None
    return value


def names(said: dict[str, Any]) -> dict[str, str]:
    """First and last name, as the fields of an account; "" for what the provider doesn't say."""
    first, _, last = said.get("name", "").partition(" ")
    return {"first_name": said.get("given_name") or first, "last_name": said.get("family_name") or last}


def storable(value: Any, depth: int = 0) -> Any:
    """`value` (JSON), without what a database refuses: NUL, halves of characters, numbers that are none.

    What is refused in a text becomes U+FFFD, so that two texts stay different.
    """
    if isinstance(value, str):
        return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, dict | list):
        return value
    if depth == DEPTH:
        return None
    if isinstance(value, list):
        return [storable(each, depth + 1) for each in value]
    return {storable(name): storable(each, depth + 1) for name, each in value.items()}


def _is_verified(said, *, vouched):
    stated = [said[name] for name in STATEMENTS if said.get(name) is not None]
    return all(map(_is_yes, stated)) if stated else vouched


def _is_yes(value):
    """Whether it means yes. Some providers say it as a text or a number."""
    return value.strip().lower() in {"true", "1"} if isinstance(value, str) else value == 1


def _key(email):
    return email.strip().casefold() if isinstance(email, str) else None


def _email(value):
    """An address as it is: what would have to be changed first may be somebody else's then. "" for what is none."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text.isprintable() and unicodedata.normalize("NFKC", text) == text else ""


def _clean(value):
    """A text in one line, without characters that can't be seen; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    seen = (char if char.isprintable() else " " if char.isspace() else "" for char in value[:TEXT_LENGTH])
    return " ".join("".join(seen).split())
