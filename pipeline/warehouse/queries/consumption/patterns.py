"""Patterns in the hours: by date and time of day, by type of day, by height."""

import pandas as pd
from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Double,
    Integer,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    select,
    true,
)

from pipeline.definitions import DAY_TYPES
from pipeline.warehouse import semantic
from pipeline.warehouse.day_types import day_type, public_holidays
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries.frames import fetch, or_empty
from pipeline.warehouse.relations import hour_of, hourly, numbers, steps, whole_weeks
from pipeline.warehouse.selection import resolve

MOST_DAYS_OF_CARPET = 400
STEPS_OF_DURATION = 500
_SMALLEST_WIDTH = 1e-6  # kW; narrower classes mean nothing


def carpet(conn: Connection, filters: Filters) -> pd.DataFrame:
    """Measure by date and time of day: ``day, minute, value, estimated, missing``, every cell of the period.

    ``day`` is a midnight, ``minute`` the minute of the day at which the cell starts. The hour that a 23-hour day skips
    is missing; the cell of the hour that a 25-hour day repeats holds the mean of both. Beyond 400 days each ``day`` is
    a Monday and a cell the mean over its week. A node across time zones has a few cells more before or after.
    """
    selection = resolve(conn, filters)
    hours = hourly(selection, filters.period, filters.measure)
    by_week = filters.period.days > MOST_DAYS_OF_CARPET
    day = func.date_trunc("week" if by_week else "day", hours.c.local, type_=DateTime())
    hour = hour_of(hours.c.local)
    cells = (
        select(
            day.label("day"),
            hour.label("hour"),
            func.avg(semantic.of_row(filters.measure, hours), type_=Double()).label("value"),
            (func.sum(hours.c.estimated_hours) > 0).label("estimated"),
        )
        .group_by(day, hour)
        .subquery()
    )
    days = steps(whole_weeks(filters.period) if by_week else filters.period, "day")
    clock = numbers(0, 23)
    grid = select(days.c.at.label("day"), clock.c.number.label("hour")).join_from(days, clock, true())
    if by_week:
        grid = grid.where(func.extract("isodow", days.c.at) == 1)
    every = grid.subquery("grid")
    statement = (
        select(
            func.coalesce(every.c.day, cells.c.day).label("day"),
            (func.coalesce(every.c.hour, cells.c.hour) * 60).label("minute"),
            cells.c.value,
            func.coalesce(cells.c.estimated, False).label("estimated"),
            cells.c.value.is_(None).label("missing"),
        )
        .join_from(every, cells, and_(cells.c.day == every.c.day, cells.c.hour == every.c.hour), full=True)
        .order_by("day", "minute")
    )
    return or_empty(fetch(conn, statement))


def profile(conn: Connection, filters: Filters) -> pd.DataFrame:
    """Hours of the day by type of day: ``day_type, hour, p10, mean, p90`` of the measure.

    ``day_type`` is one of ``definitions.DAY_TYPES``, in that order; public holidays are those of the node's country,
    or of the nearest node above that has one.
    """
    selection = resolve(conn, filters)
    hours = hourly(selection, filters.period, filters.measure)
    free_days = public_holidays(selection.country, selection.subdivision, filters.period)
    values = select(
        day_type(cast(hours.c.local, Date), free_days).label("day_type"),
        hour_of(hours.c.local).label("hour"),
        semantic.of_row(filters.measure, hours).label("value"),
    ).subquery()
    statement = (
        select(
            values.c.day_type,
            values.c.hour,
            func.percentile_cont(0.1).within_group(values.c.value).label("p10"),
            func.avg(values.c.value, type_=Double()).label("mean"),
            func.percentile_cont(0.9).within_group(values.c.value).label("p90"),
        )
        .group_by(values.c.day_type, values.c.hour)
        .order_by(func.array_position(literal(list(DAY_TYPES), ARRAY(Text)), values.c.day_type), values.c.hour)
    )
    return fetch(conn, statement)


def duration_curve(conn: Connection, filters: Filters) -> pd.DataFrame:
    """Share of the hours that a power is reached: ``share_of_time`` 0 to 1, ``power_kw`` from peak to lowest."""
    hours = hourly(resolve(conn, filters), filters.period)
    shares = [step / STEPS_OF_DURATION for step in range(STEPS_OF_DURATION + 1)]
    powers = select(
        func.percentile_cont(literal(shares, ARRAY(Double))).within_group(hours.c.peak_kw.desc()).label("powers")
    ).subquery()
    curve = (
        func.unnest(literal(shares, ARRAY(Double)), powers.c.powers)
        .table_valued(column("share_of_time", Double), column("power_kw", Double))
        .render_derived()
        .lateral()
    )
    statement = (
        select(curve.c.share_of_time, curve.c.power_kw)
        .join_from(powers, curve, powers.c.powers.is_not(None))
        .order_by(curve.c.share_of_time)
    )
    return fetch(conn, statement)


def histogram(conn: Connection, filters: Filters, bins: int = 40) -> pd.DataFrame:
    """Hours spent in each class of power: ``from_kw, to_kw, hours``, lowest first, empty classes included.

    The classes are as wide as 1, 2 or 5 times a power of ten, so that there are at most ``bins`` + 1 of them.
    """
    hours = hourly(resolve(conn, filters), filters.period)
    width = select(_width_of_class(hours, bins).label("width")).cte("width")
    number = func.floor(hours.c.peak_kw / width.c.width)
    counts = (
        select(number.label("number"), func.sum(cast(hours.c.hours, Double)).label("hours"))
        .join_from(hours, width, true())
        .group_by(number)
        .cte("counts")
    )
    first, last = (select(edge(counts.c.number)).scalar_subquery() for edge in (func.min, func.max))
    every = numbers(cast(first, Integer), cast(last, Integer))
    statement = (
        select(
            (every.c.number * width.c.width).label("from_kw"),
            ((every.c.number + 1) * width.c.width).label("to_kw"),
            func.coalesce(counts.c.hours, 0.0).label("hours"),
        )
        .join_from(every, width, true())
        .join(counts, counts.c.number == every.c.number, isouter=True)
        .order_by(every.c.number)
    )
    return fetch(conn, statement)


def _width_of_class(hours: CTE, bins: int) -> ColumnElement[float]:
    """Return the smallest of 1, 2, 5, 10 times a power of ten that needs no more than ``bins`` classes; 1 if flat."""
    spread = func.max(hours.c.peak_kw) - func.min(hours.c.peak_kw)
    least = spread / bins
    power_of_ten: ColumnElement[float] = func.power(
        10.0, func.floor(func.log(func.greatest(least, _SMALLEST_WIDTH))), type_=Double()
    )
    return case(
        (spread <= 0, 1.0),
        (least <= power_of_ten, power_of_ten),
        (least <= 2 * power_of_ten, 2 * power_of_ten),
        (least <= 5 * power_of_ten, 5 * power_of_ten),
        else_=10 * power_of_ten,
    )
