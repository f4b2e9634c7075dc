"""The last year of sites by hour, with their calendar, and whether it is good enough."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.local_calendar import calendar
from pipeline.analytics.recommendations.quality import Record, record_of
from pipeline.warehouse.queries import model_inputs

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Place:
    """A site with its calendar: a row of `model_inputs.places`, and the newest day of its tree."""

    site_id: int
    name: str
    timezone: str
    country: str | None
    subdivision: str | None
    sector: str | None
    floor_area_m2: float | None
    latitude: float | None
    longitude: float | None
    meters: int
    newest: date

    @property
    def first_day(self) -> date:
        """The first local day of the year that is looked at."""
        return self.newest - YEAR + timedelta(days=1)

    @property
    def start(self) -> pd.Timestamp:
        """The first instant of that year, in UTC."""
        return pd.Timestamp(self.first_day, tz=self.timezone).tz_convert("UTC")

    @property
    def end(self) -> pd.Timestamp:
        """The instant after its last, in UTC."""
        return pd.Timestamp(self.newest + timedelta(days=1), tz=self.timezone).tz_convert("UTC")


@dataclass(frozen=True)
class Year:
    """A place with its hours: ``date, hour, day_type, energy_kwh`` (index UTC), as `SiteYear` wants them."""

    place: Place
    hours: pd.DataFrame
    record: Record


def places_of(sites: pd.DataFrame, newest: dict[int, date]) -> list[Place]:
    """Choose the sites without sites below that have meters and data; ``sites`` is `model_inputs.places`."""
    chosen = sites[sites["leaf"] & (sites["meters"] > 0) & sites["site_id"].isin(newest)]
    optional = ("country", "subdivision", "sector", "floor_area_m2", "latitude", "longitude")
    return [
        Place(
            site_id=int(row["site_id"]),
            name=str(row["name"]),
            timezone=str(row["timezone"]),
            meters=int(row["meters"]),
            newest=newest[int(row["site_id"])],
            **{name: None if pd.isna(row[name]) else row[name] for name in optional},
        )
        for row in chosen.to_dict("records")
    ]


def read_years(conn: Connection, places: Sequence[Place]) -> Iterator[Year]:
    """Read the last year of each place, one after the other."""
    start, end = min(place.start for place in places), max(place.end for place in places)
    ids = [place.site_id for place in places]
    loads = dict(iter(model_inputs.hourly_load(conn, "node", ids, start, end).groupby("owner_id")))
    empty = pd.DataFrame(columns=["ts", "energy_kwh", "covered_hours", "share_estimated"])
    for place in places:
        yield _year(place, loads.get(place.site_id, empty))


def _year(place: Place, load: pd.DataFrame) -> Year:
    hours = load.set_index(pd.DatetimeIndex(pd.to_datetime(load["ts"], utc=True), name="ts"))
    hours = hours[(hours.index >= place.start) & (hours.index < place.end)]
    record = record_of(hours, place.meters, place.end)
    known = calendar(pd.DatetimeIndex(hours.index), place.timezone, place.country, place.subdivision)
    described = pd.DataFrame(
        {
            "date": known["date"],
            "hour": known["hour"].astype(np.int64),
            "day_type": known["day_type"],
            "energy_kwh": hours["energy_kwh"].astype(np.float64),
        }
    )
    return Year(place, described, record)
