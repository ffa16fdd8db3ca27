"""What says where a request comes from, and where it leads to afterwards: what can't be parsed is never a 5xx."""

from contextlib import suppress
from copy import copy
from itertools import cycle, product
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.urls import NoReverseMatch, reverse

from tests.assertions import undone
from tests.client import browser
from tests.web.endpoints import ALLAUTH, NAMES, address_of, routes

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST")
UNPARSABLE = {
    "host": "http://[",
    "no scheme": "//[",
    "half an IPv6": "http://[::1",
    "no IPv6": "http://[x]/",
    "no port": "http://testserver:port/",
    "forbidden": "http://a\u2100b/",  # with this, urlsplit refuses a host's name
    "script": "javascript:alert(1)",
    "long": "http://[" + "x" * 3000,
    "nul": "/\0",
    "surrogate": "%ED%A0%80",
    "bytes": "%FF%FE",
}


def every_address(registry):
    """The addresses of all pages: ours and allauth's with what they name there, and those of Django's admin."""
    found = [address_of(name, registry) for name in NAMES]
    for name in sorted({name for name, _ in routes() if name.startswith("admin:") and name != "admin:None"}):
        arguments = [] if name.endswith(("_add", "_changelist")) or "_" not in name else [registry.pk]
        with suppress(NoReverseMatch):
            found.append(reverse(name, args=arguments))
    assert len(found) > 130
    return found


def failures(user, cases, **headers):
    """Those of `cases` (address, method, text) that end in a 5xx, for `user` with `text` wherever an address can be."""
    client, failed, form = browser(user), [], "application/x-www-form-urlencoded"
    signed_in = copy(client.cookies)
    for address, method, text in cases:
        client.cookies = copy(signed_in)
        cache.clear()  # so many refused posts would be limited
        query = "next=" + (text if text.startswith("%") else quote(text))
        headers |= {"referer": text, "hx-current-url": text}
        with undone():
            response = client.generic(method, f"{address}?{query}", query, form, headers=headers)
        failed += [(address, method, text, response.status_code)] if response.status_code >= 500 else []
    return failed


HTMX = {"hx-request": "true"}


@pytest.mark.parametrize("person, headers", [("nobody", {}), ("nobody", HTMX), ("org-admin", {}), ("staff", {})])
def test_an_address_that_can_not_be_parsed_is_no_servers_fault(world, person, headers):
    pages = product(every_address(world.golden), METHODS)
    cases = [(*page, text) for page, text in zip(pages, cycle(UNPARSABLE.values()), strict=False)]
    assert failures(world.people[person], cases, **headers) == []


@pytest.mark.parametrize("text", UNPARSABLE.values(), ids=UNPARSABLE)
def test_signing_in_and_out_leads_to_no_address_that_can_not_be_parsed(world, text):
    pages = [address_of(name, world.golden) for name in NAMES if name.startswith(ALLAUTH)]
    cases = [(*page, text) for page in product(["/", *pages], METHODS)]
    assert failures(None, cases) == failures(None, cases, **HTMX) == []
    assert failures(world.ada, cases) == []
