"""Calculated fields, written from the semantic definitions that the pages use."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Double, TableClause, column, table, type_coerce

from pipeline.definitions import MEASURES, MeasureKey, measure
from pipeline.outputs.tableau.fields import format_of
from pipeline.outputs.tableau.formulas import formula
from pipeline.warehouse import semantic
from pipeline.warehouse.relations import POWER

Reference = Callable[[str, str], str]

SITE_DAYS, METER_DAYS, HOURS = "site_daily", "daily", "hourly"
MAY_SEE = "[Calculation_may_see]"
OF_WHOLE_SITE = "[Calculation_of_whole_site]"
PRICE_FORMAT = "n#,##0.0000;-#,##0.0000"
ONE_SITE = "Choose one site, or keep Whole selection at true, so that no energy counts twice."


@dataclass(frozen=True)
class Calculation:
    """A calculated field; ``aggregated`` ones add up rows themselves."""

    name: str
    caption: str
    formula: str
    datatype: Literal["real", "boolean"]
    description: str
    format: str | None = None
    hidden: bool = False
    aggregated: bool = False


def calculation_name(key: str) -> str:
    """Return the name of the calculated field of a measure of the pages."""
    return f"[Calculation_{key}]"


def calculations(reference: Reference, *, user_filter: bool) -> tuple[Calculation, ...]:
    """Return the calculated fields; ``reference`` names the field of a table and column."""
    days = _rows("energy_kwh hours peak_kw covered_hours estimated_hours cost co2_kg")
    of_sites = [_measure(key, days, reference) for key in get_args(MeasureKey)]
    found = [*of_sites, _load_factor(days, reference), _cost_per_kwh(days, reference), _of_meters(reference)]
    found.append(_cost_per_kwh_of_hours(days, reference))
    found.append(_of_whole_site(reference))
    if user_filter:
        found.append(_may_see(reference))
    return tuple(found)


def _rows(names: str) -> TableClause:
    return table("rows", *(column(name, Double) for name in names.split()))


def _measure(key: MeasureKey, rows: TableClause, reference: Reference) -> Calculation:
    return _calculated(key, _of_sites(semantic.of_group(key, rows), reference, power=key in POWER))


def _load_factor(rows: TableClause, reference: Reference) -> Calculation:
    return _calculated("load_factor", _of_sites(semantic.load_factor(rows), reference, power=True))


def _of_sites(expression: ColumnElement[float], reference: Reference, *, power: bool = False) -> str:
    """Write an expression over the days of sites; power is of the energy of the same clock hours as its peak."""
    clock = {"energy_kwh": "clock_kwh"} if power else {}
    return formula(expression, lambda name: reference(SITE_DAYS, clock.get(name, name)))


def _calculated(key: str, text: str) -> Calculation:
    known = measure(key)
    description = f"{known.description} {ONE_SITE}"
    return Calculation(calculation_name(key), known.label, text, "real", description, format_of(known), aggregated=True)


def _cost_per_kwh(rows: TableClause, reference: Reference) -> Calculation:
    description = f"Cost of the energy divided by it, in the site's currency. {ONE_SITE}"
    text = _of_sites(_price(rows), reference)
    return Calculation(
        "[Calculation_cost_per_kwh]", "Cost per kWh", text, "real", description, PRICE_FORMAT, aggregated=True
    )


def _cost_per_kwh_of_hours(rows: TableClause, reference: Reference) -> Calculation:
    counted = {"energy_kwh": "counted_kwh"}
    return replace(
        _cost_per_kwh(rows, reference),
        name="[Calculation_cost_per_kwh_of_hours]",
        caption="Cost per kWh (hours)",
        formula=formula(_price(rows), lambda name: reference(HOURS, counted.get(name, name))),
        description="Cost of the energy of hours of meters divided by it, in the site's currency.",
    )


def _price(rows: TableClause) -> ColumnElement[float]:
    return type_coerce(semantic.of_group("cost", rows) / semantic.of_group("energy_kwh", rows), Double)


def _of_meters(reference: Reference) -> Calculation:
    rows = _rows("covered_hours estimated_hours")
    text = formula(semantic.of_group("share_estimated", rows), lambda name: reference(METER_DAYS, name))
    known = MEASURES["share_estimated"]
    return replace(
        _calculated("share_estimated", text),
        name="[Calculation_share_estimated_of_meters]",
        caption=f"{known.label} (days of meters)",
        description=known.description,
    )


def _of_whole_site(reference: Reference) -> Calculation:
    return Calculation(
        OF_WHOLE_SITE,
        "Forecast of a whole site",
        f"ISNULL({reference('forecasts', 'meter_id')})",
        "boolean",
        "True for a forecast of all meters of a site together, false for one of a single meter.",
    )


def _may_see(reference: Reference) -> Calculation:
    user = reference("entitlements", "user_name")
    return Calculation(
        MAY_SEE,
        "May see",
        f"{user} = USERNAME()",
        "boolean",
        "True for the sites that the user signed in to Tableau may see, as the entitlements say.",
        hidden=True,
    )
