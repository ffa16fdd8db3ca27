"""Pages of long lists: forwards and backwards they show every row once; a cursor that no page gave out is a 400."""

import json
from base64 import urlsafe_b64encode

import pytest
from django.utils import timezone

from tests.client import browser, many, names
from tests.factories import make_registry


def turned(client, address, cursor, query):
    """Each page from `query` on, by following its `cursor` (`before` or `after`) to the end."""
    while True:
        response = client.get(address, query)
        yield response
        following = getattr(response.context["page"], cursor)
        if following is None:
            return
        query = {"sort": query["sort"], cursor: following}


@pytest.mark.parametrize("sort", ["name", "-name", "updated", "-updated"])
def test_paging_shows_the_whole_list_in_order_forwards_and_backwards(acme, ada, sort):
    many(acme, 61, updated_at=timezone.now())  # all at once: only their ids tell them apart
    for name in ("zebra", "Äpfel", "apple", "数据", "Shelf 0030b"):
        make_registry(acme, ada, name)
    column = {"name": ["name_key"], "updated": ["updated_at", "id"]}[sort.removeprefix("-")]
    whole = list(acme.registries.custom().order_by(*column).values_list("name", flat=True))
    if sort.startswith("-"):
        whole.reverse()
    client, address = browser(ada), f"{acme.get_absolute_url()}registries/"
    forwards = list(turned(client, address, "after", {"sort": sort}))
    assert [name for page in forwards for name in names(page)] == whole
    assert [len(names(page)) for page in forwards] == [25, 25, 16]
    last = {"sort": sort, "before": forwards[-1].context["page"].before}
    backwards = list(turned(client, address, "before", last))
    assert [names(page) for page in reversed(backwards)] == [names(page) for page in forwards[:-1]]


def cursor(value):
    """A cursor that says `value`."""
    return urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode().rstrip("=")


NOW = "2026-01-01T00:00:00+00:00"
CURSORS = [
    "0",
    "-1",
    "1000000000",
    "x",
    "é",
    "=",
    "a" * 2001,
    *map(cursor, [None, 1, "a", {}, [], [None], [1.5], [[]], ["a", "b"], ["a"] * 100, [{"a": 1}], ["a\0b"]]),
    cursor(b"\xff"),
    cursor(b"[" * 1400),
    cursor(b'["\\ud800"]'),
    cursor(b"[1e999]"),
]
TIMED_CURSORS = [
    *CURSORS,
    *map(
        cursor,
        [
            ["a"],
            [NOW],
            [NOW, 10**300],
            ["x", 1],
            [1, 1],
            [NOW, "x"],
            [NOW, NOW],
            ["", 1],
            ["0000-00-00T00:00:00+00:00", 1],
            ["2026-01-01T00:00:00+99:99", 1],
            [NOW, "1\0"],
            ["2026-01-01T00:00:00", 1],
            ["0001-01-01T00:00:00+10:00", 5],
            ["9999-12-31T23:59:59-10:00", 5],
        ],
    ),
]


@pytest.mark.parametrize("where", ["after", "before"])
def test_a_cursor_that_no_page_gave_out(acme, ada, golden, where):
    client, answers = browser(ada), {}
    for sort, cursors in (
        ("name", CURSORS),
        ("-name", CURSORS),
        ("updated", TIMED_CURSORS),
        ("-updated", TIMED_CURSORS),
    ):
        for value in cursors:
            answers[sort, value[:30]] = client.get(
                f"{acme.get_absolute_url()}registries/", {"sort": sort, where: value}
            ).status_code
    assert {key: status for key, status in answers.items() if status != 400} == {}


def test_a_cursor_far_away_is_a_page_with_nothing_on_it(acme, ada, golden):
    for value in ([f"{'z' * 400}"], ["\U0010ffff"]):
        response = browser(ada).get(f"{acme.get_absolute_url()}registries/", {"after": cursor(value)})
        assert (response.status_code, response.context["rows"]) == (200, [])
    for value in (["9999-12-31T23:59:59+00:00", 10**18], ["9999-12-31T23:59:59.999999+00:00", 1]):
        response = browser(ada).get(
            f"{acme.get_absolute_url()}registries/", {"after": cursor(value), "sort": "updated"}
        )
        assert (response.status_code, response.context["rows"]) == (200, [])
