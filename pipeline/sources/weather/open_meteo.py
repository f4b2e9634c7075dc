"""Open-Meteo: forecasts of many weather services, and reanalysis of the past. https://open-meteo.com/en/docs.

The free service needs no key and is for non-commercial use; a key goes with its own address
(https://customer-api.open-meteo.com).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from pipeline.sources.weather.answers import instants_in, mapping_in, numbers_in
from pipeline.sources.weather.client import Client
from pipeline.sources.weather.frame import by_the_hour
from pipeline.sources.weather.provider import Spot

VARIABLES = {
    "temperature_2m": "temperature_c",
    "relative_humidity_2m": "humidity_percent",
    "wind_speed_10m": "wind_m_s",
    "shortwave_radiation": "solar_w_m2",
}
PAST_DAYS = 92  # that the forecast answers with
FORECAST_DAYS = 7
ARCHIVE_URL = "https://archive-api.open-meteo.com"
MOST_DAYS_OF_ARCHIVE = 366  # in one question


@dataclass(frozen=True)
class OpenMeteo:
    """Asks for the last days and the coming week at once, and for what lies further back in the archive."""

    name: str = "open-meteo"
    label: str = "Open-Meteo"
    base_url: str = "https://api.open-meteo.com"
    key_parameter: str = "apikey"
    needs_key: bool = False

    def fetch(self, client: Client, place: Spot, since: datetime, now: datetime) -> pd.DataFrame:
        """Return hours from ``since`` to a week ahead. Raises ProviderError."""
        recent = now - timedelta(days=PAST_DAYS - 1)
        parts = list(self._archive(client, place, since, recent)) if since < recent else []
        days = min(PAST_DAYS, max(1, (now - since).days + 1))
        coming = {"past_days": str(days), "forecast_days": str(FORECAST_DAYS)}
        parts.append(_read(client.get("/v1/forecast", _question(place) | coming)))
        hours = pd.concat(parts, ignore_index=True).drop_duplicates("ts", keep="last")
        hours["is_forecast"] = hours["ts"] > pd.Timestamp(now)
        return hours[hours["ts"] >= pd.Timestamp(since)].sort_values("ts", ignore_index=True)

    def _archive(self, client: Client, place: Spot, since: datetime, until: datetime) -> list[pd.DataFrame]:
        parts, first = [], since.date()
        source = Client(
            ARCHIVE_URL if client.base_url == self.base_url else client.base_url,
            client.budget,
            client.kept_in,
            client.timeout_s,
            client.keep_s,
            client.first_wait_s,
            client.secrets,
        )
        while first <= until.date():
            last = min(first + timedelta(days=MOST_DAYS_OF_ARCHIVE - 1), until.date())
            period = {"start_date": first.isoformat(), "end_date": last.isoformat()}
            parts.append(_read(source.get("/v1/archive", _question(place) | period)))
            first = last + timedelta(days=1)
        return parts


def _question(place: Spot) -> dict[str, str]:
    return {
        "latitude": str(place.latitude),
        "longitude": str(place.longitude),
        "hourly": ",".join(VARIABLES),
        "wind_speed_unit": "ms",
        "timeformat": "unixtime",
        "timezone": "UTC",
    }


def _read(answer: object) -> pd.DataFrame:
    """Read the hours of an answer; radiation is the mean of the hour before its time, all else is at its time."""
    hourly: Mapping[str, object] = mapping_in(answer, "hourly")
    seconds = instants_in(hourly, "time")
    values = {ours: numbers_in(hourly, theirs, len(seconds)) for theirs, ours in VARIABLES.items()}
    values["solar_w_m2"] = [*values["solar_w_m2"][1:], None][: len(seconds)]
    return by_the_hour(pd.DatetimeIndex(pd.to_datetime(seconds, unit="s", utc=True)), values)
