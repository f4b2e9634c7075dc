"""What every number and every field is called, measured in and how it is written: the one place that all outputs read.

Pure: no SQL here. How a measure is computed from each table is in ``pipeline.warehouse.semantic``.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

MeasureKey = Literal["energy_kwh", "mean_kw", "peak_kw", "cost", "co2_kg", "share_estimated"]
ValuedKey = Literal["cost", "co2_kg"]
KpiKey = Literal["energy_kwh", "peak_kw", "mean_kw", "load_factor", "base_load_kw", "share_estimated", "completeness"]
Aggregation = Literal["sum", "mean", "max", "ratio", "percentile"]
Role = Literal["place", "time", "quality"]

NOTHING = "\N{EN DASH}"
CURRENCY = "\N{CURRENCY SIGN}"  # stands for a currency until it is known which one
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Scale:
    """How a quantity is shown: the stored value times ``factor``, in ``unit``."""

    factor: float
    unit: str


@dataclass(frozen=True)
class Measure:
    """A number that can be asked of any selection.

    ``unit`` is that of the stored value (empty for a ratio, which is written in per cent), ``aggregation`` how values
    of parts combine by default, ``d3_format`` how Plotly and AG Grid write it (after scaling).
    """

    key: str
    label: str
    unit: str
    aggregation: Aggregation
    d3_format: str
    description: str
    additive: bool = False


@dataclass(frozen=True)
class Dimension:
    """A field that values can be grouped or filtered by."""

    key: str
    label: str
    role: Role
    description: str


MEASURES: dict[str, Measure] = {
    measure.key: measure
    for measure in (
        Measure(
            "energy_kwh", "Energy", "kWh", "sum", ",.4~g",
            "Electrical energy used: import less export; what is generated and used on site is not in it.",
            additive=True,
        ),
        Measure(
            "mean_kw", "Mean power", "kW", "mean", ",.4~g",
            "Energy divided by the clock hours that have data.",
        ),
        Measure(
            "peak_kw", "Peak power", "kW", "max", ",.4~g",
            "Highest mean power over one clock hour; of several meters, the peak of their sum.",
        ),
        Measure(
            "cost", "Cost", CURRENCY, "sum", ",.2f",
            "Energy at the site's tariff, taxes per kWh included; fixed and demand charges are on the bills alone.",
            additive=True,
        ),
        Measure(
            "co2_kg", "CO\N{SUBSCRIPT TWO}", "kg", "sum", ",.4~g",
            "Imported energy times the average emission factor of its hour.",
            additive=True,
        ),
        Measure(
            "load_factor", "Load factor", "", "ratio", ".1%",
            "Mean power divided by peak power of the same period.",
        ),
        Measure(
            "base_load_kw", "Base load", "kW", "percentile", ",.4~g",
            "Hourly power exceeded 97.5 % of the time: the near-base load of Price (2010), LBNL-3713E.",
        ),
        Measure(
            "share_estimated", "Share estimated", "", "ratio", ".1%",
            "Part of the metered time whose values were estimated, here or at the source.",
        ),
        Measure(
            "completeness", "Completeness", "", "ratio", ".1%",
            "Part of the expected metered time that has a value, estimated ones included.",
        ),
    )
}  # fmt: skip

SWITCHABLE: tuple[MeasureKey, ...] = get_args(MeasureKey)

DIMENSIONS: dict[str, Dimension] = {
    dimension.key: dimension
    for dimension in (
        Dimension("site", "Site", "place", "A node of the site tree, with everything below it."),
        Dimension("region", "Region", "place", "The node of kind region that a site lies in."),
        Dimension("sector", "Sector", "place", "Kind of use: household, shop, office, school, factory …"),
        Dimension("meter", "Meter", "place", "One metering point."),
        Dimension("hour", "Hour", "time", "Clock hour of the site's own time zone, 0 to 23."),
        Dimension("weekday", "Weekday", "time", "Monday to Sunday of the site's own calendar."),
        Dimension("day", "Day", "time", "Date in the site's own time zone; 23 or 25 hours when the clocks change."),
        Dimension("week", "Week", "time", "ISO 8601 week, Monday to Sunday."),
        Dimension("month", "Month", "time", "Calendar month in the site's own time zone."),
        Dimension("year", "Year", "time", "Calendar year in the site's own time zone."),
        Dimension("season", "Season", "time", "Meteorological season of the site's hemisphere."),
        Dimension("day_type", "Day type", "time", "Workday, Saturday, or Sunday and public holiday of the country."),
        Dimension("quality_flag", "Quality flag", "quality", "A rule that marked or changed a value."),
        Dimension("batch", "Batch", "quality", "The load that brought a value."),
    )
}  # fmt: skip

DAY_TYPES = ("workday", "saturday", "sunday or holiday")

_PREFIXES: dict[str, tuple[tuple[float, str], ...]] = {
    "kWh": ((1e9, "TWh"), (1e6, "GWh"), (1e3, "MWh")),
    "kW": ((1e9, "TW"), (1e6, "GW"), (1e3, "MW")),
    "kg": ((1e9, "Mt"), (1e6, "kt"), (1e3, "t")),
}
_MILLIONS = ((1e9, "bn"), (1e6, "M"))  # of money, before the currency


def measure(key: str) -> Measure:
    """Return the measure of this key. Raises KeyError."""
    return MEASURES[key]


def additive_of(key: MeasureKey) -> MeasureKey:
    """Return the measure itself where parts of it add up, else energy: what areas and shares are drawn of."""
    return key if MEASURES[key].additive else "energy_kwh"


def in_currency(measure: Measure, currency: str) -> Measure:
    """Return a measure of money in a currency (ISO 4217); any other measure as it is."""
    return replace(measure, unit=currency) if measure.unit == CURRENCY else measure


def scale(measure: Measure, largest: float | None) -> Scale:
    """Choose the unit in which ``largest``, the greatest absolute value shown, reads best."""
    size = 0.0 if largest is None or largest != largest else abs(largest)  # noqa: PLR0124 - NaN is unlike itself
    for limit, unit in _units(measure):
        if size >= limit:
            return Scale(1 / limit, unit)
    return Scale(1.0, measure.unit)


def format_value(measure: Measure, value: float | None) -> str:
    """Write a value with its unit for people: ``12.3 MWh``, ``450 kW``, ``4.2 %``; a dash where there is none."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is unlike itself
        return NOTHING
    if not measure.unit:
        return format_share(value, decimals=1)
    shown = scale(measure, value)
    return f"{_significant(value * shown.factor)} {shown.unit}"


def format_share(share: float | None, *, decimals: int = 0) -> str:
    """Write a part of a whole: ``4 %``; a dash where it is not known."""
    if share is None or share != share:  # noqa: PLR0124 - NaN is unlike itself
        return NOTHING
    return f"{share * 100:.{decimals}f} %"


def format_change(ratio: float | None) -> str:
    """Write a relative change: ``+3.1 %``; a dash where there is nothing to compare with."""
    if ratio is None or ratio != ratio:  # noqa: PLR0124 - NaN is unlike itself
        return NOTHING
    sign = _MINUS if round(ratio, 3) < 0 else "+"
    return f"{sign}{abs(ratio) * 100:.1f} %"


def _units(measure: Measure) -> tuple[tuple[float, str], ...]:
    if measure.key == "cost":
        return tuple((limit, f"{prefix} {measure.unit}") for limit, prefix in _MILLIONS)
    return _PREFIXES.get(measure.unit, ())


def _significant(value: float) -> str:
    """Write about three significant digits, with a minus sign and never an exponent."""
    size = abs(value)
    decimals = 2 if size < 10 else 1 if size < 100 else 0  # noqa: PLR2004 - the powers of ten of three digits
    return f"{value:,.{decimals}f}".replace("-", _MINUS)
