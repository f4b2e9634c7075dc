"""Generated emission factors for the demo: plausible by country, hour and season, and measured by nobody.

Each country has a level, a dip where the sun shines and a rise in the evening, a season and windy and calm days; the
marginal factor lies higher and varies less, because fossil plants follow the load.
"""

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

PERSISTENCE = 0.97  # of wind from hour to hour
LOWEST = 0.02


@dataclass(frozen=True)
class Mix:
    """How a country's electricity emits: kg per kWh, and shares of it by which it swings."""

    level: float
    marginal: float
    solar: float
    evening: float
    winter: float
    wind: float


MIXES = {
    "GB": Mix(level=0.16, marginal=0.38, solar=0.18, evening=0.20, winter=0.08, wind=0.30),
    "DE": Mix(level=0.36, marginal=0.62, solar=0.28, evening=0.16, winter=0.12, wind=0.25),
    "IN": Mix(level=0.71, marginal=0.86, solar=0.12, evening=0.06, winter=0.03, wind=0.04),
}
OTHER = Mix(level=0.45, marginal=0.60, solar=0.12, evening=0.10, winter=0.05, wind=0.12)


def factors(country: str, timezone: str, hours: pd.DatetimeIndex) -> pd.DataFrame:
    """Generate ``average`` and ``marginal`` in kg per kWh for UTC hours; the same for the same arguments."""
    mix = MIXES.get(country, OTHER)
    local = hours.tz_convert(timezone)
    hour, day = local.hour.to_numpy(), local.day_of_year.to_numpy()
    summer = 0.5 - 0.5 * np.cos(2 * np.pi * (day - 10) / 365.25)
    sun = np.exp(-(((hour - 13) / 3.0) ** 2)) * (0.4 + 0.6 * summer)
    evening = np.exp(-(((hour - 19) / 2.2) ** 2))
    swing = mix.evening * evening - mix.solar * sun + mix.winter * (1 - 2 * summer) + mix.wind * _wind(country, hours)
    average = np.maximum(mix.level * (1 + swing), LOWEST)
    marginal = np.maximum(mix.marginal * (1 + 0.3 * swing), LOWEST)
    return pd.DataFrame({"average": average.round(4), "marginal": marginal.round(4)}, index=hours)


def _wind(country: str, hours: pd.DatetimeIndex) -> npt.NDArray[np.float64]:
    """Return calm (above zero) and windy hours that follow each other slowly, about one in size."""
    noise = np.random.default_rng(zlib.crc32(country.encode())).standard_normal(len(hours))
    shocks = pd.Series(noise * np.sqrt(1 - PERSISTENCE**2))
    smoothed = shocks.ewm(alpha=1 - PERSISTENCE, adjust=False).mean() / (1 - PERSISTENCE)
    wind: npt.NDArray[np.float64] = np.tanh(smoothed.to_numpy(dtype="float64"))
    return wind
