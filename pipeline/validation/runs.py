"""Rules on runs of one value: a meter that counts nothing, and one that is stuck."""

import numpy as np

from pipeline.sources.frame import Direction
from pipeline.validation.model import DAY, Instants, Mask, Positions, Values

FEWEST_RUNS = 5
FEWEST_INTERVALS = 6


def zero_run(start: Instants, end: Instants, energy: Values, direction: Direction = "import") -> Positions:
    """Positions in runs of zeros of a day or more that are twice as long as this meter's zeros usually last.

    Usual is the run length below which half of the time at zero lies, the longest run set aside, so that a
    photovoltaic system's nights and a shop's Sundays are not reported; a meter with fewer than five other runs has no
    usual one. An export meter may count nothing all winter. The day is that of zero-consumption checks in AMI systems.
    """
    zero = energy == 0
    if direction == "export" or not zero.any():
        return np.empty(0, np.intp)
    first, last = runs(zero)
    length = end[last] - start[first]
    unusual = (length >= DAY) & (length > 2 * _usual_length(length))
    return _members(first[unusual], last[unusual])


def _usual_length(length: Instants) -> int:
    others = np.sort(length)[:-1]
    if len(others) < FEWEST_RUNS:
        return 0
    share = np.cumsum(others)
    return int(others[np.searchsorted(share, share[-1] / 2)])


def flat_run(start: Instants, end: Instants, energy: Values) -> Positions:
    """Positions in runs of exactly the same value, not zero, over 24 hours and at least six intervals."""
    change = np.flatnonzero(energy[1:] != energy[:-1])
    size = np.diff(change, prepend=-1, append=len(energy) - 1)
    if not len(size) or size.max() < FEWEST_INTERVALS:
        return np.empty(0, np.intp)
    last = np.append(change, len(energy) - 1)
    first = last - size + 1
    long = (size >= FEWEST_INTERVALS) & (energy[first] != 0) & (end[last] - start[first] >= DAY)
    return _members(first[long], last[long])


def runs(mask: Mask) -> tuple[Positions, Positions]:
    """First and last position of each run of true values."""
    inside = np.flatnonzero(mask)
    breaks = np.flatnonzero(np.diff(inside) > 1)
    return inside[np.append(0, breaks + 1)], inside[np.append(breaks, len(inside) - 1)]


def _members(first: Positions, last: Positions) -> Positions:
    return np.concatenate([np.empty(0, np.intp), *map(np.arange, first, last + 1)])
