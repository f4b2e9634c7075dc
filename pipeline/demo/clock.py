from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.demo.places import MonthDay, Region

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

WORKDAY, SATURDAY, SUNDAY = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Clock:
    """The intervals of a meter: their starts in UTC and what the site's own clock and calendar say.

    ``day_type`` is 0 on workdays, 1 on Saturdays, 2 on Sundays and public holidays; ``years`` are counted from the
    first interval; ``school_out`` and ``works_closed`` mark the breaks of the region.
    """

    start_utc: pd.DatetimeIndex
    step_s: int
    minute: Integers
    day: Integers
    day_of_year: Integers
    day_type: Integers
    years: Floats
    school_out: Booleans
    works_closed: Booleans

    @property
    def epoch_s(self) -> Floats:
        """Seconds since 1970 at the middle of each interval."""
        return self.start_utc.as_unit("s").asi8.astype(np.float64) + self.step_s / 2


@lru_cache(maxsize=16)
def clock_of(region: Region, end: date, days: int, step_s: int) -> Clock:
    """Lay out the intervals of ``days`` whole local days that end with the local midnight at which ``end`` begins."""
    zone = ZoneInfo(region.timezone)
    first = end - timedelta(days=days)
    midnights = [datetime.combine(day, time(), zone) for day in (first, end)]
    starts = pd.date_range(midnights[0], midnights[1], freq=pd.Timedelta(seconds=step_s), inclusive="left", unit="us")
    local_days = pd.date_range(first, end, inclusive="left", unit="us")
    position = (starts.tz_localize(None).normalize() - local_days[0]).days.to_numpy().astype(np.int64)
    return Clock(
        start_utc=starts.tz_convert("UTC"),
        step_s=step_s,
        minute=(starts.hour * 60 + starts.minute).to_numpy().astype(np.int64),
        day=position,
        day_of_year=local_days.day_of_year.to_numpy().astype(np.int64)[position],
        day_type=_day_types(region, local_days)[position],
        years=np.arange(len(starts)) * step_s / (365.25 * 86_400),
        school_out=_inside(region.school_breaks, local_days)[position],
        works_closed=_inside(region.works_breaks, local_days)[position],
    )


def _day_types(region: Region, days: pd.DatetimeIndex) -> Integers:
    free = holidays.country_holidays(region.country, region.subdivision, years=sorted(set(days.year)))
    return np.array([SUNDAY if day.date() in free else max(0, day.weekday() - 4) for day in days], dtype=np.int64)


def _inside(spans: tuple[tuple[MonthDay, MonthDay], ...], days: pd.DatetimeIndex) -> Booleans:
    marks = days.month.to_numpy() * 100 + days.day.to_numpy()
    inside = np.zeros(len(days), dtype=np.bool_)
    for (first_month, first_day), (last_month, last_day) in spans:
        first, last = first_month * 100 + first_day, last_month * 100 + last_day
        after, before = marks >= first, marks <= last
        inside |= (after & before) if first <= last else (after | before)
    return inside
