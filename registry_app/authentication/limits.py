"""Limits on tries that are reached: the answer is 429 (see middleware.py), with one entry in the audit log."""

import logging
import math
import time
from typing import Any, NamedTuple

from allauth.core.internal.httpkit import get_client_ip
from allauth.core.internal.ratelimit import truncate_ip
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest

from ..choices import Action, Target
from ..models import Actor, User
from ..models.event import AuditTarget, record

MINUTE = 60  # seconds
logger = logging.getLogger(__name__)


class Limit(NamedTuple):
    """A limit that a request has reached.

    `action` is its action in the log, `key` what it counts by, `window` its length in seconds, `until` the time (of
    time.time) when it ends. `tries` is their number (0: not known), `account` the account that was tried, or None.
    """

    action: Action
    key: str
    window: int
    until: float
    tries: int = 0
    account: User | None = None

    @property
    def wait(self) -> int:
        """The seconds until the limit ends, at least 1."""
        return max(1, math.ceil(self.until - time.time()))


class Request(HttpRequest):
    """A request as the middleware leaves it: with an id, its user, and the limit that it has reached, if one."""

    id: str
    user: User
    limit: Limit
    _login_stage: Any  # of allauth, while a second factor is asked for


def address_of(request: HttpRequest) -> str:
    """The IP address of a request, as limits count it (the network for IPv6); "" if there is none."""
    return truncate_ip(get_client_ip(request) or "")


def reach(request: Request, limit: Limit) -> None:
    """Set `request.limit`, and log that `limit` is reached: once in its window.

    The entry contains the page and the number of tries, but neither address nor input. The site's log has the address
    under the same request id.
    """
    request.limit = limit
    if not cache.add(f"limit-logged:{limit.key}", value=True, timeout=limit.window):
        return
    logger.warning("A limit of tries is reached, from %s.", address_of(request), extra={"request": request})
    page = request.resolver_match.view_name if request.resolver_match else ""  # an address may hold a secret
    changes: dict[str, list] = {"page": [None, page]}
    changes |= {"tries": [None, limit.tries]} if limit.tries else {}
    user = request.user if request.user.is_authenticated else None
    target = limit.account or AuditTarget(Target.SITE, None, page)
    with transaction.atomic():
        record(Actor(user, request.id), limit.action, target, changes)
