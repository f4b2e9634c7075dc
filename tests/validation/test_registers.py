"""Registers: differences, roll-over, exchange, and agreement of intervals with them."""

import numpy as np
import pandas as pd
import pytest

from pipeline.flags import Flag
from pipeline.validation import MeterRules, Validated, register_to_energy, validate
from pipeline.validation.model import HOUR
from pipeline.validation.registers import sum_check, whole_digits

REGISTER = MeterRules("UTC", register=True)
MIDNIGHT = pd.Timestamp("2024-03-04", tz="UTC")


def readings(values: list[float] | np.ndarray, at: list[int] | None = None) -> pd.DataFrame:
    ts = MIDNIGHT + pd.to_timedelta(range(len(values)) if at is None else at, unit="h")
    return pd.DataFrame(
        {
            "ts": pd.DatetimeIndex(ts).as_unit("us"),
            "duration_s": np.int32(3600),
            "energy_kwh": np.asarray(values, float),
            "flag": np.int32(0),
            "line": np.arange(1, len(values) + 1),
        }
    )


def flagged(result: Validated, flag: Flag) -> list[int]:
    return np.flatnonzero(result.readings["flag"].to_numpy() & flag).tolist()


def test_energy_is_the_difference_of_successive_readings() -> None:
    energy, reset = register_to_energy(np.arange(4) * HOUR, np.array([10.0, 11.5, 11.5, 14.0]))

    assert energy.tolist() == [1.5, 0.0, 2.5]
    assert reset.tolist() == []


def test_a_register_rolls_over_at_its_digits() -> None:
    register = np.append(np.arange(99_960.0, 100_000, 3), [1.0, 4.0])

    energy, reset = register_to_energy(np.arange(len(register)) * HOUR, register)

    assert energy.tolist() == [3.0] * 13 + [2.0, 3.0]
    assert reset.tolist() == [13]


def test_a_stated_number_of_digits_is_used() -> None:
    register = np.append(np.arange(999_960.0, 1_000_000, 3), [1.0])

    energy, _ = register_to_energy(np.arange(len(register)) * HOUR, register, digits=6)

    assert energy[-1] == 2.0


def test_an_exchanged_meter_gives_no_energy_for_that_interval() -> None:
    register = np.append(np.arange(5000.0, 5060, 3), [0.0, 3.0])

    energy, reset = register_to_energy(np.arange(len(register)) * HOUR, register)

    assert np.flatnonzero(np.isnan(energy)).tolist() == reset.tolist() == [19]


def test_without_history_a_roll_over_may_count_a_tenth_of_the_range() -> None:
    assert register_to_energy(np.arange(2) * HOUR, np.array([9990.0, 15.0]))[0].tolist() == [25.0]
    assert np.isnan(register_to_energy(np.arange(2) * HOUR, np.array([5000.0, 15.0]))[0]).all()


def test_rounding_is_no_reset() -> None:
    energy, reset = register_to_energy(np.arange(2) * HOUR, np.array([10.000_000_000_1, 10.0]))

    assert energy.tolist() == [0.0]
    assert reset.tolist() == []


@pytest.mark.parametrize(("highest", "digits"), [(0.0, 4), (9999.9, 4), (10_000.0, 5), (123_456.7, 6)])
def test_a_register_has_at_least_the_digits_it_shows(highest: float, digits: int) -> None:
    assert whole_digits(np.array([1.0, highest])) == digits


def test_sums_must_agree_within_one_per_cent_or_one_kwh() -> None:
    total = np.array([1000.0, 1000.0, 10.0, 10.0, 10.0])
    summed = np.array([1009.0, 1011.0, 10.9, 11.1, np.nan])

    assert sum_check(total, summed).tolist() == [1, 3]


def test_the_energy_up_to_a_reading_carries_its_line() -> None:
    result = validate(readings([10, 12, 15]), REGISTER)

    assert result.readings["energy_kwh"].tolist() == [2, 3]
    assert result.readings["ts"].tolist() == [MIDNIGHT, MIDNIGHT + pd.Timedelta(hours=1)]
    assert result.readings["line"].tolist() == [2, 3]


