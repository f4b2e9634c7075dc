from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from pipeline.demo.clock import SATURDAY, SUNDAY, WORKDAY, clock_of
from pipeline.demo.consumption import load_kw
from pipeline.demo.generate import Demo
from pipeline.demo.meters import DemoMeter, demo_meters
from pipeline.demo.places import REGIONS
from pipeline.demo.sky import sky_over, sun_height
from pipeline.demo.taylor import taylor_chunk
from pipeline.sources.frame import STANDARD_COLUMNS

END = date(2025, 11, 23)
YEAR = 365
SECTORS = {"household", "shop", "office", "school", "factory"}


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo(END, meter_count=90, days=YEAR)


def load_of(meter: DemoMeter, demo: Demo) -> np.ndarray:
    clock = clock_of(meter.region, demo.end, demo.days, meter.kind.step_s)
    return load_kw(meter, clock, sky_over(meter.region, meter.city, demo.end, demo.days, demo.seed))


def test_the_same_seed_and_end_give_the_same_readings(demo: Demo) -> None:
    again = Demo(END, meter_count=90, days=YEAR)

    for first, second in zip(demo.meters[:20], again.meters[:20], strict=True):
        pd.testing.assert_frame_equal(demo.chunk_of(first).readings, again.chunk_of(second).readings)
    pd.testing.assert_frame_equal(demo.weather(), again.weather())
    pd.testing.assert_frame_equal(demo.truth(), again.truth())


def test_another_seed_gives_other_readings(demo: Demo) -> None:
    other = Demo(END, meter_count=90, days=YEAR, seed=1)

    assert not demo.chunk_of(demo.meters[0]).readings.equals(other.chunk_of(other.meters[0]).readings)


