"""Lines over time: the series itself, and weeks or years laid over each other."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import Connection, DateTime, Double, Integer, Select, Text, and_, cast, func, select, true

from pipeline.errors import SelectionError
from pipeline.warehouse import semantic
from pipeline.warehouse.downsample import thin
from pipeline.warehouse.filters import FIRST_DAY, Filters, Period
from pipeline.warehouse.queries.frames import fetch, or_empty
from pipeline.warehouse.queries.over_time import Window, over_time, whole
from pipeline.warehouse.relations import hour_of, hourly, numbers, stepped, steps, whole_weeks
from pipeline.warehouse.selection import MOST_POINTS, Resolution, Selection, resolution, resolve
from pipeline.warehouse.valued import is_valued

MOST_WEEKS, MOST_YEARS = 26, 10
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Series:
    """A line to draw. ``sampled`` says that points were left out (MinMaxLTTB keeps the extremes).

    ``partial_ends`` says that hours or readings of several time zones are added up: each site's own days begin and end
    at other instants, so that the first and last points of the period hold a part of the sites.
    """

    frame: pd.DataFrame
    resolution: Resolution
    sampled: bool = False
    partial_ends: bool = False


def series(conn: Connection, filters: Filters, zoom: Window | None = None) -> Series:
    """Measure over the period, or over ``zoom`` (naive local, half-open): at most 2,000 points.

    Columns ``time, value, compare_value, estimated``, oldest first; ``estimated`` is true where any part is. The finest
    resolution that fits is chosen; cost and CO2 have none finer than hours. Every step is a row, NaN without data; of
    an hour that the clock repeats there are two rows of the same ``time``. Readings have a row of NaN where a gap
    begins.
    Raises SelectionError for a zoom that ends before it starts or lies outside the period.
    """
    selection = resolve(conn, filters)
    window = _window(filters, zoom)
    chosen = resolution(selection, (window[1] - window[0]) / _A_DAY)
    if chosen == "reading" and is_valued(filters.measure):
        chosen = "hour"
    frame = over_time(conn, selection, filters, window, chosen)
    drawn = thin(frame, "value", MOST_POINTS)
    return Series(
        drawn[["time", "value", "compare_value", "estimated"]],
        chosen,
        sampled=len(drawn) < len(frame),
        partial_ends=selection.zones > 1 and chosen in ("hour", "reading"),
    )


def overlay(conn: Connection, filters: Filters, by: Literal["week", "year"] = "week") -> pd.DataFrame:
    """Weeks or years laid over each other: ``group, position, value``, oldest group first, every position.

    By week: ``group`` like ``2024-W05``, ``position`` the hour of the week (Monday 00:00 is 0), at most the latest 26
    weeks. By year: ``group`` like ``2024``, ``position`` the day of the year from 1, of the selected period's days of
    the year in up to ten years with data.
    """
    selection = resolve(conn, filters)
    return or_empty(fetch(conn, _weeks(selection, filters) if by == "week" else _years(selection, filters)))


def _window(filters: Filters, zoom: Window | None) -> Window:
    start, end = whole(filters.period)
    if zoom is None:
        return start, end
    first, last = max(start, zoom[0]), min(end, zoom[1])
    if first >= last:
        raise SelectionError(f"Zoom to a part of the period from {filters.start} to {filters.end}.")
    return first, last


def _weeks(selection: Selection, filters: Filters) -> Select[Any]:
    """Put every hour of the latest weeks beside its value; of a repeated hour the mean."""
    last_monday = filters.end - _A_DAY - timedelta(days=(filters.end - _A_DAY).weekday())
    period = Period(max(filters.start, last_monday - timedelta(weeks=MOST_WEEKS - 1)), filters.end)
    hours = hourly(selection, period, filters.measure)
    monday = func.date_trunc("week", hours.c.local, type_=DateTime())
    position = (cast(func.extract("isodow", hours.c.local), Integer) - 1) * 24 + hour_of(hours.c.local)
    values = (
        select(
            monday.label("monday"),
            position.label("position"),
            func.avg(semantic.of_row(filters.measure, hours), type_=Double()).label("value"),
        )
        .group_by(monday, position)
        .subquery()
    )
    days = steps(whole_weeks(period), "day")
    positions = numbers(0, 167)
    return (
        select(
            func.to_char(days.c.at, 'IYYY-"W"IW', type_=Text()).label("group"),
            positions.c.number.label("position"),
            values.c.value,
        )
        .join_from(days, positions, true())
        .join(values, and_(values.c.monday == days.c.at, values.c.position == positions.c.number), isouter=True)
        .where(func.extract("isodow", days.c.at) == 1)
        .order_by(days.c.at, positions.c.number)
    )


def _years(selection: Selection, filters: Filters) -> Select[Any]:
    """Put the period's days of the year, in this year and those before that have data, beside their values."""
    period = Period(max(FIRST_DAY, _years_before(filters.start, MOST_YEARS - 1)), filters.end)
    values = stepped(selection, period, filters.measure, "day", timedelta(0))
    days = steps(period, "day")
    year = func.to_char(days.c.at, "YYYY", type_=Text())
    position = cast(func.extract("doy", days.c.at), Integer)
    years_with_data = select(func.to_char(values.c.at, "YYYY")).distinct()
    return (
        select(year.label("group"), position.label("position"), values.c.value)
        .join_from(days, values, values.c.at == days.c.at, isouter=True)
        .where(position.in_(_days_of_the_year(filters.period)), year.in_(years_with_data))
        .order_by(days.c.at)
    )


def _days_of_the_year(period: Period) -> list[int]:
    days = (period.start + timedelta(days=number) for number in range(min(period.days, 366)))
    return sorted({day.timetuple().tm_yday for day in days})


def _years_before(day: date, years: int) -> date:
    """Return the first of the same month, ``years`` earlier: no leap day to fall over."""
    return day.replace(year=max(1, day.year - years), day=1)
