"""Stations and their hours of weather: adding them, and storing what a file or a provider gave."""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert

from pipeline.errors import UserError
from pipeline.warehouse.copy import copy_into
from pipeline.warehouse.tables.weather import weather, weather_station

OPTIONAL = ("humidity_percent", "wind_m_s", "solar_w_m2")
MERGE = """
insert into weather as stored (station_id, ts, temperature_c, humidity_percent, wind_m_s, solar_w_m2, is_forecast)
select station_id, ts, temperature_c, humidity_percent, wind_m_s, solar_w_m2, is_forecast from weather_arriving
on conflict (station_id, ts) do update set
    temperature_c = excluded.temperature_c,
    humidity_percent = coalesce(excluded.humidity_percent, stored.humidity_percent),
    wind_m_s = coalesce(excluded.wind_m_s, stored.wind_m_s),
    solar_w_m2 = coalesce(excluded.solar_w_m2, stored.solar_w_m2),
    is_forecast = excluded.is_forecast
where stored.is_forecast or not excluded.is_forecast
"""


@dataclass(frozen=True)
class Station:
    """A place that weather is known of; ``provider`` gave the newest hours."""

    name: str
    latitude: float
    longitude: float
    provider: str
    generated: bool = False


def ensure_station(conn: Connection, station: Station) -> int:
    """Return the number of the station of that name, added or brought up to date.

    Raises UserError where the name belongs to a demo station and this one is real, or the other way round.
    """
    values = {name: getattr(station, name) for name in ("name", "latitude", "longitude", "provider", "generated")}
    statement = (
        insert(weather_station)
        .values(values)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={name: values[name] for name in ("latitude", "longitude", "provider")},
            where=weather_station.c.generated == station.generated,
        )
        .returning(weather_station.c.id)
    )
    number: int | None = conn.execute(statement).scalar_one_or_none()
    if number is None:
        raise UserError(f"{station.name!r} is a station of the demo: choose another name.")
    return number


def store_hours(conn: Connection, station_id: int, hours: pd.DataFrame, *, is_forecast: bool | None = None) -> int:
    """Store hours of weather and return how many there were.

    ``hours``: ``ts`` (UTC, start of the hour), ``temperature_c`` and, where known, ``humidity_percent``, ``wind_m_s``,
    ``solar_w_m2`` and ``is_forecast``. A newer value replaces the older one, a forecast never a measured one; an hour
    without temperature is left out.
    """
    known = hours[hours["temperature_c"].notna()].drop_duplicates("ts", keep="last")
    if known.empty:
        return 0
    forecast = (
        known.get("is_forecast", pd.Series(data=False, index=known.index)) if is_forecast is None else is_forecast
    )
    arriving = pa.table(
        {
            "station_id": pa.array([station_id] * len(known), pa.int32()),
            "ts": pa.array(known["ts"].dt.as_unit("us"), pa.timestamp("us", "UTC")),
            "temperature_c": pa.array(known["temperature_c"], pa.float32()),
            **{name: pa.array(_or_nothing(known, name), pa.float32(), from_pandas=True) for name in OPTIONAL},
            "is_forecast": pa.array(pd.Series(forecast, index=known.index, dtype="bool"), pa.bool_()),
        }
    )
    conn.execute(text("create temporary table weather_arriving (like weather) on commit drop"))
    copy_into(conn, "weather_arriving", arriving)
    conn.execute(text(MERGE))
    conn.execute(text("drop table weather_arriving"))
    return len(known)


def last_measured(conn: Connection, station: str) -> pd.Timestamp | None:
    """Return the last hour (UTC) that was measured at the station of this name, None where there is none."""
    newest = (
        select(func.max(weather.c.ts))
        .join(weather_station, weather_station.c.id == weather.c.station_id)
        .where(weather_station.c.name == station, ~weather.c.is_forecast)
    )
    found = conn.execute(newest).scalar_one()
    return None if found is None else pd.Timestamp(found).tz_convert("UTC")


def _or_nothing(hours: pd.DataFrame, name: str) -> "pd.Series[float]":
    return hours[name].astype("float64") if name in hours else pd.Series(float("nan"), index=hours.index)