def test_the_full_demo_has_the_promised_size() -> None:
    full = Demo(END)
    steps = Counter(meter.kind.step_s for meter in full.meters)
    readings = sum(count * 730 * 86_400 // step for step, count in steps.items())

    assert len(full.meters) == len({meter.name for meter in full.meters}) == 300
    assert len({meter.site.name for meter in full.meters}) == 30
    assert len({meter.region.name for meter in full.meters}) == 5
    assert steps[3600] > 250
    assert set(steps) == {900, 1800, 3600}
    assert 6_000_000 < readings < 7_000_000


def test_a_dozen_meters_already_show_every_sector_and_zone() -> None:
    dozen = demo_meters(12, seed=1)

    assert {meter.site.sector for meter in dozen} == SECTORS
    assert {meter.region.timezone for meter in dozen} == {"Europe/London", "Europe/Berlin", "Asia/Kolkata"}
    assert any(meter.kind.register for meter in dozen)


def test_more_meters_than_planned_can_be_had() -> None:
    assert len({meter.name for meter in demo_meters(1000, seed=1)}) == 1000


def test_readings_are_in_the_standard_frame_and_fill_whole_local_days(demo: Demo) -> None:
    for meter in demo.meters[:30]:
        readings = demo.chunk_of(meter).readings
        zone = ZoneInfo(meter.region.timezone)
        first = readings["ts"].iloc[0].astimezone(zone)

        assert tuple(readings.columns) == STANDARD_COLUMNS
        assert readings["ts"].dtype == "datetime64[us, UTC]"
        assert readings["duration_s"].eq(meter.kind.step_s).all()
        assert (first.date(), first.hour, first.minute) == (END - timedelta(days=YEAR), 0, 0)


def test_clock_change_days_have_23_and_25_hours() -> None:
    london = next(region for region in REGIONS if region.timezone == "Europe/London")
    clock = clock_of(london, date(2025, 10, 27), 365, 3600)
    hours = Counter(clock.day)

    assert hours[int((date(2025, 3, 30) - date(2024, 10, 27)).days)] == 23
    assert hours[int((date(2025, 10, 26) - date(2024, 10, 27)).days)] == 25


def test_bank_holidays_are_like_sundays() -> None:
    england = next(region for region in REGIONS if region.subdivision == "ENG")
    clock = clock_of(england, date(2025, 12, 29), 7, 3600)
    by_day = [int(clock.day_type[clock.day == day][0]) for day in range(7)]

    assert by_day == [WORKDAY, WORKDAY, WORKDAY, SUNDAY, SUNDAY, SATURDAY, SUNDAY]


@pytest.mark.parametrize(
    ("profile", "low", "high"),
    [
        ("home", 0.05, 0.5),
        ("shop", 0.3, 0.65),
        ("office", 0.25, 0.6),
        ("school", 0.12, 0.5),
        ("two shifts", 0.25, 0.65),
        ("three shifts", 0.5, 0.9),
        ("flat", 0.55, 0.95),
    ],
)
def test_load_factors_are_those_of_the_sector(demo: Demo, profile: str, low: float, high: float) -> None:
    loads = [load_of(meter, demo) for meter in demo.meters if meter.source_kind.profile == profile]
    factors = [load.mean() / load.max() for load in loads]

    assert loads
    assert low < float(np.mean(factors)) < high


def test_means_are_near_the_nominal_ones(demo: Demo) -> None:
    ratios = [load_of(meter, demo).mean() / meter.mean_kw for meter in demo.meters if not meter.kind.charges_car]

    assert min(ratios) > 0.6
    assert max(ratios) < 2.0


def test_offices_and_schools_use_more_on_workdays(demo: Demo) -> None:
    meters = [meter for meter in demo.meters if meter.kind.profile in {"office", "school"}]
    assert meters
    for meter in meters:
        clock = clock_of(meter.region, END, YEAR, meter.kind.step_s)
        load = load_of(meter, demo)

        assert load[clock.day_type == WORKDAY].mean() > 1.25 * load[clock.day_type == SUNDAY].mean()


def test_homes_peak_in_the_evening(demo: Demo) -> None:
    meter = next(meter for meter in demo.meters if meter.kind.label == "block of flats")
    clock = clock_of(meter.region, END, YEAR, meter.kind.step_s)
    by_hour = pd.Series(load_of(meter, demo)).groupby(clock.minute // 60).mean()

    assert by_hour.idxmax() in {18, 19, 20, 21}
    assert by_hour.idxmin() in {0, 1, 2, 3, 4}


def test_cold_days_raise_the_load_of_a_heat_pump_and_hot_ones_that_of_an_indian_office() -> None:
    full = Demo(END, days=YEAR)
    warm_home = next(m for m in full.meters if m.kind.label == "home with heat pump" and m.region.country == "DE")
    office = next(m for m in full.meters if m.kind.label == "floors" and m.region.country == "IN")

    assert _slope_per_k(warm_home, full, below_c=10) < -0.05 * warm_home.mean_kw
    assert _slope_per_k(office, full, above_c=24) > 0.01 * office.mean_kw


def _slope_per_k(meter: DemoMeter, demo: Demo, *, below_c: float = 99, above_c: float = -99) -> float:
    clock = clock_of(meter.region, demo.end, demo.days, meter.kind.step_s)
    felt = sky_over(meter.region, meter.city, demo.end, demo.days, demo.seed).felt_at(clock.epoch_s)
    workday = clock.day_type == WORKDAY
    days = pd.DataFrame({"felt": felt, "load": load_of(meter, demo)})[workday].groupby(clock.day[workday]).mean()
    days = days[days["felt"].between(above_c, below_c)]
    return float(np.polyfit(days["felt"], days["load"], 1)[0])


def test_noise_of_a_meter_is_autocorrelated(demo: Demo) -> None:
    meter = next(meter for meter in demo.meters if meter.kind.profile == "flat")
    residual = pd.Series(np.log(load_of(meter, demo)))

    assert residual.autocorr(1) > 0.4


def test_solar_panels_give_nothing_at_night_and_most_at_noon(demo: Demo) -> None:
    meter = next(meter for meter in demo.meters if meter.kind.direction == "generation")
    readings = demo.chunk_of(meter).readings
    middle = readings["ts"].dt.as_unit("s").astype("int64").to_numpy() + 1800.0
    height = sun_height(middle, meter.city.latitude, meter.city.longitude)
    local = readings["ts"].dt.tz_convert(meter.region.timezone)
    by_hour = readings["energy_kwh"].groupby(local.dt.hour).mean()

    assert readings["energy_kwh"].ge(0).all()
    assert readings["energy_kwh"][height < -0.01].eq(0).all()
    assert by_hour.idxmax() in {11, 12, 13}
    assert 0.08 < readings["energy_kwh"].mean() / meter.solar_kwp < 0.22


@pytest.mark.parametrize(
    ("day", "latitude", "degrees"),
    [("2025-06-21", 51.5, 61.9), ("2025-12-21", 51.5, 15.1), ("2025-03-20", 0.0, 90.0), ("2025-06-21", 23.44, 90.0)],
)
def test_the_sun_stands_at_noon_where_almanacs_say(day: str, latitude: float, degrees: float) -> None:
    minutes = pd.date_range(day, periods=1440, freq="min", tz="UTC").as_unit("s").asi8.astype(np.float64)

    highest = np.degrees(np.arcsin(np.clip(sun_height(minutes, latitude, 0.0), -1, 1))).max()

    assert highest == pytest.approx(degrees, abs=0.7)


def test_a_solar_home_feeds_in_by_day(demo: Demo) -> None:
    meter = next(meter for meter in demo.meters if meter.kind.direction == "net")
    readings = demo.chunk_of(meter).readings

    assert readings["energy_kwh"].min() < 0 < readings["energy_kwh"].max()


def test_supply_minus_export_is_load_minus_solar() -> None:
    full = Demo(END, days=60)
    supply, solar, export = (
        full.chunk_of(next(m for m in full.meters if m.site.name == "Aundh School" and m.kind.label == label)).readings
        for label in ("supply", "solar panels", "export")
    )

    load = supply["energy_kwh"] + solar["energy_kwh"] - export["energy_kwh"]

    assert load.min() > 0
    assert np.minimum(supply["energy_kwh"], export["energy_kwh"]).max() <= 0.01


def test_climates_are_plausible(demo: Demo) -> None:
    weather = demo.weather()
    by_city = weather.groupby("city")["temperature_c"].agg(["mean", "min", "max"])
    munich = weather[weather["city"] == "Munich"].set_index("ts")["temperature_c"]

    assert len(by_city) == 10
    assert by_city["min"].min() > -25
    assert by_city["max"].max() < 46
    assert by_city.loc["Mumbai", "mean"] > by_city.loc["Glasgow", "mean"] + 12
    assert munich[munich.index.month == 7].mean() > munich[munich.index.month == 1].mean() + 12


def test_the_taylor_series_is_the_published_one() -> None:
    readings = taylor_chunk().readings

    assert len(readings) == 4032
    assert readings["ts"].iloc[0] == pd.Timestamp("2000-06-04 23:00", tz="UTC")
    assert readings["energy_kwh"].iloc[0] == 22_262 * 500
    assert readings["energy_kwh"].max() == 38_777 * 500
