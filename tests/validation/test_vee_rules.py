"""Each rule on its own, with planted cases at known positions."""

import numpy as np
import pytest

from pipeline.validation.clock import local_days
from pipeline.validation.levels import above_capacity, highest_ordinary, load_factor, modified_z, negative, spike
from pipeline.validation.model import DAY, HOUR, SECOND, Instants, MeterRules, Values
from pipeline.validation.ordering import chosen_rows, without_overlap
from pipeline.validation.runs import flat_run, zero_run
from pipeline.validation.steps import clock_change, gap, usual_step, wrong_step

MONDAY = 4 * DAY  # 5 January 1970
BERLIN = "Europe/Berlin"
SPRING_FORWARD = 1_711_846_800 * SECOND  # 2024-03-31 01:00 UTC in Europe


def hours(count: int, first: int = MONDAY) -> Instants:
    return first + HOUR * np.arange(count)


def household(days: int, seed: int = 7) -> Values:
    hour = np.arange(24 * days) % 24
    shape = 0.3 + 0.5 * (hour > 6) + 1.5 * ((hour > 17) & (hour < 22))
    return shape * np.random.default_rng(seed).lognormal(0, 0.5, 24 * days)


def spikes(power: Values, zone: str = "UTC") -> list[int]:
    start = hours(len(power))
    return spike(start, power, local_days(start, zone), MeterRules(zone)).tolist()


def test_of_two_values_for_one_instant_the_last_of_the_file_counts() -> None:
    start, line = np.array([0, HOUR, 0]), np.array([5, 6, 7])

    chosen, doubled = chosen_rows(start, line, np.array([True, True, True]))

    assert chosen is not None
    assert chosen.tolist() == [2, 1]
    assert doubled.tolist() == [0]


def test_a_missing_marker_never_displaces_a_value() -> None:
    chosen, doubled = chosen_rows(np.array([0, 0]), np.array([1, 2]), np.array([True, False]))

    assert chosen is not None
    assert chosen.tolist() == [0]
    assert doubled.tolist() == []


