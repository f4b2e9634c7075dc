"""What detectors take and give: one meter's readings, and findings that become events."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Direction = Literal["import", "export", "net", "generation"]

KINDS: dict[str, str] = {
    "spike": "A few readings far above their neighbours and their like",
    "dip": "A few readings far below their neighbours and their like",
    "negative": "Less than zero on a meter that counts one way",
    "stuck": "The same value again and again",
    "zero_run": "Zero where this meter is never at zero",
    "gap": "No usable value came",
    "high_use": "Days or hours above what is likely",
    "low_use": "Days or hours below what is likely, as in a vacation",
    "leak": "The load by night and at weekends stays raised",
    "level_shift": "The whole load moved to another level and stayed",
    "unusual_day": "A day with a shape of its own",
    "clock_shift": "The daily profile is moved by an hour",
    "meter_exchange": "The register started anew",
    "peers": "The meter moves away from its group",
}
"""Kinds of events and what each means; the demo's own kinds have the same names, its ``vacation`` is ``low_use``."""

EVENT_COLUMNS = (
    "start",
    "end",
    "kind",
    "score",
    "expected_kwh",
    "actual_kwh",
    "confidence",
    "explanation",
    "evidence",
)


@dataclass(frozen=True)
class Observed:
    """The readings of one meter and what is known about it (see the package's docstring for the columns)."""

    name: str
    readings: pd.DataFrame
    timezone: str = "UTC"
    country: str | None = None
    subdivision: str | None = None
    direction: Direction = "import"
    expected: pd.DataFrame | None = None


@dataclass(frozen=True)
class Finding:
    """Intervals ``first`` to ``last`` (both included) of a grid that a detector calls anomalous.

    ``score``: 1 at the detector's limit. ``actual`` and ``expected`` are looked up by whoever makes the event; a
    detector that knows a better expectation than that of like days gives it in kWh.
    """

    first: int
    last: int
    kind: str
    score: float
    confidence: float
    evidence: dict[str, object] = field(default_factory=dict)
    expected_kwh: float | None = None
