"""A meter that moves away from its group: what the weather does to all is taken out by the group itself."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.analytics.anomalies.events import events_of
from pipeline.analytics.anomalies.expectation import expected_of, follows_the_sun, robust_deviation
from pipeline.analytics.anomalies.grid import Grid, grid_of
from pipeline.analytics.anomalies.model import EVENT_COLUMNS, Finding, Floats, Observed
from pipeline.analytics.anomalies.spans import hysteresis

FEWEST_PEERS = 4
SMOOTH_DAYS = 14
REFERENCE_DAYS = 182
ENTER_Z, STAY_Z = 5.0, 2.5
LEAST_CHANGE = float(np.log(1.3))
LEAST_DAYS = 14
UNLIKE_Z = 4.0
YEAR_DAYS, WITHIN_DAYS, SAME = 364, 30, 0.5


def detect_peers(observed: Sequence[Observed], groups: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Find the meters that drift from the others of their group (see the package's docstring).

    Each day's logarithm of energy, less the meter's median and that of the group's, is smoothed over 14 days and
    compared with the meter's own median over half a year before. A drift begins at five robust standard deviations,
    30 %, and four times what the meter usually drifts, as a heat pump does among homes without one; it lasts while it
    is above half of that, and for 14 days at least. What comes back every year, and meters behind solar panels, are
    left out. Groups of fewer than five say nothing.
    """
    members: dict[str, list[Observed]] = {}
    for one in observed:
        if one.direction == "import":
            members.setdefault((groups or {}).get(one.name, ""), []).append(one)
    found = [events for group in members.values() if len(group) > FEWEST_PEERS for events in _in_group(group)]
    filled = [events for events in found if len(events)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=["series", *EVENT_COLUMNS])


def _in_group(group: Sequence[Observed]) -> list[pd.DataFrame]:
    grids = {one.name: grid for one in group if (grid := grid_of(one)) is not None}
    levels = pd.DataFrame({name: _daily_logs(grid) for name, grid in grids.items()})
    own = levels.sub(levels.median())
    away = own.sub(own.median(axis=1), axis=0)
    named = {one.name: one for one in group}
    return [_drift(named[name], grid, away[name].reindex(grid.days)) for name, grid in grids.items()]


def _drift(one: Observed, grid: Grid, away: pd.Series) -> pd.DataFrame:
    smooth = away.rolling(SMOOTH_DAYS, min_periods=SMOOTH_DAYS // 2).median()
    reference = smooth.shift(SMOOTH_DAYS).rolling(REFERENCE_DAYS, min_periods=4 * SMOOTH_DAYS).median()
    drift = (smooth - reference).to_numpy()
    deviation = robust_deviation((away - smooth).to_numpy())
    size = np.nan_to_num(np.abs(drift))
    by_chance = ENTER_Z * np.nan_to_num(deviation) / np.sqrt(SMOOTH_DAYS)
    limit = max(LEAST_CHANGE, by_chance, UNLIKE_Z * np.nan_to_num(robust_deviation(drift)))
    first, last = hysteresis(size >= limit, size >= limit * STAY_Z / ENTER_Z)
    findings = [
        _finding(grid, begin, end, drift, limit)
        for begin, end in zip(first.tolist(), last.tolist(), strict=True)
        if end - begin + 1 >= LEAST_DAYS and not _comes_back(drift, away.to_numpy(), begin, end)
    ]
    if not findings:
        return pd.DataFrame(columns=["series", *EVENT_COLUMNS])
    expected = expected_of(grid)
    if follows_the_sun(grid, expected):
        return pd.DataFrame(columns=["series", *EVENT_COLUMNS])
    events = events_of(findings, grid, expected, one.timezone)
    events.insert(0, "series", one.name)
    return events


def _comes_back(drift: Floats, away: Floats, begin: int, end: int) -> bool:
    """Say whether the same time of another year, a month more or less, was about the same.

    That is a drift in the same direction by half as much, or a distance from the group that differs by less than half
    of this drift (so that the first weeks of a series count, for which there is no drift yet).
    """
    own, own_away = _mean(drift, begin, end), _mean(away, begin, end)
    for shift in (sign * YEAR_DAYS + more for sign in (-1, 1) for more in range(-WITHIN_DAYS, WITHIN_DAYS + 1)):
        then = begin + shift, end + shift
        if then[0] < 0 or then[1] >= len(drift):
            continue
        if np.sign(own) * _mean(drift, *then) >= SAME * abs(own) or abs(own_away - _mean(away, *then)) < SAME * abs(
            own
        ):
            return True
    return False


def _mean(values: Floats, begin: int, end: int) -> float:
    """Mean from one day to another; NaN where less than half is known."""
    known = values[begin : end + 1][np.isfinite(values[begin : end + 1])]
    return float(known.mean()) if len(known) * 2 >= end - begin + 1 else float("nan")


def _finding(grid: Grid, begin: int, end: int, drift: Floats, limit: float) -> Finding:
    inside = np.flatnonzero((grid.day >= begin) & (grid.day <= end))
    strongest = begin + int(np.nanargmax(np.abs(drift[begin : end + 1])))
    change = float(np.expm1(drift[strongest]))
    score = float(abs(drift[strongest]) / limit)
    came = np.nan_to_num(grid.came[inside])
    as_peers = came * np.exp(-np.nan_to_num(drift[grid.day[inside]]))
    by_day = np.bincount(grid.day[inside] - begin, weights=as_peers)
    evidence: dict[str, object] = {
        "detector": "peers",
        "draw": "peers",
        "change": change,
        "reference": {"start": f"{grid.days[begin]:%Y-%m-%d}", "step": "day", "p50": by_day.round(3).tolist()},
    }
    expected_kwh, confidence = float(as_peers.sum()), 1 - 0.5 / max(score, 1.0)
    return Finding(int(inside[0]), int(inside[-1]), "peers", score, confidence, evidence, expected_kwh)


def _daily_logs(grid: Grid) -> pd.Series:
    """Logarithm of the mean energy an interval, by local day; NaN for days known by less than half."""
    laid = pd.DataFrame(grid.by_day(grid.energy), index=grid.days)
    means = laid.mean(axis=1).where(laid.notna().sum(axis=1) * 2 >= grid.slots)
    return pd.Series(np.log(means.where(means > 0)), index=grid.days)
