"""Sentences and labels that several pages share."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from dashboard.data import ask
from pipeline.definitions import MEASURES, Measure, MeasureKey, format_value, in_currency
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.queries import costs

DASH = "\N{EN DASH}"
ONE_DAY = timedelta(days=1)
COMPARED = {"previous": "Same weekdays before", "year": "Year before"}


def measure_of(filters: Filters) -> Measure:
    """Return the definition of the selected measure; of a cost, in the currency of the selection."""
    return defined(filters.measure, filters)


def defined(key: MeasureKey, filters: Filters) -> Measure:
    """Return the definition of a measure; of a cost, in the currency of the selection."""
    measure = MEASURES[key]
    currency = ask(costs.scope, filters).currency if key == "cost" else None
    return measure if currency is None else in_currency(measure, currency)


def cost_texts(by_currency: Mapping[str, Decimal]) -> list[str]:
    """Write costs that do not add up, each in its currency: ``12,340 EUR``."""
    return [
        format_value(in_currency(MEASURES["cost"], currency), float(cost)) for currency, cost in by_currency.items()
    ]


def coverage_text(key: MeasureKey, filters: Filters) -> str:
    """Say in a few words where a cost or CO2 covers a part of the sites only; else nothing."""
    note = ask(costs.scope, filters).note(key) if key in ("cost", "co2_kg") else ""
    return f"; of {note}" if note else ""


def compare_label(filters: Filters) -> str | None:
    """Name the line of the period compared with; None without a comparison."""
    period = filters.compare_period
    return None if period is None else f"{COMPARED[filters.compare]} ({days_text(period)})"


def period_text(filters: Filters) -> str:
    """Write the selected days: ``1 Nov - 30 Nov 2026``, with a longer dash."""
    return days_text(filters.period)


def days_text(period: Period) -> str:
    """Write a half-open period with its last day included."""
    last = period.end - ONE_DAY
    if period.start == last:
        return day_text(last)
    start = f"{period.start:%-d %b}" if period.start.year == last.year else day_text(period.start)
    return f"{start} {DASH} {day_text(last)}"


def day_text(day: date) -> str:
    """Write a day: ``30 Nov 2026``."""
    return f"{day:%-d %b %Y}"


def kind_text(kind: str) -> str:
    """Write the kind of an anomaly for people: ``Level shift``."""
    return kind.replace("_", " ").capitalize()
