"""The end of the month in progress: its energy and its highest power, from what is known and the forecast of the rest.

The quantile of a sum is not the sum of quantiles, nor is that of a maximum the maximum of quantiles. So the remaining
days are drawn together many times: each day from the two-piece normal distribution of its own P10, P50 and P90
(K. F. Wallis (2014), The Two-Piece Normal, Binormal, or Double Gaussian Distribution, Statistical Science 29(1)), and
one day after the other as a stationary autoregressive process of first order. Its correlation is that of the errors of
successive days in the backtest: a forecast that was too low on one day was mostly too low on the next as well, and
without that a sum would come out too sure and a maximum too high.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

DRAWS = 4_000
SEED = 20_260_101  # the same drawing each time: the same forecasts give the same answer
Z90 = 1.2815515655446004  # standard normal deviate exceeded by a tenth
LEVELS = (10, 50, 90)
FEWEST_PAIRS = 28
USUAL_CORRELATION = 0.5  # where there are too few errors to measure it
MOST_CORRELATION = 0.95


@dataclass(frozen=True)
class Range:
    """P10, P50 and P90 of one quantity."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True)
class MonthEnd:
    """Energy of the whole month, its highest power, that of the days left, and the chance that they set a new peak."""

    energy_kwh: Range
    peak_kw: Range | None
    rest_peak_kw: Range | None
    chance_of_new_peak: float | None


def month_end(
    so_far_kwh: float,
    so_far_kw: float | None,
    days_kwh: Numbers,
    peaks_kw: Numbers | None,
    correlation: float,
    *,
    peak_correlation: float | None = None,
) -> MonthEnd:
    """Project the month from its days left: ``days_kwh`` and ``peaks_kw`` hold P10, P50, P90 by day, shape (days, 3).

    ``so_far_kw`` is None where the month has no reading yet. ``correlation`` is that of the errors of one day with the
    next; that of peaks is the same unless told.
    """
    energy = _range(so_far_kwh + _drawn(days_kwh, _deviates(len(days_kwh), correlation)).sum(axis=1))
    if peaks_kw is None or not len(peaks_kw):
        return MonthEnd(energy, None, None, None)
    related = correlation if peak_correlation is None else peak_correlation
    rest = _drawn(peaks_kw, _deviates(len(peaks_kw), related)).max(axis=1)
    known = -np.inf if so_far_kw is None else so_far_kw
    chance = None if so_far_kw is None else float((rest > so_far_kw).mean())
    return MonthEnd(energy, _range(np.maximum(rest, known)), _range(rest), chance)


def error_correlation(errors: Numbers) -> float:
    """Measure how much of the error of one day returns on the next, 0 to 0.95: (origins, days), NaN where unknown.

    What the forecasts of all origins missed alike at a lead is their bias there, and left out.
    """
    known = np.isfinite(errors)
    counts = np.maximum(known.sum(axis=0), 1)
    from_bias = errors - np.where(known, errors, 0.0).sum(axis=0) / counts
    now, then = from_bias[:, 1:], from_bias[:, :-1]
    both = np.isfinite(now) & np.isfinite(then)
    if both.sum() < FEWEST_PAIRS:
        return USUAL_CORRELATION
    size = float((now[both] ** 2).sum() * (then[both] ** 2).sum()) ** 0.5
    measured = float((now[both] * then[both]).sum()) / size if size else USUAL_CORRELATION
    return min(max(measured, 0.0), MOST_CORRELATION)


def _deviates(days: int, correlation: float) -> Numbers:
    """Draw standard normal deviates that follow on each other, shape (draws, days)."""
    fresh = np.random.default_rng(SEED).standard_normal((DRAWS, days))
    if not days:
        return fresh
    deviates = np.empty_like(fresh)
    deviates[:, 0] = fresh[:, 0]
    for day in range(1, days):
        deviates[:, day] = correlation * deviates[:, day - 1] + np.sqrt(1 - correlation**2) * fresh[:, day]
    return deviates


def _drawn(quantiles: Numbers, deviates: Numbers) -> Numbers:
    """Turn deviates into values of two-piece normal distributions with these quantiles."""
    low, middle, high = quantiles.T
    drawn: Numbers = middle + np.where(deviates > 0, high - middle, middle - low) * deviates / Z90
    return drawn


def _range(drawn: Numbers) -> Range:
    return Range(*(float(value) for value in np.percentile(drawn, LEVELS)))
