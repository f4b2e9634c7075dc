"""What holds for any load and any tariff."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tariff_samples import DAY_ONE, d, day_night, load

from pipeline.analytics.tariffs import (
    DemandCharge,
    EnergyCharge,
    EnergyTax,
    ExportCredit,
    FixedCharge,
    LoadGrid,
    PercentTax,
    Period,
    Tariff,
    Tier,
    bill,
    bill_of,
    flat,
    from_json,
    to_json,
)
from pipeline.analytics.tariffs.money import rounded

ZONES = ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu")
START, END = date(2025, 3, 1), date(2025, 4, 1)
CENT = Decimal("0.01")

prices = st.decimals(0, 2, places=5)
days_inside = st.integers(1, 30).map(lambda number: START + timedelta(days=number))


@st.composite
def tariffs(draw: st.DrawFn, *, tiers: bool = True) -> Tariff:
    price = lambda: draw(prices)  # noqa: E731 - a sentence is enough
    day = Period("Day", (Tier(price(), d("500")), Tier(price())) if tiers else (Tier(price()),))
    return Tariff(
        "Any",
        "EUR",
        DAY_ONE,
        fixed=(FixedCharge("Base", price(), draw(st.sampled_from(["day", "month", "year"]))),),
        energy=(EnergyCharge("Energy", (day, flat("Night", price())), day_night()),),
        demand=(DemandCharge("Demand", (flat("All", price()),), window_minutes=60),),
        export=(ExportCredit("Export", (flat("All", price()),)),),
        energy_taxes=(EnergyTax("Levy", price()),),
        percent_taxes=(PercentTax("VAT", draw(st.decimals(0, 30, places=1))),),
    )


@st.composite
def loads(draw: st.DrawFn) -> tuple[pd.DataFrame, str]:
    zone = draw(st.sampled_from(ZONES))
    frame = load(1.0, str(START), str(END), zone)
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    frame["import_kwh"] = (random.gamma(2.0, draw(st.sampled_from([0.1, 2.0, 300.0])), len(frame))).round(3)
    frame["export_kwh"] = random.choice([0.0, 1.5], len(frame))
    return frame[random.random(len(frame)) > draw(st.sampled_from([0.0, 0.05]))], zone


@given(loads(), tariffs())
def test_the_lines_add_up_and_each_is_quantity_times_price(
    given_load: tuple[pd.DataFrame, str], charged: Tariff
) -> None:
    frame, zone = given_load

    made = bill(frame, [charged], (START, END), zone)

    assert made.total == sum(line.amount for line in made.lines)
    assert all(line.amount == rounded(line.quantity * line.price, "EUR") for line in made.lines)
    assert all(line.amount == line.amount.quantize(CENT) for line in made.lines)


@given(loads(), tariffs())
def test_energy_times_the_price_of_its_hours_is_the_energy_on_the_bill(
    given_load: tuple[pd.DataFrame, str], charged: Tariff
) -> None:
    frame, zone = given_load
    grid = LoadGrid.of(frame, zone)

    made, parts = bill_of(grid, [charged], (START, END))

    by_the_hour = sum(float(np.dot(part.price, grid.import_kwh[part.where])) for part in parts)
    assert by_the_hour == pytest.approx(float(made.energy_cost), abs=0.1)


@given(loads(), tariffs(tiers=False), days_inside.filter(lambda day: day < END))
def test_splitting_a_period_keeps_what_energy_costs(
    given_load: tuple[pd.DataFrame, str], charged: Tariff, middle: date
) -> None:
    frame, zone = given_load
    grid = LoadGrid.of(frame, zone)

    whole = bill_of(grid, [charged], (START, END))[0]
    halves = [bill_of(grid, [charged], days)[0] for days in ((START, middle), (middle, END))]

    lines = len(whole.lines) + sum(len(half.lines) for half in halves)
    assert abs(whole.energy_cost - sum(half.energy_cost for half in halves)) <= CENT * lines
    assert sum(half.energy_kwh for half in halves) == pytest.approx(whole.energy_kwh)
    assert sum(half.hours for half in halves) == whole.hours


@given(loads(), tariffs())
def test_no_energy_is_lost_between_the_readings_and_the_lines(
    given_load: tuple[pd.DataFrame, str], charged: Tariff
) -> None:
    frame, zone = given_load
    priced = Tariff("Any", "EUR", DAY_ONE, energy=tuple(_at_least_a_cent(one) for one in charged.energy))

    made = bill(frame, [priced], (START, END), zone)

    assert float(sum(line.quantity for line in made.lines)) == pytest.approx(frame["import_kwh"].sum(), abs=0.01)


@given(tariffs())
def test_a_definition_reads_back_as_it_was(charged: Tariff) -> None:
    assert from_json(to_json(charged)) == charged


def _at_least_a_cent(charge: EnergyCharge) -> EnergyCharge:
    """Leave no price of zero, whose line would be left out."""
    periods = tuple(
        Period(period.label, tuple(Tier(tier.price + CENT, tier.up_to) for tier in period.tiers))
        for period in charge.periods
    )
    return EnergyCharge(charge.label, periods, charge.schedule)
