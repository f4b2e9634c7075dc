"""Quantiles from the errors of earlier forecasts: split conformal prediction, renewed as errors become known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.analytics.forecast.grid import Mask, Positions
from pipeline.analytics.forecast.series import Values

HIGH = 0.9
NEIGHBOURS = 2  # leads on either side whose errors are looked at together
RENEWED_AFTER = 7  # origins
NEWEST = 120  # origins whose errors are used at most: what was long ago says less of today
LEAST_ERRORS = 10  # of one lead and its neighbours, for quantiles of their own
LEAST_WINDOWS = 10  # earlier forecasts of a kind of day (work, rest), for quantiles of its own


def offsets(errors: Values, at_rest: Mask) -> tuple[Values, Values]:
    """Return what to add to a prediction for its P10 and P90: (2, leads), on workdays and on days of rest.

    ``errors``: measured minus predicted, (origins, leads), NaN where unknown; ``at_rest``: which lay on a weekend or
    public holiday. The ranks are those of split conformal prediction (Lei et al., Distribution-free predictive
    inference for regression, 2018), each side by itself: the ceil((n + 1) 0.9)-th of n errors, so that few errors give
    wide bands. They are of the same kind of day (Mondrian, Vovk et al., 2003) where that has enough forecasts, else of
    all days. All zero where no error is known.
    """
    near, rest = _with_neighbours(errors, np.nan), _with_neighbours(at_rest, 0)
    pooled = _ranks(near, np.isfinite(near).sum(axis=(1, 2)) >= LEAST_ERRORS)
    everything = _ranks(np.broadcast_to(errors[None], (1, *errors.shape)), np.ones(1, bool))
    found = np.where(np.isfinite(pooled), pooled, np.nan_to_num(everything))
    kinds = []
    for kind in (False, True):
        alike = np.where(rest == kind, near, np.nan)
        own = _ranks(alike, np.isfinite(alike).any(axis=2).sum(axis=1) >= LEAST_WINDOWS)
        kinds.append(np.where(np.isfinite(own), own, found))
    low, high = np.stack(kinds, axis=1)
    return np.minimum(low, 0.0), np.maximum(high, 0.0)


def added(offset: Values, at_rest: Mask) -> Values:
    """Choose from `offsets` by the kind of day of each cell: (..., leads)."""
    chosen: Values = np.where(at_rest, offset[1], offset[0])
    return chosen


def rolling_bands(
    predicted: Values, actual: Values, unit: Values, origins: Positions, at_rest: Mask
) -> tuple[Values, Values]:
    """Return P10 and P90 of forecasts in order of origin, each from errors known before it alone.

    ``predicted, actual, at_rest``: (origins, leads); ``unit``: (origins,) what errors are in proportion to. Forecasts
    with too little before them get NaN.
    """
    errors = (actual - predicted) / unit[:, None]
    low, high = np.full_like(predicted, np.nan), np.full_like(predicted, np.nan)
    for first in range(0, len(predicted), RENEWED_AFTER):
        known = known_before(errors, origins, first)[-NEWEST:]
        if np.isfinite(known).sum() < LEAST_ERRORS:
            continue
        below, above = offsets(known, at_rest[:first][-NEWEST:])
        block = slice(first, first + RENEWED_AFTER)
        low[block] = predicted[block] + added(below, at_rest[block]) * unit[block, None]
        high[block] = predicted[block] + added(above, at_rest[block]) * unit[block, None]
    return low, high


def known_before(errors: Values, origins: Positions, place: int) -> Values:
    """Return the errors of the forecasts before ``place``, NaN where they were not known at that origin."""
    cells = origins[:place, None] + np.arange(errors.shape[1])
    return np.where(cells < origins[place], errors[:place], np.nan)


def _with_neighbours(values: NDArray[Any], fill: float) -> NDArray[Any]:
    """Set each lead beside those on either side: (origins, leads) -> (leads, origins, leads looked at)."""
    padded = np.pad(values, ((0, 0), (NEIGHBOURS, NEIGHBOURS)), constant_values=fill)
    beside = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1, axis=1)
    return beside.transpose(1, 0, 2)


def _ranks(errors: Values, enough: Mask) -> Values:
    """Return the conformal 0.1 and 0.9 quantile of each of (rows, origins, leads): (2, rows), NaN without enough."""
    counts = np.isfinite(errors).sum(axis=(1, 2))
    place = np.clip(np.ceil((counts + 1) * HIGH).astype(np.intp), 1, np.maximum(counts, 1))
    ordered = np.sort(errors.reshape(len(errors), -1), axis=1)  # NaN last
    rows = np.arange(len(errors))
    found = np.stack([ordered[rows, np.maximum(counts - place, 0)], ordered[rows, place - 1]])
    return np.where(enough, found, np.nan)
