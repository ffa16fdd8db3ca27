"""The site's log: what anybody sends can't write a line of its own."""

import io
import logging
import re
from copy import deepcopy
from logging.config import DictConfigurator
from urllib.parse import quote

import pytest
from django.conf import settings

from tests.client import browser

ENTRY = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ \S+ \[[0-9a-f-]+\] ")
FORGED = "2026-01-01 00:00:00,000 ERROR forged [-] "
BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


@pytest.fixture
def log():
    """What the site's log gets, formatted as configured."""
    made = DictConfigurator(deepcopy(settings.LOGGING))
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(made.configure_formatter(made.config["formatters"]["line"]))
    handler.addFilter(made.configure_filter(made.config["filters"]["request_id"]))
    loggers = [logging.getLogger(), logging.getLogger("django")]
    for logger in loggers:
        logger.addHandler(handler)
    yield stream
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.mark.parametrize("text", BREAKS)
def test_no_address_writes_a_line_of_its_own(acme, ada, log, text):
    browser(ada).get(f"/orgs/{acme.slug}/audit/", {"action": f"{text}{FORGED}"})
    browser(ada).get(f"/orgs/{acme.slug}/no/{quote(text + FORGED)}/such page\x1b[2J")
    lines = log.getvalue().splitlines()
    entries = [line for line in lines if not line.startswith("    ")]
    assert len(entries) == 2
    assert all(ENTRY.match(line) and "ERROR forged" in line for line in entries)
    assert all(line.isprintable() for line in lines)


def test_no_error_writes_a_line_of_its_own(log):
    try:
        raise ValueError(f"what was sent: \n{FORGED}\x1b[2J\u202e")
    except ValueError:
        logging.getLogger("django.request").exception("Failed:\n%s", FORGED, stack_info=True)
    first, *more = log.getvalue().splitlines()
    assert ENTRY.match(first)
    assert more
    assert all(line.startswith("    ") and line.isprintable() for line in more)
    assert any(FORGED in line for line in more)


def test_what_can_be_seen_stays_as_it_is(log):
    logging.getLogger("django.request").warning("Registry “Ж” → %s", "C:\\data é")
    assert log.getvalue().rstrip("\n").endswith("Registry “Ж” → C:\\data é")
