"""The load of a connection on a regular grid of instants, each with its place in the local calendar."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from math import gcd
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analytics.tariffs.model import Schedule, TariffError

HOUR_S, DAY_S = 3600, 86_400
_SATURDAY, _THURSDAY = 5, 3
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Clock:
    """Instants in the local calendar, oldest first.

    ``local_s`` are seconds of the local clock and ``day`` local days since 1970, ``month`` local months since year 0
    (12 a year), ``hour`` 0 to 23; ``free`` says that the day is a Saturday, a Sunday or a holiday.
    """

    local_s: Integers
    day: Integers
    month: Integers
    hour: Integers
    free: Flags

    @classmethod
    def of(cls, utc_s: Integers, timezone: str, holidays: Collection[date] = ()) -> Self:
        """Read the local clock at instants given in seconds since 1970."""
        local = pd.to_datetime(utc_s, unit="s", utc=True).tz_convert(timezone).tz_localize(None).as_unit("s")
        local_s = local.asi8.astype(np.int64)
        day = local_s // DAY_S
        free = ((day + _THURSDAY) % 7 >= _SATURDAY) | np.isin(day, [day_number(one) for one in holidays])
        month = (local.year * 12 + local.month - 1).to_numpy(dtype=np.int64)
        return cls(local_s, day, month, local_s % DAY_S // HOUR_S, free)

    def at(self, places: Integers) -> Self:
        """Return some of the instants."""
        return type(self)(
            self.local_s[places], self.day[places], self.month[places], self.hour[places], self.free[places]
        )

    def between(self, start: date, end: date) -> slice:
        """Return the instants of some local days, ``end`` excluded."""
        lowest, highest = np.searchsorted(self.day, [day_number(start), day_number(end)])
        return slice(int(lowest), int(highest))

    def period_of(self, schedule: Schedule, where: slice = slice(None)) -> Integers:
        """Return the number of the period of a schedule that each instant falls into."""
        table = np.array([schedule.weekday, schedule.weekend], dtype=np.int64)
        periods: Integers = table[self.free[where].astype(np.int64), self.month[where] % 12, self.hour[where]]
        return periods


@dataclass(frozen=True)
class Windows:
    """Mean power ``kw`` over windows of local time that begin at ``utc_s``, oldest first."""

    kw: Floats
    utc_s: Integers
    clock: Clock


@dataclass(frozen=True)
class LoadGrid:
    """Every interval from the first to the last reading; one without data has no energy.

    ``share_covered`` says for what part of the meters there is data, ``share_estimated`` what part of it is estimated.
    """

    timezone: str
    step_s: int
    utc_s: Integers
    clock: Clock
    import_kwh: Floats
    export_kwh: Floats
    share_covered: Floats
    share_estimated: Floats
    _windows: dict[int, Windows] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, load: pd.DataFrame, timezone: str, holidays: Collection[date] = (), until: date | None = None) -> Self:
        """Lay out a load: ``ts`` (UTC, start of the interval), ``import_kwh`` and, where known, ``export_kwh``,
        ``share_covered`` and ``share_estimated``. The interval is the shortest distance of two readings, an hour at
        most. The grid ends with the last reading, or with the local day before ``until``.

        Raises TariffError for an empty load or one whose intervals do not fit on a grid.
        """  # noqa: D205 - the columns need the room
        known = load.sort_values("ts")
        seconds = pd.DatetimeIndex(known["ts"]).tz_convert("UTC").as_unit("s").asi8.astype(np.int64)
        if not len(seconds):
            raise TariffError("There is no reading to bill in this period.")
        step = min(int(np.diff(seconds).min()), HOUR_S) if len(seconds) > 1 else HOUR_S
        if step <= 0 or HOUR_S % step or ((seconds - seconds[0]) % step).any():
            raise TariffError("The readings are not spaced by an even part of an hour, so they cannot be billed.")
        place = (seconds - seconds[0]) // step
        count = int(place[-1]) + 1
        if until is not None:
            count = max(count, int(_midnight(until, timezone).timestamp() - seconds[0]) // step)
        utc_s = seconds[0] + step * np.arange(count, dtype=np.int64)
        known = known if "share_covered" in known else known.assign(share_covered=1.0)
        return cls(
            timezone=timezone,
            step_s=step,
            utc_s=utc_s,
            clock=Clock.of(utc_s, timezone, holidays),
            import_kwh=_laid_out(known, "import_kwh", place, count),
            export_kwh=_laid_out(known, "export_kwh", place, count),
            share_covered=_laid_out(known, "share_covered", place, count),
            share_estimated=_laid_out(known, "share_estimated", place, count),
        )

    @property
    def ts(self) -> pd.DatetimeIndex:
        """The starts of the intervals, UTC."""
        return pd.to_datetime(self.utc_s, unit="s", utc=True)

    def hours_by_clock(self, start: date, end: date) -> float:
        """Return how many hours the local days hold: 23 or 25 where the clock changes."""
        return (_midnight(end, self.timezone) - _midnight(start, self.timezone)).total_seconds() / HOUR_S

    def windows(self, minutes: int) -> Windows:
        """Return the mean imported power over windows of the local clock, at least an interval long.

        An interval that reaches over the end of a window is spread evenly over both.
        """
        length = max(minutes * 60, self.step_s)
        if length not in self._windows:
            pieces = self.step_s // gcd(self.step_s, length)
            each = np.tile(np.arange(pieces, dtype=np.int64), len(self.utc_s)) * (self.step_s // pieces)
            place = np.repeat(np.arange(len(self.utc_s), dtype=np.int64), pieces)
            starts = self.utc_s[place] + each - (self.clock.local_s[place] + each) % length
            first = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
            kw = np.add.reduceat(self.import_kwh[place] / pieces, first) * HOUR_S / length
            self._windows[length] = Windows(kw, starts[first], self.clock.at(place[first]))
        return self._windows[length]


def day_number(day: date) -> int:
    """Count the days since 1970."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _midnight(day: date, timezone: str) -> pd.Timestamp:
    """Return the first instant of a local day."""
    return pd.Timestamp(day).tz_localize(timezone, ambiguous=True, nonexistent="shift_forward")


def _laid_out(load: pd.DataFrame, name: str, place: Integers, count: int) -> Floats:
    values = np.zeros(count)
    if name in load:
        values[place] = np.nan_to_num(load[name].to_numpy(dtype=np.float64))
    return values
