"""The load of every owner by hour, half hour, day and month, and its daily peaks, as far as it is whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Connection, func, select

from pipeline.analytics.history import daily_peaks, months, whole_intervals
from pipeline.steps.forecasting.owners import HOUR_S, Owner
from pipeline.steps.forecasting.refusals import Refused, alone
from pipeline.warehouse.queries import forecast_inputs
from pipeline.warehouse.schema import meter

HISTORY = timedelta(weeks=56)  # of hours: a year and a month, so that last year's holidays are in it
HALF_AN_HOUR = pd.Timedelta(minutes=30)
ByKey = dict[str, pd.Series]


@dataclass(frozen=True)
class Histories:
    """Series by ``Owner.key``: hours and half hours with naive UTC index, the others by naive local day.

    ``peaks`` are the highest hourly power of each day in kW, ``peak_moments`` when it was. ``refused`` are owners whose
    readings could not be made into series.
    """

    hours: ByKey = field(default_factory=dict)
    half_hours: ByKey = field(default_factory=dict)
    days: ByKey = field(default_factory=dict)
    months: ByKey = field(default_factory=dict)
    peaks: ByKey = field(default_factory=dict)
    peak_moments: ByKey = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)


def read(conn: Connection, owners: Sequence[Owner]) -> Histories:
    """Read what the warehouse holds of the owners; each tree's history is as long before its own end."""
    found = Histories()
    for newest, alike in by_end(conn, owners):
        start = newest - HISTORY
        for kind in ("node", "meter"):
            own = [owner for owner in alike if owner.kind == kind]
            numbers = [owner.number for owner in own]
            hourly = forecast_inputs.hours(conn, kind, numbers, start)
            daily = forecast_inputs.days(conn, kind, numbers)
            _each(own, hourly, found, found.hours, lambda rows: _whole(rows, "h"))
            _each(own, daily, found, found.days, lambda rows: _whole(rows, "D"))
        halves = [owner for owner in alike if owner.half_hourly]
        readings = forecast_inputs.half_hours(conn, [owner.number for owner in halves], start)
        _each(halves, readings, found, found.half_hours, _complete_half_hours)
    for owner in owners:
        with alone(owner, found.refused):
            _derive(found, owner)
    return found


def by_end(conn: Connection, owners: Sequence[Owner]) -> list[tuple[datetime, list[Owner]]]:
    """Gather the owners of trees that end on the same day, so that each query reads one stretch of time."""
    roots = {owner.root for owner in owners}
    newest = _newest_reading(conn, owners)
    days = {root: newest[root].replace(hour=0, minute=0, second=0, microsecond=0) for root in roots if root in newest}
    return [(day, [owner for owner in owners if days.get(owner.root) == day]) for day in sorted(set(days.values()))]


def _newest_reading(conn: Connection, owners: Sequence[Owner]) -> dict[int, datetime]:
    """Return the end of the newest reading in each tree."""
    roots = {owner.number: owner.root for owner in owners if owner.kind == "meter"}
    ends = conn.execute(select(meter.c.id, func.max(meter.c.last_ts)).group_by(meter.c.id)).all()
    newest: dict[int, datetime] = {}
    for number, end in ends:
        if number in roots and end is not None:
            newest[roots[number]] = max(end.astimezone(UTC), newest.get(roots[number], end.astimezone(UTC)))
    return newest


def _each(
    owners: Sequence[Owner],
    rows: pd.DataFrame,
    found: Histories,
    series: ByKey,
    make: Callable[[pd.DataFrame], pd.Series],
) -> None:
    """Cut rows, which come ordered by owner, into those of each owner; nothing is kept of one without whole rows."""
    ids = rows["owner_id"].to_numpy()
    for owner in owners:
        first, last = np.searchsorted(ids, [owner.number, owner.number + 1])
        with alone(owner, found.refused):
            made = make(rows.iloc[first:last])
            if len(made):
                series[owner.key] = made


def _whole(rows: pd.DataFrame, freq: str) -> pd.Series:
    by_time = rows.set_index("at")
    return whole_intervals(by_time["energy_kwh"], by_time["covered_hours"], freq)


def _complete_half_hours(rows: pd.DataFrame) -> pd.Series:
    energy = rows.set_index("at")["energy_kwh"]
    energy = energy[~energy.index.duplicated()]
    return energy.asfreq("30min") if len(energy) else energy


def _derive(found: Histories, owner: Owner) -> None:
    """Add months and daily peaks, which follow from days and hours; end half hours with the last whole hour."""
    days, hours = found.days.get(owner.key), found.hours.get(owner.key)
    if owner.key in found.half_hours and hours is not None:
        found.half_hours[owner.key] = found.half_hours[owner.key].loc[: hours.index[-1] + HALF_AN_HOUR]
    if days is not None:
        monthly = months(days)
        if len(monthly):
            found.months[owner.key] = monthly
    if days is not None and hours is not None and owner.step_s <= HOUR_S:
        peaks, moments = daily_peaks(hours, owner.timezone)
        inside = peaks.index[(peaks.index >= days.index[0]) & (peaks.index <= days.index[-1])]
        found.peaks[owner.key] = peaks.loc[inside].where(days.reindex(inside).notna()).asfreq("D")
        found.peak_moments[owner.key] = moments.loc[inside]
