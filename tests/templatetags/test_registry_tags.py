"""Tags that write what a page says of a value."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from registry_app.templatetags.registry_tags import moment


@pytest.mark.parametrize(
    "seconds, expected",
    [
        (-5, "Just now"),  # another machine's clock
        (59, "Just now"),
        (60, "1 minute ago"),
        (119, "1 minute ago"),
        (7_200, "2 hours ago"),
        (86_400 * 8, "1 week ago"),
        (86_400 * 800, "2 years ago"),
    ],
)
def test_how_long_ago_is_the_largest_unit(seconds, expected, monkeypatch):
    now = datetime(2026, 11, 29, 14, 30, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert f">{expected}</time>" in moment(now - timedelta(seconds=seconds), "ago")


def test_the_title_of_a_moment_is_its_second_in_utc():
    with timezone.override("Asia/Kolkata"):
        shown = moment(datetime(2026, 2, 3, 19, 5, 9, tzinfo=UTC))
    assert 'title="3 February 2026, 19:05:09 UTC"' in shown
    assert ">4 Feb 2026, 00:35 IST</time>" in shown
