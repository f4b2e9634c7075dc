"""An invoice against the bill worked out for the same days: does it fit, and if not, what may be the reason."""

from dataclasses import dataclass
from decimal import Decimal

from pipeline.analytics.tariffs.lines import Bill

TOLERANCE = Decimal("0.05")
_DAYS_OFF, _DAY_FITS = 5, Decimal("0.25")
_NEAR, _COMMON_TAXES = Decimal("0.01"), (5, 7, 9, 10, 15, 18, 19, 20, 21, 23, 25)
_MUCH_ESTIMATED = 0.02
_SOME_MISSING = 0.005


@dataclass(frozen=True)
class Check:
    """What came of a check: ``difference`` is the invoice less the bill, ``ratio`` that by the bill."""

    billed: Decimal
    invoiced: Decimal
    currency: str
    reasons: tuple[str, ...]

    @property
    def difference(self) -> Decimal:
        """The invoice less the bill."""
        return self.invoiced - self.billed

    @property
    def ratio(self) -> Decimal | None:
        """The difference by the bill; None where nothing was billed."""
        return self.difference / abs(self.billed) if self.billed else None

    @property
    def within(self) -> bool:
        """Whether the difference is within the tolerance, 5 % of the bill."""
        return abs(self.difference) <= TOLERANCE * abs(self.billed)


def check(bills: list[Bill], invoiced: Decimal) -> Check:
    """Compare an invoice with the bills of the same days, all in one currency; reasons only where it does not fit."""
    billed = sum((one.total for one in bills), Decimal(0))
    currency = bills[0].currency if bills else ""
    compared = Check(billed, invoiced, currency, ())
    if compared.within:
        return compared
    return Check(billed, invoiced, currency, tuple(_reasons(bills, compared)))


def _reasons(bills: list[Bill], compared: Check) -> list[str]:
    reasons = _missing_tax(bills, compared)
    days = (bills[0].end - bills[0].start).days if bills else 0
    reasons += _other_days(compared, days)
    covered, hours = sum(one.covered_hours for one in bills), sum(one.hours for one in bills)
    if hours and 1 - covered / hours > _SOME_MISSING:
        reasons.append(f"{1 - covered / hours:.1%} of the hours have no data here.")
    estimated = sum(one.share_estimated * one.covered_hours for one in bills) / covered if covered else 0.0
    if estimated > _MUCH_ESTIMATED:
        reasons.append(f"{estimated:.1%} of the readings are estimated here; the supplier's may be, too.")
    reasons += sorted({note for one in bills for note in one.notes if "peaks over" in note or "no tariff" in note})
    return reasons or ["Prices or charges of the tariff here may differ from those of the contract: compare the lines."]


def _missing_tax(bills: list[Bill], compared: Check) -> list[str]:
    """See whether a usual tax would explain the difference, where the tariff has none in per cent."""
    taxed = any(line.kind == "tax" and line.unit == one.currency for one in bills for line in one.lines)
    ratio = compared.ratio
    if taxed or ratio is None or compared.billed < 0:
        return []
    tax = min(_COMMON_TAXES, key=lambda percent: abs(ratio - Decimal(percent) / 100))
    if abs(ratio - Decimal(tax) / 100) > _NEAR:
        return []
    return [f"The invoice is about {tax} % higher: it may hold a tax that the tariff here does not."]


def _other_days(compared: Check, days: int) -> list[str]:
    """See whether a few more or fewer days would explain the difference."""
    if days <= 0 or not compared.billed:
        return []
    off = compared.difference / (compared.billed / days)
    whole = round(off)
    if whole and abs(whole) <= _DAYS_OFF and abs(off - whole) <= _DAY_FITS:
        count = abs(whole)
        named = f"{count} day{'s' if count > 1 else ''} {'more' if whole > 0 else 'fewer'}"
        return [f"It fits a period {named}: the invoice may be for other days."]
    return []
