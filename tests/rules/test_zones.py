"""Time zones: which there are, and when days begin and end in them."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_app import rules


@pytest.mark.parametrize(
    "day, zone, start, hours",
    [
        ((2026, 11, 28), "UTC", "2026-11-28T00:00", 24),
        ((2026, 11, 28), "Pacific/Auckland", "2026-11-27T11:00", 24),
        ((2026, 11, 28), "America/Los_Angeles", "2026-11-28T08:00", 24),
        ((2026, 11, 28), "Asia/Kathmandu", "2026-11-27T18:15", 24),
        ((2026, 3, 29), "Europe/Berlin", "2026-03-28T23:00", 23),
        ((2026, 10, 25), "Europe/Berlin", "2026-10-24T22:00", 25),
        ((2026, 3, 8), "America/New_York", "2026-03-08T05:00", 23),
        ((2026, 4, 24), "Africa/Cairo", "2026-04-23T22:00", 23),  # its clocks go on at midnight: 0:00 is no time there
        ((2026, 11, 1), "America/Havana", "2026-11-01T04:00", 25),  # 0:00 is there twice
        ((2026, 4, 5), "Australia/Lord_Howe", "2026-04-04T13:00", 24.5),
    ],
)
def test_a_day_begins_and_ends_where_the_zone_says(day, zone, start, hours):
    begins = rules.start_of_day(date(*day), ZoneInfo(zone))
    assert begins == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert rules.end_of_day(date(*day), ZoneInfo(zone)) - begins == timedelta(hours=hours)


@given(st.dates(), st.sampled_from(rules.zone_names()))
def test_every_day_of_the_calendar_begins_and_ends(day, name):
    zone = rules.zone_named(name)
    assert rules.start_of_day(day, zone) <= rules.end_of_day(day, zone)


KNOWN = ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "Asia/Calcutta"]


@pytest.mark.parametrize("name", KNOWN)
def test_a_zone_is_known(name):
    assert str(rules.zone_named(name)) == name


@pytest.mark.parametrize(
    "name", ["", "Europe", "europe/berlin", "../etc/passwd", "Mars/Olympus", "\0", "/", "x" * 5000]
)
def test_no_other_text_is_a_zone(name):
    assert rules.zone_named(name) is None


def test_the_name_of_each_zone_can_be_stored():
    assert max(map(len, rules.zone_names())) <= rules.ZONE_LENGTH


def test_zones_are_there_on_a_machine_that_has_none():
    words = [sys.executable, "-c", "from registry_app import rules; print(len(rules.zone_names()))"]
    told = subprocess.run(words, env={**os.environ, "PYTHONTZPATH": ""}, capture_output=True, text=True, check=True)
    assert int(told.stdout) > 300
