"""Estimate missing energy: by a line between neighbours, or from like days."""

import numpy as np
from numpy.typing import NDArray

from pipeline.validation.clock import day_types, offsets
from pipeline.validation.model import DAY, HOUR, Instants, Mask, MeterRules, Positions, Values
from pipeline.validation.ordering import power_kw
from pipeline.validation.runs import runs

LONGEST_LINE = 2 * HOUR
MOST_INTERVALS_BY_LINE = 3
NEAREST_WEEKS = 3
LIKE_DAYS = 4


def short_runs(start: Instants, end: Instants, missing: Mask, *, intervals: bool = False) -> Positions:
    """Positions in runs of missing values of up to two hours, or of up to three intervals of any length.

    Runs at the very beginning or end have no neighbour on one side and are left out.
    """
    if not missing.any():
        return np.empty(0, np.intp)
    first, last = runs(missing)
    short = last - first < MOST_INTERVALS_BY_LINE if intervals else end[last] - start[first] <= LONGEST_LINE
    inner = short & (first > 0) & (last < len(missing) - 1)
    return np.concatenate([np.empty(0, np.intp), *map(np.arange, first[inner], last[inner] + 1)])


def by_line(start: Instants, duration: Instants, energy: Values, wanted: Positions) -> Values:
    """Energy of the wanted positions, their mean power on a line between the nearest known neighbours.

    Point-to-point interpolation for up to two hours is the first method of the California VEE standards.
    """
    middle = start + duration // 2
    known = np.flatnonzero(~np.isnan(energy))
    line = np.interp(middle[wanted], middle[known], power_kw(energy[known], duration[known]))
    return np.asarray(line * duration[wanted] / HOUR)


def by_like_days(start: Instants, duration: Instants, energy: Values, wanted: Positions, meter: MeterRules) -> Values:
    """Energy of the wanted positions: the mean of the same local time on the nearest four like days.

    Like days have the same type (workday, Saturday, Sunday or public holiday) and lie within three weeks on either
    side; for readings of a day or longer they are the same weekday. NaN where no day is alike.
    (Average like day over four weeks: AEMO Metrology Procedure Part B, substitution types 14 and 15.)
    """
    instants, lengths = start[wanted], duration[wanted]
    shift = offsets(instants, meter.timezone)
    wall_day = (instants + shift) // DAY
    types = day_types(wall_day, meter.country, meter.subdivision)
    whole_weeks = lengths >= DAY - HOUR
    total, found = np.zeros(len(wanted)), np.zeros(len(wanted), np.int64)
    known = np.flatnonzero(~np.isnan(energy))
    known_start, known_power = start[known], power_kw(energy[known], duration[known])
    for days in _nearest_first():
        alike = np.where(
            whole_weeks, days % 7 == 0, day_types(wall_day + days, meter.country, meter.subdivision) == types
        )
        open_ = np.flatnonzero(alike & (found < LIKE_DAYS))
        there = instants[open_] + days * DAY
        there += shift[open_] - offsets(there, meter.timezone)
        at, exists = _look_up(known_start, there)
        total[open_[exists]] += known_power[at[exists]]
        found[open_[exists]] += 1
    return np.where(found > 0, total / np.maximum(found, 1), np.nan) * lengths / HOUR


def _nearest_first() -> list[int]:
    return [sign * days for days in range(1, 7 * NEAREST_WEEKS + 1) for sign in (-1, 1)]


def _look_up(ordered: Instants, wanted: Instants) -> tuple[Positions, NDArray[np.bool_]]:
    """Positions of wanted instants among ordered ones, and which of them exist."""
    if not len(ordered):
        return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return at, ordered[at] == wanted


def scaled(energy: Values, target: float) -> Values:
    """Scale estimates so that they add up to a known total in kWh; spread it evenly where there is no shape."""
    summed = float(energy.sum())
    return energy * (target / summed) if summed > 0 else np.full(len(energy), target / len(energy))
