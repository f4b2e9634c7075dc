"""Tariffs in the JSON of the OpenEI Utility Rate Database."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tariff_samples import d, load, with_kwh

from pipeline.analytics.tariffs import Imported, Tariff, TariffError, bill, from_json, read_urdb, to_json

FLAT_SCHEDULE = [[0] * 24] * 12
EVENING = [[1 if 16 <= hour < 21 else 0 for hour in range(24)]] * 12
SIMPLE: dict[str, Any] = {
    "label": "abc",
    "name": "Test rate",
    "utility": "Test Electric",
    "sector": "Commercial",
    "country": "USA",
    "startdate": 1727762400,
    "demandwindow": 30,
    "energyratestructure": [[{"rate": 0.1, "adj": 0.01, "unit": "kWh"}], [{"rate": 0.3, "sell": 0.05}]],
    "energyweekdayschedule": EVENING,
    "energyweekendschedule": FLAT_SCHEDULE,
}


def read(**fields: object) -> Imported:
    (rate,) = read_urdb(json.dumps({"items": [SIMPLE | fields]}), "test.json")
    return rate


def tariff_of(**fields: object) -> Tariff:
    return read(**fields).tariff


def about(rate: Imported, field: str) -> list[str]:
    return [warning for warning in rate.warnings if warning.startswith(f"{field}:")]


def test_a_rate_becomes_a_tariff_with_its_prices_to_the_last_digit() -> None:
    rate = read(energytoulabels=["Off peak", None])

    assert (rate.utility, rate.sector, rate.country, rate.label) == ("Test Electric", "commercial", "US", "abc")
    assert (rate.tariff.name, rate.tariff.currency, rate.tariff.valid_from) == ("Test rate", "USD", date(2024, 10, 1))
    (charge,) = rate.tariff.energy
    assert [(period.label, period.tiers[0].price) for period in charge.periods] == [
        ("Off peak", d("0.11")),
        ("Period 2", d("0.3")),
    ]
    assert charge.schedule.weekday[5][16:21] == (1,) * 5
    assert [period.tiers[0].price for period in rate.tariff.export[0].periods] == [0, d("0.05")]
    assert rate.warnings == ()


@pytest.mark.parametrize(
    ("unit", "basis"), [("kWh", "kWh"), ("kWh daily", "kWh/day"), ("kWh/kW", "kWh/kW"), ("kWh/kW daily", "kWh/kW/day")]
)
def test_tiers_keep_their_limits_and_unit(unit: str, basis: str) -> None:
    tiers = [{"max": 300, "rate": 0.1, "unit": unit}, {"max": 1e38, "rate": 0.2, "unit": unit}, {"rate": 0.3}]
    (charge,) = tariff_of(energyratestructure=[tiers], energyweekdayschedule=FLAT_SCHEDULE).energy

    assert charge.basis == basis
    assert [(tier.price, tier.up_to) for tier in charge.periods[0].tiers] == [(d("0.1"), 300), (d("0.2"), None)]


def test_demand_is_read_flat_and_by_period_with_window_and_look_back() -> None:
    made = tariff_of(
        flatdemandstructure=[[{"rate": 5}], [{"rate": 9.5, "adj": 0.5}]],
        flatdemandmonths=[0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0],
        demandratestructure=[[{"rate": 0}], [{"rate": 12.25}]],
        demandweekdayschedule=EVENING,
        demandweekendschedule=FLAT_SCHEDULE,
        demandwindow=15,
        lookbackPercent=0.75,
        lookbackRange=11,
        lookbackMonths=[0] * 5 + [1, 1] + [0] * 5,
    )

    flat, by_period = made.demand
    assert flat.schedule.weekday[6] == (1,) * 24
    assert flat.periods[1].tiers[0].price == 10
    assert (by_period.window_minutes, by_period.schedule.weekday[0][17]) == (15, 1)
    assert flat.ratchet is not None
    assert (flat.ratchet.share, flat.ratchet.months, flat.ratchet.of_months) == (d("0.75"), 11, (6, 7))


@pytest.mark.parametrize(("unit", "per"), [("$/month", "month"), ("$/day", "day"), ("$/year", "year")])
def test_the_fixed_charge_has_its_unit(unit: str, per: str) -> None:
    (charge,) = tariff_of(fixedchargefirstmeter=12.5, fixedchargeunits=unit).fixed

    assert (charge.amount, charge.per) == (d("12.5"), per)


def test_fuel_adjustments_and_a_minimum_are_billed() -> None:
    made = tariff_of(fueladjustmentsmonthly=[0.01] * 11 + [0.02], mincharge=40)

    assert made.energy[1].periods[11].tiers[0].price == d("0.02")
    assert made.minimum == 40


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"demandreactivepowercharge": 0.5}, "demandreactivepowercharge"),
        ({"coincidentratestructure": [[{"rate": 3}]]}, "coincidentratestructure"),
        ({"demandratchetpercentage": [0.5] * 12}, "demandratchetpercentage"),
        ({"fixedchargeeaaddl": 3}, "fixedchargeeaaddl"),
        ({"dgrules": "Net Metering"}, "dgrules"),
        ({"peakkwcapacitymin": 500}, "peakkwcapacitymin"),
        ({"something_new": "x"}, "something_new"),
        ({"fixedchargefirstmeter": 1, "fixedchargeunits": "$/hp"}, "fixedchargeunits"),
        ({"mincharge": 1, "minchargeunits": "$/year"}, "minchargeunits"),
        ({"flatdemandstructure": [[{"rate": 3}]], "flatdemandunit": "kW daily"}, "flatdemandunit"),
        ({"flatdemandstructure": [[{"rate": 3}]], "flatdemandunit": "kVA"}, "flatdemandunit"),
        ({"flatdemandstructure": [[{"rate": 3}]], "demandwindow": 7}, "demandwindow"),
        ({"flatdemandstructure": [[{"rate": 3}]], "demandwindow": None}, "demandwindow"),
        ({"energyweekendschedule": None}, "energyweekendschedule"),
        (
            {"energyratestructure": [[{"max": 1, "unit": "therm", "rate": 1}, {"unit": "therm"}]] * 2},
            "energyratestructure",
        ),
        ({"country": "ATL"}, "country"),
    ],
)
def test_what_is_not_supported_is_named(fields: dict[str, Any], named: str) -> None:
    assert about(read(**fields), named)


def test_nothing_is_said_of_fields_that_say_nothing() -> None:
    rate = read(
        dgrules="", demandreactivepowercharge=0, lookbackMonths=[0] * 12, description="A rate", is_default=False
    )

    assert rate.warnings == ()


def test_a_rate_without_a_date_is_valid_from_today() -> None:
    fields = {key: value for key, value in SIMPLE.items() if key != "startdate"}

    (rate,) = read_urdb(json.dumps([fields]), today=date(2025, 5, 5))

    assert rate.tariff.valid_from == date(2025, 5, 5)
    assert about(rate, "startdate")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", "is not JSON"),
        ('{"name": NaN}', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("{}", "holds no rate"),
        ("7", "holds no rate"),
        ('{"items": []}', "holds no rate"),
        (json.dumps(SIMPLE | {"energyratestructure": 5}), "not written as"),
        (json.dumps(SIMPLE | {"energyratestructure": [[{"rate": "dear"}]]}), "not written as"),
        (json.dumps(SIMPLE | {"energyweekdayschedule": [[0] * 23] * 12}), "12 months of 24 hours"),
        (json.dumps(SIMPLE | {"energyratestructure": [[{"rate": 1}]]}), "a period that has no price"),
        ('{"ElectricTariff": {"urdb_label": "5ca4d1175457a39b23b3d45e"}}', "5ca4d1175457a39b23b3d45e"),
        ('{"ElectricTariff": {"blended_annual_energy_rate": 0.1}}', "without a URDB rate"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(text: str, message: str) -> None:
    with pytest.raises(TariffError, match=message):
        read_urdb(text, "test.json")


def test_a_scenario_of_reopt_that_holds_the_rate_is_read() -> None:
    (rate,) = read_urdb(json.dumps({"Scenario": {"Site": {"ElectricTariff": {"urdb_response": SIMPLE}}}}))

    assert rate.tariff.name == "Test rate"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "energy", "demand", "fixed"),
    [
        ("tariffs__SCE_TOU-8_ Option-D_Under-2-kV.json", 6, [1, 3], "447.44"),
        ("tariffs__PGE_BEV-2-S_2025-09-08_Neat.json", 3, [1], "447.44"),
        ("tariffs__Consolidated-Edison_SC-9_Zone J_NYC.json", 1, [2, 4], "71"),
    ],
)
def test_real_rates_are_read(shared_data: Path, file: str, energy: int, demand: list[int], fixed: str) -> None:
    (rate,) = read_urdb((shared_data / "tariffs_urdb" / file).read_text(), file)

    assert len(rate.tariff.energy[0].periods) == energy
    assert [len(charge.periods) for charge in rate.tariff.demand] == demand
    assert rate.tariff.fixed[0].amount == d(fixed)
    assert from_json(to_json(rate.tariff)) == rate.tariff


@pytest.mark.shared
def test_a_month_under_a_real_rate_is_what_the_hand_finds(shared_data: Path) -> None:
    file = shared_data / "tariffs_urdb" / "tariffs__SCE_TOU-8_ Option-D_Under-2-kV.json"
    (rate,) = read_urdb(file.read_text(), file.name)
    june = (date(2025, 6, 1), date(2025, 7, 1))  # 21 workdays, 9 days of weekends
    frame = load(100.0, "2025-06-01", "2025-07-01", "America/Los_Angeles")
    frame = with_kwh(frame, "2025-06-11 01:00", 150.0)  # Tuesday, 18:00 there: the peak of the summer

    made = bill(frame, [rate.tariff], june, "America/Los_Angeles")

    mid, on_peak = 30 * 19, 21 * 5  # hours of period 4, and of period 6; weekends from 16 to 21 are period 5
    energy = (
        Decimal(mid * 100) * d("0.11343")
        + Decimal(45 * 100) * d("0.14199")
        + Decimal(on_peak * 100 + 50) * d("0.15186")
    )
    demand = 150 * d("25.36") + 150 * d("29.54")
    assert made.total == (energy + demand + d("447.44")).quantize(d("0.01"))


@pytest.mark.shared
def test_a_scenario_that_only_names_its_rate_says_where_to_get_it(shared_data: Path) -> None:
    text = (shared_data / "tariffs_urdb" / "reopt__urdb_rate.json").read_text()

    with pytest.raises(TariffError, match=r"6758702ed171911a480dc81c.*openei\.org"):
        read_urdb(text, "reopt__urdb_rate.json")
