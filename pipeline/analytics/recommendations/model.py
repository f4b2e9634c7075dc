"""What the rules read of a site, and what they find."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analytics.recommendations.numbers import HOURS_PER_YEAR
from pipeline.analytics.temperature import ChangePointFit

Floats: TypeAlias = npt.NDArray[np.float64]
Effort = Literal["low", "medium", "high"]
Role = Literal["now", "after", "peers", "limit"]
Drawing = Literal["lines", "bars", "dots"]


@dataclass(frozen=True)
class OpenEvent:
    """An anomaly that still goes on: from ``start`` to ``end`` (UTC) it took ``excess_kwh`` more than expected."""

    fingerprint: str
    kind: str
    start: pd.Timestamp
    end: pd.Timestamp
    excess_kwh: float
    confidence: float
    explanation: str


@dataclass(frozen=True)
class OtherTariff:
    """A tariff that the site is not on, with a year's cost on both for the load as it was."""

    name: str
    present_name: str
    present_cost: Decimal
    cost: Decimal


@dataclass(frozen=True)
class SiteYear:
    """The last year of a site by hour, with what is known of its prices, weather and peers.

    ``hours``: index UTC (start of the hour), columns ``date`` (local midnight, naive), ``hour`` (0 to 23, local clock),
    ``day_type`` (0 workday, 1 Saturday, 2 Sunday or holiday), ``energy_kwh`` (import less export), ``price`` and
    ``export_price`` (per kWh, NaN where unknown), ``co2_kg_per_kwh`` (NaN where unknown), ``solar_w_m2`` (on the level,
    NaN where unknown). Hours without data have no row. ``temperature_c``: mean by local day, index as
    ``date``, of the days that ``fit`` holds for.
    ``best``: the best fifth of the peers by indicator, and ``peers`` how many there are. ``demand_price``: money per kW
    of a month's peak. ``quality``: 0 to 1, how far the data can carry a conclusion.
    """

    site_id: int
    name: str
    hours: pd.DataFrame
    sector: str | None = None
    floor_area_m2: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    currency: str | None = None
    demand_price: Decimal | None = None
    fit: ChangePointFit | None = None
    temperature_c: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    best: Mapping[str, float] = field(default_factory=dict)
    peers: int = 0
    tariffs: tuple[OtherTariff, ...] = ()
    events: tuple[OpenEvent, ...] = ()
    generates: bool = False
    power_factor: float | None = None
    quality: float = 1.0

    @property
    def per_year(self) -> float:
        """How often the hours with data go into a year."""
        return HOURS_PER_YEAR / len(self.hours)

    @property
    def days(self) -> int:
        """Local days with data."""
        return int(self.hours["date"].nunique())


@dataclass(frozen=True)
class Trace:
    """One line, row of bars or cloud of dots; ``y`` has None where there is nothing."""

    name: str
    role: Role
    y: tuple[float | None, ...]


@dataclass(frozen=True)
class Evidence:
    """What to draw to convince a reader: traces over ``x``, and facts as pairs of name and value."""

    drawing: Drawing
    title: str
    x_title: str
    unit: str
    x: tuple[float | str, ...]
    traces: tuple[Trace, ...]
    facts: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give plain lists and dicts."""
        return asdict(self)


@dataclass(frozen=True)
class Found:
    """What a rule found. ``saved_kwh``: by hour of ``SiteYear.hours``, negative where the use rises.

    ``per_year`` scales it to a year. ``exported_kwh`` (by hour) is sold. ``other_money`` comes on top of the energy: a
    year's demand charges, or another tariff. ``subject`` tells two findings of one kind apart.
    """

    kind: str
    text: str
    saved_kwh: Floats
    per_year: float
    confidence: float
    effort: Effort
    evidence: Evidence
    subject: str = ""
    exported_kwh: Floats | None = None
    other_money: Decimal | None = None


@dataclass(frozen=True)
class Recommendation:
    """A finding in yearly figures. ``money`` is None where no tariff is known, ``co2_kg`` where no factor is."""

    site_id: int
    kind: str
    subject: str
    text: str
    kwh: float
    money: Decimal | None
    currency: str | None
    co2_kg: float | None
    confidence: float
    effort: Effort
    evidence: Evidence
