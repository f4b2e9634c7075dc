"""Readings on a regular grid of local days and times of day: the one place where detectors meet the clock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.analytics.anomalies.model import Finding, Floats, Ints, Mask, Observed
from pipeline.analytics.local_calendar import WORKDAY, calendar
from pipeline.flags import ESTIMATED, Flag

HOURS_A_DAY = 24
A_DAY = pd.Timedelta(days=1)
NEAR_DAYS = 29
MOSTLY = 0.5
SATURDAY, SUNDAY = 5, 6
MENDED = int(ESTIMATED | Flag.GAP | Flag.SPIKE | Flag.FLAT_RUN | Flag.ZERO_RUN | Flag.NEGATIVE | Flag.ABOVE_CAPACITY)


@dataclass(frozen=True)
class Grid:
    """One value per interval, gaps as NaN. ``hour_type`` is the slot of the local day by type of day."""

    index: pd.DatetimeIndex
    step: pd.Timedelta
    came: Floats
    """What the meter sent, kWh: raw values where they are known."""
    energy: Floats
    """What detectors learn from, kWh: NaN where missing, estimated or mended."""
    flags: Ints
    day: Ints
    """Position in ``days``."""
    slot: Ints
    """Time of the local day in steps; both of a doubled hour have the same."""
    slots: int
    days: pd.DatetimeIndex
    day_type: Ints
    """By local day: 0 workday, 1 Saturday, 2 Sunday or public holiday that the meter keeps."""
    holiday: Mask
    """By local day."""

    @property
    def hours_a_step(self) -> float:
        """Length of the step in hours."""
        return self.step / pd.Timedelta(hours=1)

    @property
    def hour_type(self) -> Ints:
        """Number of the slot by type of day, 0 to 3 x slots - 1."""
        return self.day_type[self.day] * self.slots + self.slot

    def end_of(self, position: int) -> pd.Timestamp:
        """Return the end of an interval; a local day may have 23 or 25 hours."""
        return self.index[position + 1] if position + 1 < len(self.index) else self.index[-1] + self.step

    def steps(self, hours: float) -> int:
        """Return how many intervals make up some hours, one at least."""
        return max(1, round(hours / self.hours_a_step))

    def by_day(self, values: Floats) -> Floats:
        """Lay values out as local days x slots; hours that the clocks skipped are NaN."""
        laid = np.full((len(self.days), self.slots), np.nan)
        laid[self.day, self.slot] = values
        return laid

    def along(self, laid: Floats) -> Floats:
        """Read a layout of local days x slots back as one value per interval."""
        return np.asarray(laid[self.day, self.slot])


def grid_of(observed: Observed) -> Grid | None:
    """Lay readings out on their usual step; None for fewer than two readings."""
    readings = observed.readings
    if len(readings) < 2:  # noqa: PLR2004 - one reading has no step
        return None
    start = pd.DatetimeIndex(readings.index).tz_convert("UTC")
    step = _usual_step(start)
    index, place = _laid_out(start, step, observed.timezone)
    found = place >= 0
    known = calendar(index, observed.timezone, observed.country, observed.subdivision)
    dates = pd.DatetimeIndex(known["date"])
    days, day = np.unique(dates.to_numpy(), return_inverse=True)
    first = np.searchsorted(day, np.arange(len(days)))
    slots = max(1, round(pd.Timedelta(hours=HOURS_A_DAY) / step))
    slot = (known["hour"].to_numpy() * slots / HOURS_A_DAY).astype(np.int64).clip(0, slots - 1)
    flagged = _spread(readings["flags"], place, found, len(index), 0.0) if "flags" in readings else np.zeros(len(index))
    flags = flagged.astype(np.int64)
    energy = _spread(readings["energy_kwh"], place, found, len(index), np.nan)
    mended = (flags & MENDED) != 0
    came = _spread(readings["raw_kwh"], place, found, len(index), np.nan) if "raw_kwh" in readings else energy.copy()
    if "raw_kwh" not in readings:
        came[mended] = np.nan
    known_energy = np.where(mended, np.nan, energy)
    day_type = known["day_type"].to_numpy()[first].astype(np.int64)
    weekday, holiday = known["weekday"].to_numpy()[first], known["holiday"].to_numpy()[first]
    by_day = np.asarray(pd.Series(known_energy).groupby(day).mean(), np.float64)
    return Grid(
        index=index,
        step=step,
        came=came,
        energy=known_energy,
        flags=flags,
        day=day.astype(np.int64),
        slot=slot,
        slots=slots,
        days=pd.DatetimeIndex(days),
        day_type=_own_day_type(by_day, day_type, weekday, holiday),
        holiday=holiday,
    )


def _laid_out(start: pd.DatetimeIndex, step: pd.Timedelta, timezone: str) -> tuple[pd.DatetimeIndex, Ints]:
    """Give the start of every interval from first to last, and the place of each reading among them (-1: off step).

    Readings of local days are 23 or 25 hours long twice a year, so their intervals are days of the calendar.
    """
    if step == A_DAY and (np.diff(start.asi8) % pd.Timedelta(A_DAY).as_unit(start.unit).value).any():
        local = start.tz_convert(timezone).tz_localize(None).normalize()
        dates = pd.date_range(local[0], local[-1], freq="D")
        index = dates.tz_localize(timezone, ambiguous=True, nonexistent="shift_forward").tz_convert("UTC")
        return pd.DatetimeIndex(index), np.asarray(dates.get_indexer(local))
    regular = pd.date_range(start[0], start[-1], freq=step)
    return regular, np.asarray(regular.get_indexer(start))


def _own_day_type(by_day: Floats, day_type: Ints, weekday: Ints, holiday: Mask) -> Ints:
    """Count the public holidays as what this meter makes of them: Sundays, unless most are like its workdays.

    Compared is the mean energy of each holiday from Monday to Friday with the medians of workdays and of Sundays within
    two weeks: a data centre, or a shop in another country, does not know the holidays of its site.
    """
    levels = pd.Series(by_day)
    work, sunday = (
        levels.where(of_kind).rolling(NEAR_DAYS, center=True, min_periods=1).median().to_numpy()
        for of_kind in (day_type == WORKDAY, weekday == SUNDAY)
    )
    working = np.abs(by_day - work) < np.abs(by_day - sunday)
    judged = holiday & (weekday < SATURDAY) & np.isfinite(by_day) & np.isfinite(work) & np.isfinite(sunday)
    if not judged.any() or working[judged].mean() <= MOSTLY:
        return day_type
    as_usual = np.where(weekday == SATURDAY, 1, np.where(weekday == SUNDAY, 2, WORKDAY))
    return np.where(holiday, as_usual, day_type)


def without(grid: Grid, findings: Sequence[Finding]) -> Grid:
    """Take what was found out of the energy that detectors learn from."""
    energy = grid.energy.copy()
    for one in findings:
        energy[one.first : one.last + 1] = np.nan
    return replace(grid, energy=energy)


def _usual_step(start: pd.DatetimeIndex) -> pd.Timedelta:
    lengths, counts = np.unique(np.diff(start.asi8), return_counts=True)
    return pd.Timedelta(int(lengths[counts.argmax()]), unit=start.unit)


def _spread(values: pd.Series, place: Ints, found: Mask, size: int, missing: float) -> Floats:
    spread = np.full(size, missing)
    spread[place[found]] = values.to_numpy(dtype=np.float64)[found]
    return spread
