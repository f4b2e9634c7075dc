"""Readings that stand out from their neighbours once the time of day is taken out: spikes, dips, negatives."""

import numpy as np
import pandas as pd

from pipeline.analytics.anomalies.expectation import Expected, robust_deviation
from pipeline.analytics.anomalies.grid import Grid
from pipeline.analytics.anomalies.model import Direction, Finding, Floats, Ints, Mask
from pipeline.analytics.anomalies.spans import hysteresis, joined, runs

JUMPS_OVER_USUAL = 2.45
COMMON_JUMP, USUAL_JUMP = 0.75, 0.95
SMOOTH_TAIL = 2.6
SMOOTH_DISTANCE = 4.5
FAR_Z = 20.0
STAY = 0.5
LARGEST_LOG = 50.0
DEEP, DEEPEST = 0.6, 0.75
BRIEF_HOURS = 4
LEVEL_HOURS = 25
NEIGHBOUR_HOURS = 3
FLOOR_SHARE = 0.5
FEWEST = 100
SURE = 3.0


def points(grid: Grid, expected: Expected, direction: Direction) -> list[Finding]:
    """Find readings far off, by two measures of the energy relative to that of like days.

    *Jump*: the smaller of the two jumps, into a reading and out of it, where both have one sign, against the jump that
    5 % of the readings exceed. It is blind to weather and season, which come gradually. *Distance*: the robust z of the
    reading within its own day (median of 25 hours, median absolute deviation; Iglewicz and Hoaglin 1993), for what
    lasts longer. A finding begins where one of them passes its limit and reaches over the readings around that pass
    half of it. Limits are powers, as the noise of small loads is multiplicative: for large ones that is the multiple.
    The limits are ours, chosen on six of twelve grid operators (see docs/anomalies.md). What is exported or generated
    goes with the sun and the wind, and is not judged here.
    """
    if direction in {"export", "generation"}:
        return []
    relative = relative_to_like_days(grid, expected)
    if np.isfinite(relative).sum() < FEWEST:
        return []
    score = np.maximum(_jumps(relative), _distances(relative, grid.steps(LEVEL_HOURS)))
    wrong_sign = (grid.came < 0) & (direction == "import")
    return [
        *_findings(score, (relative > 0) & ~wrong_sign, "spike", grid),
        *_findings(score, (relative <= 0) & ~wrong_sign, "dip", grid),
        *_findings(np.where(wrong_sign, np.maximum(score, SURE), 0.0), wrong_sign, "negative", grid),
    ]


def relative_to_like_days(grid: Grid, expected: Expected) -> Floats:
    """Difference from like days, as a share of what they have; never of less than half of the usual energy."""
    floor = FLOOR_SHARE * float(np.nanmean(np.abs(expected.near))) if np.isfinite(expected.near).any() else 0.0
    size = np.maximum(np.abs(expected.near), floor)
    return np.asarray(np.divide(grid.came - expected.near, size, out=np.full(len(size), np.nan), where=size > 0))


def _jumps(relative: Floats) -> Floats:
    """Score the jumps into and out of each reading; 1 at the limit, 0 where there is no reading.

    A load that jumps by nature, as a home with a car that charges, has a heavier tail than the 2.6 between the 75 % and
    95 % quantiles of smooth ones; its limit is raised by the square of that.
    """
    series = pd.Series(relative)
    into = relative - series.ffill().shift().to_numpy()
    out_of = relative - series.bfill().shift(-1).to_numpy()
    common, usual = np.nanquantile(np.abs(into), [COMMON_JUMP, USUAL_JUMP]).tolist()
    if not common > 0:
        return np.zeros(len(relative))
    heavy = max(1.0, usual / common / SMOOTH_TAIL) ** 2
    rough = 1 + usual / 2
    limit = np.exp(min(JUMPS_OVER_USUAL * heavy * rough * np.log1p(usual), LARGEST_LOG)) - 1
    both = np.where(np.sign(into) == np.sign(out_of), np.fmin(np.abs(into), np.abs(out_of)), 0.0)
    return np.asarray(np.nan_to_num(both) / limit)


def _distances(relative: Floats, window: int) -> Floats:
    """Score the distance from the level of the day around; 1 at the limit."""
    level = pd.Series(relative).rolling(window, center=True, min_periods=max(1, window // 8)).median().to_numpy()
    distance = relative - level
    deviation = robust_deviation(relative - level)
    if not deviation > 0:
        return np.zeros(len(relative))
    heavy = max(1.0, float(np.nanquantile(np.abs(distance), USUAL_JUMP)) / deviation / SMOOTH_DISTANCE) ** 2
    limit = float(np.exp(min(FAR_Z * heavy * np.log1p(deviation), LARGEST_LOG)) - 1)
    change = np.nan_to_num(distance)
    drops = _drops(change, limit, max(1, window * BRIEF_HOURS // LEVEL_HOURS))
    return np.asarray(np.maximum(np.abs(change) / limit, drops))


def _drops(change: Floats, limit: float, brief: int) -> Floats:
    """Score short drops: a load can grow tenfold, but lose no more than all it has.

    So downwards a limit beyond 60 % is as far as upwards on a scale of logarithms (+300 % is -75 %). Beyond that, and
    for longer than four hours, the load may well have been switched off.
    """
    downwards = max(DEEP, limit / (1 + limit))
    if downwards > DEEPEST or downwards >= limit:
        return np.zeros(len(change))
    score = np.where(change < 0, -change / downwards, 0.0)
    first, last = runs(score >= STAY)
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        if end - begin + 1 > brief:
            score[begin : end + 1] = 0.0
    return score


def _findings(score: Floats, sign: Mask, kind: str, grid: Grid) -> list[Finding]:
    spans: tuple[Ints, Ints] = hysteresis((score >= 1) & sign, (score >= STAY) & sign)
    first, last = joined(*spans, grid.steps(NEIGHBOUR_HOURS))
    found = []
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        highest = float(score[begin : end + 1].max())
        found.append(Finding(begin, end, kind, highest, _confidence(highest), {"detector": "points", "draw": "band"}))
    return found


def _confidence(score: float) -> float:
    """Grow from a half at the limit to one far beyond it."""
    return 1 - 0.5 / max(score, 1.0)
