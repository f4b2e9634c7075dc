"""The local clock of a meter: offsets from UTC, local days, and types of day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np
from numpy.typing import NDArray

from pipeline.validation.model import DAY, SECOND, Instants

WORKDAY, SATURDAY, SUNDAY = 0, 1, 2
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
THURSDAY = 3  # 1 January 1970
FIRST_YEAR, LAST_YEAR = 1900, 2100


@dataclass(frozen=True)
class LocalDays:
    """Local days that hold at least one reading.

    ``first`` is the position of each day's first reading, ``number`` the day itself, counted from 1970-01-01, and
    ``size`` how many readings it holds.
    """

    first: NDArray[np.intp]
    number: Instants
    size: NDArray[np.intp]


@lru_cache(maxsize=64)
def clock_changes(zone: str) -> tuple[Instants, Instants]:
    """Instants at which the offset of a zone changes, and the offset in force from each; microseconds.

    The first instant lies before all data. Looked for week by week from 1900 to 2100, then to the second.
    """
    info = ZoneInfo(zone)

    def offset(second: int) -> int:
        shift = (EPOCH + timedelta(seconds=second)).astimezone(info).utcoffset()
        return int(shift.total_seconds()) if shift else 0

    week = 7 * 86_400
    first, last = (int((datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) for year in (FIRST_YEAR, LAST_YEAR))
    instants, offsets = [first], [offset(first)]
    for second in range(first + week, last, week):
        if offset(second) != offsets[-1]:
            instants.append(_first_second_with(offset, second - week, second))
            offsets.append(offset(second))
    return np.array(instants, np.int64) * SECOND, np.array(offsets, np.int64) * SECOND


def _first_second_with(offset: Callable[[int], int], before: int, after: int) -> int:
    """Halve the span between two seconds of different offset down to the first second of the later one."""
    while after - before > 1:
        middle = (before + after) // 2
        if offset(middle) == offset(after):
            after = middle
        else:
            before = middle
    return after


def offsets(instants: Instants, zone: str) -> Instants:
    """Offset from UTC in force at each instant; microseconds."""
    changes, shifts = clock_changes(zone)
    return shifts[np.maximum(np.searchsorted(changes, instants, side="right") - 1, 0)]


def to_utc(wall: Instants, zone: str) -> Instants:
    """Instants of local wall times; a time that occurs twice is the first, one that never occurs is moved later."""
    before, after = offsets(wall - DAY, zone), offsets(wall + DAY, zone)
    first, second = wall - before, wall - after
    return np.where((offsets(first, zone) != before) & (offsets(second, zone) == after), second, first)


def local_days(start: Instants, zone: str) -> LocalDays:
    """Split ordered instants into the local days of a zone, without touching each instant."""
    if not len(start):
        return LocalDays(np.empty(0, np.intp), np.empty(0, np.int64), np.empty(0, np.intp))
    ends = start[[0, -1]]
    first_day, last_day = (ends + offsets(ends, zone)) // DAY
    numbers = np.arange(first_day, last_day + 1, dtype=np.int64)
    position = np.searchsorted(start, to_utc(numbers * DAY, zone))
    size = np.diff(position, append=len(start))
    return LocalDays(position[size > 0], numbers[size > 0], size[size > 0])


def day_types(number: Instants, country: str | None, subdivision: str | None) -> NDArray[np.int8]:
    """Type of each day since 1970: workday, Saturday, or Sunday and public holiday."""
    weekday = (number + THURSDAY) % 7
    types = np.select([weekday == 5, weekday == 6], [SATURDAY, SUNDAY], WORKDAY).astype(np.int8)  # noqa: PLR2004
    if country and len(number):
        years = tuple(range(*_years(int(number.min()), int(number.max()))))
        types[np.isin(number, public_holidays(country, subdivision, years))] = SUNDAY
    return types


def _years(first_day: int, last_day: int) -> tuple[int, int]:
    return (EPOCH + timedelta(days=first_day)).year, (EPOCH + timedelta(days=last_day)).year + 1


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str | None, years: tuple[int, ...]) -> Instants:
    """Public holidays as days since 1970; none for a country or subdivision that the calendar does not know."""
    try:
        calendar = holidays.country_holidays(country, subdiv=subdivision, years=years)
    except NotImplementedError:
        return np.empty(0, np.int64)
    return np.array([(day - EPOCH.date()).days for day in calendar], np.int64)
