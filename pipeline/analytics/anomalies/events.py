"""From findings to events: neighbours merged, what explains another left out, energies and the sentence added."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import pandas as pd

from pipeline.analytics.anomalies.expectation import Expected
from pipeline.analytics.anomalies.explanation import explain
from pipeline.analytics.anomalies.grid import Grid
from pipeline.analytics.anomalies.model import EVENT_COLUMNS, Finding

NEIGHBOUR_HOURS = 3
MOSTLY = 0.5
EXPLAINED_BY = {
    "zero_run": ("dip", "low_use", "unusual_day"),
    "negative": ("dip", "unusual_day", "zero_run"),
    "unusual_day": ("spike", "dip"),
    "gap": ("dip", "low_use", "zero_run", "unusual_day"),
    "stuck": ("spike", "dip", "low_use", "high_use", "leak", "unusual_day"),
    "low_use": ("unusual_day", "clock_shift"),
    "high_use": ("unusual_day",),
    "leak": ("unusual_day", "high_use"),
    "meter_exchange": ("gap", "spike", "dip", "zero_run"),
}
"""Kinds that say the same less exactly: left out where mostly covered by an event of the kind they stand behind."""


def events_of(findings: Sequence[Finding], grid: Grid, expected: Expected, timezone: str) -> pd.DataFrame:
    """Make the events of one meter, by start and kind; those of one kind do not overlap."""
    merged = _without_explained(_merged(findings, grid.steps(NEIGHBOUR_HOURS)))
    ordered = sorted(merged, key=lambda one: (one.first, one.kind))
    rows = [_event(one, grid, expected, timezone) for one in ordered]
    return pd.DataFrame(rows, columns=list(EVENT_COLUMNS))


def _merged(findings: Sequence[Finding], gap: int) -> list[Finding]:
    """Join findings of one kind that overlap or nearly touch; the strongest gives score, confidence and evidence."""
    merged: list[Finding] = []
    for _, same in groupby(sorted(findings, key=lambda one: (one.kind, one.first)), key=lambda one: one.kind):
        current: Finding | None = None
        for one in same:
            if current is not None and one.first - current.last - 1 <= gap:
                strongest = max(current, one, key=lambda finding: finding.confidence)
                current = replace(strongest, first=current.first, last=max(current.last, one.last))
            else:
                if current is not None:
                    merged.append(current)
                current = one
        if current is not None:
            merged.append(current)
    return merged


def _without_explained(findings: list[Finding]) -> list[Finding]:
    hidden = {
        id(other)
        for one in findings
        for other in findings
        if other.kind in EXPLAINED_BY.get(one.kind, ()) and _covered(other, one) >= MOSTLY
    }
    return [one for one in findings if id(one) not in hidden]


def _covered(one: Finding, by: Finding) -> float:
    common = min(one.last, by.last) - max(one.first, by.first) + 1
    return max(0, common) / (one.last - one.first + 1)


def _event(one: Finding, grid: Grid, expected: Expected, timezone: str) -> tuple[object, ...]:
    inside = slice(one.first, one.last + 1)
    came, wanted = grid.came[inside], expected.p50[inside]
    both = np.isfinite(came) & np.isfinite(wanted)
    actual = float(came[np.isfinite(came)].sum()) if np.isfinite(came).any() else float("nan")
    expected_kwh = one.expected_kwh
    if expected_kwh is None:
        known = wanted[both] if one.kind != "gap" else wanted[np.isfinite(wanted)]
        expected_kwh = float(known.sum()) if len(known) else float("nan")
    start, end = grid.index[one.first], grid.end_of(one.last)
    sentence = explain(one, start.tz_convert(timezone), end - start, expected_kwh, actual)
    return start, end, one.kind, one.score, expected_kwh, actual, one.confidence, sentence, one.evidence
