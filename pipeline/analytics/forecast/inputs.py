"""What the gradient boosting sees of a cell ahead: earlier load at that clock time, the calendar, the temperature."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.analytics.forecast.grid import CYCLE, Grid, Positions
from pipeline.analytics.forecast.series import Values

Matrix = NDArray[np.float32]
Columns = dict[str, Values]

RECENT, WEEKLY, CALENDAR, WEATHER = "recent load", "same time in weeks before", "calendar", "temperature"
CATEGORIES = ("day type", "day before", "day after", "type a week before")
LEVEL_DAYS = 28  # whose mean load is the unit of a series at an origin
LEVEL_WEEKS = 8  # the same, for series of days
SMALLEST_UNIT = 1e-6  # of the largest load: keeps a series that was off from dividing by nothing


@dataclass(frozen=True)
class Look:
    """What can be seen from each origin on a scaled grid.

    ``target`` and ``back`` are the cells ahead and the last one known at the same clock time (for days: weekday), both
    (origins, cells). ``own_unit``: divide by the mean size of the load before each origin, which follows a series as it
    grows.
    """

    grid: Grid
    origins: Positions
    cells: int
    own_unit: bool = False

    @cached_property
    def lead(self) -> Positions:
        """Cells from the origin: 0 for the first."""
        return np.arange(self.cells, dtype=np.intp)

    @cached_property
    def target(self) -> Positions:
        """Cells that are predicted."""
        return self.origins[:, None] + self.lead

    @cached_property
    def back(self) -> Positions:
        """The last cells at the same clock time that lie before the origin."""
        return self.target - self.grid.cycle * (self.lead // self.grid.cycle + 1)

    @cached_property
    def unit(self) -> Values:
        """What the load is divided by at each origin."""
        return level(self.grid, self.origins) if self.own_unit else np.ones(len(self.origins))

    @cached_property
    def base(self) -> Values:
        """Load of ``back``: what changes are predicted against."""
        return self.at(self.back)

    @property
    def daily_clock(self) -> bool:
        """Whether the cells are parts of a day."""
        return self.grid.cycle > CYCLE["MS"]

    def at(self, cells: Positions) -> Values:
        """Load of the cells in units; NaN before the series."""
        found = self.grid.filled[np.clip(cells, 0, self.grid.end - 1)] / self.unit[:, None]
        return np.where(cells < 0, np.nan, found)

    def before(self, cells: int) -> Values:
        """Load of one cell before each origin, in units: (origins, 1)."""
        return self.at(self.origins[:, None] - cells)

    def mean(self, first: int, until: int = 0) -> Values:
        """Mean load from ``first`` to ``until`` cycles before each origin, in units: (origins, 1)."""
        sums = _sums(self.grid.filled)
        begin, end = self.origins - first * self.grid.cycle, self.origins - until * self.grid.cycle
        total = sums[np.maximum(end, 0)] - sums[np.maximum(begin, 0)]
        mean = total / (self.unit * (first - until) * self.grid.cycle)
        return np.where(begin < 0, np.nan, mean)[:, None]


def level(grid: Grid, origins: Positions) -> Values:
    """Return the mean size of the load over the four (days: eight) weeks before each origin."""
    cells = LEVEL_DAYS * grid.cycle if grid.cycle > CYCLE["MS"] else LEVEL_WEEKS * grid.cycle
    sums = _sums(np.abs(grid.filled))
    begin = np.maximum(origins - cells, 0)
    mean = (sums[origins] - sums[begin]) / np.maximum(origins - begin, 1)
    largest = np.maximum.accumulate(np.abs(grid.filled))[np.maximum(origins - 1, 0)]
    return np.maximum(mean, np.maximum(largest * SMALLEST_UNIT, 1e-9))


def inputs_of(look: Look) -> tuple[Matrix, tuple[str, ...], tuple[str, ...]]:
    """Gather the inputs of every cell ahead: (origins * cells, inputs), with their names and groups."""
    groups = {RECENT: recent(look), WEEKLY: weekly(look), CALENDAR: calendar(look), WEATHER: weather(look)}
    columns = [(group, name, values) for group, found in groups.items() for name, values in found.items()]
    flat = [np.broadcast_to(values, look.target.shape).reshape(-1).astype(np.float32) for *_, values in columns]
    return np.stack(flat, axis=1), tuple(name for _, name, _ in columns), tuple(group for group, *_ in columns)


def recent(look: Look) -> Columns:
    """Load of the last cycles (days, weeks) and hours, as differences from the last known at the same clock time."""
    cycle, base = look.grid.cycle, look.base
    cycles = np.mean([look.at(look.back - cycle * n) for n in range(7 if look.daily_clock else 4)], axis=0)
    columns = {
        "one cycle earlier": look.at(look.back - cycle) - base,
        "mean of last cycles": cycles - base,
        "shape of last cycle": base - look.mean(1),
        "level against 2": look.mean(1) - look.mean(2, 1),
        "level against 3": look.mean(1) - look.mean(3, 2),
        "level against 7": look.mean(1) - look.mean(7, 6),
        "level against 8": look.mean(1) - look.mean(8, 7),
        "level against a week": look.mean(1) - look.mean(7),
        "level against a month": look.mean(1) - look.mean(28 if look.daily_clock else 8),
        "level": look.mean(1),
        "rise at the end": look.before(1) - look.before(1 + cycle // 3),
    }
    for cells in (1, 2, 3, 6):
        columns[f"change {cells} before"] = look.before(cells) - look.before(cells + cycle)
    for cells in (1, 3, 6):
        columns[f"weekly change {cells} before"] = look.before(cells) - look.before(cells + 6 * cycle)
    return columns


def others(look: Look) -> list[Look]:
    """Look at the series beside as at the series itself, in their own units."""
    return [replace(look, grid=replace(look.grid, filled=row)) for row in look.grid.beside]


def weekly(look: Look) -> Columns:
    """Load of the same weekday and clock time in weeks (for days: also a year) before."""
    cycle, base = look.grid.cycle, look.base
    if not look.daily_clock:
        earlier = {f"{weeks} weeks earlier": look.at(look.back - cycle * (weeks - 1)) - base for weeks in (3, 4)}
        year = look.at(look.target - 52 * cycle)
        return earlier | {"a year earlier": year - base, "trend since a year": look.mean(1) - look.mean(53, 52)}
    week = look.target - 7 * cycle
    return {
        "a week earlier": look.at(week) - base,
        "two weeks earlier": look.at(week - 7 * cycle) - base,
        "the cell before, a week earlier": look.at(look.back - 6 * cycle) - base,
        "eight days earlier": look.at(look.back - 7 * cycle) - base,
    }


def calendar(look: Look) -> Columns:
    """Clock, season and kinds of days: of the cell ahead, of the days beside and a week before."""
    grid = look.grid
    week = 7 * grid.cycle if look.daily_clock else grid.cycle
    return {
        "lead": np.broadcast_to(look.lead // max(grid.cycle // 24, 1) * 1.0, look.target.shape),
        "clock": grid.clock[look.target] * 1.0,
        "season": grid.season[look.target],
        "day type": grid.day_type[look.target] * 1.0,
        "day before": grid.previous_type[look.target] * 1.0,
        "day after": grid.next_type[look.target] * 1.0,
        "type a week before": grid.day_type[np.maximum(look.target - week, 0)] * 1.0,
    }


def weather(look: Look) -> Columns:
    """Temperature of the cell ahead and of the day up to it, and against that of the load looked back at."""
    temperature = look.grid.temperature_c
    if temperature is None:
        return {}
    day = look.grid.cycle if look.daily_clock else 1
    mean = _rolling_mean(temperature, day)
    back, week = np.maximum(look.back, 0), np.maximum(look.target - 7 * day, 0)
    return {
        "temperature": temperature[look.target],
        "mean of the day up to it": mean[look.target],
        "mean of three days": _rolling_mean(temperature, 3 * day)[look.target],
        "warmer than looked back at": temperature[look.target] - temperature[back],
        "day warmer than looked back at": mean[look.target] - mean[back],
        "day warmer than a week earlier": mean[look.target] - mean[week],
    }


def _sums(values: Values) -> Values:
    return np.concatenate([[0.0], np.cumsum(values)])


def _rolling_mean(values: Values, cells: int) -> Values:
    """Mean of each cell and those before it, leaving out what is unknown."""
    known = np.isfinite(values)
    sums, counts = _sums(np.where(known, values, 0.0)), _sums(known.astype(np.float64))
    begin = np.maximum(np.arange(len(values)) + 1 - cells, 0)
    count = counts[1:] - counts[begin]
    return np.where(count > 0, (sums[1:] - sums[begin]) / np.maximum(count, 1), np.nan)
