"""Days with a shape of their own, and profiles that are moved by an hour."""

import numpy as np
from sklearn.ensemble import IsolationForest

from pipeline.analytics.anomalies.expectation import Expected, robust_deviation, shares
from pipeline.analytics.anomalies.grid import Grid
from pipeline.analytics.anomalies.model import Direction, Finding, Floats
from pipeline.analytics.anomalies.spans import runs

FEWEST_DAYS = 60
SLOTS = 24
TREES = 50
FAR_OUT_Z = 6.0
LEAST_DISTANCE = 0.5
MOST_OTHER = float(np.log(1.5))
SHIFT_DAYS = 5
BETTER = 0.5


def unusual_shapes(grid: Grid, expected: Expected, seed: int = 0) -> list[Finding]:
    """Find days whose shape an isolation forest tells apart at once (Liu, Ting and Zhou, 2008).

    The forest sees each day as its hours' shares of the day less those of the like days around; public holidays are
    excused, and so are days with far more or less energy than usual, which have no shape to compare (a closed school).
    A day is an event when its score is six robust standard deviations above the median, and a quarter of its energy
    lies at other hours than usual.
    """
    own, usual = _shares_of_day(grid, grid.energy), _shares_of_day(grid, expected.p50)
    whole = np.isfinite(own).all(axis=1) & np.isfinite(usual).all(axis=1)
    if whole.sum() < FEWEST_DAYS or grid.slots < SLOTS:
        return []
    away, days = (own - usual)[whole], np.flatnonzero(whole)
    moved = np.abs(away).sum(axis=1)
    amount = shares(grid, expected.p50)[days]
    possible = (moved > LEAST_DISTANCE) & ~grid.holiday[days] & (np.abs(np.log(amount)) < MOST_OTHER)
    if not possible.any():  # as at most meters: half of the time of all detectors is spared
        return []
    forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(away)
    strange = -forest.score_samples(away)
    deviation = robust_deviation(strange)
    if not deviation > 0:
        return []
    z = (strange - np.median(strange)) / deviation
    hit = (z > FAR_OUT_Z) & possible
    return [
        _day(grid, int(day), float(score), own, usual) for day, score in zip(days[hit], z[hit] / FAR_OUT_Z, strict=True)
    ]


def clock_shifts(grid: Grid, expected: Expected, direction: Direction) -> list[Finding]:
    """Find five days or more on which the profile fits far better when it is moved by an hour.

    Compared is the squared distance of the day's shares to those of the like days around, as they are and moved by an
    hour each way, summed over five days: moved must leave less than half. Only for loads: what follows the sun moves
    against the local clock without any fault.
    """
    an_hour = grid.steps(1)
    if direction != "import" or grid.slots < SLOTS or len(grid.days) < FEWEST_DAYS:
        return []
    own, usual = _shares_of_day(grid, grid.energy), _shares_of_day(grid, expected.p50)
    as_it_is = _of_five(np.nansum((own - usual) ** 2, axis=1))
    found = []
    for hours in (-1, 1):
        moved = _of_five(np.nansum((own - np.roll(usual, hours * an_hour, axis=1)) ** 2, axis=1))
        better = (moved < BETTER * as_it_is) & (as_it_is > 0)
        for begin, end in zip(*(edge.tolist() for edge in runs(better)), strict=True):
            if end - begin + 1 >= SHIFT_DAYS:
                gain = float(np.mean(as_it_is[begin : end + 1]) / max(float(np.mean(moved[begin : end + 1])), 1e-12))
                found.append(_days(grid, begin, end, hours, gain))
    return found


def _of_five(values: Floats) -> Floats:
    return np.convolve(values, np.ones(SHIFT_DAYS), mode="same")


def _shares_of_day(grid: Grid, values: Floats) -> Floats:
    """Each interval's share of the energy of its local day; hours that the clocks skipped as the hour before."""
    laid = grid.by_day(values)
    skipped = np.isnan(laid)
    one_hour = skipped.sum(axis=1) == grid.steps(1)
    laid[one_hour] = np.where(skipped[one_hour], np.roll(laid[one_hour], grid.steps(1), axis=1), laid[one_hour])
    total = laid.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(laid, total, out=np.full(laid.shape, np.nan), where=total > 0))


def _day(grid: Grid, day: int, score: float, own: Floats, usual: Floats) -> Finding:
    inside = np.flatnonzero(grid.day == day)
    evidence: dict[str, object] = {
        "detector": "shapes",
        "draw": "shape",
        "profile": own[day].round(5).tolist(),
        "usual_profile": usual[day].round(5).tolist(),
    }
    return Finding(int(inside[0]), int(inside[-1]), "unusual_day", score, 1 - 0.5 / score, evidence)


def _days(grid: Grid, begin: int, end: int, hours: int, gain: float) -> Finding:
    inside = np.flatnonzero((grid.day >= begin) & (grid.day <= end))
    evidence: dict[str, object] = {"detector": "shapes", "draw": "shape", "hours": hours, "gain": gain}
    return Finding(int(inside[0]), int(inside[-1]), "clock_shift", gain * BETTER, 1 - 0.5 / (gain * BETTER), evidence)
