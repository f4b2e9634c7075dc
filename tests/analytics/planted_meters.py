"""Meters with faults at known places: a load that lives by the local clock, and what is done to it."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analytics.anomalies import Observed

ZONE = "Europe/Berlin"
START = "2023-01-02"


def load(
    days: int,
    step: str = "1h",
    *,
    start: str = START,
    zone: str = ZONE,
    chance: float = 0.04,
    seed: int = 1,
    free: tuple[str, ...] = (),
) -> pd.Series:
    """Energy by UTC start of the interval: a working day, a weekend, a season, and multiplicative noise.

    Days in ``free`` are like those of a weekend.
    """
    first = pd.Timestamp(start, tz=zone)
    if step == "1D":
        index = pd.date_range(first, periods=days, freq="D").tz_convert("UTC")
    else:
        last = first + pd.DateOffset(days=days)
        index = pd.date_range(first.tz_convert("UTC"), last.tz_convert("UTC"), freq=step, inclusive="left")
    local = index.tz_convert(zone)
    hour = (local.hour + local.minute / 60).to_numpy()
    workday = ((local.day_of_week < 5) & ~local.strftime("%F").isin(free)).astype(float)
    at_work = 0.2 + 0.8 * workday
    if step != "1D":
        at_work = at_work * np.exp(-(((hour - 13.0) / 4.5) ** 4))
    season = 1 + 0.15 * np.cos(2 * np.pi * (local.day_of_year.to_numpy() - 15) / 365.25)
    noise = np.exp(chance * np.random.default_rng(seed).standard_normal(len(index)))
    hours = pd.Timedelta(step) / pd.Timedelta(hours=1)
    return pd.Series(hours * (4.0 + 8.0 * at_work) * season * noise, index=index).round(4)


def observed(energy: pd.Series, *, name: str = "planted", country: str | None = None, zone: str = ZONE) -> Observed:
    """The meter as it came: an interval without a value has no row."""
    return Observed(name, energy.dropna().to_frame("energy_kwh"), zone, country)


def span(energy: pd.Series, start: str, end: str) -> npt.NDArray[np.bool_]:
    """Mark the intervals between two local times."""
    first, last = (pd.Timestamp(moment, tz=ZONE) for moment in (start, end))
    return np.asarray((energy.index >= first) & (energy.index < last))


def times(energy: pd.Series, start: str, end: str, factor: float) -> pd.Series:
    """The load with the intervals between two local times multiplied."""
    return energy.where(~span(energy, start, end), energy * factor)


def instant(local: str) -> pd.Timestamp:
    """A local time as a UTC instant."""
    return pd.Timestamp(local, tz=ZONE).tz_convert("UTC")


def of_kind(events: pd.DataFrame, kind: str) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Start and end of the events of a kind."""
    chosen = events[events["kind"] == kind]
    return list(zip(chosen["start"], chosen["end"], strict=True))
