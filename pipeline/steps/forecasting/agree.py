"""The forecasts of a tree made to agree: those of meters and nodes add up to those of the nodes above."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.analytics.reconciliation import reconcile
from pipeline.steps.forecasting.issue import BASE, P10, P50, P90, Issued
from pipeline.steps.forecasting.owners import Owner
from pipeline.steps.forecasting.refusals import Refused, alone
from pipeline.warehouse.forecasts import SUM

Numbers = NDArray[np.float64]


def agree(issued: Sequence[Issued], everyone: Sequence[Owner]) -> tuple[list[Issued], list[Refused]]:
    """Reconcile the forecasts of one horizon, tree by tree.

    Medians are moved until they add up, quantiles move along with their median, so that their width stays what the
    backtest found. ``everyone`` are all owners: load of a meter that has no forecast is what its site leaves over. A
    generation meter is in no sum and stays as it is. A tree that cannot be made to agree stays as it is, too, and its
    top is among the refused.
    """
    refused: list[Refused] = []
    agreed = {one.owner.key: one for one in issued}
    for root in sorted({one.owner.root for one in issued}):
        rows = [one for one in issued if one.owner.root == root and one.owner.sign]
        if any(one.owner.kind == "node" for one in rows):
            tree = [owner for owner in everyone if owner.root == root]
            top = min((one.owner for one in rows if one.owner.kind == "node"), key=lambda owner: len(owner.above))
            with alone(top, refused, SUM):
                agreed |= {one.owner.key: one for one in _agree_in_tree(rows, tree)}
    return [agreed[one.owner.key] for one in issued], refused


def _agree_in_tree(rows: list[Issued], tree: Sequence[Owner]) -> list[Issued]:
    summing, parts = summing_matrix([one.owner for one in rows], tree)
    error = np.array([one.error_kwh for one in rows])
    positive = np.array([part is not None and part.positive for part in parts])
    labels = [_label(one.index, rows[0].owner.timezone) for one in rows]
    every = pd.DatetimeIndex(sorted(set().union(*labels)))
    known = _known(rows, parts, every)
    scenarios = sorted({name for one in rows for name in one.scenarios})
    base = np.hstack([_medians(rows, labels, every, scenario) for scenario in scenarios])
    found = reconcile(base, summing, error, known=np.tile(known, len(scenarios)), positive=positive)
    by_scenario = dict(zip(scenarios, np.split(found, len(scenarios), axis=1), strict=True))
    return [
        _moved(one, label, every, {name: values[number] for name, values in by_scenario.items()})
        for number, (one, label) in enumerate(zip(rows, labels, strict=True))
    ]


def summing_matrix(owners: Sequence[Owner], tree: Sequence[Owner]) -> tuple[Numbers, list[Owner | None]]:
    """Say which parts each owner is the sum of: (owners, parts), with the meter of each part.

    A part without meter (None) stands for the meters right at a node that have no forecast of their own.
    """
    meters = [owner for owner in owners if owner.kind == "meter"]
    told = {owner.key for owner in meters}
    gaps = sorted({owner.above for owner in tree if owner.kind == "meter" and owner.sign and owner.key not in told})
    above = [meter.above for meter in meters] + gaps
    signs = [meter.sign for meter in meters] + [1.0] * len(gaps)
    rows = np.zeros((len(owners), len(above)))
    for number, owner in enumerate(owners):
        if owner.kind == "node":
            rows[number] = [sign * (owner.number in path) for sign, path in zip(signs, above, strict=True)]
    own = [number for number, owner in enumerate(owners) if owner.kind == "meter"]
    rows[own, range(len(own))] = 1.0
    return rows, [*meters, *([None] * len(gaps))]


def _label(index: pd.DatetimeIndex, timezone: str) -> pd.DatetimeIndex:
    """Cut instants to the clock hours of a tree's zone, which may begin at half past the hour of UTC; days are kept."""
    if index.tz is None or not len(index):
        return index
    local = index[0].tz_convert(timezone)
    beyond = (local.tz_localize(None) - index[0].tz_localize(None)) % pd.Timedelta(hours=1)
    return (index + beyond).floor("h") - beyond


def _medians(rows: list[Issued], labels: list[pd.DatetimeIndex], every: pd.DatetimeIndex, scenario: str) -> Numbers:
    medians = np.full((len(rows), len(every)), np.nan)
    for number, (one, label) in enumerate(zip(rows, labels, strict=True)):
        p50 = one.scenarios.get(scenario, one.scenarios[BASE])[:, P50]
        places = every.get_indexer(label)
        medians[number, places] = 0.0
        np.add.at(medians[number], places, p50)
    return medians


def _known(rows: list[Issued], parts: Sequence[Owner | None], every: pd.DatetimeIndex) -> Numbers:
    """Give the parts whose readings reach into the horizon of the others, which began where the first of them ended."""
    known = np.full((len(parts), len(every)), np.nan)
    energy = {one.owner.key: one.energy_kwh for one in rows}
    for number, part in enumerate(parts):
        if part is not None:
            recent = energy[part.key].iloc[-len(every) * 2 :]
            label = _label(pd.DatetimeIndex(recent.index), rows[0].owner.timezone)
            known[number] = recent.groupby(label).sum(min_count=1).reindex(every).to_numpy(np.float64)
    return known


def _moved(one: Issued, label: pd.DatetimeIndex, every: pd.DatetimeIndex, medians: Mapping[str, Numbers]) -> Issued:
    """Move every quantile by what the median of its interval moves."""
    places = every.get_indexer(label)
    moved = {
        name: _shifted(course, _change(course[:, P50], medians[name], places), positive=one.owner.positive)
        for name, course in one.scenarios.items()
    }
    return replace(one, scenarios=moved)


def _change(p50: Numbers, new: Numbers, places: NDArray[np.intp]) -> Numbers:
    """Share what an hour moves among its half hours by their size, so that none falls below zero before its hour."""
    before = np.bincount(places, p50, minlength=len(new))
    counts = np.bincount(places, minlength=len(new))
    even = 1 / np.maximum(counts, 1)
    share = np.where((before > 0)[places], p50 / np.where(before > 0, before, 1.0)[places], even[places])
    change: Numbers = (new - before)[places] * share
    return change


def _shifted(course: Numbers, change: Numbers, *, positive: bool) -> Numbers:
    shifted = course + change[:, None]
    if positive:
        shifted[:, P10] = np.maximum(shifted[:, P10], 0.0)
    shifted[:, P10] = np.minimum(shifted[:, P10], shifted[:, P50])
    shifted[:, P90] = np.maximum(shifted[:, P90], shifted[:, P50])
    return shifted
