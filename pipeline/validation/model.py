"""What validation is told of a meter, what it works on, and what it gives back."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.sources.frame import Direction

Instants = NDArray[np.int64]
Values = NDArray[np.float64]
Flags = NDArray[np.int32]
Mask = NDArray[np.bool_]
Positions = NDArray[np.intp]

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR


@dataclass(frozen=True)
class MeterRules:
    """What validation needs to know of a meter.

    ``step_s`` None: the usual step is taken from the readings. ``register``: the values are readings of a cumulative
    register in kWh, which rolls over after ``register_digits`` whole digits (None: worked out from the values).
    ``country`` and ``subdivision`` are ISO 3166 codes for public holidays, which count as Sundays.
    """

    timezone: str
    direction: Direction = "import"
    step_s: int | None = None
    register: bool = False
    capacity_kw: float | None = None
    register_digits: int | None = None
    country: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True)
class Series:
    """The readings of one meter as arrays of one length, ordered by unique start; the arrays are never written to.

    ``start`` in microseconds since 1970 (UTC), ``duration`` in microseconds, ``energy`` cleaned kWh and ``raw`` as it
    came (both NaN where missing), ``flag`` bits of ``pipeline.flags``, ``line`` of the source (0 where none).
    """

    start: Instants
    duration: Instants
    energy: Values
    raw: Values
    flag: Flags
    line: Instants

    @property
    def end(self) -> Instants:
        """End of each interval, in microseconds since 1970."""
        return self.start + self.duration

    def at(self, positions: Positions) -> "Series":
        """Give the readings at these positions alone, in the order of the positions."""
        return Series(
            self.start[positions],
            self.duration[positions],
            self.energy[positions],
            self.raw[positions],
            self.flag[positions],
            self.line[positions],
        )

    def joined(self, other: "Series") -> "Series":
        """Put the readings of both in order of time."""
        both = Series(
            np.concatenate([self.start, other.start]),
            np.concatenate([self.duration, other.duration]),
            np.concatenate([self.energy, other.energy]),
            np.concatenate([self.raw, other.raw]),
            np.concatenate([self.flag, other.flag]),
            np.concatenate([self.line, other.line]),
        )
        return both.at(np.argsort(both.start, kind="stable"))


@dataclass(frozen=True)
class Totals:
    """Energy of longer periods from a register: ``start`` and ``end`` in microseconds, ``energy`` in kWh."""

    start: Instants
    end: Instants
    energy: Values


@dataclass(frozen=True)
class Validated:
    """The readings of one meter after validation and estimation.

    ``readings``: ``ts`` (datetime64[us, UTC], ordered, unique), ``duration_s`` (int32), ``energy_kwh`` (cleaned, never
    null), ``raw_kwh`` (NaN where nothing came), ``flag`` (int32), ``line`` (Int64, NA where nothing came).
    ``duplicates`` counts the readings that gave way to another of the same instant, ``missing`` the intervals between
    the first and the last reading that stay without a row, ``counts`` the readings by name of flag.
    """

    readings: pd.DataFrame
    duplicates: int
    counts: dict[str, int]
    missing: int = 0
