"""One degree on the thermostat, by the change-point model of the site."""

from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.analytics.recommendations import typical
from pipeline.analytics.recommendations.model import Evidence, Floats, Found, SiteYear, Trace
from pipeline.analytics.recommendations.numbers import WORTH_SAYING, sells
from pipeline.analytics.temperature import ChangePointFit

STEP_K = 1.0
LEAST_DAYS = 300  # the model must have seen the season
WARMEST_HEATING_C, COOLEST_COOLING_C = 20.0, 12.0  # beyond, the balance point is no thermostat's
MOST_DOTS = 400


def cool_less(site: SiteYear, left_kwh: Floats) -> list[Found]:
    """Let it get one degree warmer before cooling: ``slope * (max(T - Tc, 0) - max(T - Tc - 1, 0))`` a day.

    The balance temperature follows the set-point degree by degree.
    """
    fit = site.fit
    if fit is None or not _can_tell(site) or fit.cooling_balance_c is None:
        return []
    if fit.cooling_balance_c < COOLEST_COOLING_C:
        return []
    warmer = replace(fit, cooling_balance_c=fit.cooling_balance_c + STEP_K)
    sentence = "Cool to a temperature 1 \N{DEGREE SIGN}C higher, and lock the thermostats there."
    return _found(site, left_kwh, fit, warmer, kind="cooling", sentence=sentence)


def heat_less(site: SiteYear, left_kwh: Floats) -> list[Found]:
    """Heat to one degree less: ``slope * (max(Th - T, 0) - max(Th - 1 - T, 0))`` a day."""
    fit = site.fit
    if fit is None or not _can_tell(site) or fit.heating_balance_c is None:
        return []
    if fit.heating_balance_c > WARMEST_HEATING_C:
        return []
    cooler = replace(fit, heating_balance_c=fit.heating_balance_c - STEP_K)
    sentence = "Heat to a temperature 1 \N{DEGREE SIGN}C lower, and close what lets the warmth out."
    return _found(site, left_kwh, fit, cooler, kind="heating", sentence=sentence)


def _can_tell(site: SiteYear) -> bool:
    """Ask for a qualified model of a whole year; where power is sold, the model would mistake the sun for heating."""
    known = site.fit is not None and site.fit.qualified and site.days >= LEAST_DAYS
    return known and not sells(site.hours["energy_kwh"].to_numpy(dtype=np.float64))


def _found(
    site: SiteYear, left_kwh: Floats, fit: ChangePointFit, changed: ChangePointFit, *, kind: str, sentence: str
) -> list[Found]:
    temperature = site.temperature_c.dropna()
    less = pd.Series(
        np.asarray(fit.predict(temperature.to_numpy())) - np.asarray(changed.predict(temperature.to_numpy())),
        index=temperature.index,
    ).clip(lower=0.0)
    saved = _over_the_day(site, left_kwh, less)
    if saved.sum() < WORTH_SAYING * left_kwh.sum():
        return []
    return [
        Found(
            kind=kind,
            text=sentence,
            saved_kwh=saved,
            per_year=site.per_year,
            confidence=0.3 + 0.6 * min(1.0, max(0.0, fit.r2_adjusted)),
            effort="low",
            evidence=_evidence(site, temperature, fit, changed),
        )
    ]


def _over_the_day(site: SiteYear, left_kwh: Floats, less: pd.Series) -> Floats:
    """Spread a day's saving over its hours as its load is, never more than what the day has left."""
    dates = site.hours["date"]
    positive = pd.Series(np.clip(left_kwh, 0.0, None), index=dates.index)
    of_day = positive.groupby(dates).transform("sum").to_numpy()
    wanted = dates.map(less).fillna(0.0).to_numpy()
    share = np.divide(positive.to_numpy(), of_day, out=np.zeros_like(of_day), where=of_day > 0)
    return np.asarray(share * np.minimum(wanted, of_day), dtype=np.float64)


def _evidence(site: SiteYear, temperature: pd.Series, fit: ChangePointFit, changed: ChangePointFit) -> Evidence:
    by_day = site.hours.groupby("date")["energy_kwh"].sum()
    both = pd.DataFrame({"t": temperature, "kwh": by_day}).dropna().sort_values("t")
    shown = both.iloc[:: max(1, len(both) // MOST_DOTS)]
    degrees = shown["t"].to_numpy()
    return Evidence(
        "dots",
        "Daily energy by outdoor temperature",
        "Mean temperature of the day, \N{DEGREE SIGN}C",
        "kWh",
        tuple(round(float(value), 2) for value in degrees),
        (
            Trace("Days", "now", typical.rounded(shown["kwh"])),
            Trace("Model", "limit", typical.rounded(pd.Series(np.asarray(fit.predict(degrees))))),
            Trace("After", "after", typical.rounded(pd.Series(np.asarray(changed.predict(degrees))))),
        ),
        (("Model", fit.kind), ("Adjusted R\N{SUPERSCRIPT TWO}", f"{fit.r2_adjusted:.2f}")),
    )
