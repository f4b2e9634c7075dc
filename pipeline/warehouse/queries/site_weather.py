"""The questions of the Weather page: use, temperature, degree days and stored fits of one node of the site tree.

Days and months are the node's own. The selected period decides what is shown; the fits are those of the last year.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd
from sqlalchemy import Connection, bindparam, func, select, text

from pipeline.definitions import DAY_TYPES
from pipeline.warehouse.day_types import day_type
from pipeline.warehouse.day_types import public_holidays as free_days
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.queries.frames import fetch
from pipeline.warehouse.queries.weather import FAR_KM, daily_temperature, stations_of
from pipeline.warehouse.schema import node_day, site
from pipeline.warehouse.selection import nearest, zone_of
from pipeline.warehouse.tables.weather import (
    site_temperature_fit,
    site_temperature_lag,
    site_weather_month,
    weather_provider,
)

Method = Literal["mean", "hourly"]
A_YEAR = timedelta(days=365)
EXTREMES = 10
USUAL_BASES_C = (15.5, 18.0)
COMPLETE = 0.9  # of the usual meter-hours of a day, as in the fits, and of the days of a month
DEGREES = """
select weather.station_id, cast(weather.ts at time zone :zone as date) as day,
    greatest(:heating_base - avg(weather.temperature_c), 0) as heating_mean,
    greatest(avg(weather.temperature_c) - :cooling_base, 0) as cooling_mean,
    avg(greatest(:heating_base - weather.temperature_c, 0)) as heating_hourly,
    avg(greatest(weather.temperature_c - :cooling_base, 0)) as cooling_hourly
from weather
where weather.station_id in :stations and not weather.is_forecast
    and weather.ts >= cast(:start as timestamp) at time zone :zone
    and weather.ts < cast(:end as timestamp) at time zone :zone
