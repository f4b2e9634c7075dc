"""How recommendations are written: money by currency, energy and CO2, decisions."""

from collections.abc import Mapping
from decimal import Decimal
from math import isnan

from components.recommendation_card import Worth
from pages.wording import day_text
from pipeline.analytics.recommendations.labels import LABELS
from pipeline.definitions import MEASURES, format_value, in_currency
from pipeline.warehouse.queries.recommendations import Step, Total

SMALLEST_KWH = 0.5
DECIDED = {"open": "Opened again", "accepted": "Accepted", "dismissed": "Dismissed", "done": "Done"}


def label_of(kind: str) -> str:
    """Name a kind of recommendation."""
    return LABELS.get(kind, kind.capitalize())


def worth_of(kwh: float, money: Decimal | None, currency: str | None, co2_kg: float | None) -> Worth:
    """Write what a recommendation brings; energy that only moves is not written."""
    known = co2_kg is not None and not isnan(co2_kg) and abs(co2_kg) >= 1
    co2 = f"{format_value(MEASURES['co2_kg'], co2_kg)} CO\N{SUBSCRIPT TWO}" if known else ""
    return Worth(
        money=money_text(money, currency),
        energy=format_value(MEASURES["energy_kwh"], kwh) if abs(kwh) >= SMALLEST_KWH else "",
        co2=co2,
    )


def money_text(money: Decimal | None, currency: str | None) -> str:
    """Write an amount with its currency; nothing where there is none."""
    if money is None or currency is None:
        return ""
    return format_value(in_currency(MEASURES["cost"], currency), float(money))


def sums_text(money: Mapping[str, Decimal]) -> list[str]:
    """Write sums by currency, one after the other: they cannot be added up."""
    return [money_text(amount, currency) for currency, amount in money.items()]


def energy_and_co2(total: Total) -> list[str]:
    """Write the energy of a total and, where it is known, the CO2."""
    co2 = [f"{format_value(MEASURES['co2_kg'], total.co2_kg)} CO\N{SUBSCRIPT TWO}"] if total.co2_kg else []
    return [format_value(MEASURES["energy_kwh"], total.kwh), *co2]


def step_text(step: Step) -> str:
    """Write who decided what, and when."""
    on = f" on {day_text(step.done_on)}" if step.done_on else ""
    why = f": {step.reason}" if step.reason else ""
    return f"{DECIDED[step.state]}{on}{why} ({step.decided_by}, {step.decided_at:%-d %b %Y %H:%M} UTC)"
