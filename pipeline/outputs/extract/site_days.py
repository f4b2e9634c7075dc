"""Use, peak, cost and CO2 by local day of the nodes of the site tree, as the pages show them."""

from collections.abc import Collection, Iterator
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Select, func, literal, select

from pipeline.outputs import extract_schema as extract
from pipeline.outputs.selected import Selected
from pipeline.outputs.tables import ExportTable, described, with_values
from pipeline.warehouse.arrow import Bulk, query_text
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.relations import days_of_power
from pipeline.warehouse.schema import meter, node_day, site, site_closure
from pipeline.warehouse.selection import resolve

Statement = Select[*tuple[Any, ...]]
SAME = ("covered_hours", "estimated_hours")


def site_days(conn: Connection, bulk: Bulk, selected: Selected) -> ExportTable:
    """Read the days of every node all of whose meters are selected."""
    schema = extract.SITE_DAILY.arrow
    query = query_text(of_one_zone((), selected.filters.period))
    return ExportTable("site_daily", schema, _batches(conn, bulk, selected, schema), query)


def _batches(conn: Connection, bulk: Bulk, selected: Selected, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    period, mixed = selected.filters.period, across_zones(conn, selected.complete_sites)
    for zone, owners in selected.complete_by_zone.items():
        statements = [of_one_zone([one for one in owners if one not in mixed], period)]
        statements += [of_several_zones(conn, one, period) for one in owners if one in mixed]
        for statement in statements:
            for _, batch in described(bulk, selected, schema, zone, statement):
                yield batch


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


def of_several_zones(conn: Connection, node: int, period: Period) -> Statement:
    """Select the days of a node whose hours are shared by the days of several zones: power comes from these hours."""
    columns = (node_day.c[name] for name in ("day", "energy_kwh", *SAME, "flags"))
    days = _days(select(*columns), [node], period).subquery("days")
    power = days_of_power(resolve(conn, Filters(node, period.start, period.end)), period)
    same = (days.c[name] for name in ("energy_kwh", *SAME, "cost", "co2_kg"))
    return select(
        literal(node).label("site_id"),
        func.coalesce(days.c.day, power.c.day).label("day"),
        *same,
        func.coalesce(days.c.flags, 0).label("flags"),
        *(power.c[name] for name in ("peak_kw", "peak_ts", "hours")),
        power.c.energy_kwh.label("clock_kwh"),
    ).join_from(days, power, power.c.day == days.c.day, full=True)


def _days(statement: Statement, nodes: Collection[int], period: Period) -> Statement:
    in_period = (node_day.c.day >= period.start, node_day.c.day < period.end)
    return with_values(statement, node_day).where(node_day.c.site_id.in_(nodes), *in_period)
