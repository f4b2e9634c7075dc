"""The rows that questions are put to: the hours, the steps of time and the totals of a selection."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    DateTime,
    Double,
    FromClause,
    Integer,
    Select,
    Subquery,
    Table,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from pipeline.definitions import MeasureKey, ValuedKey
from pipeline.warehouse import semantic
from pipeline.warehouse.filters import Period
from pipeline.warehouse.schema import meter_day, meter_month, node_day, node_month
from pipeline.warehouse.selection import Selection, owner_of, within
from pipeline.warehouse.valued import VALUES, beside, hours_of, is_valued

Step = Literal["day", "month"]
Kind = Literal["meter", "node"]
POWER: tuple[MeasureKey, ...] = ("mean_kw", "peak_kw")


def hourly(selection: Selection, period: Period, measure: MeasureKey | None = None) -> CTE:
    """Return the clock hours of a selection: ``ts, local, energy_kwh, peak_kw, hours, covered_hours, estimated_hours``.

    With a ``measure`` of cost or CO2, that is one more column.
    ``local`` is naive, in the selection's zone. Across time zones an hour may be shared by two local days, whose parts
    are added up, so that ``peak_kw`` is the power of all together; else the rollup's rows are taken as they are.
    """
    rollup = hours_of(selection, period, measure)
    values = [measure] if is_valued(measure) else []
    if not selection.across_zones:
        columns = [rollup.c[name] for name in ("energy_kwh", "peak_kw", *_HOURS, *values)]
        return select(rollup.c.ts, clock_hour(selection, rollup.c.ts).label("local"), *columns).cte()
    ts: ColumnElement[datetime] = func.date_trunc("hour", rollup.c.ts, selection.timezone, type_=rollup.c.ts.type)
    parts = (
        select(
            ts.label("ts"),
            func.sum(rollup.c.energy_kwh).label("energy_kwh"),
            func.sum(rollup.c.peak_kw).label("peak_kw"),
            func.least(1.0, func.sum(rollup.c.hours), type_=Double()).label("hours"),
            func.sum(rollup.c.covered_hours).label("covered_hours"),
            func.sum(rollup.c.estimated_hours).label("estimated_hours"),
            *(func.sum(rollup.c[name]).label(name) for name in values),
        )
        .group_by(ts)
        .subquery()
    )
    return select(parts, clock_hour(selection, parts.c.ts).label("local")).cte()


def local(selection: Selection, ts: ColumnElement[Any]) -> ColumnElement[datetime]:
    """Write an instant as the naive time of the selection's clocks."""
    return func.timezone(selection.timezone, ts, type_=DateTime())


def clock_hour(selection: Selection, ts: ColumnElement[Any]) -> ColumnElement[datetime]:
    """Name the clock hour that begins at ``ts``, by its last instant.

    Where clocks move by half an hour, the half hour that remains of an hour is kept under the full hour's beginning
    (``date_trunc`` keeps the offset), when the clocks still showed something else.
    """
    return func.date_trunc("hour", local(selection, ts + _LAST_OF_HOUR), type_=DateTime())


def stepped(selection: Selection, period: Period, measure: MeasureKey, step: Step, shift: timedelta) -> Subquery:
    """Return the measure by local day or month: ``at`` (naive), ``value``, ``share_estimated``, ``estimated``.

    ``at`` is the step of the day ``shift`` later, to lay one period over another. A month that the period covers in
    part is the part.
    """
    if selection.compound and measure in POWER:
        rows: FromClause = hourly(selection, period)
        day = _day_of(rows, period)
    else:
        rollup = selection.days
        rows = _with_value(rollup, measure).where(selection.owns(rollup), within(rollup, period)).subquery("days")
        day = rows.c.day
    shifted = cast(day, Date) + cast(shift.days, Integer)
    at = func.date_trunc(step, cast(shifted, DateTime), type_=DateTime())
    return (
        select(
            at.label("at"),
            semantic.of_group(measure, rows).label("value"),
            semantic.of_group("share_estimated", rows).label("share_estimated"),
            (func.sum(rows.c.estimated_hours) > 0).label("estimated"),
        )
        .group_by(at)
        .subquery()
    )


def days_of_power(selection: Selection, period: Period) -> Subquery:
    """Return what the power of each local day is made of: ``day, energy_kwh, hours, peak_kw, peak_ts``.

    Of a node over several zones, where the days of the rollup do not hold the hours that all parts share: as `stepped`.
    """
    rows = hourly(selection, period)
    day = _day_of(rows, period)
    highest_first = aggregate_order_by(rows.c.ts, rows.c.peak_kw.desc(), rows.c.ts)
    return (
        select(
            day.label("day"),
            func.sum(rows.c.energy_kwh).label("energy_kwh"),
            func.sum(cast(rows.c.hours, Double)).label("hours"),
            func.max(rows.c.peak_kw).label("peak_kw"),
            func.array_agg(highest_first)[1].label("peak_ts"),
        )
        .group_by(day)
        .subquery("power")
    )


