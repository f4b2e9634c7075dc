"""Sites with a known waste, for the tests of recommendations."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd

from pipeline.analytics.local_calendar import calendar
from pipeline.analytics.recommendations.model import SiteYear

ZONE = "Europe/Berlin"
BASE_KW, DAY_KW = 20.0, 60.0


def hours_of(days: int = 365, start: str = "2025-01-01", zone: str = ZONE) -> pd.DataFrame:
    """An office: 20 kW always, 60 kW more on workdays from 8 to 18; 0.20 a kWh, 0.30 from 14 to 17."""
    first = pd.Timestamp(start, tz=zone)
    index = pd.date_range(first, first + pd.DateOffset(days=days), freq="h", inclusive="left").tz_convert("UTC")
    known = calendar(index, zone)
    hour = known["hour"].astype(int)
    busy = (known["day_type"] == 0) & (hour >= 8) & (hour < 18)
    return pd.DataFrame(
        {
            "date": known["date"],
            "hour": hour,
            "day_type": known["day_type"],
            "energy_kwh": BASE_KW + DAY_KW * busy.to_numpy(dtype=float),
            "price": np.where((hour >= 14) & (hour < 17), 0.3, 0.2),
            "export_price": np.nan,
            "co2_kg_per_kwh": 0.4,
            "solar_w_m2": np.nan,
        },
        index=index,
    )


def office(**changes: object) -> SiteYear:
    site = SiteYear(1, "Office", hours_of(), sector="office", currency="EUR")
    return replace(site, **changes)  # type: ignore[arg-type] - named like the fields


def load_of(site: SiteYear) -> np.ndarray:
    return site.hours["energy_kwh"].to_numpy(dtype=float)


DEMAND_PRICE = Decimal("10.00")
