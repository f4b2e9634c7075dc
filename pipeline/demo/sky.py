"""Temperature, cloud and sun over a city, hour by hour: the cause of much of what the demo's meters show."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from pipeline.demo.clock import Floats, Integers
from pipeline.demo.places import City, Region

DAY_S = 86_400.0
WARMEST_SOLAR_HOUR = 15.0
SINGLE_NOISE_SHARE = 0.6


@dataclass(frozen=True, eq=False)
class Sky:
    """Hourly weather: ``epoch_s`` at the start of each UTC hour, ``temperature_c``, and ``cloud`` from 0 to 1.

    ``felt_c`` follows the temperature with a day's delay, as the walls of a building do.
    """

    epoch_s: Integers
    temperature_c: Floats
    felt_c: Floats
    cloud: Floats

    def felt_at(self, epoch_s: Floats) -> Floats:
        """Read the delayed temperature in C at other instants."""
        return np.interp(epoch_s, self.epoch_s, self.felt_c)

    def cloud_at(self, epoch_s: Floats) -> Floats:
        """Read the cloud cover, 0 to 1, at other instants."""
        return np.interp(epoch_s, self.epoch_s, self.cloud)


@lru_cache(maxsize=16)
def sky_over(region: Region, city: City, end: date, days: int, seed: int) -> Sky:
    """Make the weather of a city from a day before the first local day to a day after the last."""
    hours = pd.date_range(end - timedelta(days=days + 1), end + timedelta(days=1), freq="h", inclusive="left", unit="s")
    epoch_s = hours.asi8.astype(np.int64)
    day_of_year = hours.day_of_year.to_numpy() + hours.hour.to_numpy() / 24
    climate = city.climate
    passing = _weather_noise(region, city, len(hours), seed)
    monsoon = np.exp(-(((day_of_year - 205) / 42) ** 2)) if climate.monsoon else np.zeros(len(hours))
    cloud = np.clip(climate.cloud + 0.45 * monsoon - 0.22 * passing, 0.02, 0.98)
    solar_hour = (epoch_s % DAY_S) / 3600 + city.longitude / 15
    temperature = (
        climate.mean_c
        + climate.yearly_c * np.cos(2 * np.pi * (day_of_year - climate.warmest_day) / 365.25)
        + climate.second_c * np.cos(4 * np.pi * (day_of_year - climate.warmest_day) / 365.25)
        + climate.daily_c * (1.35 - 0.7 * cloud) * np.cos(2 * np.pi * (solar_hour - WARMEST_SOLAR_HOUR) / 24)
        + climate.weather_c * passing
    )
    return Sky(epoch_s, temperature, _follow(temperature, hours=18), cloud)


def sun_height(epoch_s: Floats, latitude: float, longitude: float) -> Floats:
    """Sine of the sun's elevation, to about half a degree.

    Declination by Cooper (1969) and equation of time by Spencer (1971), both as given in Duffie and Beckman, *Solar
    Engineering of Thermal Processes*, chapter 1.
    """
    day = 1 + (epoch_s / DAY_S - _days_to_new_year(epoch_s))
    turn = 2 * np.pi * (day - 1) / 365
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day) / 365)
    equation_min = 229.2 * (
        0.000075
        + 0.001868 * np.cos(turn)
        - 0.032077 * np.sin(turn)
        - 0.014615 * np.cos(2 * turn)
        - 0.04089 * np.sin(2 * turn)
    )
    solar_hour = (epoch_s % DAY_S) / 3600 + longitude / 15 + equation_min / 60
    hour_angle = np.radians(15 * (solar_hour - 12))
    north = np.radians(latitude)
    return np.asarray(
        np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.cos(hour_angle), dtype=np.float64
    )


def solar_kw(kwp: float, city: City, sky: Sky, epoch_s: Floats) -> Floats:
    """Give the power of flat solar panels of ``kwp``.

    Clear sky by Haurwitz (1945), dimmed by cloud after Kasten and Czeplak (1980).
    A fifth is lost in wiring, dirt and inverter, and 0.4 % per K above 25 C in the cells.
    """
    height = np.clip(sun_height(epoch_s, city.latitude, city.longitude), 0.0, None)
    with np.errstate(divide="ignore"):
        clear_w_m2 = 1098 * height * np.exp(-0.057 / height)
    dimmed = clear_w_m2 * (1 - 0.75 * sky.cloud_at(epoch_s) ** 3.4)
    warm_cells = 1 - 0.004 * np.clip(sky.felt_at(epoch_s) + 20 * dimmed / 800 - 25, 0, None)
    return np.asarray(kwp * dimmed / 1000 * 0.8 * warm_cells, dtype=np.float64)


def correlated_noise(draws: np.random.Generator, size: int, persistence: float) -> Floats:
    """Make noise of mean 0 and standard deviation 1 whose neighbours correlate by ``persistence`` (AR(1))."""
    growth = np.sqrt((1 + persistence) / (1 - persistence))
    shocks = draws.standard_normal(size) * growth
    shocks[0] /= growth
    return pd.Series(shocks).ewm(alpha=1 - persistence, adjust=False).mean().to_numpy()


def _weather_noise(region: Region, city: City, size: int, seed: int) -> Floats:
    """Share most of the passing weather with the other city of the region."""
    common = np.random.default_rng([seed, *region.name.encode()])
    own = np.random.default_rng([seed, *city.name.encode()])
    shared = np.sqrt(1 - SINGLE_NOISE_SHARE**2) * correlated_noise(common, size, 0.985)
    return np.asarray(shared + SINGLE_NOISE_SHARE * correlated_noise(own, size, 0.97), dtype=np.float64)


def _follow(values: Floats, *, hours: int) -> Floats:
    return pd.Series(values).ewm(halflife=hours / 2, adjust=False).mean().to_numpy()


def _days_to_new_year(epoch_s: Floats) -> Floats:
    years = epoch_s.astype("datetime64[s]").astype("datetime64[Y]")
    return years.astype("datetime64[D]").astype(np.float64)
