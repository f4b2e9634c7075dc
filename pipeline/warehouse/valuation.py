"""What a meter's hour costs and emits: the one place where energy meets a price and an emission factor.

Cost is what is imported times the price less what is fed in times the export price, at the prices of the meter's site.
CO2 is what is imported times the average factor; feeding in takes nothing off it: the GHG Protocol's Scope 2 Guidance
(2015) counts what is purchased and consumed.
"""

from typing import Any

from sqlalchemy import ColumnElement, Double, FromClause, Numeric, Select, Subquery, and_, case, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from pipeline.warehouse.schema import meter, meter_hour, site_closure
from pipeline.warehouse.tables.costs import emission_factor, emission_series, site_emission
from pipeline.warehouse.tables.tariffs import site_price, site_tariff, tariff


def meter_hours() -> Select[Any]:
    """Select every hour of the meters that count, with ``meter_id, site_id, ts, day, cost, co2_kg``.

    Generation, which is in no sum, is left out. Add conditions on ``meter_hour``.
    """
    values = (hour_cost().label("cost"), hour_co2_kg().label("co2_kg"))
    hours = select(meter_hour.c.meter_id, meter.c.site_id, meter_hour.c.ts, meter_hour.c.day, *values)
    return priced(hours.select_from(meter_hour), isouter=False)


def priced(hours: Select[Any], *, isouter: bool = True) -> Select[Any]:
    """Join rows of ``meter_hour`` with what values them; ``isouter`` keeps those of generation, which have no value."""
    series = assigned("average")
    price = and_(site_price.c.site_id == meter.c.site_id, site_price.c.ts == meter_hour.c.ts)
    counted = and_(meter.c.id == meter_hour.c.meter_id, meter.c.direction != "generation")
    return (
        hours.join(meter, counted, isouter=isouter)
        .join(site_price, price, isouter=True)
        .join(series, series.c.site_id == meter.c.site_id, isouter=True)
        .join(emission_factor, factor_of(series, meter_hour.c.ts), isouter=True)
    )


def hour_co2_kg() -> ColumnElement[float]:
    """Return what a meter's hour emits; null where no factor is known."""
    return imported() * emission_factor.c.kg_per_kwh


def site_cost() -> ColumnElement[Any]:
    """Return what an hour of ``site_price`` costs: the energy that the bills were made from at its price."""
    return _times(site_price.c.import_kwh, "price") - _times(site_price.c.export_kwh, "export_price")


def imported() -> ColumnElement[float]:
    """Return what a meter's hour took from the grid, as the bills count it."""
    energy = meter_hour.c.energy_kwh
    net: ColumnElement[float] = func.greatest(energy, 0.0, type_=Double())
    return case((meter.c.direction == "export", 0.0), (meter.c.direction == "net", net), else_=energy)


def fed_in() -> ColumnElement[float]:
    """Return what a meter's hour gave to the grid, as the bills count it."""
    energy = meter_hour.c.energy_kwh
    net: ColumnElement[float] = func.greatest(-energy, 0.0, type_=Double())
    return case((meter.c.direction == "export", energy), (meter.c.direction == "net", net), else_=0.0)


def assigned(kind: str) -> Subquery:
    """Return the emission series of each site, its own or that of the nearest node above: ``site_id, series_id``."""
    return (
        select(site_closure.c.descendant_id.label("site_id"), site_emission.c.series_id)
        .ext(distinct_on(site_closure.c.descendant_id))
        .join_from(site_emission, emission_series, emission_series.c.id == site_emission.c.series_id)
        .join(site_closure, site_closure.c.ancestor_id == site_emission.c.site_id)
        .where(site_emission.c.kind == kind)
        .order_by(site_closure.c.descendant_id, site_closure.c.depth)
        .subquery(f"{kind}_series")
    )


def currencies() -> Subquery:
    """Return the currencies that each site is billed in, by the tariffs of the nearest node that was given any."""
    nearest = (
        select(site_closure.c.descendant_id.label("site_id"), func.min(site_closure.c.depth).label("depth"))
        .join_from(site_tariff, site_closure, site_closure.c.ancestor_id == site_tariff.c.site_id)
        .group_by(site_closure.c.descendant_id)
        .subquery("nearest")
    )
    here = and_(site_closure.c.descendant_id == nearest.c.site_id, site_closure.c.depth == nearest.c.depth)
    return (
        select(nearest.c.site_id, tariff.c.currency)
        .distinct()
        .join_from(nearest, site_closure, here)
        .join(site_tariff, site_tariff.c.site_id == site_closure.c.ancestor_id)
        .join(tariff, tariff.c.id == site_tariff.c.tariff_id)
        .subquery("currency")
    )


def factor_of(series: FromClause, ts: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say which factor holds at an hour: that of the UTC hour in which it begins, for zones off by half an hour too."""
    hour = func.date_trunc("hour", ts, "UTC")
    return and_(emission_factor.c.series_id == series.c.series_id, emission_factor.c.ts == hour)


def hour_cost() -> ColumnElement[Any]:
    """Return what a meter's hour costs; the branch for meters that only import spares most rows half the arithmetic."""
    both = _times(imported(), "price") - _times(fed_in(), "export_price")
    return case((meter.c.direction == "import", _times(meter_hour.c.energy_kwh, "price")), else_=both)


def _times(energy_kwh: ColumnElement[float], price: str) -> ColumnElement[Any]:
    return cast(energy_kwh, Numeric) * site_price.c[price]
