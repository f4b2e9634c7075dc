"""From cleaned readings to a series: on its own step, estimates left open so that models are not scored on them."""

import pandas as pd

from pipeline.analytics.forecast.series import Series, Step, from_readings
from pipeline.flags import ESTIMATED

HALF_HOUR_S, HOUR_S, DAY_S, LEAST_MONTH_S = 1800, 3600, 86_400, 28 * 86_400
ENOUGH = 0.9  # of an interval must be measured


def series_of_readings(
    name: str,
    readings: pd.DataFrame,
    timezone: str,
    *,
    country: str | None = None,
    subdivision: str | None = None,
) -> Series | None:
    """Make a series of validated readings (`ts, duration_s, energy_kwh, flag`); None where there are none to use.

    Readings of half an hour or less become half hours, others hours, local days or months, whichever their usual
    length is not longer than.
    """
    if readings.empty:
        return None
    usual_s = int(readings["duration_s"].median())
    step = _step(usual_s)
    start = readings["ts"].dt.tz_convert(timezone) if step in ("D", "MS") else readings["ts"]
    if step in ("D", "MS"):
        start = start.dt.tz_localize(None)
        key = start.dt.normalize() if step == "D" else start.dt.to_period("M").dt.to_timestamp()
        length_s = DAY_S if step == "D" else LEAST_MONTH_S
    else:
        length_s = HALF_HOUR_S if step == "30min" else HOUR_S
        key = start.dt.floor(f"{length_s}s")
    measured = (readings["flag"] & int(ESTIMATED)) == 0
    sums = pd.DataFrame(
        {"energy_kwh": readings["energy_kwh"], "measured_s": readings["duration_s"].where(measured, 0)}
    ).groupby(key.to_numpy() if step in ("D", "MS") else key)
    found = sums.sum()
    whole = found["measured_s"] >= ENOUGH * length_s
    energy = found["energy_kwh"].where(whole)
    known = energy.dropna()
    if known.empty:
        return None
    energy = energy.loc[known.index[0] : known.index[-1]]
    energy.index = pd.DatetimeIndex(energy.index).as_unit("us")
    return from_readings(name, energy, step, timezone=timezone, country=country, subdivision=subdivision)


def _step(usual_s: int) -> Step:
    if usual_s <= HALF_HOUR_S:
        return "30min"
    if usual_s <= HOUR_S:
        return "h"
    return "D" if usual_s < LEAST_MONTH_S else "MS"
