"""One statement for a measure over time beside the period that it is compared with."""

from datetime import date, datetime, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Double,
    Select,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    select,
    union_all,
)

from pipeline.definitions import MeasureKey
from pipeline.warehouse import semantic
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.queries.frames import fetch
from pipeline.warehouse.relations import clock_hours, hourly, local, stepped, steps
from pipeline.warehouse.schema import meter, reading, site
from pipeline.warehouse.selection import Resolution, Selection, near

Window = tuple[datetime, datetime]
_A_DAY = timedelta(days=1)


def _nothing(name: str) -> ColumnElement[Any]:
    return cast(null(), Double).label(name)


def over_time(conn: Connection, selection: Selection, filters: Filters, window: Window, at: Resolution) -> pd.DataFrame:
    """Answer ``time, value, compare_value, share_estimated, estimated``; empty where no row has a value.

    ``window`` is naive local, half-open, and narrows the hours and readings inside the days that it touches.
    """
    period = days_of(window, filters)
    match at:
        case "reading":
            statement = _by_reading(selection, filters, period)
        case "hour":
            statement = _by_hour(selection, filters, period)
        case _:
            return _or_empty(fetch(conn, _by_step(selection, filters, period, at)))
    moment = statement.selected_columns.time
    if window != whole(filters.period):
        statement = statement.where(moment >= window[0], moment < window[1])
    return _or_empty(fetch(conn, statement))


def whole(period: Period) -> Window:
    """Return the period as naive local times."""
    return datetime.combine(period.start, datetime.min.time()), datetime.combine(period.end, datetime.min.time())


def days_of(window: Window, filters: Filters) -> Period:
    """Return the days of the filters that a window touches, and one more at each end: zones below may be apart."""
    if window == whole(filters.period):
        return filters.period
    start, end = window[0].date() - _A_DAY, window[1].date() + 2 * _A_DAY
    last = filters.end - _A_DAY
    return Period(_between(filters.start, start, last), _between(filters.start, end - _A_DAY, last) + _A_DAY)


def _earlier(period: Period, shift: timedelta) -> Period:
    return Period(period.start - shift, period.end - shift)


def _between(low: date, value: date, high: date) -> date:
    return max(low, min(value, high))


def _or_empty(frame: pd.DataFrame) -> pd.DataFrame:
    nothing = frame["value"].isna().all() and frame["compare_value"].isna().all()
    return frame.iloc[:0] if nothing else frame


def _by_step(selection: Selection, filters: Filters, period: Period, step: Literal["day", "month"]) -> Select[Any]:
    every = steps(period, step)
    now = stepped(selection, period, filters.measure, step, timedelta(0))
    statement = select(every.c.at.label("time"), now.c.value).join_from(
        every, now, now.c.at == every.c.at, isouter=True
    )
    if filters.shift is None:
        statement = statement.add_columns(_nothing("compare_value"))
    else:
        before = stepped(selection, _earlier(period, filters.shift), filters.measure, step, filters.shift)
        statement = statement.add_columns(before.c.value.label("compare_value"))
        statement = statement.join(before, before.c.at == every.c.at, isouter=True)
    estimated = func.coalesce(now.c.estimated, false()).label("estimated")
    return statement.add_columns(now.c.share_estimated, estimated).order_by(every.c.at)


def _by_hour(selection: Selection, filters: Filters, period: Period) -> Select[Any]:
    """Join by instant with the clock of the period, and with hours outside of it that a node across zones has."""
    clock, now = clock_hours(selection, period), hourly(selection, period, filters.measure)
    time = func.coalesce(clock.c.local, now.c.local, type_=DateTime()).label("time")
    value = semantic.of_row(filters.measure, now).label("value")
    statement = select(time, value).join_from(clock, now, now.c.ts == clock.c.ts, full=True)
    if filters.shift is None:
        statement = statement.add_columns(_nothing("compare_value"))
    else:
        hours = hourly(selection, _earlier(period, filters.shift), filters.measure).alias("earlier")
        before = _aligned(hours.c.local, semantic.of_row(filters.measure, hours), filters.shift)
        statement = statement.add_columns(before.c.value.label("compare_value"))
        statement = statement.join(before, before.c.at == time.element, isouter=True)
    share = semantic.of_row("share_estimated", now).label("share_estimated")
    estimated = func.coalesce(now.c.estimated_hours > 0, false()).label("estimated")
    return statement.add_columns(share, estimated).order_by(func.coalesce(clock.c.ts, now.c.ts))


def _by_reading(selection: Selection, filters: Filters, period: Period) -> Select[Any]:
    now = _readings(selection, period, filters.measure)
    statement = select(now.c.local.label("time"), now.c.value)
    if filters.shift is None:
        statement = statement.add_columns(_nothing("compare_value"))
    else:
        earlier = _readings(selection, _earlier(period, filters.shift), filters.measure)
        before = _aligned(earlier.c.local, earlier.c.value, filters.shift)
        statement = statement.add_columns(before.c.value.label("compare_value"))
        statement = statement.join_from(now, before, before.c.at == now.c.local, isouter=True)
    return statement.add_columns(now.c.share_estimated, now.c.estimated).order_by(now.c.ts)


def _aligned(moment: ColumnElement[Any], value: ColumnElement[Any], shift: timedelta) -> Subquery:
    """Move values to the clock time ``shift`` later; of a time that the clock repeats, their mean."""
    at = (moment + shift).label("at")
    return select(at, func.avg(value, type_=Double()).label("value")).group_by(at).subquery("before")


def _readings(selection: Selection, period: Period, measure: MeasureKey) -> Subquery:
    """Return readings, added up over the meters, and after the last one before a gap a row without value."""
    rows = _summed(selection, period)
    ends = rows.c.ts + func.make_interval(0, 0, 0, 0, 0, 0, rows.c.duration_s)
    following = func.lead(rows.c.ts).over(order_by=rows.c.ts)
    known = select(rows, ends.label("ends"), following.label("following")).cte()
    value = known.c.share_estimated if measure == "share_estimated" else semantic.of_reading(measure, known)
    values = select(
        known.c.ts,
        value.label("value"),
        known.c.share_estimated,
        (known.c.share_estimated > 0).label("estimated"),
    )
    gaps = select(known.c.ends, _nothing("value"), _nothing("share_estimated"), false()).where(
        known.c.following > known.c.ends
    )
    both = union_all(values, gaps).subquery()
    return select(both, local(selection, both.c.ts).label("local")).subquery()


def _summed(selection: Selection, period: Period) -> Subquery:
    """Add up the readings of the meters by start; they share one length of interval, or it is a single meter."""
    moment = func.timezone(site.c.timezone, reading.c.ts, type_=DateTime())
    start, end = whole(period)
    sign = case((and_(meter.c.direction == "export", literal(selection.kind == "node")), -1.0), else_=1.0)
    return (
        select(
            reading.c.ts,
            func.sum(reading.c.energy_kwh * sign).label("energy_kwh"),
            func.max(reading.c.duration_s).label("duration_s"),
            func.bit_or(reading.c.flag).label("flag"),
            func.avg(semantic.of_reading("share_estimated", reading), type_=Double()).label("share_estimated"),
        )
        .join_from(reading, meter, meter.c.id == reading.c.meter_id)
        .join(site, site.c.id == meter.c.site_id)
        .where(selection.counts(), near(reading.c.ts, period))
        .where(moment >= start, moment < end)
        .group_by(reading.c.ts)
        .subquery()
    )
