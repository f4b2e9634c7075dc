"""From a year of hours to what the rules read: prices, CO2, sunshine, weather, other tariffs and open events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.recommendations.model import OpenEvent, OtherTariff, SiteYear
from pipeline.analytics.recommendations.peers import Peers
from pipeline.analytics.recommendations.quality import weight
from pipeline.analytics.recommendations.rules.events import KINDS
from pipeline.analytics.temperature import ChangePointFit
from pipeline.steps.recommending.years import Place, Year
from pipeline.warehouse.queries import emissions, prices, recommendation_inputs

CENT = Decimal("0.01")
PRICES = {
    "price_per_kwh": "price",
    "export_price_per_kwh": "export_price",
    "demand_price_per_kw": "demand_price",
}


@dataclass(frozen=True)
class Surroundings:
    """What is known of some sites besides their load; frames as `recommendation_inputs` gives them."""

    prices: Mapping[int, pd.DataFrame]
    factors: Mapping[int, pd.DataFrame]
    irradiance: Mapping[int, pd.DataFrame]
    events: Mapping[int, pd.DataFrame]
    bills: Mapping[int, pd.DataFrame]
    generating: set[int]
    power_factors: Mapping[int, float]


def read_surroundings(conn: Connection, places: Sequence[Place]) -> Surroundings:
    """Read what surrounds the sites, in bulk."""
    ids = [place.site_id for place in places]
    start, end = min(place.start for place in places), max(place.end for place in places)
    return Surroundings(
        prices=_by_site(prices.hourly_prices(conn, ids, start, end)),
        factors=_by_site(emissions.hourly_factors(conn, ids, start, end)),
        irradiance=_by_site(recommendation_inputs.irradiance(conn, ids, start, end)),
        events=_by_site(recommendation_inputs.open_events(conn, ids, KINDS)),
        bills=_by_site(recommendation_inputs.yearly_bills(conn, ids)),
        generating=recommendation_inputs.generating_sites(conn),
        power_factors=recommendation_inputs.power_factors(conn),
    )


def site_year(
    year: Year, around: Surroundings, peers: Peers, fit: ChangePointFit | None, temperature_c: pd.Series
) -> SiteYear:
    """Put together what the rules read of one site."""
    place = year.place
    bills = around.bills.get(place.site_id)
    priced = around.prices.get(place.site_id)
    hours = _with_surroundings(year.hours, around, place.site_id)
    return SiteYear(
        site_id=place.site_id,
        name=place.name,
        hours=hours.drop(columns="demand_price"),
        sector=place.sector,
        floor_area_m2=place.floor_area_m2,
        latitude=place.latitude,
        longitude=place.longitude,
        currency=None if priced is None else currency_of(priced),
        demand_price=demand_price(hours),
        fit=fit,
        temperature_c=temperature_c,
        best=peers.best,
        peers=len(peers.site_ids),
        tariffs=() if bills is None else other_tariffs(bills),
        events=_events(around.events.get(place.site_id)),
        generates=place.site_id in around.generating,
        power_factor=around.power_factors.get(place.site_id),
        quality=weight(year.record),
    )


def demand_price(hours: pd.DataFrame) -> Decimal | None:
    """Return the mean price of a kW of the month's peak, by the hour in which each month had it; None without one."""
    months = hours["date"].dt.strftime("%Y-%m").to_numpy()
    peaks = hours["energy_kwh"].groupby(months).idxmax()
    charged = hours.loc[peaks, "demand_price"]
    if charged.isna().all():
        return None
    return Decimal(str(round(float(charged.fillna(0.0).mean()), 6)))


def other_tariffs(bills: pd.DataFrame) -> tuple[OtherTariff, ...]:
    """List the tariffs that can be compared: same currency, every month that was paid."""
    paid = bills[bills["assigned"]]
    if len(paid) != 1:
        return ()
    present = paid.iloc[0]
    alike = bills[
        ~bills["assigned"] & (bills["currency"] == present["currency"]) & (bills["months"] == present["months"])
    ]
    to_year = Decimal(12) / Decimal(int(present["months"]))
    return tuple(
        OtherTariff(
            name=row["name"],
            present_name=present["name"],
            present_cost=(present["total"] * to_year).quantize(CENT),
            cost=(row["total"] * to_year).quantize(CENT),
        )
        for row in alike.to_dict("records")
        if row["name"] != present["name"]
    )


def _with_surroundings(hours: pd.DataFrame, around: Surroundings, site_id: int) -> pd.DataFrame:
    priced = _at(around.prices.get(site_id), hours.index, *PRICES).rename(columns=PRICES)
    factors = _factors(around.factors.get(site_id), pd.DatetimeIndex(hours.index))
    sun = _at(around.irradiance.get(site_id), hours.index, "solar_w_m2")
    co2 = factors["marginal_kg_per_kwh"].fillna(factors["average_kg_per_kwh"])
    return hours.join(priced).assign(co2_kg_per_kwh=co2, solar_w_m2=sun["solar_w_m2"])


def _factors(factors: pd.DataFrame | None, index: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the factors of the UTC hours in which a site's hours begin: some zones are half an hour off."""
    found = _at(factors, index.floor("h"), "marginal_kg_per_kwh", "average_kg_per_kwh")
    return found.set_axis(index, axis="index")


def _at(frame: pd.DataFrame | None, index: pd.Index, *columns: str) -> pd.DataFrame:
    """Return columns at the hours of an index; NaN where nothing is known."""
    if frame is None:
        return pd.DataFrame(np.nan, index=index, columns=list(columns))
    return frame.set_index("ts")[list(columns)].astype(float).reindex(index)


def currency_of(priced: pd.DataFrame) -> str | None:
    """Return the currency of the prices (`prices.hourly_prices`) of a site; None without any, or with several."""
    found = priced["currency"].dropna().unique()
    return str(found[0]) if len(found) == 1 else None


def _events(events: pd.DataFrame | None) -> tuple[OpenEvent, ...]:
    if events is None:
        return ()
    fields = ("fingerprint", "kind", "start", "end", "excess_kwh", "confidence", "explanation")
    return tuple(OpenEvent(**{name: row[name] for name in fields}) for row in events.to_dict("records"))


def _by_site(frame: pd.DataFrame) -> dict[int, pd.DataFrame]:
    return {int(str(number)): rows for number, rows in frame.groupby("site_id")}