group by 1, 2
having count(*) >= 12
"""
LAST_HOUR = """
select max(ts) filter (where not is_forecast) as measured, max(ts) as forecast
from weather where station_id in :stations
"""


@dataclass(frozen=True)
class Source:
    """Where the weather of a node comes from; ``measured_until`` and ``forecast_until`` are hours (UTC)."""

    stations: tuple[str, ...]
    distance_km: float | None
    generated: bool
    measured_until: datetime | None
    forecast_until: datetime | None

    @property
    def is_far(self) -> bool:
        """Whether the station says little of the site."""
        return self.distance_km is not None and self.distance_km > FAR_KM


def source(conn: Connection, site_id: int) -> Source:
    """Say which stations a node has its weather from, how far the farthest is, and how far they reach."""
    found = stations_of(conn, [site_id])
    if found.empty:
        return Source((), None, generated=False, measured_until=None, forecast_until=None)
    statement = text(LAST_HOUR).bindparams(bindparam("stations", expanding=True))
    row = conn.execute(statement, {"stations": found["station_id"].tolist()}).one()
    return Source(
        stations=tuple(found["station"]),
        distance_km=float(found["distance_km"].max()),
        generated=bool(found["generated"].any()),
        measured_until=row.measured,
        forecast_until=row.forecast if row.forecast and row.measured and row.forecast > row.measured else None,
    )


def notices(conn: Connection) -> pd.DataFrame:
    """List what is wrong with providers of weather: ``name, notice, last_success`` (UTC, or missing)."""
    columns = [weather_provider.c[name] for name in ("name", "notice")]
    success = func.timezone("UTC", weather_provider.c.last_success).label("last_success")
    statement = select(*columns, success).where(weather_provider.c.notice != "").order_by(weather_provider.c.name)
    return pd.read_sql(statement, conn, parse_dates=["last_success"])


def days(conn: Connection, filters: Filters) -> pd.DataFrame:
    """Read the days of the year that ends with the period: ``day, energy_kwh, temperature_c, day_type, selected``.

    ``day_type`` is workday or free (weekends and public holidays); ``selected`` says that the day is in the period.
    Only days with both use and temperature are there. By day.
    """
    known = _known(conn, filters)
    return known.assign(day_type=np.where(known["day_type"] == DAY_TYPES[0], "workday", "free"))


def extremes(conn: Connection, filters: Filters) -> pd.DataFrame:
    """List the hottest and the coldest days of the period: ``which, day, temperature_c, energy_kwh, usual_kwh``.

    ``which`` is hottest or coldest; ``usual_kwh`` is the median of the days of its kind (``DAY_TYPES``) in the year.
    """
    known = _known(conn, filters)
    usual = known.groupby("day_type")["energy_kwh"].transform("median")
    inside = known.assign(usual_kwh=usual)[known["selected"]].sort_values("temperature_c")
    count = min(EXTREMES, len(inside) // 2)
    hottest = inside.iloc[len(inside) - count :].iloc[::-1].assign(which="hottest")
    coldest = inside.iloc[:count].assign(which="coldest")
    rows = pd.concat([hottest, coldest], ignore_index=True)
    return rows[["which", "day", "temperature_c", "energy_kwh", "usual_kwh"]]


def fits(conn: Connection, site_id: int) -> pd.DataFrame:
    """Read the models of a node by ``day_type`` (all, workday, free), as stored in ``site_temperature_fit``."""
    statement = select(site_temperature_fit).where(site_temperature_fit.c.site_id == site_id)
    return pd.read_sql(statement, conn).sort_values("day_type", ignore_index=True)


def balance_points(found: pd.DataFrame) -> tuple[float, float]:
    """Return the balance points of heating and cooling that `fits` found; the usual bases where there are none."""
    every = found[found["day_type"] == "all"]
    heating = every["heating_balance_c"].dropna().astype(float)
    cooling = every["cooling_balance_c"].dropna().astype(float)
    return (
        float(heating.iloc[0]) if len(heating) else USUAL_BASES_C[0],
        float(cooling.iloc[0]) if len(cooling) else USUAL_BASES_C[1],
    )


def lags(conn: Connection, site_id: int) -> pd.DataFrame:
    """Read the correlation by lag: ``season`` (cold, warm), ``lag_hours, correlation, hours``, by both."""
    columns = [site_temperature_lag.c[name] for name in ("season", "lag_hours", "correlation", "hours")]
    statement = select(*columns).where(site_temperature_lag.c.site_id == site_id).order_by(*columns[:2])
    return fetch(conn, statement)


def months(conn: Connection, site_id: int) -> pd.DataFrame:
    """Read use at typical weather: ``month, actual_kwh, normalised_kwh, typical_kwh, expected_kwh, days``, by month.

    Normalised use is what was used, less what the model says for the weather that was, plus what it says for typical
    weather.
    """
    table = site_weather_month
    normalised = (table.c.actual_kwh - table.c.expected_kwh + table.c.typical_kwh).label("normalised_kwh")
    columns = [table.c.month, table.c.actual_kwh, normalised, table.c.typical_kwh, table.c.expected_kwh, table.c.days]
    return fetch(conn, select(*columns).where(table.c.site_id == site_id).order_by(table.c.month))


def degree_days(
    conn: Connection, filters: Filters, method: Method, heating_base_c: float, cooling_base_c: float
) -> pd.DataFrame:
    """Add up degree days by month: ``month, heating, cooling, heating_before, cooling_before, days``, by month.

    ``mean`` takes the degrees of the mean of each day, ``hourly`` the mean of the degrees of its hours. The months are
    those of the period, at least twelve; ``before`` are the same days a year earlier, where
    most of them are known.
    """
    first = min(filters.start, filters.end - A_YEAR).replace(day=1)
    period = Period(first - A_YEAR - timedelta(days=1), filters.end)
    by_day = _degrees_by_day(conn, filters.site_id, period, method, (heating_base_c, cooling_base_c))
    wanted = by_day[by_day["day"] >= pd.Timestamp(first)]
    earlier = by_day[["day", "heating", "cooling"]].assign(day=by_day["day"] + pd.DateOffset(years=1))
    both = wanted.merge(earlier.drop_duplicates("day"), on="day", how="left", suffixes=("", "_before"))
    month = both["day"].dt.to_period("M").dt.to_timestamp().rename("month")
    by_month = both.groupby(month)
    before = ["heating_before", "cooling_before"]
    sums = by_month[["heating", "cooling", *before]].sum()
    known = by_month["heating_before"].count() >= COMPLETE * by_month.size()
    sums[before] = sums[before].where(known)
    return sums.assign(days=by_month.size()).reset_index()


def _known(conn: Connection, filters: Filters) -> pd.DataFrame:
    """Read what `days` says, with ``day_type`` as in ``DAY_TYPES``."""
    start = min(filters.start, filters.end - A_YEAR)
    use = _use(conn, filters.site_id, Period(start, filters.end))
    degrees = daily_temperature(conn, [filters.site_id], start, filters.end)
    joined = use.merge(degrees[["day", "temperature_c"]].astype({"day": use["day"].dtype}), on="day")
    joined["selected"] = joined["day"].dt.date.between(filters.start, filters.end - timedelta(days=1))
    return joined[["day", "energy_kwh", "temperature_c", "day_type", "selected"]]


def _degrees_by_day(
    conn: Connection, site_id: int, period: Period, method: Method, bases_c: tuple[float, float]
) -> pd.DataFrame:
    """Read each day's degrees below and above the bases, over the stations of a node by their shares."""
    serving = stations_of(conn, [site_id])
    statement = text(DEGREES).bindparams(bindparam("stations", expanding=True))
    values = {
        "stations": serving["station_id"].tolist() or [-1],
        "zone": zone_of(conn, site_id),
        "heating_base": bases_c[0],
        "cooling_base": bases_c[1],
        "start": period.start,
        "end": period.end,
    }
    columns = [f"{side}_{each}" for each in ("mean", "hourly") for side in ("heating", "cooling")]
    rows = pd.DataFrame(conn.execute(statement, values).all(), columns=["station_id", "day", *columns])
    rows["day"] = pd.to_datetime(rows["day"])
    weighted = rows.merge(serving[["station_id", "share"]], on="station_id")
    chosen = weighted[[f"heating_{method}", f"cooling_{method}"]].set_axis(["heating", "cooling"], axis=1).astype(float)
    sums = chosen.mul(weighted["share"], axis=0).groupby(weighted["day"]).sum()
    return sums.div(weighted.groupby("day")["share"].sum(), axis=0).reset_index()


def _use(conn: Connection, site_id: int, period: Period) -> pd.DataFrame:
    """Read the use of the complete days: ``day, energy_kwh, day_type`` as in ``DAY_TYPES``."""
    place = select(
        nearest(site.c.id, "country").label("country"),
        nearest(site.c.id, "subdivision", needs="country").label("subdivision"),
    ).where(site.c.id == site_id)
    country, subdivision = conn.execute(place).one()
    holidays = free_days(country, subdivision, period)
    usual = (
        select(func.percentile_cont(0.5).within_group(node_day.c.covered_hours))
        .where(node_day.c.site_id == site_id, node_day.c.day >= period.start, node_day.c.day < period.end)
        .scalar_subquery()
    )
    statement = (
        select(node_day.c.day, node_day.c.energy_kwh, day_type(node_day.c.day, holidays).label("day_type"))
        .where(node_day.c.site_id == site_id, node_day.c.day >= period.start, node_day.c.day < period.end)
        .where(node_day.c.covered_hours >= COMPLETE * usual)
        .order_by(node_day.c.day)
    )
    return fetch(conn, statement)
