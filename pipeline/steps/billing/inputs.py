"""Everything that the bills of some sites need, read from one state of the warehouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import gcd

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.local_calendar import public_holidays
from pipeline.analytics.tariffs import LoadGrid, TariffError
from pipeline.analytics.tariffs.parts import next_month
from pipeline.steps.billing.loads import (
    MINUTES_OF_AN_HOUR,
    SECONDS_OF_AN_HOUR,
    FineMeters,
    by_site,
    fine_load,
    hourly_load,
)
from pipeline.steps.billing.site_bills import Account
from pipeline.steps.billing.timeline import Offer, Stretch, alternatives, offers, text_or_none, timeline
from pipeline.warehouse.arrow import Bulk, same_snapshot
from pipeline.warehouse.queries import model_inputs, tariff_inputs


@dataclass(frozen=True)
class Place:
    """A site with meters, its calendar and its tariffs over time.

    All demand windows of the tariffs that it has or could have, and its clock's hours, are multiples of ``minutes``; a
    ``leaf`` has no site below.
    """

    site_id: int
    name: str
    timezone: str
    country: str | None
    subdivision: str | None
    meters: pd.DataFrame
    stretches: tuple[Stretch, ...]
    others: tuple[Offer, ...]
    minutes: int
    leaf: bool


@dataclass(frozen=True)
class Inputs:
    """The sites to bill, the tariffs by number, hourly prices by name, and the loads by site."""

    places: Sequence[Place]
    offers: Mapping[int, Offer]
    series: Mapping[str, pd.Series]
    hours: Mapping[int, pd.DataFrame]
    fine: Mapping[int, FineMeters]

    def account(self, place: Place) -> Account:
        """Lay out the load of a site. Raises TariffError where it has no tariff or no reading."""
        if not place.stretches:
            raise TariffError(f"{place.name} has no tariff: choose one on the Bills page.")
        if place.site_id not in self.hours:
            raise TariffError(f"{place.name} has no reading yet: load a file.")
        load = hourly_load(self.hours[place.site_id], place.meters)
        last_day = load["ts"].iloc[-1].tz_convert(place.timezone).date()
        if place.site_id in self.fine:
            load = fine_load(load, self.fine[place.site_id])
        days = pd.DatetimeIndex([load["ts"].iloc[0], load["ts"].iloc[-1]]).tz_localize(None)
        holidays = _dates(public_holidays(place.country, place.subdivision, days))
        grid = LoadGrid.of(load, place.timezone, holidays, until=next_month(next_month(last_day)))
        return Account(place.site_id, grid, place.stretches, self.offers, place.others, self.series)


def read(conn: Connection, site_ids: Sequence[int] | None = None) -> Inputs:
    """Read what the bills of all sites with meters need, or of some. ``conn`` is from `engine.connect`."""
    known = offers(tariff_inputs.versions(conn))
    places = _places(conn, known, site_ids)
    with same_snapshot(conn) as bulk:
        hours = _hours(bulk, places)
        fine = _fine(bulk, places, hours)
    return Inputs(places, known, tariff_inputs.prices(conn), hours, fine)


def _hours(bulk: Bulk, places: Sequence[Place]) -> Mapping[int, pd.DataFrame]:
    """Read the hours of all sites, quickly where the rollup of the tree holds those of a site alone."""
    leaves = [place.site_id for place in places if place.leaf]
    branches = [place.site_id for place in places if not place.leaf]
    read: dict[int, pd.DataFrame] = {}
    if leaves:
        read |= by_site(tariff_inputs.hourly(bulk, leaves))
    if branches:
        read |= by_site(tariff_inputs.hourly_of_meters(bulk, branches))
    return read


def _places(conn: Connection, known: dict[int, Offer], site_ids: Sequence[int] | None) -> list[Place]:
    meters = model_inputs.meters(conn)
    counted = meters[meters["direction"] != "generation"]
    assigned = tariff_inputs.assignments(conn)
    found = []
    for row in model_inputs.places(conn).to_dict("records"):
        site_id = int(row["site_id"])
        own = counted[counted["site_id"] == site_id]
        if len(own) and (site_ids is None or site_id in site_ids):
            given = assigned[assigned["site_id"] == site_id]
            found.append(_place({str(name): value for name, value in row.items()}, own, given, known))
    return found


def _place(row: dict[str, object], meters: pd.DataFrame, assigned: pd.DataFrame, known: dict[int, Offer]) -> Place:
    country, sector, subdivision = (text_or_none(row[name]) for name in ("country", "sector", "subdivision"))
    stretches = tuple(timeline(assigned)) if len(assigned) else ()
    others = tuple(alternatives(known, country, sector)) if stretches else ()
    offered = [*others, *(known[one.tariff_id] for one in stretches)]
    windows = {minutes for one in offered for version in one.versions for minutes in version.windows_minutes}
    return Place(
        site_id=int(str(row["site_id"])),
        name=str(row["name"]),
        timezone=str(row["timezone"]),
        country=country,
        subdivision=subdivision,
        meters=meters,
        stretches=stretches,
        others=others,
        minutes=gcd(MINUTES_OF_AN_HOUR, *windows, *(_past_the_hour(meters, str(row["timezone"])) if windows else ())),
        leaf=bool(row["leaf"]),
    )


def _past_the_hour(meters: pd.DataFrame, timezone: str) -> set[int]:
    """Say by how many minutes the hours of a clock are off those of UTC when its meters begin and end."""
    ends = pd.concat([meters["first_ts"], meters["last_ts"]]).dropna()
    return {int(minute) for minute in pd.DatetimeIndex(ends).floor("h").tz_convert(timezone).minute}


def _fine(bulk: Bulk, places: Sequence[Place], hours: Mapping[int, pd.DataFrame]) -> dict[int, FineMeters]:
    """Read the fine meters of the sites that have some and a tariff that asks for windows shorter than an hour."""
    asked = [
        place
        for place in places
        if place.minutes < MINUTES_OF_AN_HOUR
        and place.site_id in hours
        and (place.meters["step_s"] < SECONDS_OF_AN_HOUR).any()
    ]
    if not asked:
        return {}
    of_hours = by_site(tariff_inputs.hourly_of_meters(bulk, [place.site_id for place in asked], only_fine=True))
    read: dict[int, FineMeters] = {}
    for minutes in sorted({place.minutes for place in asked}):
        ids = [place.site_id for place in asked if place.minutes == minutes]
        windows = by_site(tariff_inputs.fine(bulk, ids, minutes))
        read |= {site_id: FineMeters(minutes, of_hours[site_id], windows[site_id]) for site_id in windows}
    return read


def _dates(days: npt.NDArray[np.datetime64]) -> list[date]:
    return [day.date() for day in pd.DatetimeIndex(days)]
