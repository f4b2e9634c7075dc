"""A part of a bill in the making."""

from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.analytics.tariffs.lines import Kind, Line
from pipeline.analytics.tariffs.load_grid import Floats
from pipeline.analytics.tariffs.money import mean_price, rounded


@dataclass
class Priced:
    """The lines of a part so far, and what a kWh costs in each of its intervals, as float."""

    price: Floats
    currency: str
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def charge(
        self,
        kind: Kind,
        label: str,
        counted: tuple[Decimal, str],
        price: Decimal,
        *,
        period: str = "",
        of_energy: bool = False,
    ) -> None:
        """Add a line for so much of a unit, rounded."""
        quantity, unit = counted
        amount = rounded(quantity * price, self.currency)
        self.lines.append(Line(kind, label, quantity, unit, price, amount, period, of_energy))

    def exact(self, label: str, energy: Decimal, cost: Decimal) -> None:
        """Add a line for energy whose cost is known; its price is the mean."""
        amount, price = rounded(cost, self.currency), mean_price(cost, energy)
        self.lines.append(Line("energy", label, energy, "kWh", price, amount, label, of_energy=True))

    def note(self, text: str) -> None:
        """Add a sentence for the reader, once."""
        if text not in self.notes:
            self.notes.append(text)

    def sum(self, *, of_energy: bool | None = None) -> Decimal:
        """Add up the lines so far: all, or those that belong to the price of a kWh, or the others."""
        chosen = (one.amount for one in self.lines if of_energy is None or one.of_energy == of_energy)
        return sum(chosen, Decimal(0))
