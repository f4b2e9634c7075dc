"""Puts cost and CO2 beside the rows of the energy's rollups, for the measures that need them."""

from typing import TypeGuard

from sqlalchemy import ColumnElement, Double, FromClause, Subquery, Table, and_, cast, func, select

from pipeline.definitions import MeasureKey, ValuedKey
from pipeline.warehouse.filters import Period
from pipeline.warehouse.schema import (
    meter_day,
    meter_hour,
    meter_month,
    node_day,
    node_hour,
    node_month,
    sector_hour,
)
from pipeline.warehouse.selection import Selection, owner_of, within
from pipeline.warehouse.tables.costs import (
    meter_cost_day,
    meter_cost_month,
    node_cost_day,
    node_cost_hour,
    node_cost_month,
)
from pipeline.warehouse.valuation import meter_hours

VALUES: dict[Table, Table] = {
    node_hour: node_cost_hour,
    node_day: node_cost_day,
    node_month: node_cost_month,
    meter_day: meter_cost_day,
    meter_month: meter_cost_month,
}


def is_valued(measure: MeasureKey | None) -> TypeGuard[ValuedKey]:
    """Say whether a measure is one of cost or CO2."""
    return measure in ("cost", "co2_kg")


def beside(rollup: Table, measure: ValuedKey) -> tuple[FromClause, ColumnElement[float]]:
    """Return a rollup of days or months, or hours of nodes, joined with its values, and the column of the measure."""
    values = VALUES[rollup]
    same = and_(*(rollup.c[key.name] == key for key in values.primary_key))
    return rollup.join(values, same, isouter=True), cast(values.c[measure], Double).label(measure)


def hours_of(selection: Selection, period: Period, measure: MeasureKey | None) -> Subquery:
    """Return the hourly rows of a selection in a period, with the measure as one more column where it is a value."""
    rollup = selection.hours
    chosen = (selection.owns(rollup), within(rollup, period))
    if not is_valued(measure):
        return select(rollup).where(*chosen).subquery("hours")
    if rollup is node_hour:
        rows, column = beside(rollup, measure)
        return select(rollup, column).select_from(rows).where(*chosen).subquery("hours")
    values, same = _of_meter(selection, period) if rollup is meter_hour else _of_sector(selection, period)
    column = cast(values.c[measure], Double).label(measure)
    return select(rollup, column).join_from(rollup, values, same, isouter=True).where(*chosen).subquery("hours")


def _of_meter(selection: Selection, period: Period) -> tuple[Subquery, ColumnElement[bool]]:
    wanted = (selection.owns(meter_hour), within(meter_hour, period))
    values = meter_hours().where(*wanted).subquery("of_meter")
    return values, and_(values.c.meter_id == owner_of(meter_hour), values.c.ts == meter_hour.c.ts)


def _of_sector(selection: Selection, period: Period) -> tuple[Subquery, ColumnElement[bool]]:
    """Add up the nodes of the sector, whose hours are stored as one."""
    table = node_cost_hour
    values = (
        select(
            table.c.ts,
            table.c.day,
            func.sum(table.c.cost).label("cost"),
            func.sum(table.c.co2_kg).label("co2_kg"),
        )
        .where(table.c.site_id.in_(selection.ids), within(table, period))
        .group_by(table.c.ts, table.c.day)
        .subquery("of_sector")
    )
    return values, and_(values.c.ts == sector_hour.c.ts, values.c.day == sector_hour.c.day)
