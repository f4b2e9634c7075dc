"""Order the readings of a meter: usable values, one for each instant, none running into the next."""

import numpy as np
import pandas as pd

from pipeline.flags import Flag
from pipeline.validation.model import SECOND, Instants, Mask, Positions, Series, Values


def ordered(readings: pd.DataFrame) -> tuple[Series, int]:
    """Give the usable readings in order of time, one for each instant, and how many gave way to another.

    Of several values for one instant the last of the file counts; a missing marker never displaces a value.
    """
    start = readings["ts"].to_numpy("datetime64[us]").view(np.int64)
    energy = readings["energy_kwh"].to_numpy(np.float64)
    line = readings["line"].to_numpy(np.int64)
    chosen, doubled = chosen_rows(start, line, np.isfinite(energy))
    duration = readings["duration_s"].to_numpy(np.int64) * SECOND
    flag = readings["flag"].to_numpy(np.int32, copy=True)
    if chosen is not None:
        start, duration, energy, flag, line = (column[chosen] for column in (start, duration, energy, flag, line))
        flag[doubled] |= Flag.DUPLICATE
    usable = len(readings) - int(np.count_nonzero(~np.isfinite(readings["energy_kwh"].to_numpy(np.float64))))
    return Series(start, duration, energy, energy, flag, line), usable - len(start)


def chosen_rows(start: Instants, line: Instants, usable: Mask) -> tuple[Positions | None, Positions]:
    """Choose the rows to keep, in order of time (None: all, as they are), and which of those had a duplicate."""
    none = np.empty(0, np.intp)
    if usable.all() and (start[1:] > start[:-1]).all():
        return None, none
    rows = np.flatnonzero(usable)
    rows = rows[np.lexsort((line[rows], start[rows]))]
    last = np.append(start[rows][1:] != start[rows][:-1], True) if len(rows) else np.empty(0, np.bool_)
    copies = np.diff(np.flatnonzero(last), prepend=-1)
    return rows[last], np.flatnonzero(copies > 1)


def without_overlap(start: Instants, duration: Instants, usual: int) -> tuple[Instants, Positions]:
    """Shorten intervals that run into the next one, give those without a length one, and say which were changed.

    ``usual`` (microseconds) is the length for intervals that came without one.
    """
    wrong = np.flatnonzero((duration <= 0) | np.append(start[:-1] + duration[:-1] > start[1:], False))
    if not len(wrong):
        return duration, wrong
    length = np.where(duration > 0, duration, max(usual, SECOND))
    length[:-1] = np.minimum(length[:-1], np.diff(start))
    return length, wrong


def power_kw(energy: Values, duration: Instants) -> Values:
    """Mean power of intervals in kW, from kWh and microseconds."""
    return energy * (3_600 * SECOND / duration)