def test_an_interval_that_runs_into_the_next_is_cut_there() -> None:
    start = np.array([0, HOUR // 2, HOUR])

    duration, changed = without_overlap(start, np.array([HOUR, HOUR // 2, HOUR]), HOUR)

    assert duration.tolist() == [HOUR // 2, HOUR // 2, HOUR]
    assert changed.tolist() == [0]


def test_an_interval_without_length_gets_the_usual_one() -> None:
    duration, changed = without_overlap(np.array([0, HOUR]), np.array([HOUR, 0]), HOUR)

    assert duration.tolist() == [HOUR, HOUR]
    assert changed.tolist() == [1]


@pytest.mark.parametrize(
    ("durations", "stated", "usual"),
    [
        ([900] * 4, None, 900),
        ([900, 900, 3600], 3600, 900),
        ([1, 2, 3, 4], None, 0),
        ([], 900, 900),
        ([60, 30], 30, 30),
    ],
)
def test_the_usual_step_is_that_of_at_least_half(durations: list[int], stated: int | None, usual: int) -> None:
    assert usual_step(np.array(durations, np.int64), stated) == usual


def test_a_lone_interval_of_another_length_is_a_wrong_step() -> None:
    duration = np.full(48, HOUR)
    duration[10] = 3 * HOUR

    found = wrong_step(hours(48), duration, HOUR, "UTC")

    assert found.tolist() == [10]


def test_a_lasting_change_of_step_is_no_wrong_step() -> None:
    duration = np.append(np.full(48, HOUR), np.full(400, HOUR // 12))
    start = MONDAY + np.cumsum(duration) - duration

    assert wrong_step(start, duration, HOUR // 12, "UTC").tolist() == []


def test_local_days_of_23_and_25_hours_are_no_wrong_step() -> None:
    midnights = SPRING_FORWARD - HOUR * (2 + 24 * np.arange(3, -1, -1))
    start = np.append(midnights, midnights[-1] + 23 * HOUR)
    duration = np.diff(start, append=start[-1] + DAY)

    assert duration.tolist()[3] == 23 * HOUR
    assert wrong_step(start, duration, DAY, BERLIN).tolist() == []


def test_billing_months_are_no_wrong_step() -> None:
    duration = np.array([31, 31, 31, 28, 31]) * DAY
    start = np.cumsum(duration) - duration

    assert wrong_step(start, duration, 31 * DAY, "America/New_York").tolist() == []


def test_a_gap_is_cut_into_the_steps_that_are_missing() -> None:
    start = np.delete(hours(10), [3, 4, 7])

    missing, duration, left_open = gap(start, np.full(7, HOUR), HOUR, "UTC")

    assert missing.tolist() == hours(10)[[3, 4, 7]].tolist()
    assert duration.tolist() == [HOUR] * 3
    assert left_open == 0


def test_a_gap_of_more_than_fourteen_days_stays_open() -> None:
    start = np.array([0, HOUR + 15 * DAY])

    missing, _, left_open = gap(start, np.full(2, HOUR), HOUR, "UTC")

    assert missing.tolist() == []
    assert left_open == 15 * 24


def test_missing_local_days_follow_the_calendar_through_a_change_of_the_clocks() -> None:
    before = SPRING_FORWARD - 2 * HOUR - DAY
    after = before + DAY + 23 * HOUR

    missing, duration, _ = gap(np.array([before, after]), np.full(2, DAY), DAY, BERLIN)

    assert missing.tolist() == [before + DAY]
    assert duration.tolist() == [23 * HOUR]


def test_the_last_missing_interval_never_runs_into_the_next_reading() -> None:
    missing, duration, _ = gap(np.array([0, HOUR + 3 * HOUR // 2]), np.full(2, HOUR), HOUR, "UTC")

    assert missing.tolist() == [HOUR, 2 * HOUR]
    assert duration.tolist() == [HOUR, HOUR // 2]


def test_moments_of_readings_weeks_apart_are_not_filled() -> None:
    start = np.concatenate([week * 7 * DAY + SECOND * np.arange(100) for week in range(50)])

    missing, _, left_open = gap(start, np.full(len(start), SECOND), SECOND, "UTC")

    assert missing.tolist() == []
    assert left_open == 49 * (7 * 86_400 - 100)


def test_suspects_near_a_change_of_the_clocks_are_told_apart() -> None:
    start = np.array([SPRING_FORWARD - DAY, SPRING_FORWARD - HOUR, SPRING_FORWARD, SPRING_FORWARD + DAY])

    assert clock_change(start, np.arange(4), BERLIN).tolist() == [1, 2]
    assert clock_change(start, np.arange(4), "UTC").tolist() == []


def test_negative_values_are_found_unless_the_meter_is_net() -> None:
    energy = np.array([1.0, -0.1, 0.0])

    assert negative(energy, "import").tolist() == [1]
    assert negative(energy, "net").tolist() == []


def test_more_power_than_the_connection_carries_is_found_either_way() -> None:
    power = np.array([10.0, 10.9, 11.1, -12.0])

    assert above_capacity(power, 10.0).tolist() == [2, 3]
    assert above_capacity(power, None).tolist() == []


def test_a_spike_is_found_at_its_hour() -> None:
    power = household(60)
    power[1000] = 80.0

    assert spikes(power) == [1000]


def test_many_spikes_do_not_hide_each_other() -> None:
    power = household(365)
    planted = list(range(50, 365 * 24, 199))
    power[planted] = 60.0

    assert spikes(power) == planted


def test_a_day_of_wrong_values_is_found_whole() -> None:
    power = household(365)
    power[4800:4812] = 300.0

    assert spikes(power) == list(range(4800, 4812))


@pytest.mark.parametrize("seed", range(5))
def test_ordinary_peaks_are_no_spikes(seed: int) -> None:
    assert spikes(household(400, seed)) == []


def test_a_car_charged_every_other_week_is_no_spike() -> None:
    power = household(365)
    power[3 :: 14 * 24] += 11.0

    assert spikes(power) == []


def test_a_kettle_on_a_quiet_day_is_no_spike() -> None:
    power = household(365)
    power[100 * 24 : 107 * 24] = 0.05
    power[103 * 24 + 8] = 2.5

    assert spikes(power) == []


def test_a_lasting_rise_is_no_spike() -> None:
    power = household(365)
    power[200 * 24 :] *= 4

    assert spikes(power) == []


def test_without_three_weeks_of_history_nothing_is_a_spike() -> None:
    power = household(20)
    power[100] = 500.0

    assert spikes(power) == []


def test_a_value_as_high_as_its_like_is_no_spike_though_it_beats_the_daily_peaks() -> None:
    power = np.tile(np.r_[np.zeros(23), 1.0], 40)
    power[23 :: 24 * 7] = 1.6

    assert highest_ordinary(np.array([1.0] * 34 + [1.6] * 6)) > 1.6
    assert spikes(power) == []


def test_a_meter_that_shows_nothing_has_no_spikes() -> None:
    power = np.zeros(40 * 24)
    power[500] = 1.0

    assert spikes(power) == []


def test_modified_z_of_mostly_equal_values_uses_the_mean_deviation() -> None:
    values = np.append(np.ones(19), 5.0)

    score = modified_z(values)

    assert score[:19].tolist() == [0.0] * 19
    assert score[19] == pytest.approx(4.0 / (1.2533 * 0.2))
    assert modified_z(np.ones(20)).tolist() == [0.0] * 20


def test_a_day_at_zero_is_a_zero_run() -> None:
    energy = np.ones(72)
    energy[30:54] = 0

    assert zero_run(hours(72), hours(73)[1:], energy).tolist() == list(range(30, 54))


def test_nights_of_a_photovoltaic_system_are_no_zero_runs_but_its_failure_is() -> None:
    energy = np.tile(np.r_[np.zeros(7), np.ones(10), np.zeros(7)], 60)
    energy[30 * 24 : 33 * 24] = 0

    found = zero_run(hours(len(energy)), hours(len(energy)) + HOUR, energy)

    assert found.tolist() == list(range(30 * 24 - 7, 33 * 24 + 7))


def test_an_export_meter_may_count_nothing_all_winter() -> None:
    energy = np.append(np.ones(24), np.zeros(90 * 24))

    assert zero_run(hours(len(energy)), hours(len(energy)) + HOUR, energy, "export").tolist() == []


def test_weekends_of_a_shop_are_no_zero_runs() -> None:
    energy = np.tile(np.r_[np.ones(5 * 24), np.zeros(2 * 24)], 20)

    assert zero_run(hours(len(energy)), hours(len(energy)) + HOUR, energy).tolist() == []


def test_a_value_that_stands_for_24_hours_is_a_flat_run() -> None:
    energy = household(4)
    energy[20:44] = 0.7

    assert flat_run(hours(96), hours(96) + HOUR, energy).tolist() == list(range(20, 44))


@pytest.mark.parametrize(("value", "length"), [(0.7, 23), (0.0, 40)])
def test_shorter_runs_and_zeros_are_no_flat_runs(value: float, length: int) -> None:
    energy = household(4)
    energy[20 : 20 + length] = value

    assert flat_run(hours(96), hours(96) + HOUR, energy).tolist() == []


def test_five_equal_days_are_no_flat_run_but_six_are() -> None:
    energy = np.array([1.0, 2, 2, 2, 2, 2, 3, 4, 4, 4, 4, 4, 4])
    start = DAY * np.arange(13)

    assert flat_run(start, start + DAY, energy).tolist() == list(range(7, 13))


def test_a_day_held_by_one_interval_has_an_implausible_load_factor() -> None:
    energy = household(30)
    energy[240:264] = 0.01
    energy[250] = 9.0

    found = load_factor(energy, np.full(720, HOUR), local_days(hours(720), "UTC"), "import")

    assert found.tolist() == list(range(240, 264))


def test_a_day_without_any_shape_has_an_implausible_load_factor() -> None:
    energy = household(30)
    energy[240:264] = 0.9

    found = load_factor(energy, np.full(720, HOUR), local_days(hours(720), "UTC"), "import")

    assert found.tolist() == list(range(240, 264))


def test_net_meters_and_steady_loads_have_no_implausible_load_factor() -> None:
    days, duration = local_days(hours(720), "UTC"), np.full(720, HOUR)

    assert load_factor(household(30) - 1, duration, days, "net").tolist() == []
    assert load_factor(np.ones(720), duration, days, "import").tolist() == []
