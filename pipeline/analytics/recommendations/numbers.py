"""Constants and small sums that several rules share."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

HOURS_PER_YEAR: Final = 8760.0
DAYS_PER_YEAR: Final = 365.0
WORTH_SAYING: Final = 0.01  # of the site's energy or cost: less is lost in the noise of the data
CENT: Final = Decimal("0.01")
MICRO: Final = Decimal("0.000001")
DAY_HOURS: Final = (9, 17)
SELLING_HOURS: Final = 0.01
NIGHT_BEGINS, NIGHT_ENDS = 22, 6


def is_night(hour: pd.Series) -> npt.NDArray[np.bool_]:
    """Tell the hours from 22:00 to 06:00."""
    return np.asarray((hour >= NIGHT_BEGINS) | (hour < NIGHT_ENDS), dtype=bool)


def is_day(hour: pd.Series) -> npt.NDArray[np.bool_]:
    """Tell the hours from 09:00 to 17:00."""
    return np.asarray((hour >= DAY_HOURS[0]) & (hour < DAY_HOURS[1]), dtype=bool)


def sells(energy_kwh: npt.NDArray[np.float64]) -> bool:
    """Tell a site that feeds power in for more than 1 % of its hours: its own use by hour is not known then."""
    return bool((energy_kwh < 0).mean() > SELLING_HOURS)


def base_load_kw(energy_kwh: npt.NDArray[np.float64]) -> float:
    """Return the hourly power exceeded 97.5 % of the time, never negative.

    The near-base load of Price (2010), Methods for Analyzing Electric Load Shape and its Variability, LBNL-3713E.
    """
    return max(0.0, float(np.quantile(energy_kwh, 0.025)))


def money_of(energy_kwh: npt.NDArray[np.float64], price: npt.NDArray[np.float64]) -> Decimal:
    """Add up energy times price exactly: kWh and prices to six decimals, the sum to the cent.

    Hours without a price (NaN) bring nothing.
    """
    known = np.isfinite(price)
    by_price = pd.Series(energy_kwh[known]).groupby(np.round(price[known], 6)).sum()
    total = sum((_decimal(kwh) * _decimal(each) for each, kwh in by_price.items()), Decimal(0))
    return total.quantize(CENT, ROUND_HALF_EVEN)


def _decimal(value: object) -> Decimal:
    return Decimal(repr(float(str(value)))).quantize(MICRO)
