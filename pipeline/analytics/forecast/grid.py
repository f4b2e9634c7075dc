"""The series as people live it: a row of cells by local clock time, where a day always has as many cells.

Load follows the local clock, so models look back by days and weeks of local time. A doubled hour shares one cell (its
mean), a skipped one leaves a cell that nothing is measured in; going back to instants gives days of 23 and 25 hours.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.analytics.forecast.series import STEPS_PER_DAY, Series, Values
from pipeline.analytics.local_calendar import local_clock, public_holidays

Positions = NDArray[np.intp]
Mask = NDArray[np.bool_]

CYCLE = {"15min": 96, "30min": 48, "h": 24, "D": 7, "MS": 12}  # cells after which the clock (week, year) is the same
SATURDAY, HOLIDAY_AS_DAY = 5, 7  # day types: weekdays 0 to 6, public holidays 7


@dataclass(frozen=True)
class Grid:
    """Cells of one series.

    ``filled`` kWh of the measured span, gaps filled from the weeks before (never from later cells); ``known`` where it
    was measured; ``cell`` of each interval of the series and of the horizon after it; ``cycle`` cells a day (week,
    year); ``phase`` of the cell that follows the series. The calendar arrays and ``temperature_c`` (None without
    weather, NaN where unknown) reach over the horizon: ``clock`` 0 to ``cycle`` - 1, ``day_type`` 0 to 7,
    ``next_type`` and ``previous_type`` those of the days beside, ``season`` 0 to 1 through the year. ``beside`` is the
    load of other series in the measured cells, filled like its own: (series, cells).
    """

    series: Series
    filled: Values
    known: Mask
    cell: Positions
    cycle: int
    phase: int
    clock: NDArray[np.int64]
    day_type: NDArray[np.int64]
    previous_type: NDArray[np.int64]
    next_type: NDArray[np.int64]
    season: Values
    temperature_c: Values | None
    beside: Values

    @property
    def end(self) -> int:
        """The cell that follows the series: the origin of its forecast."""
        return len(self.filled)

    def at_rest(self, cells: Positions) -> Mask:
        """Say which cells lie on a weekend or public holiday; a month never does."""
        found: Mask = self.day_type[np.minimum(cells, len(self.day_type) - 1)] >= SATURDAY
        return found

    def origins(self, first: int, last: int) -> Positions:
        """Cells from ``first`` to before ``last`` at which a forecast like that at the end would begin."""
        stride = self.cycle if self.series.step in STEPS_PER_DAY and self.cycle != CYCLE["D"] else 1
        begin = first + (self.phase - first) % stride
        return np.arange(begin, last, stride, dtype=np.intp)


def margin(series: Series) -> int:
    """Cells to predict beyond the horizon, for an hour that the clocks skip on the way."""
    return CYCLE[series.step] // 24 if series.step not in ("D", "MS") else 0


def grid_of(series: Series, horizon: int) -> Grid:
    """Lay a series and the ``horizon`` intervals after it on cells."""
    index = pd.DatetimeIndex(series.index.append(series.future(horizon)))
    cycle = CYCLE[series.step]
    clock_times = index if index.tz is None else local_clock(index, series.timezone)
    cell = _cells(clock_times, series)
    end = int(cell[len(series)])
    total = max(int(cell[-1]) + 1, end + horizon + margin(series))
    measured = cell[: len(series)]
    values = _by_cell(series.values, measured, end)
    week = CYCLE["D"] * cycle if cycle > CYCLE["MS"] else cycle
    others = [one.reindex(series.index).to_numpy(np.float64) for one in series.beside]
    others = [np.nan_to_num(_filled(_by_cell(one, measured, end), week)) for one in others]
    calendar = _calendar(pd.date_range(clock_times[0], periods=total, freq=series.step), series)
    return Grid(
        series=series,
        filled=_filled(values, week),
        known=np.isfinite(values),
        cell=cell,
        cycle=cycle,
        phase=end % cycle,
        clock=calendar.clock,
        day_type=calendar.day_type,
        previous_type=calendar.previous_type,
        next_type=calendar.next_type,
        season=calendar.season,
        temperature_c=_temperature(series, index, cell, total),
        beside=np.stack(others) if others else np.empty((0, end)),
    )


def relaid(grid: Grid, changed: Series) -> Grid:
    """Lay the same series with other temperatures or holidays on its cells."""
    horizon = len(grid.cell) - len(changed)
    if changed.extra_holidays != grid.series.extra_holidays:
        return grid_of(changed, horizon)
    index = pd.DatetimeIndex(changed.index.append(changed.future(horizon)))
    return replace(grid, series=changed, temperature_c=_temperature(changed, index, grid.cell, len(grid.clock)))


def from_midnight(grid: Grid) -> Grid:
    """Let forecasts begin at local midnight, whatever the time of the last reading."""
    return replace(grid, phase=int(np.argmin(grid.clock[: grid.cycle])))


def to_intervals(grid: Grid, origin: int, cells: Values) -> Values:
    """Take the values of the horizon's intervals from predicted cells, first of which is ``origin``.

    ``cells``: (cells, ...); returns (horizon, ...). Only for the origin at the end of the series.
    """
    ahead = grid.cell[len(grid.series) :] - origin
    return cells[ahead]


class _Calendar(NamedTuple):
    clock: NDArray[np.int64]
    day_type: NDArray[np.int64]
    previous_type: NDArray[np.int64]
    next_type: NDArray[np.int64]
    season: Values


def _cells(clock_times: pd.DatetimeIndex, series: Series) -> Positions:
    """Count the steps of local clock time from the first on."""
    if series.step == "MS":
        months = clock_times.year * 12 + clock_times.month
        return (months - months[0]).to_numpy().astype(np.intp)
    step = pd.Timedelta(days=1) if series.step == "D" else pd.Timedelta(days=1) / CYCLE[series.step]
    return ((clock_times - clock_times[0]) // step).to_numpy().astype(np.intp)


def _calendar(times: pd.DatetimeIndex, series: Series) -> _Calendar:
    if series.step == "MS":
        none = np.zeros(len(times), np.int64)
        month = times.month.to_numpy().astype(np.int64) - 1
        return _Calendar(month, none, none, none, month / 12.0)
    around = pd.date_range(times[0].normalize() - pd.Timedelta(days=1), times[-1].normalize() + pd.Timedelta(days=1))
    free = np.isin(around.to_numpy(), public_holidays(series.country, series.subdivision, around))
    free |= np.isin(around.to_numpy(), np.array(sorted(series.extra_holidays), dtype="datetime64[D]"))
    types = np.where(free, HOLIDAY_AS_DAY, around.day_of_week.to_numpy()).astype(np.int64)
    day = (times.normalize() - around[0]).days.to_numpy()
    clock = times.day_of_week.to_numpy() if series.step == "D" else _slot(times)
    return _Calendar(
        clock.astype(np.int64), types[day], types[day - 1], types[day + 1], (times.day_of_year.to_numpy() - 1) / 366.0
    )


def _slot(times: pd.DatetimeIndex) -> NDArray[np.int64]:
    return ((times.hour * 60 + times.minute).to_numpy() // 15).astype(np.int64)


def _by_cell(values: Values, cell: Positions, end: int) -> Values:
    """Put values of intervals on their cells, NaN where none is known; those of a doubled hour are averaged."""
    sums = np.bincount(cell, np.nan_to_num(values), minlength=end)[:end]
    counts = np.bincount(cell, np.isfinite(values), minlength=end)[:end]
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _filled(values: Values, season: int) -> Values:
    """Fill gaps with the same time a week (for months: a year) before, else with the last value known."""
    rows = -(-len(values) // season)
    table = pd.DataFrame(np.append(values, np.full(rows * season - len(values), np.nan)).reshape(rows, season))
    weekly = table.ffill().to_numpy().reshape(-1)[: len(values)]
    return pd.Series(weekly).ffill().bfill().to_numpy(np.float64)


def _temperature(series: Series, index: pd.DatetimeIndex, cell: Positions, total: int) -> Values | None:
    if series.temperature_c is None:
        return None
    known = series.temperature_c.reindex(index).to_numpy(np.float64)
    temperature = np.full(total, np.nan)
    temperature[cell] = known
    return pd.Series(temperature).ffill(limit=3).to_numpy(np.float64)
