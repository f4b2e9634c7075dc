"""Storing a file of weather as that of a station."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.errors import UserError
from pipeline.sources.weather.files import read_weather_file
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.engine import begin
from pipeline.warehouse.weather_stations import Station, ensure_station, store_hours

NORTH_POLE, DATE_LINE = 90, 180


@dataclass(frozen=True)
class Imported:
    """What a file brought; ``first`` and ``last`` are its first and last hour (UTC)."""

    station: str
    hours: int
    first: datetime
    last: datetime


def import_weather(
    path: Path, name: str | None, latitude: float | None, longitude: float | None, timezone: str
) -> Imported:
    """Store a file; what it says of its place is used where the caller says nothing. Raises UserError."""
    found = read_weather_file(path, timezone)
    north = found.latitude if latitude is None else latitude
    east = found.longitude if longitude is None else longitude
    if north is None or east is None:
        raise UserError(f"Say where {path.name} was measured with --latitude and --longitude.")
    if not (abs(north) <= NORTH_POLE and abs(east) <= DATE_LINE):
        raise UserError("A latitude lies between -90 and 90 degrees, a longitude between -180 and 180.")
    station = Station(name or found.name or path.stem, north, east, provider="file")
    with begin() as conn:
        hours = store_hours(conn, ensure_station(conn, station), found.hours, is_forecast=False)
        raise_version(conn)
    first, last = found.hours["ts"].min(), found.hours["ts"].max()
    return Imported(station.name, hours, first.to_pydatetime(), last.to_pydatetime())