def steps(period: Period, step: Step) -> Subquery:
    """Return every day or month that the period touches: ``at``, naive."""
    first = period.start if step == "day" else period.start.replace(day=1)
    every = func.generate_series(
        cast(first, DateTime),
        cast(period.end - _A_DAY, DateTime),
        func.make_interval(*_interval(step)),
        type_=DateTime(),
    )
    return select(every.column_valued("at").label("at")).subquery("steps")


def clock_hours(selection: Selection, period: Period) -> Subquery:
    """Return every clock hour of the period: ``ts, local``; where the clocks change there are 23 or 25 a day.

    Stepping by half hours and cutting to the hour is right for zones that move by less than an hour, too.
    """
    start, end = (func.timezone(selection.timezone, cast(day, DateTime)) for day in (period.start, period.end))
    half_hours = func.generate_series(start, end - _AN_INSTANT, _HALF_AN_HOUR).column_valued("half")
    ts = func.date_trunc("hour", half_hours, selection.timezone)
    hours = select(ts.label("ts")).distinct().subquery()
    return select(hours.c.ts, clock_hour(selection, hours.c.ts).label("local")).subquery("clock")


def numbers(first: int | ColumnElement[int], last: int | ColumnElement[int]) -> Subquery:
    """Return the whole numbers from first to last: ``number``."""
    every = func.generate_series(first, last, type_=Integer()).column_valued("every")
    return select(every.label("number")).subquery()


def hour_of(moment: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the hour of the day, 0 to 23."""
    return cast(func.extract("hour", moment), Integer)


def whole_weeks(period: Period) -> Period:
    """Extend a period to begin on the Monday of its first week."""
    return Period(period.start - timedelta(days=period.start.weekday()), period.end)


def totals(kind: Kind, owners: Select[tuple[int]], period: Period, measures: Sequence[MeasureKey] = ()) -> Subquery:
    """Return sums over the period by meter or node: ``id, energy_kwh, peak_kw, hours, covered_hours, estimated_hours``.

    With ``measures`` of cost or CO2, these are more columns. Whole months come from the rollup by month, the days at
    both ends from that by day. One row each of those that have data.
    """
    days, months = (meter_day, meter_month) if kind == "meter" else (node_day, node_month)
    values = [measure for measure in measures if is_valued(measure)]
    parts = (_rows(table, owners, part, values) for table, part in _cover(days, months, period))
    rows = union_all(*parts).subquery()
    return (
        select(
            rows.c.id,
            func.sum(rows.c.energy_kwh).label("energy_kwh"),
            func.max(rows.c.peak_kw).label("peak_kw"),
            *(func.sum(cast(rows.c[name], Double)).label(name) for name in _HOURS),
            func.bit_or(rows.c.flags).label("flags"),
            *(func.sum(rows.c[name]).label(name) for name in values),
        )
        .group_by(rows.c.id)
        .subquery()
    )


_A_DAY = timedelta(days=1)
_HALF_AN_HOUR = literal(timedelta(minutes=30))
_AN_INSTANT = literal(timedelta(microseconds=1))
_LAST_OF_HOUR = literal(timedelta(hours=1, microseconds=-1))
_HOURS = ("hours", "covered_hours", "estimated_hours")


def _day_of(hours: FromClause, period: Period) -> ColumnElement[date]:
    """Return the day of each hour on the selection's clocks; hours of other zones beyond the period are of its ends."""
    day: ColumnElement[date] = func.greatest(period.start, func.least(period.end - _A_DAY, cast(hours.c.local, Date)))
    return day


def _interval(step: Step) -> tuple[int, ...]:
    years, months, weeks, days = 0, int(step == "month"), 0, int(step == "day")
    return years, months, weeks, days


def _with_value(rollup: Table, measure: MeasureKey) -> Select[Any]:
    if not is_valued(measure):
        return select(rollup)
    rows, value = beside(rollup, measure)
    return select(rollup, value).select_from(rows)


def _rows(table: Table, owners: Select[tuple[int]], part: Period, values: Sequence[ValuedKey]) -> Select[Any]:
    begins = table.c.month if "month" in table.c else table.c.day
    owner = owner_of(table)
    columns: list[ColumnElement[Any]] = [table.c[name] for name in ("energy_kwh", "peak_kw", *_HOURS, "flags")]
    rows: FromClause = table
    for value in values[:1]:
        rows, _ = beside(table, value)
    columns += [cast(VALUES[table].c[value], Double).label(value) for value in values]
    chosen = (owner.in_(owners), begins >= part.start, begins < part.end)
    return select(owner.label("id"), *columns).select_from(rows).where(*chosen)


def _cover(days: Table, months: Table, period: Period) -> list[tuple[Table, Period]]:
    first, last = _month_from(period.start), period.end.replace(day=1)
    if first >= last:
        return [(days, period)]
    parts = [(months, Period(first, last)), (days, Period(period.start, first)), (days, Period(last, period.end))]
    return [(table, part) for table, part in parts if part.days]


def _month_from(day: date) -> date:
    """Return the first of a month on or after the day."""
    return day if day.day == 1 else (day.replace(day=1) + timedelta(days=32)).replace(day=1)
