"""What of an extract has to be written again: the months of meters that have changed since it was made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection

from pipeline.outputs.selected import Selected
from pipeline.outputs.tables import Part
from pipeline.warehouse.changes import months_changed
from pipeline.warehouse.filters import Period

MOST_SHARE = 0.5  # beyond, writing all is faster
# What the rows of a meter depend on beside its readings: site, zone, how it counts and the calendar.
Standing = tuple[int, str, float, int]


@dataclass(frozen=True)
class Changes:
    """Months of meters to remove from an extract, days to keep, and what to read again."""

    removed: Mapping[int, frozenset[date]]
    gone: frozenset[int]
    kept: Period
    parts: tuple[Part, ...]


def standing(selected: Selected) -> dict[int, Standing]:
    """Return what the rows of each meter depend on."""
    names = ["meter_id", "site_id", "timezone", "sign", "calendar_id"]
    rows = selected.meters[names].itertuples(index=False)
    return {int(row[0]): (int(row[1]), str(row[2]), float(row[3]), int(row[4])) for row in rows}


def changes_since(
    conn: Connection,
    selected: Selected,
    version: int,
    before: Mapping[int, Standing],
    period: Period,
    *,
    revalued: frozenset[date],
) -> Changes | None:
    """Say what has changed since an extract of ``period`` at a version of the data; None where it is too much.

    ``before``: what the rows of each of its meters depended on; ``revalued``: months whose prices have changed.
    """
    wanted = selected.filters.period
    all_months = frozenset(_months(wanted))
    new_days = frozenset(month for part in _only_in(wanted, period) for month in _months(part))
    changed = months_changed(conn, version)
    now = standing(selected)
    stale: dict[int, frozenset[date]] = {}
    for meter_id, current in now.items():
        same = before.get(meter_id) == current
        touched = (frozenset(changed.get(meter_id, ())) | revalued) & all_months
        months = touched | new_days if same else all_months
        if months:
            stale[meter_id] = months
    if sum(map(len, stale.values())) > MOST_SHARE * len(all_months) * len(now):
        return None
    kept = Period(max(wanted.start, period.start), min(wanted.end, period.end))
    return Changes(stale, frozenset(before) - frozenset(now), kept, tuple(_parts(selected, stale)))


def _parts(selected: Selected, stale: Mapping[int, frozenset[date]]) -> Iterable[Part]:
    """Put months together that are read for the same meters of a zone, one after the other."""
    for zone, meter_ids in selected.by_zone.items():
        run: Part | None = None
        for month in sorted({month for meter_id in meter_ids for month in stale.get(meter_id, ())}):
            owners = [meter_id for meter_id in meter_ids if month in stale.get(meter_id, ())]
            days = _within(month, selected.filters.period)
            if run is not None and run.owners == owners and run.period.end == days.start:
                run = replace(run, period=Period(run.period.start, days.end))
                continue
            if run is not None:
                yield run
            run = Part(zone, owners, days)
        if run is not None:
            yield run


def month_after(month: date) -> date:
    """Return the first day of the next month."""
    return (month + timedelta(days=31)).replace(day=1)


def _months(period: Period) -> Iterable[date]:
    month = period.start.replace(day=1)
    while month < period.end:
        yield month
        month = month_after(month)


def _only_in(wanted: Period, other: Period) -> Iterable[Period]:
    """Return the days of ``wanted`` before and after those of ``other``."""
    before = Period(wanted.start, min(wanted.end, other.start))
    after = Period(max(wanted.start, other.end), wanted.end)
    return [part for part in (before, after) if part.start < part.end]


def _within(month: date, period: Period) -> Period:
    return Period(max(month, period.start), min(month_after(month), period.end))
