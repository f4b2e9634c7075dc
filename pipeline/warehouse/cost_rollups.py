"""Writes cost and CO2 of nodes and meters from hours of energy, prices and emission factors.

All of it is written anew: a changed tariff or factor reaches any hour, and the whole demo takes seconds.
"""

from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Select,
    Subquery,
    Table,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
)

from pipeline.warehouse.schema import meter, meter_hour, site_closure
from pipeline.warehouse.tables.costs import (
    emission_factor,
    meter_cost_day,
    meter_cost_month,
    node_cost_day,
    node_cost_hour,
    node_cost_month,
    node_cost_scope,
)
from pipeline.warehouse.tables.tariffs import site_price
from pipeline.warehouse.valuation import assigned, currencies, factor_of, imported, meter_hours, site_cost

ROLLUPS = (node_cost_hour, node_cost_day, node_cost_month, meter_cost_day, meter_cost_month)


def refresh(conn: Connection) -> int:
    """Write all rollups of cost and CO2; returns the number of nodes that have any."""
    for table in (*ROLLUPS, node_cost_scope):
        conn.execute(delete(table))  # not truncate, which would hold up readers until the end
    conn.execute(text("set local work_mem = '256MB'"))  # sorts and hashes of all hours, in this transaction alone
    conn.execute(text("set local jit = off"))  # compiling takes longer than it saves here
    _write(conn, node_cost_scope, _scopes())
    _write_from_many(conn, node_cost_hour, _node_hours())
    _write(conn, node_cost_day, _sums(node_cost_hour, "site_id", node_cost_hour.c.day.label("day")))
    _write(conn, node_cost_month, _sums(node_cost_day, "site_id", _month_of(node_cost_day)))
    _write_from_many(conn, meter_cost_day, _meter_days())
    _write(conn, meter_cost_month, _sums(meter_cost_day, "meter_id", _month_of(meter_cost_day)))
    for table in ROLLUPS:
        conn.execute(text(f"analyze {table.name}"))
    return conn.execute(select(func.count(node_cost_month.c.site_id.distinct()))).scalar_one()


def _write(conn: Connection, table: Table, rows: Select[Any]) -> None:
    conn.execute(insert(table).from_select([column.name for column in rows.selected_columns], rows))


def _write_from_many(conn: Connection, table: Table, rows: Select[Any]) -> None:
    """Write what comes from all hours: PostgreSQL shares out a query that makes a table, never one that inserts."""
    made = rows.into(f"{table.name}_made", temporary=True)
    conn.execute(made)
    _write(conn, table, select(made.table).order_by(*made.table.c[*table.primary_key.columns.keys()]))
    made.table.drop(conn)


def _scopes() -> Select[Any]:
    """Count for each node the sites below it that have meters, prices and factors, and list the currencies."""
    with_meters = select(meter.c.site_id).where(meter.c.direction != "generation").distinct().subquery("metered")
    priced = select(site_price.c.site_id).distinct().subquery("priced")
    series, currency = assigned("average"), currencies()
    return (
        select(
            site_closure.c.ancestor_id.label("site_id"),
            func.coalesce(
                func.array_agg(currency.c.currency.distinct()).filter(currency.c.currency.is_not(None)),
                literal([], ARRAY(Text)),
            ).label("currencies"),
            func.count(with_meters.c.site_id.distinct()).label("sites"),
            func.count(priced.c.site_id.distinct()).label("priced_sites"),
            func.count(series.c.site_id.distinct()).label("factored_sites"),
        )
        .join_from(site_closure, with_meters, with_meters.c.site_id == site_closure.c.descendant_id)
        .join(priced, priced.c.site_id == with_meters.c.site_id, isouter=True)
        .join(currency, currency.c.site_id == priced.c.site_id, isouter=True)
        .join(series, series.c.site_id == with_meters.c.site_id, isouter=True)
        .group_by(site_closure.c.ancestor_id)
    )


def _node_hours() -> Select[Any]:
    """Add up the hours of sites over every node above them; without a cost where the currencies differ."""
    energy = _site_imports()
    series = assigned("average")
    price = and_(site_price.c.site_id == energy.c.site_id, site_price.c.ts == energy.c.ts)
    hours = (
        select(
            energy.c.site_id,
            energy.c.ts,
            energy.c.day,
            site_cost().label("cost"),
            (energy.c.import_kwh * emission_factor.c.kg_per_kwh).label("co2_kg"),
        )
        .join_from(energy, site_price, price, isouter=True)
        .join(series, series.c.site_id == energy.c.site_id, isouter=True)
        .join(emission_factor, factor_of(series, energy.c.ts), isouter=True)
        .where(or_(site_price.c.price.is_not(None), emission_factor.c.kg_per_kwh.is_not(None)))
        .cte("site_hour")
        .prefix_with("MATERIALIZED")  # before the tree multiplies its rows
    )
    one_currency = func.bool_and(func.cardinality(node_cost_scope.c.currencies) == 1)
    return (
        select(
            site_closure.c.ancestor_id.label("site_id"),
            hours.c.ts,
            hours.c.day,
            case((one_currency, func.sum(hours.c.cost))).label("cost"),
            func.sum(hours.c.co2_kg).label("co2_kg"),
        )
        .join_from(hours, site_closure, site_closure.c.descendant_id == hours.c.site_id)
        .join(node_cost_scope, node_cost_scope.c.site_id == site_closure.c.ancestor_id)
        .group_by(site_closure.c.ancestor_id, hours.c.ts, hours.c.day)
    )


def _site_imports() -> Subquery:
    """Add up what the own meters of each site took from the grid, by hour."""
    return (
        select(meter.c.site_id, meter_hour.c.ts, meter_hour.c.day, func.sum(imported()).label("import_kwh"))
        .join_from(meter_hour, meter, and_(meter.c.id == meter_hour.c.meter_id, meter.c.direction != "generation"))
        .group_by(meter.c.site_id, meter_hour.c.ts, meter_hour.c.day)
        .subquery("site_energy")
    )


def _meter_days() -> Select[Any]:
    hours = meter_hours().subquery("hour")
    known = or_(hours.c.cost.is_not(None), hours.c.co2_kg.is_not(None))
    return _sums(hours, "meter_id", hours.c.day).where(known)


def _sums(rows: FromClause, owner: str, step: ColumnElement[date]) -> Select[Any]:
    """Add up what is known of each day or month."""
    return select(
        rows.c[owner], step, func.sum(rows.c.cost).label("cost"), func.sum(rows.c.co2_kg).label("co2_kg")
    ).group_by(rows.c[owner], step)


def _month_of(days: Table) -> ColumnElement[date]:
    return cast(func.date_trunc("month", days.c.day), Date).label("month")
