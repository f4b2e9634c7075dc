"""A bill: lines that add up, and what must be said beside them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Kind = Literal["fixed", "energy", "demand", "capacity", "minimum", "tax", "export"]


@dataclass(frozen=True)
class Line:
    """One line of a bill: ``quantity`` times ``price`` is ``amount``, rounded half up to the currency's smallest unit.

    Of an hourly price the amount is exact and ``price`` the mean, to a millionth. ``period`` names the tariff period;
    ``of_energy`` says that the line belongs to the price of a kWh (energy, energy taxes and the taxes on both).
    """

    kind: Kind
    label: str
    quantity: Decimal
    unit: str
    price: Decimal
    amount: Decimal
    period: str = ""
    of_energy: bool = False


@dataclass(frozen=True)
class Bill:
    """What some local days cost (``end`` excluded), in one currency; empty without any tariff.

    ``energy_kwh`` and ``export_kwh`` are what was imported and exported, ``peak_kw`` the highest mean power over a
    clock hour and ``peak_at`` its start (UTC). ``hours`` counts the hours by the clock, ``covered_hours`` those with
    data; ``notes`` are sentences for the reader.
    """

    start: date
    end: date
    currency: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    energy_kwh: float
    export_kwh: float
    peak_kw: float
    peak_at: datetime | None
    hours: float
    covered_hours: float
    share_estimated: float

    @property
    def total(self) -> Decimal:
        """The sum of the lines."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def energy_cost(self) -> Decimal:
        """The sum of the lines that belong to the price of a kWh."""
        return sum((line.amount for line in self.lines if line.of_energy), Decimal(0))
