"""Panels on the roof: what they would yield, and how much of it the site uses in the same hour."""

from dataclasses import replace

import numpy as np
import pandas as pd
from pvlib import clearsky, solarposition

from pipeline.analytics.percent import percent
from pipeline.analytics.recommendations import typical
from pipeline.analytics.recommendations.model import Floats, Found, SiteYear
from pipeline.analytics.recommendations.numbers import WORTH_SAYING

PERFORMANCE_RATIO = 0.8
CLEARNESS = 0.6  # of the clear sky's energy, where no irradiance was measured: a middling climate
KWP_PER_M2 = 0.05  # of floor area: three storeys, three quarters of the roof in use, panels of 0.2 kWp per m2
USED_ON_SITE = 0.8
LEAST_DAYS = 300
W_PER_KW = 1000.0
STEPS = 40
LARGEST_SHARE = 3.0  # kWp per kW of mean load


def solar_fit(site: SiteYear, left_kwh: Floats) -> list[Found]:
    """Size panels so that 80 % of their yield is used in the same hour, as far as the roof may carry.

    Yield by hour and kWp is irradiance on the level (W/m2) over 1000, times a performance ratio of 0.8. Where no
    irradiance was measured, the clear sky of Haurwitz (1945; pvlib) times 0.6 stands in. Level panels are a cautious
    choice: tilted ones yield more in high latitudes. What is not used is sold at the export price, if there is one.
    """
    if site.latitude is None or site.longitude is None or site.generates or site.days < LEAST_DAYS:
        return []
    per_kwp = yield_kw_per_kwp(site, site.latitude, site.longitude)
    load = np.clip(left_kwh, 0.0, None)
    size = _size_kwp(load, per_kwp, site)
    made = per_kwp * size
    used = np.minimum(made, load)
    if used.sum() < WORTH_SAYING * load.sum():
        return []
    everything = np.ones(len(load), dtype=bool)
    evidence = typical.day(site, left_kwh, left_kwh - made, chosen=everything, title="Mean day, all days")
    share_used = percent(used.sum() / made.sum())
    measured = bool(site.hours["solar_w_m2"].notna().mean() > 0.9)  # noqa: PLR2004 - nearly all hours
    facts = (
        ("Size", f"{size:,.0f} kWp"),
        ("Yield", f"{float(per_kwp.sum()) * site.per_year:,.0f} kWh per kWp and year"),
        ("Used on site", share_used),
        ("Irradiance", "measured" if measured else "clear sky times 0.6"),
    )
    return [
        Found(
            kind="solar",
            text=f"Have {size:,.0f} kWp of solar panels offered; {share_used} would be used on site.",
            saved_kwh=used,
            per_year=site.per_year,
            confidence=0.6 if measured else 0.45,
            effort="high",
            evidence=replace(evidence, facts=facts),
            exported_kwh=made - used,
        )
    ]


def yield_kw_per_kwp(site: SiteYear, latitude: float, longitude: float) -> Floats:
    """Return the power of one kWp of level panels for each hour of the site, at the middle of the hour."""
    irradiance = site.hours["solar_w_m2"].to_numpy(dtype=np.float64)
    if np.isnan(irradiance).any():
        irradiance = np.where(np.isnan(irradiance), _clear_sky(site, latitude, longitude) * CLEARNESS, irradiance)
    return np.asarray(np.clip(irradiance, 0.0, None) / W_PER_KW * PERFORMANCE_RATIO, dtype=np.float64)


def _clear_sky(site: SiteYear, latitude: float, longitude: float) -> Floats:
    """Return the irradiance of a clear sky on the level in W/m2, by Spencer's (1971) sun and Haurwitz's (1945) sky."""
    middles = pd.DatetimeIndex(site.hours.index) + pd.Timedelta(minutes=30)
    day = middles.day_of_year.to_numpy()
    solar_minutes = middles.hour * 60 + middles.minute + 4 * longitude + solarposition.equation_of_time_spencer71(day)
    hour_angle = np.radians(solar_minutes / 4 - 180)
    declination = solarposition.declination_spencer71(day)
    zenith = solarposition.solar_zenith_analytical(np.radians(latitude), hour_angle, declination)
    return np.asarray(clearsky.haurwitz(pd.Series(np.degrees(zenith)))["ghi"].to_numpy(), dtype=np.float64)


def _size_kwp(load: Floats, per_kwp: Floats, site: SiteYear) -> float:
    """Return the largest size of which 80 % is used on site, within roof and three times the mean load."""
    largest = LARGEST_SHARE * float(load.mean())
    if site.floor_area_m2:
        largest = min(largest, site.floor_area_m2 * KWP_PER_M2)
    best = 0.0
    for size in np.linspace(largest / STEPS, largest, STEPS):
        made = per_kwp * size
        if made.sum() > 0 and np.minimum(made, load).sum() >= USED_ON_SITE * made.sum():
            best = float(size)
    return best
