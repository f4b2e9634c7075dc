"""Quantiles from the errors of earlier forecasts: split conformal prediction, renewed as errors become known."""

import numpy as np

from pipeline.analytics.forecast.grid import Positions
from pipeline.analytics.forecast.series import Values

LOW, HIGH = 0.1, 0.9
NEIGHBOURS = 2  # leads on either side whose errors are looked at together
RENEWED_AFTER = 7  # origins
NEWEST = 120  # origins whose errors are used at most: what was long ago says less of today
LEAST_ERRORS = 10  # of one lead and its neighbours, for quantiles of their own


def offsets(errors: Values) -> tuple[Values, Values]:
    """Return what to add to a prediction for its P10 and P90, by lead.

    ``errors``: measured minus predicted, (origins, leads), NaN where unknown. The ranks are those of split conformal
    prediction (Lei et al., Distribution-free predictive inference for regression, 2018), each side by itself: the
    ceil((n + 1) 0.9)-th of n errors, so that few errors give wide bands. All zero where no error is known.
    """
    leads = errors.shape[1]
    low, high = np.zeros(leads), np.zeros(leads)
    everything = errors[np.isfinite(errors)]
    for lead in range(leads):
        near = errors[:, max(0, lead - NEIGHBOURS) : lead + NEIGHBOURS + 1]
        near = near[np.isfinite(near)]
        near = near if len(near) >= LEAST_ERRORS else everything
        if len(near):
            low[lead], high[lead] = -_rank(-near), _rank(near)
    return np.minimum(low, 0.0), np.maximum(high, 0.0)


def rolling_bands(predicted: Values, actual: Values, unit: Values, origins: Positions) -> tuple[Values, Values]:
    """Return P10 and P90 of forecasts in order of origin, each from errors known before it alone.

    ``predicted, actual``: (origins, leads); ``unit``: (origins,) what errors are in proportion to. Forecasts with too
    little before them get NaN.
    """
    errors = (actual - predicted) / unit[:, None]
    low, high = np.full_like(predicted, np.nan), np.full_like(predicted, np.nan)
    for first in range(0, len(predicted), RENEWED_AFTER):
        known = known_before(errors, origins, first)[-NEWEST:]
        if np.isfinite(known).sum() < LEAST_ERRORS:
            continue
        below, above = offsets(known)
        block = slice(first, first + RENEWED_AFTER)
        low[block] = predicted[block] + below * unit[block, None]
        high[block] = predicted[block] + above * unit[block, None]
    return low, high


def known_before(errors: Values, origins: Positions, place: int) -> Values:
    """Return the errors of the forecasts before ``place``, NaN where they were not known at that origin."""
    cells = origins[:place, None] + np.arange(errors.shape[1])
    return np.where(cells < origins[place], errors[:place], np.nan)


def _rank(values: Values) -> float:
    """Return the conformal 0.9 quantile."""
    place = int(np.ceil((len(values) + 1) * HIGH)) - 1
    return float(np.partition(values, min(place, len(values) - 1))[min(place, len(values) - 1)])
