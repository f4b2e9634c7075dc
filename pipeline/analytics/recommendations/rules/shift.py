"""The same energy in cheaper hours."""

from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.analytics.percent import percent
from pipeline.analytics.recommendations import typical
from pipeline.analytics.recommendations.model import Floats, Found, SiteYear
from pipeline.analytics.recommendations.numbers import base_load_kw, money_of

MOVABLE = 0.1  # of the load above the base in dear hours: the product's own cautious share
LEAST_SPREAD = 1.15  # dear hours cost at least this many times what cheap ones do
WORTH_SAYING_OF_COST = 0.005


def move_load(site: SiteYear, left_kwh: Floats) -> list[Found]:
    """Move a tenth of the load above the base out of each day's dearest hours into its cheapest ones.

    Evenly, within the local day; the energy stays the same. Without prices that differ within a day there is nothing.
    """
    prices = site.hours["price"]
    if site.currency is None or prices.isna().any():
        return []
    by_day = prices.groupby(site.hours["date"])
    dearest, cheapest = by_day.transform("max").to_numpy(), by_day.transform("min").to_numpy()
    worth = dearest > LEAST_SPREAD * np.clip(cheapest, 1e-9, None)
    price = prices.to_numpy(dtype=np.float64)
    dear, cheap = worth & np.isclose(price, dearest), worth & np.isclose(price, cheapest)
    saved = _moved(site.hours["date"], np.clip(left_kwh - base_load_kw(left_kwh), 0.0, None) * MOVABLE, dear, cheap)
    gain, cost = money_of(saved, price), money_of(np.clip(left_kwh, 0.0, None), price)
    if gain <= 0 or float(gain) < WORTH_SAYING_OF_COST * float(cost):
        return []
    workday = (site.hours["day_type"] == 0).to_numpy()
    evidence = typical.day(site, left_kwh, left_kwh - saved, chosen=workday, title="Mean workday")
    ratio = float(np.median(dearest[worth] / np.clip(cheapest[worth], 1e-9, None)))
    facts = (
        ("Moved", f"{float(saved[dear].sum()) * site.per_year:,.0f} kWh a year"),
        ("Dear hours", f"{ratio:.1f} times the price of cheap ones"),
    )
    return [
        Found(
            kind="shift",
            text=f"Run {percent(MOVABLE)} of what can wait outside {_hours(site, dear)}.",
            saved_kwh=saved,
            per_year=site.per_year,
            confidence=0.6,
            effort="medium",
            evidence=replace(evidence, facts=facts),
        )
    ]


def _moved(dates: pd.Series, movable: Floats, dear: np.ndarray, cheap: np.ndarray) -> Floats:
    out = np.where(dear, movable, 0.0)
    of_day = pd.Series(out, index=dates.index).groupby(dates).transform("sum").to_numpy()
    places = pd.Series(cheap, index=dates.index).groupby(dates).transform("sum").to_numpy()
    return np.asarray(out - np.where(cheap, of_day / np.maximum(places, 1), 0.0), dtype=np.float64)


def _hours(site: SiteYear, dear: np.ndarray) -> str:
    """Name the hours that are dear on most workdays, as one span where they are together."""
    workday = (site.hours["day_type"] == 0).to_numpy()
    share = pd.Series(dear[workday], dtype=float).groupby(site.hours["hour"].to_numpy()[workday]).mean()
    hours = [int(hour) for hour in share[share > 0.5].index]  # noqa: PLR2004 - most of the days
    if not hours:
        return "the dearest hours of the day"
    if hours[-1] - hours[0] + 1 == len(hours):
        return f"{hours[0]:02d}:00 to {hours[-1] + 1:02d}:00"
    return "the peak hours of the tariff"
