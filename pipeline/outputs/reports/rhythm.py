"""When a report is due: on days of the site's calendar, at a time of its clock."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from pipeline.errors import SelectionError
from pipeline.warehouse.filters import Period

Every = Literal["day", "week", "month"]
LAST_DAYS = {"day": 0, "week": 7, "month": 31}
ONE_DAY, A_WEEK = timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True)
class Rhythm:
    """Every day, or a day of the week (1 is Monday) or month, at a local time; ``day`` 31 is the last of a month.

    Raises SelectionError for a day that no week or month has.
    """

    every: Every
    day: int
    at: time

    def __post_init__(self) -> None:
        if self.every not in get_args(Every):
            raise SelectionError(f"A report is made every {', '.join(get_args(Every))}, not {self.every!a}.")
        last = LAST_DAYS[self.every]
        if not min(1, last) <= self.day <= last:
            raise SelectionError(f"The day of a report every {self.every} must be from {min(1, last)} to {last}.")

    def falls_on(self, day: date) -> bool:
        """Say whether there is a run on a day."""
        match self.every:
            case "week":
                return day.isoweekday() == self.day
            case "month":
                return day.day == min(self.day, monthrange(day.year, day.month)[1])
        return True

    def next_run(self, zone: ZoneInfo, after: datetime) -> datetime:
        """Return the first run after an instant, in UTC.

        A time that the clock skips is as much later as it skips; of one that it shows twice, the first counts.
        """
        return next(run for run in self._runs(zone, after, ONE_DAY) if run > after)

    def last_run(self, zone: ZoneInfo, until: datetime) -> datetime:
        """Return the last run up to an instant, in UTC."""
        return next(run for run in self._runs(zone, until, -ONE_DAY) if run <= until)

    def period(self, run: date) -> Period:
        """Return the days that a run reports of: the day, the seven days, or the calendar month before it."""
        match self.every:
            case "day":
                return Period(run - ONE_DAY, run)
            case "week":
                return Period(run - A_WEEK, run)
        end = run.replace(day=1)
        return Period((end - ONE_DAY).replace(day=1), end)

    def _runs(self, zone: ZoneInfo, near: datetime, step: timedelta) -> Iterator[datetime]:
        first = near.astimezone(zone).date() - step
        for number in count():
            day = first + number * step
            if self.falls_on(day):
                yield datetime.combine(day, self.at, zone).astimezone(UTC)
