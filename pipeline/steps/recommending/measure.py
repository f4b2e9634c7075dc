"""Measures what was saved by what people did, against a baseline of the year before."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.savings import Savings, measured_savings
from pipeline.errors import ModelError
from pipeline.steps.recommending.sites import currency_of
from pipeline.steps.recommending.years import YEAR, Place
from pipeline.warehouse.queries import emissions, model_inputs, prices, weather

# Of the meter-hours usual before; beyond, a meter is missing or new, and its energy would pass for savings or waste.
LEAST_COVERED, MOST_COVERED = 0.9, 1.1
SHORTEST_DAYS = 14
DAYS_SHOWN = 400
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Done:
    """A recommendation that was done."""

    fingerprint: str
    site_id: int
    done_on: date


def measure(conn: Connection, done: Done, place: Place) -> dict[str, object]:
    """Measure one: a row of ``saving``. Raises ModelError where it cannot be measured yet."""
    start = done.done_on - YEAR
    before, after = _days(conn, done, place, start)
    if len(after) < SHORTEST_DAYS:
        raise ModelError(
            f"{len(after)} days have the readings of the same meters since it was done; "
            f"{SHORTEST_DAYS} are needed to measure it."
        )
    savings, notes = _best(conn, done, place, (before, after))
    return _row(done, savings, notes) | _worth(conn, done, place, savings.savings_kwh)


def _worth(conn: Connection, done: Done, place: Place, saved_kwh: float) -> dict[str, object]:
    """Return ``money, currency, co2_kg`` of what was saved, at the mean price and factor of the hours since."""
    start = pd.Timestamp(done.done_on, tz=place.timezone).tz_convert("UTC")
    priced = prices.hourly_prices(conn, [place.site_id], start, place.end)
    price, currency = priced["price_per_kwh"].dropna(), currency_of(priced)
    factors = emissions.hourly_factors(conn, [place.site_id], start, place.end)
    factor = factors["marginal_kg_per_kwh"].fillna(factors["average_kg_per_kwh"]).astype(float).dropna()
    co2_kg = None if factor.empty else saved_kwh * float(factor.mean())
    if price.empty or currency is None:
        return {"money": None, "currency": None, "co2_kg": co2_kg}
    money = Decimal(str(round(saved_kwh, 3))) * Decimal(str(round(float(price.mean()), 8)))
    return {"money": money.quantize(CENT), "currency": currency, "co2_kg": co2_kg}


def _best(
    conn: Connection, done: Done, place: Place, days: tuple[pd.DataFrame, pd.DataFrame]
) -> tuple[Savings, tuple[str, ...]]:
    """Take, of the daily and the hourly model, the one of less uncertainty whose baseline is good enough.

    The daily one knows no weekdays, and is unsure of a site that rests at weekends. Where neither is good enough, the
    daily one is kept with what speaks against it.
    """
    daily = measured_savings(*days, "daily")
    against = daily.baseline.reasons_against
    try:
        hourly = measured_savings(*_hours(conn, done, place), "hourly")
    except ModelError:
        return daily, against
    good = [each for each in (daily, hourly) if not each.baseline.reasons_against]
    return (min(good, key=lambda each: each.uncertainty_kwh), ()) if good else (daily, against)


def _days(conn: Connection, done: Done, place: Place, start: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``energy_kwh, temperature_c`` by local day before and after, for days with the usual readings."""
    end = place.newest + timedelta(days=1)
    load = model_inputs.daily_load(conn, "node", [place.site_id], start, end).set_index("day")
    temperature = weather.daily_temperature(conn, [place.site_id], start, end).set_index("day")["temperature_c"]
    if temperature.empty:
        raise ModelError(f"There is no weather at {place.name}: load some, or name a provider, to measure savings.")
    return _parted(load, temperature, pd.Timestamp(done.done_on))


def _hours(conn: Connection, done: Done, place: Place) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``energy_kwh, temperature_c`` by local hour before and after, for hours with the usual readings."""
    start = pd.Timestamp(done.done_on - YEAR, tz=place.timezone)
    load = model_inputs.hourly_load(conn, "node", [place.site_id], start, place.end)
    heat = weather.hourly_temperature(conn, [place.site_id], start, place.end)
    by_hour = load.set_index(pd.DatetimeIndex(pd.to_datetime(load["ts"], utc=True)).tz_convert(place.timezone))
    degrees = heat.set_index(pd.DatetimeIndex(heat["ts"]).tz_convert(place.timezone))["temperature_c"]
    return _parted(by_hour, degrees, pd.Timestamp(done.done_on, tz=place.timezone))


def _parted(load: pd.DataFrame, temperature_c: pd.Series, turn: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join load and temperature, keep what about the same meters measured, and part it where something was done."""
    usual = load.loc[load.index < turn, "covered_hours"].median()
    same = load["covered_hours"].between(LEAST_COVERED * usual, MOST_COVERED * usual)
    both = load.loc[same, ["energy_kwh"]].join(temperature_c, how="inner").dropna()
    return both[both.index < turn], both[both.index >= turn]


def _row(done: Done, savings: Savings, notes: tuple[str, ...]) -> dict[str, object]:
    by_day = _by_day(savings.course)
    fraction = savings.fractional_uncertainty
    return {
        "fingerprint": done.fingerprint,
        "method": savings.baseline.method,
        "actual_kwh": savings.actual_kwh,
        "expected_kwh": savings.predicted_kwh,
        "saved_kwh": savings.savings_kwh,
        "uncertainty_kwh": savings.uncertainty_kwh,
        "confidence": savings.confidence,
        "fractional_uncertainty": float(fraction) if np.isfinite(fraction) else None,
        "cvrmse": float(savings.baseline.cvrmse),
        "nmbe": float(savings.baseline.nmbe),
        "days": len(by_day),
        "first_day": by_day.index[0].date(),
        "last_day": by_day.index[-1].date(),
        "notes": list(notes),
        "course": [
            {"day": f"{day:%Y-%m-%d}"} | {str(name): round(float(value), 3) for name, value in row.items()}
            for day, row in by_day.tail(DAYS_SHOWN).iterrows()
        ],
    }


def _by_day(course: pd.DataFrame) -> pd.DataFrame:
    """Add a course up to local days: ``actual_kwh, expected_kwh, cumulative_kwh``."""
    days = course[["actual_kwh", "predicted_kwh", "savings_kwh"]].groupby(_dates(course.index)).sum()
    summed = days.rename(columns={"predicted_kwh": "expected_kwh"})
    return summed.assign(cumulative_kwh=summed["savings_kwh"].cumsum()).drop(columns="savings_kwh")


def _dates(index: pd.Index) -> pd.DatetimeIndex:
    times = pd.DatetimeIndex(index)
    return (times if times.tz is None else times.tz_localize(None)).normalize()
