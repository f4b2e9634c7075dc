"""OpenWeatherMap, One Call API 3.0. https://openweathermap.org/api/one-call-3.

It forecasts 48 hours; of the past it tells one hour a call, so that only the last day is fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from pipeline.sources.weather.answers import is_instant, number, sequence_in
from pipeline.sources.weather.client import Client, UnusableAnswerError
from pipeline.sources.weather.frame import by_the_hour
from pipeline.sources.weather.provider import Spot

HOURS_BACK = 24
FIELDS = {"temp": "temperature_c", "humidity": "humidity_percent", "wind_speed": "wind_m_s"}


@dataclass(frozen=True)
class OpenWeatherMap:
    """Asks for 48 hours ahead and, hour by hour, for the missing ones of the last day."""

    name: str = "openweathermap"
    label: str = "OpenWeatherMap"
    base_url: str = "https://api.openweathermap.org"
    key_parameter: str = "appid"
    needs_key: bool = True

    def fetch(self, client: Client, place: Spot, since: datetime, now: datetime) -> pd.DataFrame:
        """Return hours from ``since``, a day back at most, to 48 hours ahead. Raises ProviderError."""
        where = {"lat": str(place.latitude), "lon": str(place.longitude), "units": "metric"}
        ahead = client.get("/data/3.0/onecall", where | {"exclude": "current,minutely,daily,alerts"})
        this_hour = now.replace(minute=0, second=0, microsecond=0)
        coming = _read(sequence_in(ahead, "hourly")).assign(is_forecast=True)
        parts = [coming]
        hour = max(since, this_hour - timedelta(hours=HOURS_BACK))
        while hour <= this_hour:
            at = {"dt": str(int(hour.timestamp()))}
            past = _read(sequence_in(client.get("/data/3.0/onecall/timemachine", where | at), "data"))
            parts.append(past.assign(is_forecast=False))
            hour += timedelta(hours=1)
        return (
            pd.concat(parts, ignore_index=True).drop_duplicates("ts", keep="last").sort_values("ts", ignore_index=True)
        )


def _read(entries: Sequence[object]) -> pd.DataFrame:
    rows = [entry for entry in entries if isinstance(entry, dict) and is_instant(entry.get("dt"))]
    if not rows:
        raise UnusableAnswerError("Its answer has no hours: its interface may have changed.")
    times = pd.DatetimeIndex(pd.to_datetime([row["dt"] for row in rows], unit="s", utc=True))
    values = {ours: [number(row.get(theirs)) for row in rows] for theirs, ours in FIELDS.items()}
    return by_the_hour(times, values)
