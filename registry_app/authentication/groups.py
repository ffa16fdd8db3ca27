"""Groups of the identity provider: which ones a person is in, and what follows from that at each sign-in."""

import json
from collections.abc import Iterable
from typing import Any

from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.db import DatabaseError

from ..models import Actor, User, follow_groups
from ..models.event import ACTOR_LENGTH
from ..models.group_role import provider_name
from .limits import Request

NAMES = ("name", "display", "displayName", "value", "id")  # where an object of a list says what it is, the first counts
SOURCES = ("userinfo", "id_token")  # the claims of both merged, and of the ID token alone; the first with groups counts


def groups_of(claims: Any, path: str) -> frozenset[str] | None:
    """The groups that the claim `path` names, trimmed; None where it says nothing of groups.

    A dot leads into an object. The claim is a list of texts or objects, or one text: JSON, or names with commas or
    white space between them. What isn't a name in a list is left out.
    """
    value = _claim(claims, path)
    if isinstance(value, str):
        value = _read(value)
    if isinstance(value, dict):
        value = [value] if _name(value) else None
    if not isinstance(value, list):
        return None
    return frozenset(name for name in map(_name, value) if name)


def _claim(claims: Any, path: str) -> Any:
    """The value at `path`: of a claim of just this name, else of one inside the objects that its parts name."""
    if not isinstance(claims, dict):
        return None
    if path in claims:
        return claims[path]
    parts = path.split(".")
    heads = ((".".join(parts[:end]), ".".join(parts[end:])) for end in range(1, len(parts)))
    found = (_claim(claims[head], rest) for head, rest in heads if head in claims)
    return next((value for value in found if value is not None), None)


def _read(text: str) -> Any:
    """A claim that is one text: JSON of a list, an object or a text, else the names in it."""
    if text.lstrip()[:1] in ("[", "{", '"'):
        try:
            value = json.loads(text)
            return [value] if isinstance(value, str) else value
        except (ValueError, RecursionError):
            pass
    return text.split(",") if "," in text else text.split()


def _name(value: Any) -> str:
    """The name of one group; "" for what names none."""
    if isinstance(value, dict):
        value = next((value[key] for key in NAMES if isinstance(value.get(key), str)), None)
    return value.strip() if isinstance(value, str) else ""


def follow_on_sign_in(
    sender: Any, request: Request, user: User, sociallogin: SocialLogin | None = None, **_: Any
) -> None:
    """A handler of sign-ins: where the provider says which groups a person is in, let what is mapped to them follow."""
    if sociallogin is None:
        return
    said = sociallogin.account.extra_data
    groups = _first(groups_of(said.get(source), settings.GROUPS_CLAIM) for source in SOURCES)
    if groups is not None:
        provider = sociallogin.account.provider
        known_as = f"{user.username} through groups of {provider_name(provider)}"[:ACTOR_LENGTH]
        try:
            follow_groups(user, groups, provider, Actor(None, request.id, staff=True, known_as=known_as))
        except DatabaseError:
            request.session.flush()  # nobody comes in with what a group gave before
            raise


def _first(values: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    return next((value for value in values if value is not None), None)
