"""What a meter is expected to use, learned from like days: cheap, robust, and shared by all detectors."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analytics.anomalies.grid import Grid
from pipeline.analytics.anomalies.model import Floats, Mask

NEAR_DAYS = 28
FAR_DAYS = 91
FEWEST_LIKE = 4
NORMAL_MAD = 1.4826
NORMAL_TAIL = 1.2816
WEEK = 7
MIDDAY, NIGHT = (10, 15), (20, 4)
SUN_VARIES = 3.0


@dataclass(frozen=True)
class Expected:
    """Expected energy per interval of a grid, kWh.

    ``near``: median of the same time of day on like days within two weeks. ``p10``, ``p50``, ``p90``: the quantiles of
    a season, which an event of a month doesn't move (a forecast would follow it after a week).
    """

    near: Floats
    p10: Floats
    p50: Floats
    p90: Floats


def expected_of(grid: Grid) -> Expected:
    """Learn the expectation of each interval from like days."""
    laid = grid.by_day(grid.energy)
    near = grid.along(_like_days(laid, grid, NEAR_DAYS))
    p50 = grid.along(_like_days(laid, grid, FAR_DAYS))
    low, high = _spread_by_hour_type(grid, p50)
    return Expected(near, p50 - low, p50, p50 + high)


def _like_days(laid: Floats, grid: Grid, window: int) -> Floats:
    """Median of the same slot over ``window`` days around, workdays, Saturdays and Sundays (with holidays) apart.

    Days of a kind too rare to have four likes (a short series) are compared with all days.
    """
    any_day = _rolling_median(laid, window)
    expected = any_day.copy()
    a_week = {0: 5, 1: 1, 2: 1}
    for kind, each_week in a_week.items():
        of_kind = grid.day_type == kind
        if of_kind.sum() >= FEWEST_LIKE:
            size = max(2 * FEWEST_LIKE + 1, window * each_week // WEEK)
            like = _rolling_median(laid[of_kind], size)
            expected[of_kind] = np.where(np.isnan(like), any_day[of_kind], like)
    return expected


def _rolling_median(laid: Floats, window: int) -> Floats:
    rolled = pd.DataFrame(laid).rolling(window, center=True, min_periods=min(FEWEST_LIKE, window)).median()
    return np.asarray(rolled.to_numpy())


def _spread_by_hour_type(grid: Grid, p50: Floats) -> tuple[Floats, Floats]:
    """Distance of the 10 % and 90 % quantile from the median, by hour-type, kWh."""
    residual = pd.Series(grid.energy - p50).groupby(grid.hour_type)
    low = -residual.quantile(0.1).reindex(grid.hour_type).to_numpy()
    high = residual.quantile(0.9).reindex(grid.hour_type).to_numpy()
    return np.nan_to_num(low).clip(min=0), np.nan_to_num(high).clip(min=0)


def follows_the_sun(grid: Grid, expected: Expected) -> bool:
    """Say whether the meter stands behind solar panels: by day it varies far more, for its size, than by night."""
    share = (expected.p90 - expected.p10) / np.maximum(np.abs(expected.p50), 1e-9)
    hour = grid.slot * 24.0 / grid.slots
    by_day = np.isfinite(share) & (hour >= MIDDAY[0]) & (hour < MIDDAY[1])
    by_night = np.isfinite(share) & ((hour >= NIGHT[0]) | (hour < NIGHT[1]))
    if not by_day.any() or not by_night.any():
        return False
    return bool(np.median(share[by_day]) > SUN_VARIES * np.median(share[by_night]))


def robust_deviation(values: Floats) -> float:
    """Give the standard deviation of a normal distribution with the same median absolute deviation; NaN without values.

    Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993.
    """
    known = values[np.isfinite(values)]
    return NORMAL_MAD * float(np.median(np.abs(known - np.median(known)))) if len(known) else float("nan")


def shares(grid: Grid, expected: Floats, mask: Mask | None = None) -> Floats:
    """Energy of each local day over its expectation, on the intervals known (and in ``mask``); NaN below a third."""
    known = np.isfinite(grid.energy) & np.isfinite(expected)
    if mask is not None:
        known &= mask
    size = len(grid.days)
    wanted = np.bincount(grid.day, weights=None if mask is None else mask.astype(float), minlength=size)
    covered = np.bincount(grid.day[known], minlength=size)
    sums = np.bincount(grid.day[known], weights=grid.energy[known], minlength=size)
    sums_expected = np.bincount(grid.day[known], weights=expected[known], minlength=size)
    enough = (covered * 3 >= wanted) & (covered > 0) & (sums_expected > 0)
    return np.asarray(np.divide(sums, sums_expected, out=np.full(size, np.nan), where=enough))
