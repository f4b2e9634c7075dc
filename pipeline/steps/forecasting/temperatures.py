"""The temperature at each site, as far ahead as the longest forecast."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.normal_weather import extended
from pipeline.steps.forecasting.histories import HISTORY, by_end
from pipeline.steps.forecasting.owners import Owner
from pipeline.warehouse.queries import weather

AHEAD_OF_HOURS = pd.Timedelta(days=8)
AHEAD_OF_DAYS = pd.DateOffset(months=15)


@dataclass(frozen=True)
class Temperatures:
    """Temperature by site: hours with naive UTC index, days by naive local day; sites without weather aren't in it.

    What is not measured or forecast is the normal of that hour or day.
    """

    hours: dict[int, pd.Series] = field(default_factory=dict)
    days: dict[int, pd.Series] = field(default_factory=dict)


def read(conn: Connection, owners: Sequence[Owner]) -> Temperatures:
    """Read the temperature of the sites of the owners."""
    found = Temperatures()
    for newest, alike in by_end(conn, owners):
        sites = sorted({owner.site_id for owner in alike})
        last = pd.Timestamp(newest).tz_localize(None)
        hourly = weather.hourly_temperature(conn, sites, newest - HISTORY)
        daily = weather.daily_temperature(conn, sites)
        hourly["ts"] = hourly["ts"].dt.tz_localize(None)
        for site, rows in hourly.groupby("site_id"):
            known = rows.set_index("ts")["temperature_c"].astype(float)
            found.hours[int(str(site))] = extended(known, last + AHEAD_OF_HOURS, "h")
        for site, rows in daily.groupby("site_id"):
            known = rows.set_index("day")["temperature_c"].astype(float)
            found.days[int(str(site))] = extended(known, last + AHEAD_OF_DAYS, "D")
    return found