def test_missing_readings_of_a_register_share_its_difference_by_like_days() -> None:
    hour = np.arange(21 * 24)
    use = 1.0 + (hour % 24 == 18) * 5
    register = np.append(0, np.cumsum(use))
    lost = list(range(10 * 24 + 15, 10 * 24 + 21))
    kept = np.delete(np.arange(len(register)), lost)

    result = validate(readings(register[kept], kept.tolist()), REGISTER)

    found = result.readings
    assert found["energy_kwh"].to_numpy() == pytest.approx(use)
    assert found["raw_kwh"].isna().sum() == len(lost) + 1
    assert flagged(result, Flag.ESTIMATED_LIKE_DAY) == list(range(10 * 24 + 14, 10 * 24 + 21))


def test_register_energy_is_conserved_where_no_day_is_alike() -> None:
    result = validate(readings([0, 1, 2, 3, 30, 31, 32], [0, 1, 2, 3, 8, 9, 10]), REGISTER)

    assert result.readings["energy_kwh"].sum() == pytest.approx(32)
    assert len(result.readings) == 10
    assert flagged(result, Flag.GAP) == flagged(result, Flag.ESTIMATED_LINE) == [3, 4, 5, 6, 7]


def test_a_register_unread_at_the_end_still_gives_all_its_energy() -> None:
    result = validate(readings([0, 1, 2, 3, 12], [0, 1, 2, 3, 7]), REGISTER)

    assert result.readings["energy_kwh"].sum() == pytest.approx(12)
    assert len(result.readings) == 7


def test_a_register_silent_for_over_fourteen_days_keeps_its_difference_in_one_reading() -> None:
    result = validate(readings([0, 1, 2, 500, 501], [0, 1, 2, 20 * 24, 20 * 24 + 1]), REGISTER)

    assert result.readings["energy_kwh"].tolist() == [1, 1, 498, 1]
    assert flagged(result, Flag.WRONG_STEP) == [2]


def test_the_interval_of_an_exchange_is_estimated_and_says_so() -> None:
    register = np.append(np.arange(5000.0, 5060, 3), np.arange(0.0, 60, 3))

    result = validate(readings(register), REGISTER)

    assert flagged(result, Flag.REGISTER_RESET) == flagged(result, Flag.ESTIMATED_LINE) == [19]
    assert result.readings["energy_kwh"].tolist() == [3.0] * 39


def test_the_interval_of_a_roll_over_is_measured_and_says_so() -> None:
    register = np.arange(99_970.0, 100_030, 3) % 100_000

    result = validate(readings(register), REGISTER)

    assert flagged(result, Flag.REGISTER_RESET) == [9]
    assert result.readings["energy_kwh"].tolist() == [3.0] * 19


def test_intervals_that_miss_the_total_are_flagged() -> None:
    totals = pd.DataFrame(
        {"ts": [MIDNIGHT, MIDNIGHT + pd.Timedelta(days=1)], "duration_s": 86_400, "energy_kwh": [24.0, 30.0]}
    ).astype({"ts": "datetime64[us, UTC]"})

    result = validate(readings(np.tile([0.5, 1.5], 24)), MeterRules("UTC"), totals)

    assert flagged(result, Flag.SUM_CHECK) == list(range(24, 48))


def test_estimates_are_scaled_to_the_total() -> None:
    values = np.tile([0.5, 1.5], 24)
    values[30] = np.nan
    totals = pd.DataFrame({"ts": [MIDNIGHT + pd.Timedelta(days=1)], "duration_s": 86_400, "energy_kwh": [26.5]})

    result = validate(readings(values), MeterRules("UTC"), totals.astype({"ts": "datetime64[us, UTC]"}))

    assert result.readings["energy_kwh"][30] == pytest.approx(3.0)
    assert flagged(result, Flag.SUM_CHECK) == []
