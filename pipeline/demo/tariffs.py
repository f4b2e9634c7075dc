"""Made-up tariffs of the demo: what homes and businesses pay in each country, with one change of prices."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
from sqlalchemy import Connection, delete, select

from pipeline.analytics.tariffs import (
    CapacityCharge,
    DemandCharge,
    EnergyCharge,
    EnergyTax,
    ExportCredit,
    FixedCharge,
    HourlyPrice,
    PercentTax,
    Period,
    Ratchet,
    Schedule,
    Tariff,
    Tier,
    flat,
    to_json,
)
from pipeline.analytics.tariffs.model import WindowMinutes
from pipeline.warehouse.schema import site
from pipeline.warehouse.tables.tariffs import site_tariff, tariff
from pipeline.warehouse.tariffs import StoredVersion, assign, store_prices, store_version

SOURCE = BY = "demo"
SPOT = "Demo day-ahead DE"
SPOT_SEED = 711
SINCE_CHANGE = timedelta(days=270)
# How prices moved at the change, some nine months before the end.
CHANGES = {"GB": Decimal("1.1033"), "DE": Decimal("0.9231"), "IN": Decimal("1.1020")}
HOMES, BUSINESSES = "household", "business"
_DIGIT = Decimal("0.0001")
Priced = Callable[[str], Decimal]


def add_tariffs(conn: Connection, first_day: date, end: date) -> None:
    """Store the tariffs of the demo and give them to its sites; those of an earlier demo go."""
    first, change = first_day.replace(day=1), (end - SINCE_CHANGE).replace(day=1)
    _forget(conn)
    store_prices(conn, SPOT, spot_prices(first, end))
    for (country, sector), makers in OFFERS.items():
        numbers = [_store(conn, make, country, sector, (first, change)) for make in makers]
        for site_id in _sites(conn, country, sector):
            assign(conn, site_id, numbers[0], first, assigned_by=BY)


def are_there(conn: Connection) -> bool:
    """Say whether the demo's tariffs have been stored."""
    return conn.execute(select(tariff.c.id).where(tariff.c.source == SOURCE)).first() is not None


