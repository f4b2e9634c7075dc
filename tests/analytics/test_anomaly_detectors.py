"""Each detector on a load with one planted fault: it is found where it is, as what it is, and nothing else is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted_meters import ZONE, instant, load, observed, of_kind, span, times

from pipeline.analytics.anomalies import Observed, detect, detect_many
from pipeline.flags import Flag

HOUR = pd.Timedelta(hours=1)
STEPS = ["15min", "30min", "1h"]
TWO_DAYS = ("2023-06-06 10:00", "2023-06-08 10:00")
THREE_WEEKS = ("2023-06-05 00:00", "2023-06-26 00:00")


@pytest.fixture(scope="module")
def usual() -> pd.Series:
    """Sixteen months by the hour with nothing wrong in them."""
    return load(490)


def only(events: pd.DataFrame, kind: str) -> pd.Series:
    """The one event there is, of this kind."""
    assert events["kind"].tolist() == [kind]
    return events.iloc[0]


@pytest.mark.parametrize("step", ["15min", "30min", "1h", "1D"])
def test_a_load_with_nothing_wrong_has_no_event(step: str) -> None:
    quiet = [observed(load(460 if step == "1D" else 200, step, seed=seed), name=str(seed)) for seed in range(3)]

    assert detect_many(quiet).empty


@pytest.mark.parametrize("step", STEPS)
def test_a_spike_is_the_interval_in_which_it_lies(step: str) -> None:
    end = str(pd.Timestamp("2023-03-07 10:00") + pd.Timedelta(step))
    energy = times(load(120, step), "2023-03-07 10:00", end, 8)

    event = only(detect(observed(energy)), "spike")

    assert (event["start"], event["end"]) == (instant("2023-03-07 10:00"), instant(end))
    assert event["actual_kwh"] == pytest.approx(energy[instant("2023-03-07 10:00")])
    assert event["expected_kwh"] == pytest.approx(event["actual_kwh"] / 8, rel=0.15)
    assert event["score"] > 1
    assert 0.5 <= event["confidence"] <= 1
    assert event["explanation"].startswith("Far more than on like days from 7 March 2023 10:00 for")


def test_a_day_eight_times_as_high_is_a_spike_in_daily_readings() -> None:
    energy = times(load(460, "1D"), "2023-06-06", "2023-06-07", 8)

    event = only(detect(observed(energy)), "spike")

    assert (event["start"], event["end"]) == (instant("2023-06-06"), instant("2023-06-07"))


@pytest.mark.parametrize("hours", [1, 2, 3])
def test_a_few_hours_near_nothing_are_a_dip(usual: pd.Series, hours: int) -> None:
    end = f"2023-06-06 {10 + hours}:00"

    event = only(detect(observed(times(usual, "2023-06-06 10:00", end, 0.1))), "dip")

    assert (event["start"], event["end"]) == (instant("2023-06-06 10:00"), instant(end))


@pytest.mark.parametrize("direction", ["import", "net"])
def test_less_than_nothing_is_a_fault_only_of_a_meter_that_counts_one_way(usual: pd.Series, direction: str) -> None:
    energy = usual.mask(span(usual, "2023-06-06 02:00", "2023-06-06 04:00"), -0.4)
    meter = replace(observed(energy), direction=direction)

    found = of_kind(detect(meter), "negative")

    expected = [(instant("2023-06-06 02:00"), instant("2023-06-06 04:00"))] if direction == "import" else []
    assert found == expected


@pytest.mark.parametrize("step", STEPS)
def test_a_value_that_stays_is_a_stuck_meter(step: str) -> None:
    energy = load(200, step)
    alike = span(energy, *TWO_DAYS)
    energy = energy.mask(alike, energy[alike].iloc[0])

    event = only(detect(observed(energy)), "stuck")

    assert (event["start"], event["end"]) == tuple(map(instant, TWO_DAYS))
    assert event["evidence"]["value_kwh"] == energy[instant(TWO_DAYS[0])]


def test_a_coarse_meter_that_repeats_itself_by_nature_is_not_stuck() -> None:
    coarse = (load(200) / 4).round()

    assert of_kind(detect(observed(coarse)), "stuck") == []


@pytest.mark.parametrize("step", STEPS)
def test_zeros_at_a_meter_that_is_never_at_zero_are_a_run_of_zeros(step: str) -> None:
    energy = load(200, step)

    event = only(detect(observed(energy.mask(span(energy, *TWO_DAYS), 0.0))), "zero_run")

    assert (event["start"], event["end"]) == tuple(map(instant, TWO_DAYS))
    assert event["actual_kwh"] == 0
    assert event["expected_kwh"] > 0


def test_a_meter_that_is_at_zero_every_night_has_no_run_of_zeros(usual: pd.Series) -> None:
    night = usual.index.tz_convert(ZONE).hour < 5

    assert of_kind(detect(observed(usual.mask(night, 0.0))), "zero_run") == []


@pytest.mark.parametrize("with_rows", [False, True])
def test_what_did_not_come_is_a_gap_whether_or_not_it_has_rows(usual: pd.Series, with_rows: bool) -> None:  # noqa: FBT001
    energy = usual.mask(span(usual, *TWO_DAYS))
    readings = (energy if with_rows else energy.dropna()).to_frame("energy_kwh")

    event = only(detect(Observed("planted", readings, ZONE)), "gap")

    assert (event["start"], event["end"]) == tuple(map(instant, TWO_DAYS))
    assert np.isnan(event["actual_kwh"])
    assert event["expected_kwh"] == pytest.approx(usual[span(usual, *TWO_DAYS)].sum(), rel=0.1)


@pytest.mark.parametrize(("factor", "kind"), [(1.6, "high_use"), (0.4, "low_use")])
def test_a_week_far_from_the_like_days_is_high_or_low_use(usual: pd.Series, factor: float, kind: str) -> None:
    energy = times(usual, "2023-06-05", "2023-06-12", factor)

    event = only(detect(observed(energy)), kind)

    assert (event["start"], event["end"]) == (instant("2023-06-05"), instant("2023-06-12"))
    assert event["actual_kwh"] / event["expected_kwh"] == pytest.approx(factor, rel=0.1)


def test_what_runs_day_and_night_for_weeks_is_a_leak(usual: pd.Series) -> None:
    energy = usual + 1.6 * span(usual, *THREE_WEEKS)

    event = only(detect(observed(energy)), "leak")

    assert abs(event["start"] - instant(THREE_WEEKS[0])) <= 48 * HOUR
    assert abs(event["end"] - instant(THREE_WEEKS[1])) <= 48 * HOUR
    assert event["evidence"]["change"] == pytest.approx(1.6 / usual.quantile(0.2), rel=0.35)


@pytest.mark.parametrize("factor", [0.6, 1.5])
def test_a_load_that_moves_and_stays_is_a_level_shift_from_that_day_on(usual: pd.Series, factor: float) -> None:
    energy = times(usual, "2023-08-01", "2025-01-01", factor)

    event = only(detect(observed(energy)), "level_shift")

    assert abs(event["start"] - instant("2023-08-01")) <= 24 * HOUR
    assert event["end"] == usual.index[-1] + HOUR
    assert event["evidence"]["factor"] == pytest.approx(factor, rel=0.1)


def test_a_season_is_not_a_level_shift() -> None:
    energy = load(800)
    summer = np.isin(energy.index.tz_convert(ZONE).month, [6, 7, 8])

    assert of_kind(detect(observed(energy * np.where(summer, 1.5, 1.0))), "level_shift") == []


def test_a_day_with_its_night_at_noon_is_unusual(usual: pd.Series) -> None:
    day = span(usual, "2023-06-06", "2023-06-07")
    energy = usual.copy()
    energy[day] = np.roll(usual[day].to_numpy(), 12)

    event = only(detect(observed(energy)), "unusual_day")

    assert (event["start"], event["end"]) == (instant("2023-06-06"), instant("2023-06-07"))
    assert len(event["evidence"]["profile"]) == len(event["evidence"]["usual_profile"]) == 24


@pytest.mark.parametrize("hours", [-1, 1])
def test_weeks_an_hour_off_are_a_clock_shift(usual: pd.Series, hours: int) -> None:
    weeks = span(usual, *THREE_WEEKS)
    energy = usual.copy()
    energy[weeks] = np.roll(usual[weeks].to_numpy(), hours)

    event = only(detect(observed(energy)), "clock_shift")

    assert event["evidence"]["hours"] == hours
    assert abs(event["start"] - instant(THREE_WEEKS[0])) <= 72 * HOUR
    assert abs(event["end"] - instant(THREE_WEEKS[1])) <= 72 * HOUR


def test_what_validation_mended_is_an_event_of_its_kind(usual: pd.Series) -> None:
    place = usual.index.get_loc(instant("2023-06-06 10:00"))
    flags = np.zeros(len(usual), dtype=int)
    flags[place], flags[place + 500] = Flag.REGISTER_RESET | Flag.ESTIMATED_LINE, Flag.SPIKE | Flag.ESTIMATED_LINE
    raw = usual.copy()
    raw.iloc[place], raw.iloc[place + 500] = np.nan, 9 * usual.iloc[place + 500]
    readings = pd.DataFrame({"energy_kwh": usual, "raw_kwh": raw, "flags": flags})

    events = detect(Observed("planted", readings, ZONE))

    assert events["kind"].tolist() == ["meter_exchange", "spike"]
    assert events["start"].tolist() == [usual.index[place], usual.index[place + 500]]
    assert events["actual_kwh"].iloc[1] == pytest.approx(9 * usual.iloc[place + 500])


def test_a_generator_that_is_out_for_days_is_a_run_of_zeros_and_its_clouds_and_nights_are_not() -> None:
    sun = generated(load(400))
    out = sun.mask(span(sun, "2023-06-06", "2023-06-09"), 0.0)

    assert detect(replace(observed(sun), direction="generation")).empty
    [(start, end)] = of_kind(detect(replace(observed(out), direction="generation")), "zero_run")
    assert start <= instant("2023-06-06")
    assert end >= instant("2023-06-09")
    assert end - start <= 4 * 24 * HOUR


@pytest.mark.parametrize("direction", ["net", "export", "import"])
def test_a_meter_behind_solar_panels_has_no_event_from_the_weather(direction: str) -> None:
    use = load(400)
    net = use - generated(use)
    energy = {"net": net, "export": (-net).clip(lower=0.0), "import": net.clip(lower=0.0)}[direction]

    assert detect(replace(observed(energy), direction=direction)).empty


def generated(like: pd.Series) -> pd.Series:
    """Energy of solar panels under clouds that differ from day to day."""
    local = like.index.tz_convert(ZONE)
    clear = np.random.default_rng(2).uniform(0.1, 1.0, 800)[(local.normalize() - local[0].normalize()).days]
    sun = np.clip(np.sin((local.hour - 6) / 12 * np.pi), 0, None)
    return pd.Series(12 * clear * sun, like.index).round(4)
