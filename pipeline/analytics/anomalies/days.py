"""Days that add up to more or less than usual, and base load that creeps up: CUSUMs on daily shares."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analytics.anomalies.cusum import alarms
from pipeline.analytics.anomalies.expectation import Expected, robust_deviation, shares
from pipeline.analytics.anomalies.grid import Grid
from pipeline.analytics.anomalies.model import Finding, Floats, Mask

BASE_SHARE = 1 / 3
FEWEST_DAYS = 42
LEAST_DEVIATION = 0.02
LEAST_SHARE = 0.1
FAR_MORE = 1.5
NEARLY_ALL = 0.1
YEAR_DAYS, WITHIN_DAYS, WEEK = 364, 14, 7
ENOUGH, SAME = 0.5, 0.5


@dataclass(frozen=True)
class Rule:
    """When a shift of daily shares is an event: ``slack`` and ``decision`` of the CUSUM, in standard deviations."""

    kind: str
    sign: int
    slack: float
    decision: float
    least_change: float
    least_z: float
    least_days: int


LOW = Rule("low_use", -1, slack=1.5, decision=8.0, least_change=0.3, least_z=1.9, least_days=3)
HIGH = Rule("high_use", 1, slack=1.5, decision=8.0, least_change=0.3, least_z=1.9, least_days=3)
LEAK = Rule("leak", 1, slack=0.5, decision=5.0, least_change=0.2, least_z=2.0, least_days=5)


def unusual_days(grid: Grid, expected: Expected) -> list[Finding]:
    """Find runs of days with clearly less or more energy than the season's like days.

    A tabular CUSUM of the standardised daily share, with a slack of 1.5 standard deviations rather than 0.5, as the
    weather moves days by one or two; and a change of 30 % and 2.5 standard deviations over three days at least. What
    was so a year before or after is not reported.
    """
    share = shares(grid, expected.p50)
    return [finding for rule in (LOW, HIGH) for finding in _shifts(grid, share, rule, "days", _energy_a_day(grid))]


def base_load(grid: Grid, expected: Expected) -> list[Finding]:
    """Find times at which the load that never goes away, by night and at weekends, is raised.

    Tabular CUSUM (k = 0.5, h = 5) of the base hours' daily share: those hour-types whose median energy lies in the
    lowest third. The raise must be 20 % and two standard deviations over five days at least, and not
    come back a year later, nor must the other hours have risen by half as many kWh again: then the whole load is up.
    """
    base = base_hours(grid)
    share = shares(grid, expected.p50, base)
    raised = _shifts(grid, share, LEAK, "base_load", _energy_a_day(grid, base))
    return [one for one in raised if _day_and_night(one, grid, expected, base)]


def _day_and_night(one: Finding, grid: Grid, expected: Expected, base: Mask) -> bool:
    """Say whether nearly all hours are raised, and by about the same kWh: a car that charges, or heat, is none."""
    inside = slice(one.first, one.last + 1)
    more, is_base = (grid.energy - expected.p50)[inside], base[inside]
    known = np.isfinite(more)
    if not (known & is_base).any() or not (known & ~is_base).any():
        return False
    by_base = more[known & is_base]
    low = float(np.quantile(by_base, NEARLY_ALL)) > 0
    return low and float(np.mean(more[known & ~is_base])) < FAR_MORE * float(np.mean(by_base))


def base_hours(grid: Grid) -> Mask:
    """Say which intervals belong to the hour-types with the lowest third of the usual energy, or of their day's."""
    usual = pd.Series(grid.energy).groupby(grid.hour_type).median()
    of_day = usual.groupby(usual.index // grid.slots).transform("quantile", BASE_SHARE)
    low = usual.index[(usual <= usual.quantile(BASE_SHARE)) | (usual <= of_day)]
    return np.isin(grid.hour_type, low)


def _energy_a_day(grid: Grid, mask: Mask | None = None) -> Floats:
    """Give the mean energy of an interval (of ``mask``), by local day."""
    energy = grid.energy if mask is None else np.where(mask, grid.energy, np.nan)
    return np.asarray(pd.Series(energy).groupby(grid.day).mean().reindex(range(len(grid.days))).to_numpy())


def standardised(share: Floats) -> Floats:
    """Robust z of the logarithm of daily shares, around their median; shares at or below zero count as a tenth."""
    logs = np.log(np.where(np.isnan(share), np.nan, np.maximum(share, LEAST_SHARE)))
    return np.asarray((logs - np.nanmedian(logs)) / max(robust_deviation(logs), LEAST_DEVIATION))


def _shifts(grid: Grid, share: Floats, rule: Rule, detector: str, energy: Floats) -> list[Finding]:
    if np.isfinite(share).sum() < FEWEST_DAYS:
        return []
    z = rule.sign * standardised(share)
    found: list[Finding] = []
    for begin, end in zip(*(edge.tolist() for edge in alarms(z, rule.decision, rule.slack)), strict=True):
        changes = rule.sign * (share[begin : end + 1] - 1)
        change = float(np.nanmedian(changes))
        mean_z = float(np.nanmean(z[begin : end + 1]))
        if change < rule.least_change or mean_z < rule.least_z or end - begin + 1 < rule.least_days:
            continue
        if _as_in_other_years(begin, end, energy, share):
            continue
        inside = np.flatnonzero((grid.day >= begin) & (grid.day <= end))
        score = change / rule.least_change
        evidence: dict[str, object] = {
            "detector": detector,
            "draw": "daily",
            "days": end - begin + 1,
            "change": rule.sign * change,
            "mean_z": mean_z,
        }
        confidence = min(0.99, 1 - 1 / (1 + mean_z * np.sqrt(end - begin + 1) / rule.decision * score))
        found.append(Finding(int(inside[0]), int(inside[-1]), rule.kind, score, float(confidence), evidence))
    return found


def _as_in_other_years(begin: int, end: int, energy: Floats, share: Floats) -> bool:
    """Say whether the same time a year before or after, two weeks more or less, was about as it is now.

    Compared are the shares of what was expected, from any day on, and the energy a day, from the same day of the week
    on; about the same is within half of the change. Closures and terms come back, and are planned.
    """
    own, own_energy = _log_mean(share, begin, end), _log_mean(energy, begin, end)
    near = SAME * abs(own)
    for shift in (sign * YEAR_DAYS + more for sign in (-1, 1) for more in range(-WITHIN_DAYS, WITHIN_DAYS + 1)):
        if begin + shift < 0 or end + shift >= len(share):
            continue
        if abs(own - _log_mean(share, begin + shift, end + shift)) < near:
            return True
        if shift % WEEK == 0 and abs(own_energy - _log_mean(energy, begin + shift, end + shift)) < near:
            return True
    return False


def _log_mean(values: Floats, begin: int, end: int) -> float:
    """Logarithm of the mean from one day to another; NaN where less than half is known."""
    known = values[begin : end + 1][np.isfinite(values[begin : end + 1])]
    if len(known) < ENOUGH * (end - begin + 1) or not known.mean() > 0:
        return float("nan")
    return float(np.log(known.mean()))
