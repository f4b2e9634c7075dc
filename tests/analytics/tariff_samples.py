"""Loads and tariffs small enough to be billed by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from pipeline.analytics.tariffs import Schedule, Tariff

DAY_ONE = date(2020, 1, 1)
JUNE = (date(2025, 6, 1), date(2025, 7, 1))


def load(
    kwh: float = 1.0, start: str = "2025-06-01", end: str = "2025-07-01", zone: str = "UTC", step: str = "h"
) -> pd.DataFrame:
    """Make a steady load between local midnights."""
    ts = pd.date_range(start, end, freq=step, tz=zone, inclusive="left").tz_convert("UTC")
    return pd.DataFrame({"ts": ts, "import_kwh": kwh, "export_kwh": 0.0})


def with_kwh(frame: pd.DataFrame, at: str, kwh: float, column: str = "import_kwh") -> pd.DataFrame:
    """Change the energy of one interval, given in UTC."""
    changed = frame.copy()
    changed.loc[changed["ts"] == pd.Timestamp(at, tz="UTC"), column] = kwh
    return changed


def tariff(**charges: Any) -> Tariff:  # noqa: ANN401 - as Tariff takes them
    return Tariff("Test", "EUR", charges.pop("valid_from", DAY_ONE), **charges)


def day_night(night: range = range(6), weekend: int = 0) -> Schedule:
    """Period 1 at night of workdays, 0 by day, ``weekend`` all weekend."""
    hours = tuple(1 if hour in night else 0 for hour in range(24))
    return Schedule((hours,) * 12, ((weekend,) * 24,) * 12)


def d(number: str) -> Decimal:
    return Decimal(number)
