"""Use, peak, cost and CO2 by local day of the nodes of the site tree, as the pages show them."""

from collections.abc import Collection, Iterator
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Select, Subquery, and_, cast, func, literal, null, select

from pipeline.outputs import extract_schema as extract
from pipeline.outputs.selected import Selected
from pipeline.outputs.stand_in import STAND_IN
from pipeline.outputs.tables import ExportTable, described, money, with_values
from pipeline.warehouse.arrow import Bulk, query_text
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.relations import days_of_power
from pipeline.warehouse.schema import meter, meter_day, node_day, site, site_closure
from pipeline.warehouse.selection import Selection, resolve, within
from pipeline.warehouse.valued import VALUES

Statement = Select[*tuple[Any, ...]]
SAME = ("covered_hours", "estimated_hours")


def site_days(conn: Connection, bulk: Bulk, selected: Selected) -> ExportTable:
    """Read the days of every node all of whose meters are selected, and of what stands for all of them together."""
    schema = extract.SITE_DAILY.arrow
    query = query_text(of_one_zone((), selected.filters.period))
    return ExportTable("site_daily", schema, _batches(conn, bulk, selected, schema), query)


def _batches(conn: Connection, bulk: Bulk, selected: Selected, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for zone, statement in _statements(conn, selected):
        for _, batch in described(bulk, selected, schema, zone, statement):
            yield batch


def _statements(conn: Connection, selected: Selected) -> Iterator[tuple[str, Statement]]:
    period, mixed = selected.filters.period, across_zones(conn, selected.complete_sites)
    if selected.has_stand_in:
        yield selected.timezone, _of_stand_in(selected)
    for zone, owners in selected.complete_by_zone.items():
        yield zone, of_one_zone([one for one in owners if one not in mixed], period)
        for one in owners:
            if one in mixed:
                yield zone, of_many_nodes(one, resolve(conn, Filters(one, period.start, period.end)), period)


def _of_stand_in(selected: Selected) -> Statement:
    selection, period = selected.selection, selected.filters.period
    if selection.kind == "meter":
        return of_meter(STAND_IN, selection, period)
    return of_many_nodes(STAND_IN, selection, period, priced=selected.currency is not None)


def across_zones(conn: Connection, nodes: Collection[int]) -> frozenset[int]:
    """Return those of the nodes below which meters that count lie in another time zone than their own."""
    below = site.alias("below")
    statement = (
        select(site.c.id)
        .distinct()
        .join(site_closure, site_closure.c.ancestor_id == site.c.id)
        .join(below, below.c.id == site_closure.c.descendant_id)
        .join(meter, meter.c.site_id == below.c.id)
        .where(site.c.id.in_(nodes), below.c.timezone != site.c.timezone, meter.c.direction != "generation")
    )
    return frozenset(conn.scalars(statement))


def of_one_zone(nodes: Collection[int], period: Period) -> Statement:
    """Select the days of nodes as the rollup has them."""
    names = ("site_id", "day", "energy_kwh", "peak_kw", "peak_ts", "hours", *SAME, "flags")
    columns = (node_day.c[name] for name in names)
    return _days(select(*columns, node_day.c.energy_kwh.label("clock_kwh")), nodes, period)


def of_meter(number: int, selection: Selection, period: Period) -> Statement:
    """Select the days of one meter, under the ``number`` that stands for it among the sites."""
    columns = (meter_day.c[name] for name in ("day", "energy_kwh", "peak_kw", "peak_ts", "hours", *SAME, "flags"))
    days = select(literal(number).label("site_id"), *columns, meter_day.c.energy_kwh.label("clock_kwh"))
    return with_values(days, meter_day).where(selection.owns(meter_day), within(meter_day, period))


def of_many_nodes(number: int, selection: Selection, period: Period, *, priced: bool = True) -> Statement:
    """Select the days of nodes together, or of one over several zones: power is that of the hours that all share.

    ``number`` stands for them among the sites. Where they are not ``priced`` in one currency, there is no cost.
    """
    days, power = _days_together(selection, period), days_of_power(selection, period)
    cost = days.c.cost if priced else cast(null(), days.c.cost.type)
    same = (*(days.c[name] for name in ("energy_kwh", *SAME)), cost.label("cost"), days.c.co2_kg)
    return select(
        literal(number).label("site_id"),
        func.coalesce(days.c.day, power.c.day).label("day"),
        *same,
        func.coalesce(days.c.flags, 0).label("flags"),
        *(power.c[name] for name in ("peak_kw", "peak_ts", "hours")),
        power.c.energy_kwh.label("clock_kwh"),
    ).join_from(days, power, power.c.day == days.c.day, full=True)


def _days_together(selection: Selection, period: Period) -> Subquery:
    values = VALUES[node_day]
    rows = node_day.join(values, and_(*(node_day.c[key.name] == key for key in values.primary_key)), isouter=True)
    return (
        select(
            node_day.c.day,
            *(func.sum(node_day.c[name]).label(name) for name in ("energy_kwh", *SAME)),
            money(func.sum(values.c.cost)).label("cost"),
            func.sum(values.c.co2_kg).label("co2_kg"),
            func.bit_or(node_day.c.flags).label("flags"),
        )
        .select_from(rows)
        .where(selection.owns(node_day), within(node_day, period))
        .group_by(node_day.c.day)
        .subquery("days")
    )


def _days(statement: Statement, nodes: Collection[int], period: Period) -> Statement:
    in_period = (node_day.c.day >= period.start, node_day.c.day < period.end)
    return with_values(statement, node_day).where(node_day.c.site_id.in_(nodes), *in_period)
