"""A load that moves to another level and stays there."""

import numpy as np
import pandas as pd

from pipeline.analytics.anomalies.expectation import robust_deviation
from pipeline.analytics.anomalies.grid import Grid
from pipeline.analytics.anomalies.model import Finding, Floats

WEEKS_DAYS = 28
EDGE_DAYS = 7
SEASON_DAYS = 84
YEAR_DAYS = 364
STILL_THERE = 0.5
LEAST_CHANGE = float(np.log(1.25))
LEAST_Z = 2.0
ABRUPT = 0.7
LASTING = 0.6


def level_shifts(grid: Grid) -> list[Finding]:
    """Find days from which the daily energy is at another level than before, at once and for good.

    Compared are the medians of the logarithm of daily energy, types of day taken out: over 28 days before and after
    (by 25 % and two robust standard deviations of a day at least), over seven (70 % of that: it came at once), and over
    84 (60 % of that: it stays). What the same weeks did a year before or after is taken off, so that a season is not a
    shift.
    """
    level = _daily_level(grid)
    if np.isfinite(level).sum() < 2 * WEEKS_DAYS:
        return []
    change = _change(level, WEEKS_DAYS)
    own = np.sign(change) * (np.abs(change) - _same_in_other_years(change)).clip(min=0)
    noise = robust_deviation(level - _median(level, 15, center=True))
    score = np.minimum(np.abs(own) / LEAST_CHANGE, np.abs(own) / (LEAST_Z * noise) if noise > 0 else np.inf)
    abrupt = np.sign(change) * _change(level, EDGE_DAYS) >= ABRUPT * np.abs(change)
    lasting = np.sign(change) * _change(level, SEASON_DAYS, fewest=WEEKS_DAYS) >= LASTING * np.abs(change)
    score = np.where(abrupt & lasting & np.isfinite(score), score, 0.0)
    found: list[Finding] = []
    while score.max(initial=0.0) >= 1:
        day = int(score.argmax())
        if _against_other_years(level, day, float(change[day])):
            found.append(_finding(grid, _first_day(level, day), float(np.exp(change[day])), float(score[day])))
        score[max(0, day - SEASON_DAYS) : day + SEASON_DAYS] = 0.0
    return found


def _first_day(level: Floats, day: int) -> int:
    """Find the day around which the levels before and after fit best: the least sum of distances from two medians."""
    begin, end = max(0, day - WEEKS_DAYS), min(len(level), day + WEEKS_DAYS)
    days = range(max(begin + 1, day - EDGE_DAYS), min(end, day + EDGE_DAYS + 1))
    misfit = [_distance(level[begin:one]) + _distance(level[one:end]) for one in days]
    return days[int(np.argmin(misfit))] if misfit else day


def _distance(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.abs(known - np.median(known)).sum()) if len(known) else 0.0


def _same_in_other_years(change: Floats) -> Floats:
    """Size of the change in the same direction 52 weeks before or after, the larger; 0 where there is none."""
    padded = np.concatenate([np.full(YEAR_DAYS, np.nan), change, np.full(YEAR_DAYS, np.nan)])
    others = np.vstack([padded[: len(change)], padded[2 * YEAR_DAYS :]]) * np.sign(change)
    return np.asarray(np.nan_to_num(np.fmax(others[0], others[1])).clip(min=0))


def _against_other_years(level: Floats, day: int, change: float) -> bool:
    """Say whether the weeks after differ from those a year before, or those before from a year later, as they should.

    Heating that sets in is at another level than a month ago, but not than a year ago: that is half of the change or
    more. True where there is no other year.
    """
    year = np.full(YEAR_DAYS, np.nan)
    since = (level - np.concatenate([year, level])[: len(level)])[day : day + SEASON_DAYS]
    until = (np.concatenate([level, year])[YEAR_DAYS:] - level)[max(0, day - SEASON_DAYS) : day]
    known = [float(np.nanmedian(one)) for one in (since, until) if np.isfinite(one).sum() >= WEEKS_DAYS]
    return not known or min(np.sign(change) * one for one in known) >= STILL_THERE * abs(change)


def _finding(grid: Grid, day: int, factor: float, score: float) -> Finding:
    first = int(np.searchsorted(grid.day, day))
    evidence: dict[str, object] = {"detector": "levels", "draw": "daily", "factor": factor}
    return Finding(first, len(grid.index) - 1, "level_shift", score, 1 - 0.5 / score, evidence)


def _daily_level(grid: Grid) -> Floats:
    """Logarithm of each day's mean energy an interval, types of day taken out; NaN for days known by less than half."""
    laid = grid.by_day(grid.energy)
    enough = np.isfinite(laid).sum(axis=1) * 2 >= grid.slots
    means = np.full(len(laid), np.nan)
    means[enough] = np.nanmean(laid[enough], axis=1)
    logs = np.log(np.where(means > 0, means, np.nan))
    away = logs - _median(logs, WEEKS_DAYS + 1, center=True)
    by_type = pd.Series(away).groupby(grid.day_type).median()
    return np.asarray(logs - by_type.reindex(grid.day_type).to_numpy())


def _change(level: Floats, days: int, fewest: int | None = None) -> Floats:
    """Median of the ``days`` from each day on less that of the ``days`` before."""
    after = _median(level[::-1], days, fewest=fewest)[::-1]
    before = np.concatenate([[np.nan], _median(level, days, fewest=fewest)[:-1]])
    return np.asarray(after - before)


def _median(level: Floats, days: int, *, center: bool = False, fewest: int | None = None) -> Floats:
    rolled = pd.Series(level).rolling(days, center=center, min_periods=fewest or (days + 1) // 2).median()
    return np.asarray(rolled.to_numpy())
