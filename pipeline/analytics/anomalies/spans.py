"""Runs of intervals: from masks, with hysteresis, and joined where they nearly touch."""

import numpy as np

from pipeline.analytics.anomalies.model import Ints, Mask


def runs(mask: Mask) -> tuple[Ints, Ints]:
    """Find the first and last position of each run of true values."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1


def hysteresis(enter: Mask, stay: Mask) -> tuple[Ints, Ints]:
    """Find the runs of ``stay`` that hold at least one ``enter`` (a Schmitt trigger, both ways in time)."""
    first, last = runs(stay | enter)
    entered = np.concatenate([[0], np.cumsum(enter)])
    holds = entered[last + 1] > entered[first]
    return first[holds], last[holds]


def joined(first: Ints, last: Ints, gap: int) -> tuple[Ints, Ints]:
    """Join runs, in order, with at most ``gap`` positions between them."""
    if not len(first):
        return first, last
    apart = first[1:] - last[:-1] - 1 > gap
    return first[np.append(True, apart)], last[np.append(apart, True)]
