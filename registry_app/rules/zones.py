"""Time zones, and when days begin and end in them."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

ZONE_LENGTH = 64  # characters of a zone's name
FIRST, LAST = (moment.replace(tzinfo=UTC) for moment in (datetime.min, datetime.max))  # noqa: DTZ901
FIRST_TODAY = timedelta(hours=14)  # by so much the first zone of a day is ahead of UTC


@cache
def zone_names() -> tuple[str, ...]:
    """The names of all zones that this machine knows, sorted."""
    return tuple(sorted({"UTC", *(name for name in available_timezones() if "/" in name)}))


def zone_named(name: str) -> tzinfo | None:
    """The zone `name`, or None if there is none. What comes from a browser may be any text."""
    return ZoneInfo(name) if name in zone_names() else None


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The first moment of `day` in `zone`, in UTC. A day that the calendar of UTC has no room for is cut off."""
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:
        return FIRST if day.year == date.min.year else LAST


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The first moment after `day` in `zone`, in UTC."""
    return LAST if day == date.max else start_of_day(day + timedelta(days=1), zone)
