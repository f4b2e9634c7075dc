"""The local calendar of instants: what people live by, and what load follows."""

from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

WORKDAY, SATURDAY, SUNDAY_OR_HOLIDAY = 0, 1, 2
_SATURDAY, _SUNDAY = 5, 6


def local_clock(index: pd.DatetimeIndex, timezone: str) -> pd.DatetimeIndex:
    """Return the naive local times of UTC instants."""
    return index.tz_convert(timezone).tz_localize(None)


def calendar(
    index: pd.DatetimeIndex, timezone: str, country: str | None = None, subdivision: str | None = None
) -> pd.DataFrame:
    """Describe UTC instants by the local calendar.

    Columns: ``local`` (naive), ``date`` (datetime64 at midnight), ``hour`` (0 to 24, with fractions), ``weekday``
    (Monday 0), ``holiday`` (bool), ``day_type`` (0 workday, 1 Saturday, 2 Sunday or public holiday), ``day_of_year``.
    Index: as given.
    """
    local = local_clock(index, timezone)
    dates = local.normalize()
    free = np.isin(dates.to_numpy(), public_holidays(country, subdivision, dates))
    weekday = local.day_of_week.to_numpy()
    day_type = np.where(
        free | (weekday == _SUNDAY), SUNDAY_OR_HOLIDAY, np.where(weekday == _SATURDAY, SATURDAY, WORKDAY)
    )
    return pd.DataFrame(
        {
            "local": local,
            "date": dates,
            "hour": local.hour + local.minute / 60,
            "weekday": weekday,
            "holiday": free,
            "day_type": day_type,
            "day_of_year": local.day_of_year,
        },
        index=index,
    )


def public_holidays(
    country: str | None, subdivision: str | None, dates: pd.DatetimeIndex
) -> npt.NDArray[np.datetime64]:
    """Return the public holidays in the span of ``dates``; none where the country is unknown."""
    if country is None or not len(dates):
        return np.array([], dtype="datetime64[ns]")
    years = (dates.min().year, dates.max().year)
    return np.array(_holidays(country, subdivision, *years), dtype="datetime64[ns]")


def same_local_time(index: pd.DatetimeIndex, timezone: str, days: int) -> pd.DatetimeIndex:
    """Return the instants at which the same local clock showed the same time, ``days`` before.

    An hour that the clocks skipped there is taken an hour later, the first of a doubled one.
    """
    earlier = local_clock(index, timezone) - timedelta(days=days)
    return earlier.tz_localize(
        timezone, ambiguous=np.ones(len(index), dtype=bool), nonexistent="shift_forward"
    ).tz_convert("UTC")


@lru_cache(maxsize=256)
def _holidays(country: str, subdivision: str | None, first: int, last: int) -> tuple[date, ...]:
    supported = holidays.list_supported_countries()
    if country not in supported:
        return ()
    known = subdivision in supported[country]
    found = holidays.country_holidays(country, subdiv=subdivision if known else None, years=range(first, last + 1))
    return tuple(sorted(found))
