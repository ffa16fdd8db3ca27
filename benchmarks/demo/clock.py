"""The demo's clock: steps are taken in order of time, each under a clock that is set back to its moment."""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Any
from unittest.mock import patch

from django.utils import timezone

MORNING, EVENING = 7 * 60, 18 * 60  # minutes after midnight

Step = tuple[Any, ...]  # days ago, function, its arguments


def run(steps: Iterable[Step]) -> None:
    """Take each step on its day, from the earliest day on; those of one day in the order in which they stand."""
    chance = random.Random(11)  # noqa: S311 (no secret: the same times every time)
    today = datetime.combine(timezone.now().astimezone(UTC).date(), time(), UTC)
    ordered = sorted(steps, key=lambda step: -step[0])
    for days_ago, of_day in groupby(ordered, key=lambda step: step[0]):
        taken = list(of_day)
        minutes = sorted(chance.sample(range(MORNING, EVENING), len(taken)))
        for minute, (_, act, *arguments) in zip(minutes, taken, strict=True):
            with clock_at(today - timedelta(days=days_ago) + timedelta(minutes=minute)):
                act(*arguments)


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """In the block, `timezone.now` answers `moment`, for the whole process.

    The clock under that function is set back, because fields have the function itself as their default.
    """

    class Past(datetime):
        @classmethod
        def now(cls, tz=None):
            return moment

    with patch.object(timezone, "datetime", Past):
        yield
