"""Checks that the site can live below the path of its address."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.urls import get_resolver

NOT_ROUTED = {"healthz", "readyz", "static"}  # what middleware answers


def check_prefix(**kwargs: Any) -> list[CheckMessage]:
    """An error if the path begins like addresses of the site: a proxy may strip it, and the two would look alike."""
    first = (settings.FORCE_SCRIPT_NAME or "/").split("/")[1]
    if first not in {*_first_parts(get_resolver().url_patterns)} | NOT_ROUTED:
        return []
    return [Error(f"REGISTRY_URL: its path can't begin with /{first}, as addresses do here.", id="registry_app.E001")]


def _first_parts(patterns: Iterable[Any]) -> Iterator[str]:
    """How addresses begin, up to their first slash."""
    for pattern in patterns:
        part = str(pattern.pattern).removeprefix("^").partition("/")[0]
        if part:
            yield part
        elif hasattr(pattern, "url_patterns"):
            yield from _first_parts(pattern.url_patterns)
