"""Each kind of charge against a bill worked out by hand."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from tariff_samples import DAY_ONE, JUNE, d, day_night, load, tariff, with_kwh

from pipeline.analytics.tariffs import (
    Bill,
    CapacityCharge,
    DemandCharge,
    EnergyCharge,
    EnergyTax,
    ExportCredit,
    FixedCharge,
    HourlyPrice,
    LoadGrid,
    PercentTax,
    Period,
    Ratchet,
    Schedule,
    TariffError,
    Tier,
    bill,
    bill_of,
    by_month,
    flat,
    from_json,
    to_json,
)

ALL = (flat("All hours", d("0.25")),)


def amounts(made: Bill) -> list[tuple[str, Decimal, Decimal]]:
    return [(line.label, line.quantity, line.amount) for line in made.lines]


def test_fixed_charges_count_days_months_and_years() -> None:
    charged = tariff(
        fixed=(FixedCharge("A", d("0.5"), "day"), FixedCharge("B", d("12")), FixedCharge("C", d("365"), "year"))
    )

    month = bill(load(), [charged], JUNE, "UTC")
    half = bill(load(), [charged], (date(2025, 6, 1), date(2025, 6, 16)), "UTC")

    assert amounts(month) == [("A", 30, d("15.00")), ("B", 1, d("12.00")), ("C", d("0.082192"), d("30.00"))]
    assert [line.amount for line in half.lines] == [d("7.50"), d("6.00"), d("15.00")]


def test_a_flat_price_bills_all_energy() -> None:
    made = bill(load(2.0), [tariff(energy=(EnergyCharge("Energy", ALL),))], JUNE, "UTC")

    assert amounts(made) == [("Energy", 1440, d("360.00"))]
    assert (made.energy_kwh, made.peak_kw, made.hours, made.covered_hours) == (1440, 2, 720, 720)


@pytest.mark.parametrize(
    ("basis", "limits", "quantities", "total"),
    [
        ("kWh", ("400", "600"), [400, 200, 840], "332.00"),
        ("kWh/day", ("10", "20"), [300, 300, 840], "342.00"),
        ("kWh/kW", ("150", "600"), [300, 900, 240], "282.00"),
        ("kWh/kW/day", ("10", "20"), [600, 600, 240], "252.00"),
    ],
)
def test_tiers_count_the_energy_of_the_month(
    basis: str, limits: tuple[str, str], quantities: list[int], total: str
) -> None:
    tiers = (Tier(d("0.1"), d(limits[0])), Tier(d("0.2"), d(limits[1])), Tier(d("0.3")))
    charged = tariff(energy=(EnergyCharge("Energy", (Period("All", tiers),), basis=basis),))  # type: ignore[arg-type]

    made = bill(load(2.0), [charged], JUNE, "UTC")  # 1,440 kWh, 2 kW, 30 days

    assert [line.quantity for line in made.lines] == quantities
    assert made.total == d(total)


def test_each_period_has_its_share_of_every_tier() -> None:
    periods = (
        Period("Day", (Tier(d("0.2"), d("360")), Tier(d("0.4")))),
        Period("Night", (Tier(d("0.1"), d("360")), Tier(d("0.3")))),
    )
    always_night = Schedule(day_night().weekday, day_night().weekday)
    charged = tariff(energy=(EnergyCharge("Energy", periods, always_night),))

    made = bill(load(), [charged], JUNE, "UTC")

    assert [(line.label, line.quantity) for line in made.lines] == [
        ("Energy, Day, tier 1", 270),
        ("Energy, Day, tier 2", 270),
        ("Energy, Night, tier 1", 90),
        ("Energy, Night, tier 2", 90),
    ]
    assert made.total == d("54") + d("108") + d("9") + d("27")


def test_holidays_are_billed_as_weekends() -> None:
    charged = tariff(energy=(EnergyCharge("Energy", (*ALL, flat("Free days", d("0.1"))), day_night(range(0), 1)),))

    plain = bill(load(), [charged], JUNE, "UTC")  # June 2025 has 9 Saturdays and Sundays
    holiday = bill(load(), [charged], JUNE, "UTC", [date(2025, 6, 9)])

    assert [line.quantity for line in plain.lines] == [504, 216]
    assert [line.quantity for line in holiday.lines] == [480, 240]


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 3, 30), 23), (date(2025, 10, 26), 25)])
def test_a_day_of_the_clock_change_has_the_hours_it_had(day: date, hours: int) -> None:
    end = date.fromordinal(day.toordinal() + 1)
    frame = load(1.0, day.isoformat(), end.isoformat(), "Europe/Berlin")
    charged = tariff(energy=(EnergyCharge("Energy", (*ALL, flat("Night", d("0.1"))), day_night(weekend=0)),))
    nights = Schedule(day_night().weekday, day_night().weekday)
    at_night = tariff(energy=(EnergyCharge("Energy", (*ALL, flat("Night", d("0.1"))), nights),))

    made = bill(frame, [charged], (day, end), "Europe/Berlin")
    night = bill(frame, [at_night], (day, end), "Europe/Berlin").lines[1]

    assert (made.hours, made.covered_hours, made.lines[0].quantity) == (hours, hours, hours)
    assert night.quantity == hours - 18


def test_demand_is_the_highest_window_of_local_time() -> None:
    frame = with_kwh(with_kwh(load(0.25, step="15min"), "2025-06-10 10:15", 5.0), "2025-06-10 10:30", 3.0)

    def demand(minutes: int) -> Decimal:
        charge = DemandCharge("Demand", (flat("All", d("10")),), window_minutes=minutes)  # type: ignore[arg-type]
        return bill(frame, [tariff(demand=(charge,))], JUNE, "UTC").lines[0].quantity

    assert demand(15) == 20  # 5 kWh in a quarter of an hour
    assert demand(30) == d("10.5")  # (0.25 + 5) kWh in half an hour
    assert demand(60) == d("8.5")  # 0.25 + 5 + 3 + 0.25


@pytest.mark.parametrize(("step", "hours", "minutes"), [("10min", 6, 15), ("20min", 3, 15), ("20min", 3, 30)])
def test_readings_that_reach_over_the_end_of_a_window_are_spread(step: str, hours: int, minutes: int) -> None:
    """A steady kilowatt is a kilowatt in every window, and a reading of 6 kWh counts by the time it has in each."""
    steady = load(1 / hours, step=step)
    peak = with_kwh(steady, "2025-06-10 10:00", 6.0)
    charge = DemandCharge("Demand", (flat("All", d("1")),), window_minutes=minutes)  # type: ignore[arg-type]

    made = bill(steady, [tariff(demand=(charge,))], JUNE, "UTC")
    high = bill(peak, [tariff(demand=(charge,))], JUNE, "UTC")

    long = int(step[:2])  # minutes; the rest of the window is steady
    inside = 6.0 * min(long, minutes) / long + max(minutes - long, 0) / 60
    assert made.lines[0].quantity == 1
    assert float(high.lines[0].quantity) == pytest.approx(inside * 60 / minutes, abs=0.001)


def test_windows_begin_with_the_local_hour_where_the_zone_is_off_by_half_an_hour() -> None:
    frame = load(0.5, step="30min", zone="Asia/Kolkata")
    frame = with_kwh(with_kwh(frame, "2025-06-10 10:30", 4.0), "2025-06-10 11:00", 4.0)  # 16:00 and 16:30 there
    charge = DemandCharge("Demand", (flat("All", d("1")),), window_minutes=60)

    made = bill(frame, [tariff(demand=(charge,))], JUNE, "Asia/Kolkata")

    assert made.lines[0].quantity == 8


def test_demand_by_period_bills_each_period_at_its_own_peak() -> None:
    frame = with_kwh(with_kwh(load(), "2025-06-10 03:00", 9.0), "2025-06-10 12:00", 5.0)
    charge = DemandCharge("Demand", (flat("Day", d("2")), flat("Night", d("1"))), day_night(), window_minutes=60)

    made = bill(frame, [tariff(demand=(charge,))], JUNE, "UTC")

    assert amounts(made) == [("Demand, Day", 5, d("10.00")), ("Demand, Night", 9, d("9.00"))]


def test_demand_in_tiers_bills_each_step() -> None:
    steps = Period("All", (Tier(d("1"), d("3")), Tier(d("2"))))
    made = bill(load(5.0), [tariff(demand=(DemandCharge("Demand", (steps,), window_minutes=60),))], JUNE, "UTC")

    assert [line.amount for line in made.lines] == [d("3.00"), d("4.00")]


def test_a_ratchet_holds_the_demand_at_a_share_of_the_highest_before() -> None:
    frame = with_kwh(load(1.0, "2025-01-01", "2025-07-01"), "2025-02-10 12:00", 20.0)

    def demand(ratchet: Ratchet) -> Decimal:
        charge = DemandCharge("Demand", (flat("All", d("1")),), window_minutes=60, ratchet=ratchet)
        return bill(frame, [tariff(demand=(charge,))], JUNE, "UTC").lines[0].quantity

    assert demand(Ratchet(d("0.8"), 11)) == 16
    assert demand(Ratchet(d("0.8"), 3)) == 1  # March to May
    assert demand(Ratchet(d("0.8"), 11, (1, 3))) == 1  # only January and March count
    assert demand(Ratchet(d("0.01"), 11)) == 1


def test_a_ratchet_of_a_period_looks_at_that_period_alone() -> None:
    frame = with_kwh(load(1.0, "2025-05-01", "2025-07-01"), "2025-05-13 03:00", 20.0)
    ratchet = Ratchet(d("0.5"), 11)
    charge = DemandCharge("D", (flat("Day", d("1")), flat("Night", d("1"))), day_night(), 60, ratchet)

    made = bill(frame, [tariff(demand=(charge,))], JUNE, "UTC")

    assert [line.quantity for line in made.lines] == [1, 10]
    assert "measured 1.0 kW" in made.lines[1].label


def test_capacity_is_the_mean_of_the_last_twelve_monthly_peaks() -> None:
    frame = load(0.25, "2024-07-01", "2025-07-01", step="15min")  # 1 kW
    frame = with_kwh(frame, "2025-01-10 12:00", 2.5)  # 10 kW in January
    charge = CapacityCharge("Capacity", "mean_of_12_monthly_peaks", (Tier(d("4")),), minimum_kw=d("2.5"))

    made = bill(frame, [tariff(capacity=(charge,))], JUNE, "UTC")

    assert made.lines[0].quantity == d("3.125")  # (11 x 2.5 + 10) / 12
    assert made.total == d("12.50")


def test_a_short_history_of_peaks_is_said() -> None:
    charge = CapacityCharge("Capacity", "mean_of_12_monthly_peaks", (Tier(d("4")),))
    made = bill(load(0.25, step="15min"), [tariff(capacity=(charge,))], JUNE, "UTC")

    assert any("mean of 1 monthly peaks" in note for note in made.notes)


def test_capacity_of_the_top_three_hours_takes_three_days() -> None:
    frame = load()
    for at, kwh in (("2025-06-03 08:00", 9.0), ("2025-06-03 09:00", 8.0), ("2025-06-10 18:00", 6.0)):
        frame = with_kwh(frame, at, kwh)
    priced = CapacityCharge("Capacity", "mean_of_top_3_hours", (Tier(d("3")),), window_minutes=60)
    bands = (Tier(d("100"), d("2")), Tier(d("180"), d("5.5")), Tier(d("300")))
    banded = CapacityCharge("Capacity", "mean_of_top_3_hours", bands, window_minutes=60, banded=True)

    by_kw = bill(frame, [tariff(capacity=(priced,))], JUNE, "UTC")
    by_band = bill(frame, [tariff(capacity=(banded,))], JUNE, "UTC")

    assert by_kw.lines[0].quantity == d("5.333")  # (9 + 6 + 1) / 3: the 8 kWh are of the same day as the 9
    assert by_kw.total == d("16.00")
    assert by_band.total == 180


def test_export_is_credited_by_period() -> None:
    frame = load().assign(export_kwh=0.5)
    credit = ExportCredit(
        "Export", (flat("Day", d("0.08")), flat("Night", d("0.04"))), Schedule(*[day_night().weekday] * 2)
    )

    made = bill(frame, [tariff(export=(credit,))], JUNE, "UTC")

    assert amounts(made) == [("Export, Day", 270, d("-21.60")), ("Export, Night", 90, d("-3.60"))]


def test_an_hourly_price_bills_each_hour_exactly() -> None:
    frame = load()
    prices = pd.Series(np.where(frame["ts"].dt.hour < 12, 0.05, -0.01), index=pd.DatetimeIndex(frame["ts"]))
    charged = tariff(hourly=(HourlyPrice("Spot", "spot", d("1.1"), d("0.02")),))

    made = bill(frame, [charged], JUNE, "UTC", series={"spot": prices})

    assert made.total == d("30.24")  # 1.1 x (360 x 0.05 - 360 x 0.01) + 720 x 0.02
    assert made.lines[0].price == d("0.042000")


def test_hours_without_a_price_cost_the_mean_and_it_is_said() -> None:
    frame = load()
    prices = pd.Series(0.1, index=pd.DatetimeIndex(frame["ts"])[24:])

    made = bill(frame, [tariff(hourly=(HourlyPrice("Spot", "spot"),))], JUNE, "UTC", series={"spot": prices})

    assert made.total == 72
    assert any("24 hours have no price" in note for note in made.notes)


@pytest.mark.parametrize("series", [{}, {"spot": pd.Series([0.1], index=pd.DatetimeIndex(["2020-01-01"], tz="UTC"))}])
def test_a_price_series_that_is_not_there_is_named(series: dict[str, pd.Series]) -> None:
    with pytest.raises(TariffError, match="spot"):
        bill(load(), [tariff(hourly=(HourlyPrice("Spot", "spot"),))], JUNE, "UTC", series=series)


def test_taxes_per_kwh_come_before_those_in_per_cent() -> None:
    charged = tariff(
        fixed=(FixedCharge("Base", d("10")),),
        energy=(EnergyCharge("Energy", ALL),),
        energy_taxes=(EnergyTax("Levy", d("0.02")),),
        percent_taxes=(PercentTax("VAT", d("20")),),
        export=(ExportCredit("Export", (flat("All", d("0.1")),)),),
    )

    made = bill(load().assign(export_kwh=1.0), [charged], JUNE, "UTC")

    assert amounts(made)[2:] == [
        ("Levy", 720, d("14.40")),
        ("VAT 20 % on energy", d("194.40"), d("38.88")),
        ("VAT 20 % on other charges", d("10.00"), d("2.00")),
        ("Export", 720, d("-72.00")),
    ]
    assert made.energy_cost == d("233.28")


def test_a_minimum_charge_fills_up_the_bill() -> None:
    charged = tariff(fixed=(FixedCharge("Base", d("4")),), minimum=d("50"), percent_taxes=(PercentTax("VAT", d("10")),))

    made = bill(load(0.0), [charged], JUNE, "UTC")

    assert [line.amount for line in made.lines] == [d("4.00"), d("46.00"), d("5.00")]


def test_a_new_version_inside_a_month_splits_it_and_the_old_days_keep_their_price() -> None:
    def version(start: date, price: str) -> object:
        return tariff(
            valid_from=start,
            fixed=(FixedCharge("Base", d("30")),),
            energy=(EnergyCharge("Energy", (flat("All", d(price)),)),),
        )

    versions = [version(DAY_ONE, "0.10"), version(date(2025, 6, 11), "0.20")]

    made = bill(load(), versions, JUNE, "UTC")  # type: ignore[arg-type]

    assert [line.amount for line in made.lines] == [d("10.00"), d("24.00"), d("20.00"), d("96.00")]
    assert made.lines[1].label == "Energy (2025-06-01 to 2025-06-10)"


def test_days_without_a_tariff_are_named() -> None:
    ended = tariff(valid_from=date(2025, 6, 5), valid_to=date(2025, 6, 20), energy=(EnergyCharge("Energy", ALL),))

    made = bill(load(), [ended], JUNE, "UTC")

    assert made.lines[0].quantity == 360
    assert "There is no tariff 2025-06-01 to 2025-06-04." in made.notes
    assert "There is no tariff 2025-06-20 to 2025-06-30." in made.notes


def test_missing_and_estimated_hours_are_said() -> None:
    frame = load().iloc[48:].assign(share_estimated=0.1)

    made = bill(frame, [tariff(energy=(EnergyCharge("Energy", ALL),))], JUNE, "UTC")

    assert "48 of 720 hours have no data" in made.notes[0]
    assert "10.0% of the readings are estimated" in made.notes[1]
    assert (made.covered_hours, made.share_estimated) == (672, pytest.approx(0.1))


def test_hourly_readings_cannot_show_a_quarter_of_an_hour_and_it_is_said() -> None:
    made = bill(load(), [tariff(demand=(DemandCharge("Demand", ALL),))], JUNE, "UTC")

    assert any("peaks over 15 minutes may have been higher" in note for note in made.notes)


def test_amounts_are_rounded_half_up_to_the_smallest_unit_of_the_currency() -> None:
    def total(currency: str) -> Decimal:
        charged = tariff(fixed=(FixedCharge("Base", d("10.505")),))
        return bill(load(), [type(charged)("T", currency, DAY_ONE, fixed=charged.fixed)], JUNE, "UTC").total

    assert (total("EUR"), total("JPY"), total("KWD")) == (d("10.51"), d("11"), d("10.505"))


def test_the_price_of_hours_to_come_is_that_of_the_month_before() -> None:
    tiers = (Tier(d("0.1"), d("360")), Tier(d("0.3")))
    charged = tariff(
        energy=(EnergyCharge("Energy", (Period("All", tiers),)),),
        demand=(DemandCharge("Demand", (flat("All", d("5")),)),),
    )
    grid = LoadGrid.of(load(), "UTC", until=date(2025, 8, 1))

    _, (july,) = bill_of(grid, [charged], (date(2025, 7, 1), date(2025, 8, 1)))

    assert len(july.price) == 744
    assert july.price[0] == pytest.approx(0.2)  # half of 720 kWh at 0.1, half at 0.3
    assert july.demand_price[0] == 5


def test_an_hourly_price_to_come_is_the_mean_of_the_newest_month() -> None:
    frame = load()
    known = pd.Series([0.3] * 24 + [0.1] * 720, index=pd.date_range("2025-05-31", periods=744, freq="h", tz="UTC"))
    grid = LoadGrid.of(frame, "UTC", until=date(2025, 8, 1))

    _, (july,) = bill_of(
        grid, [tariff(hourly=(HourlyPrice("Spot", "spot"),))], (date(2025, 7, 1), date(2025, 8, 1)), {"spot": known}
    )

    assert july.price == pytest.approx(np.full(744, 0.1))


@pytest.mark.parametrize(
    ("period", "message"), [((date(2025, 7, 1), date(2025, 7, 1)), "starts before it ends"), (JUNE, "currencies")]
)
def test_a_period_that_cannot_be_billed_is_refused(period: tuple[date, date], message: str) -> None:
    versions = [tariff(), type(tariff())("Other", "GBP", date(2025, 6, 10))]

    with pytest.raises(TariffError, match=message):
        bill(load(), versions, period, "UTC")


@pytest.mark.parametrize(
    "frame",
    [load().iloc[:0], pd.DataFrame({"ts": pd.to_datetime([0, 420, 540], unit="s", utc=True), "import_kwh": 1.0})],
)
def test_a_load_that_fits_no_grid_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(TariffError):
        bill(frame, [tariff()], JUNE, "UTC")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Schedule(((0,) * 24,) * 11, ((0,) * 24,) * 12),
        lambda: Period("P", (Tier(d("1"), d("5")),)),
        lambda: Period("P", (Tier(d("1"), d("5")), Tier(d("1"), d("4")), Tier(d("1")))),
        lambda: EnergyCharge("E", ALL, by_month((1,) * 12)),
        lambda: ExportCredit("E", (Period("P", (Tier(d("1"), d("5")), Tier(d("2")))),)),
        lambda: tariff(valid_to=DAY_ONE),
        lambda: type(tariff())("T", "euro", DAY_ONE),
    ],
)
def test_a_tariff_that_makes_no_sense_is_refused(make: object) -> None:
    with pytest.raises(TariffError):
        make()  # type: ignore[operator]


def test_a_definition_keeps_every_digit() -> None:
    charged = tariff(
        energy=(EnergyCharge("Energy", (flat("All", d("0.123456789")),), day_night(range(0))),),
        demand=(DemandCharge("Demand", ALL, ratchet=Ratchet(d("0.80"))),),
    )

    assert from_json(to_json(charged)) == charged
    with pytest.raises(TariffError, match="valid_from"):
        from_json({"name": "x", "currency": "EUR", "valid_from": "soon"})
