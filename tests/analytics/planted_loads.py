"""Loads made of what people do by the local clock, with a known rule and little chance."""

import numpy as np
import pandas as pd

from pipeline.analytics.forecast import Series, from_readings

ZONE = "Europe/Berlin"


def hourly_load(days: int, *, start: str = "2023-01-02", chance: float = 0.01, mean_kwh: float = 10.0) -> pd.Series:
    """A load with a day at work and a weekend, by UTC hour from a local midnight on."""
    index = pd.date_range(pd.Timestamp(start, tz=ZONE).tz_convert("UTC"), periods=days * 24, freq="h")
    local = index.tz_convert(ZONE).tz_localize(None)
    at_work = (local.hour >= 8) & (local.hour < 18) & (local.day_of_week < 5)
    noise = 1 + chance * np.random.default_rng(3).standard_normal(len(index))
    return pd.Series(mean_kwh * (1 + 0.5 * at_work) * noise, index=index)


def hourly_series(days: int, *, start: str = "2023-01-02", chance: float = 0.01, mean_kwh: float = 10.0) -> Series:
    load = hourly_load(days, start=start, chance=chance, mean_kwh=mean_kwh)
    return from_readings("planted", load, "h", timezone=ZONE, country="DE")


def daily_series(days: int) -> Series:
    index = pd.date_range("2022-01-01", periods=days, freq="D")
    noise = np.random.default_rng(4).normal(0, 2, days)
    return from_readings(
        "days", pd.Series(240 + 60.0 * (index.day_of_week < 5) + noise, index=index), "D", timezone=ZONE, country="DE"
    )
