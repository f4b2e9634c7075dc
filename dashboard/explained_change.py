"""Why the selected period differs from the one it is compared with: stored rows, a pure explanation, words."""

import pandas as pd

from dashboard.data import ask
from pipeline.analytics.change import Change, PartKey, Totals, explain, in_both_periods
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import change, costs, overview
from pipeline.warehouse.valued import is_valued

LABELS: dict[PartKey, str] = {
    "before": "Before",
    "added": "Sites added",
    "removed": "Sites removed",
    "gaps": "Days without data",
    "calendar": "Calendar",
    "weather": "Weather",
    "price": "Price",
    "base_load": "Base load",
    "remainder": "Remainder",
    "now": "Now",
}
SELDOM: frozenset[PartKey] = frozenset({"added", "removed", "gaps", "price"})  # drawn where they are not nothing


def explained_change(filters: Filters) -> Change | None:
    """Explain the change of the measure where it adds up, else of energy; None where a period has no data."""
    asked = change.compared(filters)
    days = ask(change.days, asked)
    totals = _totals(asked, days)
    if totals is None or days.empty:
        return None
    return explain(days, ask(change.fits, asked), totals)


def change_in_steps(filters: Filters) -> pd.DataFrame:
    """Lay the explanation out for the chart: ``key, label, amount``, from the total before to the total now."""
    found = explained_change(filters)
    parts = [] if found is None else [part for part in found.parts if part.amount or part.key not in SELDOM]
    labels = LABELS | ({"price": "Emission factor"} if filters.measure == "co2_kg" else {})
    return pd.DataFrame(
        {
            "key": pd.Series([part.key for part in parts], dtype="str"),
            "label": pd.Series([labels[part.key] for part in parts], dtype="str"),
            "amount": pd.Series([float(part.amount) for part in parts], dtype="float64"),
        }
    )


def _totals(filters: Filters, days: pd.DataFrame) -> Totals | None:
    figures = ask(overview.kpis, filters)
    if is_valued(filters.measure):
        of_now, of_before = ask(costs.amounts, filters)
        now, before = of_now.value(filters.measure), of_before.value(filters.measure) if of_before else None
    else:
        now, before = figures.energy_kwh, figures.compare_energy_kwh
    if now is None or before is None:
        return None
    return Totals(now, before, *_base_loads(filters, figures, days))


def _base_loads(filters: Filters, figures: overview.Kpis, days: pd.DataFrame) -> tuple[float | None, float | None]:
    """Return the near-base loads of the sites in both periods: those of the page's figures where that is all."""
    stayed = [int(site_id) for site_id in in_both_periods(days)]
    if filters.meter_id is not None or len(stayed) == days["site_id"].nunique():
        return figures.base_load_kw, figures.compare_value("base_load_kw")
    return ask(change.base_loads, filters, stayed) if stayed else (None, None)
