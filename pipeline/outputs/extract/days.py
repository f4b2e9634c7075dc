"""The calendar of an extract: each day with its place in the year, holidays and season."""

from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Date, DateTime, cast, func, or_, select

from pipeline.definitions import DAY_TYPES
from pipeline.outputs.places import CalendarKey, calendars_of
from pipeline.outputs.selected import Selected
from pipeline.warehouse.day_types import named_holidays
from pipeline.warehouse.filters import Period
from pipeline.warehouse.schema import meter, site
from pipeline.warehouse.tables.anomalies import anomaly
from pipeline.warehouse.tables.forecasts import forecast, forecast_day, forecast_hour

SEASONS = ("winter", "spring", "summer", "autumn")
WORKDAY, SATURDAY, FREE = DAY_TYPES
SIXTH, SEVENTH = 6, 7
A_DAY = np.timedelta64(1, "D")


def calendar(selected: Selected, years: Period) -> pd.DataFrame:
    """Lay out all days of ``years`` for each calendar of the selection: the columns of the extract's ``calendar``."""
    days = pd.date_range(years.start, years.end, inclusive="left")
    return pd.concat([_calendar(days, key) for key in calendars_of(selected.sites)], ignore_index=True)


def years_of(conn: Connection, selected: Selected) -> Period:
    """Return whole years that hold every day of the extract: of the period, its events and its forecasts."""
    start, end = selected.filters.start, selected.filters.end
    first_event = (
        select(func.min(cast(func.timezone(site.c.timezone, anomaly.c.start_ts, type_=DateTime()), Date)))
        .join_from(anomaly, meter, meter.c.id == anomaly.c.meter_id)
        .join(site, site.c.id == meter.c.site_id)
        .where(selected.among(anomaly.c.meter_id), anomaly.c.end_ts > start)
    )
    own = or_(forecast.c.site_id.in_(selected.complete_sites), selected.among(forecast.c.meter_id))
    last_days = [
        select(func.max(cast(when, Date))).join_from(points, forecast, forecast.c.id == points.c.forecast_id).where(own)
        for points, when in ((forecast_hour, forecast_hour.c.ts), (forecast_day, forecast_day.c.day))
    ]
    found = [day for day in (conn.scalar(statement) for statement in (first_event, *last_days)) if day is not None]
    first, last = min([start, *found]), max([end, *found])
    return Period(
        date(first.year, 1, 1), date(last.year + 2 if (last.month, last.day) == (12, 31) else last.year + 1, 1, 1)
    )


def _calendar(days: pd.DatetimeIndex, key: CalendarKey) -> pd.DataFrame:
    named = named_holidays(key.country, key.subdivision, days[0].year, days[-1].year)
    holiday = [named.get(day) for day in days.date]
    iso = days.isocalendar()
    weekday = iso["day"].to_numpy(np.int64)
    is_free = np.array([name is not None for name in holiday], dtype=bool) | (weekday == SEVENTH)
    return pd.DataFrame(
        {
            "calendar_id": key.calendar_id,
            "day": days.date,
            "calendar": "-".join(part for part in (key.country, key.subdivision) if part),
            "year": days.year,
            "quarter": days.quarter,
            "month": days.month,
            "month_name": days.month_name(),
            "month_start": days.to_numpy().astype("datetime64[M]").astype("datetime64[D]"),
            "iso_year": iso["year"].to_numpy(),
            "iso_week": iso["week"].to_numpy(),
            "week_start": days.to_numpy().astype("datetime64[D]") - (weekday - 1) * A_DAY,
            "day_of_month": days.day,
            "weekday": weekday,
            "weekday_name": days.day_name(),
            "day_type": np.where(is_free, FREE, np.where(weekday == SIXTH, SATURDAY, WORKDAY)),
            "holiday": holiday,
            "season": _seasons(days, southern=key.southern),
        }
    )


def _seasons(days: pd.DatetimeIndex, *, southern: bool | None) -> list[str | None]:
    if southern is None:
        return [None] * len(days)
    months = (days.month.to_numpy() % 12) // 3 + (2 if southern else 0)
    return [SEASONS[place % len(SEASONS)] for place in months]
