"""How charts of bills write money: the currency always stands beside it."""

from typing import Final

from components.theme import CATEGORIES, COMPARE

KINDS: Final = {
    "energy": ("Energy", CATEGORIES[0]),
    "demand": ("Demand", CATEGORIES[1]),
    "capacity": ("Capacity", CATEGORIES[4]),
    "fixed": ("Fixed", CATEGORIES[2]),
    "minimum": ("Minimum", CATEGORIES[6]),
    "tax": ("Taxes", COMPARE),
    "export": ("Export", CATEGORIES[5]),
}
NO_BILL: Final = "There is no bill for this selection."


def amount(value: float, currency: str) -> str:
    """Write an amount to the whole unit: ``1,234 EUR``."""
    return f"{value:,.0f} {currency}".replace("-", "\N{MINUS SIGN}")
