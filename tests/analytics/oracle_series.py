"""Series that other programs were given as well: a real case, and a home that is made by arithmetic alone.

The home has two years of hours in Chicago: it heats below 13 °C and cools above 19 °C, more so in the evening, and uses
a tenth less from the second year on.
"""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

ZONE = "America/Chicago"
BASELINE = ("2023-01-01", "2023-12-31")
REPORTING = ("2024-01-01", "2024-12-30")
SAVED = 0.1


def home() -> pd.DataFrame:
    """Return ``energy_kwh`` and ``temperature_c`` by the local hour."""
    index = pd.date_range(BASELINE[0], "2024-12-31", freq="h", tz=ZONE, inclusive="left")
    k = np.arange(len(index), dtype=np.float64)
    season, day = -np.cos(2 * np.pi * (k / 24 - 20) / 365.25), np.sin(2 * np.pi * (k % 24 - 9) / 24)
    degrees = 12 + 14 * season + 4 * day + 3 * np.sin(k / 37) + 2 * np.sin(k / 101)
    hour, weekend = np.asarray(index.hour), np.asarray(index.day_of_week) >= 5
    busy = ((hour >= 17) & (hour < 22)) | (weekend & (hour >= 9) & (hour < 22))
    heat, cool = np.maximum(13 - degrees, 0), np.maximum(degrees - 19, 0)
    chance = (np.arange(len(index)) * 7919 % 997) / 997 - 0.5
    slow = np.sin(k / 260) * 0.05  # neighbours go together, as they do
    use = 0.4 + busy * (0.5 + 0.02 * heat + 0.05 * cool) + 0.05 * heat + 0.11 * cool + 0.3 * chance + slow
    after = np.asarray(index >= pd.Timestamp(REPORTING[0], tz=ZONE))
    return pd.DataFrame({"energy_kwh": use * np.where(after, 1 - SAVED, 1.0), "temperature_c": degrees}, index=index)


def by_day(hours: pd.DataFrame) -> pd.DataFrame:
    """Add up the energy, and take the mean of the temperature, by local day (without zone)."""
    days = hours[["energy_kwh", "temperature_c"]].resample("D").agg({"energy_kwh": "sum", "temperature_c": "mean"})
    return days.tz_localize(None)


def illinois(folder: Path) -> pd.DataFrame:
    """Read the simulated home il-electricity-cdd-only of the shared data: columns as those of `home`."""
    columns = {}
    for name, file_name in (("energy_kwh", "il-electricity-cdd-only-hourly"), ("fahrenheit", "il-tempF")):
        with gzip.open(folder / "eemeter_samples" / f"{file_name}.csv.gz", "rt") as file:
            read = pd.read_csv(file)
        columns[name] = read.set_index(pd.to_datetime(read.iloc[:, 0], utc=True).dt.tz_convert(ZONE)).iloc[:, 1]
    return pd.DataFrame(columns).assign(temperature_c=lambda rows: (rows["fahrenheit"] - 32) * 5 / 9)
