"""What forecast models are given: one series on a complete time index, with what is known of its place and weather."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Step = Literal["15min", "30min", "h", "D", "MS"]
Values = NDArray[np.float64]

STEPS_PER_DAY: dict[Step, int] = {"15min": 96, "30min": 48, "h": 24, "D": 1}
SEASON: dict[Step, int] = {"15min": 672, "30min": 336, "h": 168, "D": 7, "MS": 12}
HORIZON: dict[Step, int] = {"15min": 192, "30min": 96, "h": 48, "D": 35, "MS": 13}


@dataclass(frozen=True)
class Series:
    """Energy of one meter or node by interval.

    ``energy_kwh`` has a complete index of interval starts with NaN for gaps: UTC instants for steps below a day, naive
    local days (step ``D``) or first days of months (``MS``). ``temperature_c`` has the same kind of index and reaches
    over the forecast hours where a weather forecast is known; None where there is no weather. ``extra_holidays`` are
    local days to be treated as public holidays besides those of ``country`` and ``subdivision`` (ISO 3166). ``beside``
    is the energy of others in the same intervals (`with_company`), looked at up to each origin.
    """

    name: str
    energy_kwh: pd.Series
    step: Step
    timezone: str = "UTC"
    country: str | None = None
    subdivision: str | None = None
    temperature_c: pd.Series | None = None
    extra_holidays: frozenset[date] = field(default_factory=frozenset)
    beside: tuple[pd.Series, ...] = ()

    @property
    def values(self) -> Values:
        """Energy in kWh, NaN for gaps."""
        return self.energy_kwh.to_numpy(np.float64)

    @property
    def index(self) -> pd.DatetimeIndex:
        """Start of each interval."""
        return pd.DatetimeIndex(self.energy_kwh.index)

    @property
    def season(self) -> int:
        """Steps in the season of the yardstick: a week; a year for months."""
        return SEASON[self.step]

    @property
    def horizon(self) -> int:
        """Steps of a usual forecast: 48 hours, 35 days or 13 months."""
        return HORIZON[self.step]

    def __len__(self) -> int:
        return len(self.energy_kwh)

    def future(self, steps: int) -> pd.DatetimeIndex:
        """Return the starts of the intervals that follow; local days of 23 and 25 hours come out right in UTC."""
        return pd.date_range(self.index[-1], periods=steps + 1, freq=self.step)[1:]

    def until(self, position: int) -> "Series":
        """Return the series as it was known before the interval at ``position``; weather stays, as its forecast."""
        return replace(self, energy_kwh=self.energy_kwh.iloc[:position])

    def warmer(self, degrees: float) -> "Series":
        """Return the series with another temperature after its end: predicted again, it answers what would be if."""
        if self.temperature_c is None:
            return self
        ahead = self.temperature_c.index > self.index[-1]
        return replace(self, temperature_c=self.temperature_c + degrees * ahead)

    def with_holidays(self, days: Iterable[date]) -> "Series":
        """Return the series with more public holidays, for what-if questions and closures known ahead."""
        return replace(self, extra_holidays=self.extra_holidays | frozenset(days))


def from_readings(name: str, energy_kwh: pd.Series, step: Step, *, timezone: str = "UTC", **known: object) -> Series:
    """Put energy by interval start on a complete index: missing intervals become NaN. ``known``: fields of `Series`."""
    ordered = energy_kwh.sort_index()
    index = pd.date_range(ordered.index[0], ordered.index[-1], freq=step)
    return Series(name, ordered.reindex(index).astype(np.float64), step, timezone, **known)  # type: ignore[arg-type]


def step_of(seconds: int) -> Step | None:
    """Name the step of a number of seconds; None where no model works on it."""
    return {900: "15min", 1800: "30min", 3600: "h", 86400: "D"}.get(seconds)  # type: ignore[return-value]
