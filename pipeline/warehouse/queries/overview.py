"""The questions of the Overview page. Times are naive local times of the selected node's zone."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    Connection,
    Double,
    Select,
    cast,
    func,
    or_,
    select,
)

from pipeline.definitions import KpiKey, additive_of
from pipeline.warehouse import semantic
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.queries import treemap
from pipeline.warehouse.queries.expected import completeness, hours_of_selection
from pipeline.warehouse.queries.frames import fetch
from pipeline.warehouse.queries.over_time import over_time, whole
from pipeline.warehouse.relations import hourly, totals
from pipeline.warehouse.schema import data_version, ingest_batch, meter, site, site_closure
from pipeline.warehouse.selection import Resolution, Selection, nearest, resolve, zone_of

MOST_DAYS_OF_HOURS, MOST_DAYS = 14, 400


@dataclass(frozen=True)
class Kpis:
    """The figures of one selection; None where there is nothing to compute one from.

    ``compare`` holds the same figures of the period compared with, or None without a comparison.
    """

    energy_kwh: float | None = None
    peak_kw: float | None = None
    peak_at: datetime | None = None
    mean_kw: float | None = None
    load_factor: float | None = None
    base_load_kw: float | None = None
    share_estimated: float | None = None
    completeness: float | None = None
    compare: "Kpis | None" = None

    def value(self, key: KpiKey) -> float | None:
        """Return one figure by the key of its measure."""
        return getattr(self, key)  # type: ignore[no-any-return]  # KpiKey names float fields only

    def compare_value(self, key: KpiKey) -> float | None:
        """Return one figure of the period compared with."""
        return None if self.compare is None else self.compare.value(key)

    def change(self, key: KpiKey) -> float | None:
        """Return the relative change of one figure against the period compared with: 0.1 is 10 % more."""
        now, before = self.value(key), self.compare_value(key)
        return None if now is None or not before else (now - before) / abs(before)

    @property
    def compare_energy_kwh(self) -> float | None:
        """Return the energy of the period compared with."""
        return self.compare_value("energy_kwh")

    @property
    def change_ratio(self) -> float | None:
        """Return the relative change of the energy."""
        return self.change("energy_kwh")


@dataclass(frozen=True)
class Freshness:
    """How current the data of a node is; times are naive local, None where nothing was loaded."""

    last_reading_at: datetime | None
    last_loaded_at: datetime | None
    data_version: int
    generated: bool


def kpis(conn: Connection, filters: Filters) -> Kpis:
    """Return the figures of the selection and, if asked for, of the period it is compared with."""
    selection = resolve(conn, filters)
    now = _figures(conn, selection, filters.period)
    before = filters.compare_period
    return now if before is None else replace(now, compare=_figures(conn, selection, before))


def trend(conn: Connection, filters: Filters) -> pd.DataFrame:
    """Measure over the period: ``time, value, compare_value, share_estimated``, oldest first.

    Hours up to a fortnight, days up to 400 days, then months. Every step of the period is a row; without data its
    ``value`` is NaN. ``compare_value`` stands at the time it is compared with, NaN without a comparison.
    """
    days = filters.period.days
    step: Resolution = "hour" if days <= MOST_DAYS_OF_HOURS else "day" if days <= MOST_DAYS else "month"
    frame = over_time(conn, resolve(conn, filters), filters, whole(filters.period), step)
    return frame[["time", "value", "compare_value", "share_estimated"]]


def site_map(conn: Connection, filters: Filters) -> pd.DataFrame:
    """Located sites: ``site_id, name, kind, sector, latitude, longitude, energy_kwh, value, share_estimated``.

    The lowest nodes of the selection that have coordinates, largest energy first; ``value`` is the measure.
    """
    places = below(resolve(conn, filters), filters)
    located = lowest(places.where(site.c.latitude.is_not(None), site.c.longitude.is_not(None)))
    sums = totals("node", located, filters.period, [filters.measure])
    statement = (
        select(
            site.c.id.label("site_id"),
            site.c.name,
            site.c.kind,
            func.coalesce(nearest(site.c.id, "sector"), "").label("sector"),
            site.c.latitude,
            site.c.longitude,
            sums.c.energy_kwh,
            semantic.of_row(filters.measure, sums).label("value"),
            semantic.of_row("share_estimated", sums).label("share_estimated"),
        )
        .join_from(site, sums, sums.c.id == site.c.id)
        .order_by(sums.c.energy_kwh.desc(), site.c.name)
    )
    return fetch(conn, statement)


def breakdown(conn: Connection, filters: Filters, by: Literal["tree", "sector"] = "tree") -> pd.DataFrame:
    """Parts of the whole for a treemap: ``id, parent, name, site_id, sector, value, amount, share_estimated``.

    Of the measure where its parts add up, else of energy. ``value`` is the area: never negative, and of each parent
    exactly the sum of its children; what a node measures beyond its children is a child of its own (``name`` "own
    meters"). ``amount`` is the true figure.
    ``parent`` is "" for the root. By sector, the second level are the sectors (``site_id`` is then 0).
    """
    nodes = [treemap.Node(*row) for row in conn.execute(_nodes(resolve(conn, filters), filters))]
    return treemap.by_tree(nodes, filters.site_id) if by == "tree" else treemap.by_sector(nodes, filters.site_id)


def movers(conn: Connection, filters: Filters, limit: int = 10) -> pd.DataFrame:
    """Sites that changed most: ``site_id, name, amount, compare_amount, change, change_ratio``.

    Of the measure where its parts add up, else of energy. Sites without sites below them, largest absolute change
    first; compared with the previous period unless another comparison is chosen. ``change_ratio`` is NaN where there
    was nothing before.
    """
    compared = filters if filters.compare != "none" else replace(filters, compare="previous")
    leaves = lowest(below(resolve(conn, filters), filters))
    key = additive_of(filters.measure)
    now = totals("node", leaves, filters.period, [key])
    before = totals("node", leaves, compared.compare_period or filters.period, [key])
    amount, earlier = (func.coalesce(part.c[key], 0.0) for part in (now, before))
    change = amount - earlier
    statement = (
        select(
            site.c.id.label("site_id"),
            site.c.name,
            amount.label("amount"),
            earlier.label("compare_amount"),
            change.label("change"),
            (change / func.nullif(func.abs(earlier), 0.0)).label("change_ratio"),
        )
        .join_from(site, now, now.c.id == site.c.id, isouter=True)
        .join(before, before.c.id == site.c.id, isouter=True)
        .where(func.coalesce(now.c.id, before.c.id).is_not(None))
        .order_by(func.abs(change).desc(), site.c.name)
        .limit(limit)
    )
    return fetch(conn, statement)


def freshness(conn: Connection, site_id: int) -> Freshness:
    """Say how current the data below a node is, and whether any of it is generated demo data.

    Raises SelectionError for a site that does not exist.
    """
    zone = zone_of(conn, site_id)
    inside = select(site_closure.c.descendant_id).where(site_closure.c.ancestor_id == site_id)
    last_reading = select(func.max(meter.c.last_ts)).where(meter.c.site_id.in_(inside)).scalar_subquery()
    last_loaded = select(func.max(ingest_batch.c.created_at)).where(ingest_batch.c.state == "stored").scalar_subquery()
    generated = select(site.c.id).where(site.c.id.in_(inside), site.c.generated).exists()
    row = conn.execute(
        select(
            func.timezone(zone, last_reading),
            func.timezone(zone, last_loaded),
            func.coalesce(select(data_version.c.version).scalar_subquery(), 0),
            generated,
        )
    ).one()
    return Freshness(*row)


def _figures(conn: Connection, selection: Selection, period: Period) -> Kpis:
    """Compute every figure from the hours of the period, which base load and the peak of several sites need anyway."""
    hours = hourly(selection, period)
    peak_at = select(hours.c.local).order_by(hours.c.peak_kw.desc(), hours.c.ts).limit(1).scalar_subquery()
    covered = func.sum(cast(hours.c.covered_hours, Double))
    statement = select(
        semantic.of_group("energy_kwh", hours).label("energy_kwh"),
        semantic.of_group("peak_kw", hours).label("peak_kw"),
        peak_at.label("peak_at"),
        semantic.of_group("mean_kw", hours).label("mean_kw"),
        semantic.load_factor(hours).label("load_factor"),
        semantic.base_load(hours).label("base_load_kw"),
        semantic.of_group("share_estimated", hours).label("share_estimated"),
        completeness(covered, hours_of_selection(selection, period)).label("completeness"),
    )
    return Kpis(**conn.execute(statement).one()._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a mapping


def below(selection: Selection, filters: Filters) -> Select[tuple[int]]:
    """Select the nodes of the selection; of a meter, the node it belongs to."""
    if selection.kind == "meter":
        return select(site.c.id).join(meter, meter.c.site_id == site.c.id).where(meter.c.id == filters.meter_id)
    return (
        select(site.c.id)
        .join(site_closure, site_closure.c.descendant_id == site.c.id)
        .where(site_closure.c.ancestor_id.in_(selection.ids))
    )


def lowest(nodes: Select[tuple[int]]) -> Select[tuple[int]]:
    """Select those of ``nodes`` that have no other of them below."""
    chosen = nodes.cte()
    lower = (
        select(site_closure.c.descendant_id)
        .where(site_closure.c.ancestor_id == chosen.c.id, site_closure.c.depth > 0)
        .where(site_closure.c.descendant_id.in_(select(chosen.alias().c.id)))
        .correlate(chosen)
    )
    return select(chosen.c.id).where(~lower.exists())


def _nodes(selection: Selection, filters: Filters) -> Select[Any]:
    """Select what ``treemap`` needs: the nodes of the selection and, without energy of its own, the one above them."""
    inside = below(selection, filters)
    key = additive_of(filters.measure)
    sums = totals("node", inside, filters.period, [key])
    columns = (func.coalesce(sums.c[name], 0.0).label(name) for name in (key, "covered_hours", "estimated_hours"))
    return (
        select(
            site.c.id,
            func.coalesce(site.c.parent_id, 0).label("parent_id"),
            site.c.name,
            func.coalesce(nearest(site.c.id, "sector"), "").label("sector"),
            *columns,
        )
        .join_from(site, sums, sums.c.id == site.c.id, isouter=True)
        .where(or_(site.c.id.in_(inside), site.c.id == filters.site_id))
        .order_by(site.c.name, site.c.id)
    )
