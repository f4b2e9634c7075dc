"""Forecasts of parts and wholes made to agree, so that the parts add up to the whole exactly.

Weighted least squares after Wickramasuriya, Athanasopoulos and Hyndman (2019), Optimal forecast reconciliation for
hierarchical and grouped time series through trace minimization, JASA 114(526), with a diagonal matrix of error
variances (their WLS_v): of all sets of forecasts that add up, take the one that is nearest to the forecasts as they
were made, each distance measured in the usual error of that series. Errors of different series are taken as unrelated,
which they are not quite; a full matrix would need more origins than a backtest has.

Load that can't be negative stays so by holding what came out below zero at zero and solving again. That is the simple
heuristic beside the quadratic programme of Wickramasuriya, Turlach and Hyndman (2020), Statistics and Computing 30.
"""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST_ROUNDS = 8  # of holding at zero; afterwards the rest is cut off at zero and added up
_SMALLEST_ERROR = 1e-6  # of the largest: a series that was never wrong would take all weight
_RIDGE = 1e-9  # settles parts that no forecast tells apart


def reconcile(
    base: Numbers, summing: Numbers, error: Numbers, *, known: Numbers | None = None, positive: Flags | None = None
) -> Numbers:
    """Return forecasts that add up: ``summing @ parts`` for every interval, shape (series, intervals).

    ``base`` (series, intervals) are the forecasts as made, NaN where a series has none; ``summing`` (series, parts)
    says which parts a series is the sum of, with their sign; ``error`` (series) is the usual error of each, in the unit
    of ``base``. ``known`` (parts, intervals) holds parts that are known already, else NaN; ``positive`` (parts) says
    which can't be negative.
    """
    nothing_known = np.full((summing.shape[1], base.shape[1]), np.nan)
    none_positive = np.zeros(summing.shape[1], dtype=bool)
    parts = _parts(
        base,
        summing,
        error,
        nothing_known if known is None else known,
        none_positive if positive is None else positive,
        rounds=MOST_ROUNDS,
    )
    reconciled: Numbers = summing @ parts
    return reconciled


def _parts(base: Numbers, summing: Numbers, error: Numbers, known: Numbers, positive: Flags, *, rounds: int) -> Numbers:
    """Solve, hold at zero what came out below it, and solve those intervals again."""
    solved = _solve(base, summing, error, known)
    negative = (solved < 0) & positive[:, None] & np.isnan(known)
    again = negative.any(axis=0)
    if not again.any():
        return solved
    if not rounds:
        return np.where(negative, 0.0, solved)
    held = np.where(negative, 0.0, known)[:, again]
    solved[:, again] = _parts(base[:, again], summing, error, held, positive, rounds=rounds - 1)
    return solved


def _solve(base: Numbers, summing: Numbers, error: Numbers, known: Numbers) -> Numbers:
    """Find the parts of each interval; intervals in which the same is known and forecast are solved together."""
    parts = known.copy()
    pattern = np.vstack([np.isnan(known), np.isnan(base)])
    for alike in _groups(pattern):
        free, told = np.isnan(known[:, alike[0]]), ~np.isnan(base[:, alike[0]])
        if free.any():
            rest = base[np.ix_(told, alike)] - summing[np.ix_(told, ~free)] @ known[np.ix_(~free, alike)]
            parts[np.ix_(free, alike)] = _least_squares(summing[np.ix_(told, free)], rest, error[told])
    return parts


def _groups(pattern: Flags) -> list[NDArray[np.intp]]:
    """Gather the columns that are equal."""
    _, group = np.unique(np.packbits(pattern, axis=0), axis=1, return_inverse=True)
    return [np.flatnonzero(group == number) for number in range(int(group.max(initial=-1)) + 1)]


def _least_squares(summing: Numbers, base: Numbers, error: Numbers) -> Numbers:
    """Solve the normal equations, scaled so that small and large parts are solved equally well."""
    weights = 1 / np.maximum(error, error.max(initial=0.0) * _SMALLEST_ERROR or 1.0) ** 2
    weighted = summing * weights[:, None]
    normal = summing.T @ weighted
    unit = np.sqrt(np.where(np.diag(normal) > 0, np.diag(normal), 1.0))
    scaled = normal / np.outer(unit, unit) + _RIDGE * np.eye(len(unit))
    solved: Numbers = np.linalg.solve(scaled, (weighted.T @ base) / unit[:, None]) / unit[:, None]
    return solved