def spot_prices(first_day: date, end: date) -> pd.Series:
    """Make hourly prices per kWh in EUR: a morning and an evening peak, cheap noons in summer, some below zero."""
    start = datetime.combine(first_day, datetime.min.time(), UTC) - timedelta(days=1)
    index = pd.date_range(start, datetime.combine(end, datetime.min.time(), UTC), freq="h", unit="us")
    random = np.random.default_rng(SPOT_SEED)
    local = index.tz_convert("Europe/Berlin")
    hour, summer = local.hour.to_numpy(), -np.cos(2 * np.pi * (local.day_of_year.to_numpy() - 15) / 365)
    daily = 0.018 * np.cos(2 * np.pi * (hour - 8) / 12) - 0.035 * np.exp(-(((hour - 13) / 3) ** 2)) * (1 + summer)
    wind = np.repeat(random.normal(0, 0.022, len(index) // 24 + 1), 24)[: len(index)]
    weekend = np.where(local.day_of_week.to_numpy() >= 5, -0.015, 0.0)  # noqa: PLR2004 - Saturday
    euros = 0.088 - 0.012 * summer + daily + wind + weekend + random.normal(0, 0.006, len(index))
    return pd.Series([Decimal(f"{price:.5f}") for price in euros], index=index)


def _forget(conn: Connection) -> None:
    generated = select(tariff.c.id).where(tariff.c.generated)
    conn.execute(delete(site_tariff).where(site_tariff.c.tariff_id.in_(generated)))
    conn.execute(delete(tariff).where(tariff.c.generated))


def _sites(conn: Connection, country: str, sector: str) -> list[int]:
    """List the sites that get a tariff: homes each of their own, all else from its region."""
    chosen = site.c.sector == HOMES if sector == HOMES else site.c.kind == "region"
    mine = select(site.c.id).where(site.c.generated, site.c.country == country, chosen).order_by(site.c.id)
    return list(conn.execute(mine).scalars())


def _store(
    conn: Connection, make: Callable[[Priced, date], Tariff], country: str, sector: str, days: tuple[date, date]
) -> int:
    first, change = days
    number = 0
    for day, factor in ((first, Decimal(1)), (change, CHANGES[country])):
        made = make(_scaled_by(factor), day)
        number = store_version(
            conn,
            StoredVersion(
                made.name,
                made.currency,
                day,
                to_json(made),
                country=country,
                sector=sector,
                source=SOURCE,
                generated=True,
            ),
        )
    return number


def _scaled_by(factor: Decimal) -> Priced:
    return lambda price: (Decimal(price) * factor).quantize(_DIGIT)


def _bands(workdays: dict[int, range], weekends: dict[int, range] | None = None) -> Schedule:
    """Make a schedule that is the same all year: period by hours, 0 elsewhere."""

    def day(bands: dict[int, range]) -> tuple[int, ...]:
        return tuple(next((period for period, hours in bands.items() if hour in hours), 0) for hour in range(24))

    return Schedule((day(workdays),) * 12, (day(weekends or {}),) * 12)


def _export(price: Decimal) -> tuple[ExportCredit, ...]:
    return (ExportCredit("Solar export", (flat("All hours", price),)),)


def _demand(price: Decimal, minutes: WindowMinutes, ratchet: Ratchet | None = None) -> tuple[DemandCharge, ...]:
    periods = (flat("All hours", price),)
    return (DemandCharge("Demand", periods, window_minutes=minutes, ratchet=ratchet),)


def _gb_home(price: Priced, day: date) -> Tariff:
    return Tariff(
        "Albion Home",
        "GBP",
        day,
        fixed=(FixedCharge("Standing charge", price("2.40"), "day"),),
        energy=(EnergyCharge("Energy", (flat("All hours", price("0.2450")),)),),
        export=_export(price("0.1200")),
        percent_taxes=(PercentTax("VAT", Decimal(5)),),
    )


def _gb_home_night(price: Priced, day: date) -> Tariff:
    periods = (flat("Day", price("0.2790")), flat("Night", price("0.1490")))
    night = range(7)
    return Tariff(
        "Albion Home Night",
        "GBP",
        day,
        fixed=(FixedCharge("Standing charge", price("2.40"), "day"),),
        energy=(EnergyCharge("Energy", periods, _bands({1: night}, {1: night})),),
        export=_export(price("0.1200")),
        percent_taxes=(PercentTax("VAT", Decimal(5)),),
    )


def _gb_business(price: Priced, day: date) -> Tariff:
    periods = (flat("Green", price("0.1530")), flat("Amber", price("0.1980")), flat("Red", price("0.3320")))
    return Tariff(
        "Albion Business Half-hourly",
        "GBP",
        day,
        fixed=(FixedCharge("Standing charge", price("9.80"), "day"),),
        energy=(EnergyCharge("Energy", periods, _bands({2: range(16, 19), 1: range(7, 22)}, {1: range(16, 20)})),),
        demand=_demand(price("4.35"), 30),
        export=_export(price("0.0850")),
        energy_taxes=(EnergyTax("Climate levy", Decimal("0.00801")),),
    )


def _gb_business_flat(price: Priced, day: date) -> Tariff:
    return Tariff(
        "Albion Business Flat",
        "GBP",
        day,
        fixed=(FixedCharge("Standing charge", price("6.20"), "day"),),
        energy=(EnergyCharge("Energy", (flat("All hours", price("0.2080")),)),),
        export=_export(price("0.0850")),
        energy_taxes=(EnergyTax("Climate levy", Decimal("0.00801")),),
    )


def _de_home(price: Priced, day: date) -> Tariff:
    return Tariff(
        "Isar Home",
        "EUR",
        day,
        fixed=(FixedCharge("Base price", price("96.00")),),
        energy=(EnergyCharge("Energy", (flat("All hours", price("0.2416")),)),),
        export=_export(price("0.0790")),
        energy_taxes=(EnergyTax("Electricity tax", Decimal("0.0205")),),
        percent_taxes=(PercentTax("VAT", Decimal(19)),),
    )


def _de_home_capacity(price: Priced, day: date) -> Tariff:
    return Tariff(
        "Isar Home Capacity",
        "EUR",
        day,
        fixed=(FixedCharge("Base price", price("60.00")),),
        energy=(EnergyCharge("Energy", (flat("All hours", price("0.2190")),)),),
        capacity=(
            CapacityCharge("Capacity", "mean_of_12_monthly_peaks", (Tier(price("4.10")),), minimum_kw=Decimal("2.5")),
        ),
        export=_export(price("0.0790")),
        energy_taxes=(EnergyTax("Electricity tax", Decimal("0.0205")),),
        percent_taxes=(PercentTax("VAT", Decimal(19)),),
    )


def _de_business(price: Priced, day: date) -> Tariff:
    periods = (flat("Low", price("0.1690")), flat("High", price("0.2140")))
    return Tariff(
        "Isar Business 15",
        "EUR",
        day,
        fixed=(FixedCharge("Metering", price("48.00")),),
        energy=(EnergyCharge("Energy", periods, _bands({1: range(6, 22)})),),
        demand=_demand(price("9.60"), 15, Ratchet(Decimal("0.8"), 11)),
        export=_export(price("0.0610")),
        energy_taxes=(EnergyTax("Electricity tax", Decimal("0.0205")),),
    )


def _de_business_spot(price: Priced, day: date) -> Tariff:
    return Tariff(
        "Isar Business Spot",
        "EUR",
        day,
        fixed=(FixedCharge("Metering", price("62.00")),),
        hourly=(HourlyPrice("Day-ahead price and margin", SPOT, Decimal(1), price("0.0740")),),
        demand=_demand(price("9.60"), 15),
        export=_export(price("0.0610")),
        energy_taxes=(EnergyTax("Electricity tax", Decimal("0.0205")),),
    )


def _in_home(price: Priced, day: date) -> Tariff:
    slabs = (Tier(price("5.90"), Decimal(2500)), Tier(price("7.35"), Decimal(6000)), Tier(price("8.90")))
    return Tariff(
        "Deccan Domestic",
        "INR",
        day,
        fixed=(FixedCharge("Fixed charge", price("1800.00")),),
        energy=(EnergyCharge("Energy", (Period("All hours", slabs),)),),
        export=_export(price("3.1000")),
        percent_taxes=(PercentTax("Electricity duty", Decimal(9)),),
    )


def _in_home_day(price: Priced, day: date) -> Tariff:
    periods = (flat("Normal", price("7.20")), flat("Solar hours", price("5.80")), flat("Evening", price("9.10")))
    bands = {1: range(9, 17), 2: range(18, 23)}
    return Tariff(
        "Deccan Domestic Time of Day",
        "INR",
        day,
        fixed=(FixedCharge("Fixed charge", price("1800.00")),),
        energy=(EnergyCharge("Energy", periods, _bands(bands, bands)),),
        export=_export(price("3.1000")),
        percent_taxes=(PercentTax("Electricity duty", Decimal(9)),),
    )


def _in_business(price: Priced, day: date) -> Tariff:
    periods = (flat("Normal", price("7.35")), flat("Night", price("6.35")), flat("Peak", price("8.85")))
    bands = {1: range(6), 2: range(18, 22)}
    return Tariff(
        "Deccan Commercial Time of Day",
        "INR",
        day,
        fixed=(FixedCharge("Customer charge", price("2400.00")),),
        energy=(EnergyCharge("Energy", periods, _bands(bands, bands)),),
        demand=_demand(price("340.00"), 30),
        export=_export(price("2.8000")),
        percent_taxes=(PercentTax("Electricity duty", Decimal(9)),),
    )


def _in_business_flat(price: Priced, day: date) -> Tariff:
    return Tariff(
        "Deccan Commercial",
        "INR",
        day,
        fixed=(FixedCharge("Customer charge", price("1500.00")),),
        energy=(EnergyCharge("Energy", (flat("All hours", price("8.40")),)),),
        demand=_demand(price("120.00"), 30),
        export=_export(price("2.8000")),
        percent_taxes=(PercentTax("Electricity duty", Decimal(9)),),
    )


# The first of each is what sites have; the others are what they could have.
OFFERS: dict[tuple[str, str], tuple[Callable[[Priced, date], Tariff], ...]] = {
    ("GB", HOMES): (_gb_home, _gb_home_night),
    ("GB", BUSINESSES): (_gb_business, _gb_business_flat),
    ("DE", HOMES): (_de_home, _de_home_capacity),
    ("DE", BUSINESSES): (_de_business, _de_business_spot),
    ("IN", HOMES): (_in_home, _in_home_day),
    ("IN", BUSINESSES): (_in_business, _in_business_flat),
}
