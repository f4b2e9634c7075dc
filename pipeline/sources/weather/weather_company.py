"""The Weather Company (IBM until 2024): Standard package of the Weather Data APIs, version 3.

Two days of forecast and the last day by the hour, in one call each. https://developer.weather.com/docs.
"""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from pipeline.sources.weather.answers import instants_in, numbers_in
from pipeline.sources.weather.client import Client
from pipeline.sources.weather.frame import by_the_hour
from pipeline.sources.weather.provider import Spot

FIELDS = {"temperature": "temperature_c", "relativeHumidity": "humidity_percent", "windSpeed": "wind_m_s"}
KMH_A_MS = 3.6


@dataclass(frozen=True)
class WeatherCompany:
    """Asks for the last 24 hours as measured and 48 hours ahead."""

    name: str = "weather-company"
    label: str = "The Weather Company"
    base_url: str = "https://api.weather.com"
    key_parameter: str = "apiKey"
    needs_key: bool = True

    def fetch(self, client: Client, place: Spot, since: datetime, now: datetime) -> pd.DataFrame:
        """Return hours from ``since``, a day back at most, to 48 hours ahead. Raises ProviderError."""
        where = {
            "geocode": f"{place.latitude},{place.longitude}",
            "format": "json",
            "units": "m",
            "language": "en-US",
        }
        ahead = _read(client.get("/v3/wx/forecast/hourly/2day", where)).assign(is_forecast=True)
        past = _read(client.get("/v3/wx/conditions/historical/hourly/1day", where)).assign(is_forecast=False)
        hours = pd.concat([ahead, past[past["ts"] <= pd.Timestamp(now)]], ignore_index=True)
        kept = hours.drop_duplicates("ts", keep="last")
        return kept[kept["ts"] >= pd.Timestamp(since)].sort_values("ts", ignore_index=True)


def _read(answer: object) -> pd.DataFrame:
    seconds = instants_in(answer, "validTimeUtc")
    values = {ours: numbers_in(answer, theirs, len(seconds)) for theirs, ours in FIELDS.items()}
    values["wind_m_s"] = [None if speed is None else speed / KMH_A_MS for speed in values["wind_m_s"]]
    return by_the_hour(pd.DatetimeIndex(pd.to_datetime(seconds, unit="s", utc=True)), values)
