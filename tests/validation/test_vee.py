"""Validation and estimation as a whole: planted faults, and what must hold for any readings."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.flags import ESTIMATED, FLAG_TEXTS, Flag
from pipeline.sources.frame import Direction
from pipeline.validation import MeterRules, Validated, validate

BERLIN = MeterRules("Europe/Berlin", country="DE", step_s=3600)
FIRST = pd.Timestamp("2024-01-01", tz="Europe/Berlin")


def hourly(values: np.ndarray) -> pd.DataFrame:
    return frame(pd.date_range(FIRST.tz_convert("UTC"), periods=len(values), freq="h"), values, 3600)


def frame(ts: pd.DatetimeIndex, values: np.ndarray, duration_s: int | np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ts": ts.as_unit("us"),
            "duration_s": np.broadcast_to(np.int32(duration_s), len(values)),
            "energy_kwh": np.asarray(values, float),
            "flag": np.int32(0),
            "line": np.arange(1, len(values) + 1),
        }
    )


def office(days: int) -> np.ndarray:
    """Hours of an office: the same on each workday, little at weekends; from a Monday."""
    hour, day = np.arange(24 * days) % 24, np.arange(24 * days) // 24
    return np.where((day % 7 < 5) & (hour > 7) & (hour < 19), 5.0 + hour / 10, 0.5 + hour / 100)


def flagged(result: Validated, flag: Flag) -> list[int]:
    return np.flatnonzero(result.readings["flag"].to_numpy() & flag).tolist()


def test_clean_readings_pass_untouched() -> None:
    given_ = hourly(office(60))

    result = validate(given_, BERLIN)

    assert result.counts == {}
    assert (result.duplicates, result.missing) == (0, 0)
    assert result.readings["energy_kwh"].tolist() == given_["energy_kwh"].tolist()
    assert result.readings.dtypes.astype(str).to_dict() == {
        "ts": "datetime64[us, UTC]",
        "duration_s": "int32",
        "energy_kwh": "float64",
        "raw_kwh": "float64",
        "flag": "int32",
        "line": "Int64",
    }


def test_nothing_gives_nothing() -> None:
    result = validate(hourly(np.array([np.nan, np.nan])), BERLIN)

    assert len(result.readings) == 0
    assert result.counts == {}


def test_two_hours_are_filled_by_line() -> None:
    values = office(30)
    values[34:36] = np.nan

    result = validate(hourly(values), BERLIN)

    before, after = values[33], values[36]
    assert result.readings["energy_kwh"][34:36].tolist() == pytest.approx(
        [before + (after - before) / 3, before + 2 * (after - before) / 3]
    )
    assert flagged(result, Flag.GAP) == flagged(result, Flag.ESTIMATED_LINE) == [34, 35]
    assert result.readings["line"].isna().to_numpy().nonzero()[0].tolist() == [34, 35]


def test_a_lost_workday_is_filled_from_workdays() -> None:
    values = office(30)
    lost = slice(9 * 24, 10 * 24)

    result = validate(hourly(values).drop(index=range(lost.start, lost.stop)), BERLIN)

    assert result.readings["energy_kwh"].to_numpy() == pytest.approx(values)
    assert result.counts == {"gap": 24, "estimated by like days": 24}


def test_a_lost_holiday_is_filled_from_sundays() -> None:
    values = office(300)
    unity_day, sunday = 276 * 24 - 1, 272 * 24 - 1  # in summer the local day begins an hour earlier
    values[unity_day : unity_day + 24] = np.nan

    result = validate(hourly(values), BERLIN)

    filled = result.readings["energy_kwh"][unity_day : unity_day + 24]
    assert filled.to_numpy() == pytest.approx(values[sunday : sunday + 24])


def test_a_lost_day_of_daily_readings_is_filled_from_the_same_weekday() -> None:
    days = pd.date_range(FIRST, periods=60, freq="D")
    values = np.array([70.0 + day.weekday() for day in days])
    lengths = np.full(60, 86_400)
    kept = np.delete(np.arange(60), 30)

    result = validate(frame(days[kept].tz_convert("UTC"), values[kept], lengths[kept]), MeterRules("Europe/Berlin"))

    assert result.readings["energy_kwh"].tolist() == pytest.approx(values.tolist())
    assert flagged(result, Flag.ESTIMATED_LIKE_DAY) == [30]


def test_a_gap_of_over_fourteen_days_stays_missing() -> None:
    values = office(90)
    values[30 * 24 : 45 * 24] = np.nan

    result = validate(hourly(values), BERLIN)

    assert len(result.readings) == 75 * 24
    assert result.missing == 15 * 24
    assert result.counts == {}


def test_what_has_no_like_day_and_is_too_long_for_a_line_stays_missing() -> None:
    values = np.array([1.0, 2, np.nan, np.nan, np.nan, np.nan, 3, 4])

    result = validate(hourly(values), BERLIN)

    assert len(result.readings) == 4
    assert result.missing == 4


def test_a_spike_is_replaced_and_its_raw_value_kept() -> None:
    values = office(60)
    values[1000] = 900.0

    result = validate(hourly(values), BERLIN)

    assert flagged(result, Flag.SPIKE) == [1000]
    assert result.readings["raw_kwh"][1000] == 900.0
    assert result.readings["energy_kwh"][1000] < 10
    assert result.readings["line"][1000] == 1001


def test_more_than_the_connection_carries_is_replaced() -> None:
    values = office(10)
    values[100] = 50.0

    result = validate(hourly(values), MeterRules("UTC", capacity_kw=20))

    assert flagged(result, Flag.ABOVE_CAPACITY) == flagged(result, Flag.ESTIMATED_LINE) == [100]


@pytest.mark.parametrize(
    ("direction", "flags", "kept"),
    [("import", 1, False), ("export", 1, False), ("generation", 1, True), ("net", 0, True)],
)
def test_a_negative_value_is_judged_by_direction(direction: Direction, flags: int, kept: bool) -> None:  # noqa: FBT001
    values = office(20)
    values[200] = -3.0

    result = validate(hourly(values), MeterRules("UTC", direction=direction))

    assert result.counts.get("negative", 0) == flags
    assert (result.readings["energy_kwh"][200] == -3.0) == kept


def test_a_meter_that_is_often_negative_was_stated_wrongly_and_keeps_its_values() -> None:
    values = office(20) - 0.6

    result = validate(hourly(values), BERLIN)

    assert result.counts["negative"] > 20
    assert result.readings["energy_kwh"].tolist() == values.tolist()


def test_zero_and_flat_runs_are_only_flagged() -> None:
    values = office(60)
    values[240:280], values[480:520] = 0.0, 1.25

    result = validate(hourly(values), BERLIN)

    assert flagged(result, Flag.ZERO_RUN) == list(range(240, 280))
    assert flagged(result, Flag.FLAT_RUN) == list(range(480, 520))
    assert result.readings["energy_kwh"].tolist() == values.tolist()


def test_stuck_values_are_no_reference_for_estimates() -> None:
    values = office(30)
    values[7 * 24 : 8 * 24 + 12] = 0.0
    values[9 * 24 : 10 * 24] = np.nan

    result = validate(hourly(values), BERLIN)

    assert result.readings["energy_kwh"][9 * 24 : 10 * 24].to_numpy() == pytest.approx(office(1))


def test_the_later_line_wins_and_is_counted() -> None:
    readings = hourly(office(2))
    again = readings.iloc[[5]].assign(energy_kwh=9.0, line=999)

    result = validate(pd.concat([again, readings]).sort_values("ts", ascending=False), BERLIN)

    assert result.duplicates == 1
    assert flagged(result, Flag.DUPLICATE) == [5]
    assert result.readings["energy_kwh"][5] == 9.0


def test_an_hour_doubled_and_one_left_out_by_wall_clocks_are_told_from_other_faults() -> None:
    readings = hourly(office(366))
    spring, autumn = (
        readings.index[readings["ts"] == instant][0] for instant in ("2024-03-31 01:00Z", "2024-10-27 01:00Z")
    )
    broken = pd.concat([readings.drop(index=[autumn, 50]), readings.loc[[spring, 70]].assign(line=10_000)])

    result = validate(broken, BERLIN)

    assert flagged(result, Flag.CLOCK_CHANGE) == [spring, autumn]
    assert flagged(result, Flag.GAP) == [50, autumn]
    assert flagged(result, Flag.DUPLICATE) == [70, spring]


def test_flags_of_the_source_stay() -> None:
    readings = hourly(office(2)).assign(flag=np.int32(Flag.ESTIMATED_AT_SOURCE))

    assert validate(readings, BERLIN).counts == {"estimated at source": 48}


def test_the_frame_given_is_not_changed() -> None:
    readings = hourly(np.array([1.0, 2, np.nan, 900, -1])).sample(frac=1, random_state=1)
    before = readings.copy(deep=True)

    validate(readings, BERLIN)

    pd.testing.assert_frame_equal(readings, before)


SLOTS = st.lists(
    st.tuples(
        st.integers(0, 24 * 40),
        st.sampled_from([3600, 3600, 3600, 3600, 1800, 7200, 86_400]),
        st.one_of(st.just(np.nan), st.just(0.0), st.floats(-10, 100), st.sampled_from([1e6, 5.0, 5.0])),
    ),
    min_size=1,
    max_size=120,
)
RULES = st.builds(
    MeterRules,
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "UTC"]),
    direction=st.sampled_from(["import", "net", "export", "generation"]),
    capacity_kw=st.sampled_from([None, 50.0]),
)


def messy(slots: list[tuple[int, int, float]], base: int = 24 * 30) -> pd.DataFrame:
    """Readings of a month of hours with others on top, in the order they were drawn."""
    ts = FIRST.tz_convert("UTC") + pd.to_timedelta([*range(base), *(slot[0] for slot in slots)], unit="h")
    values = np.append(office(40)[:base], [slot[2] for slot in slots])
    return frame(pd.DatetimeIndex(ts), values, np.append(np.full(base, 3600), [slot[1] for slot in slots]))


@settings(deadline=None, max_examples=60)
@given(slots=SLOTS, rules=RULES, base=st.sampled_from([0, 240, 720]))
def test_whatever_comes_the_result_is_ordered_complete_and_without_overlap(
    slots: list[tuple[int, int, float]], rules: MeterRules, base: int
) -> None:
    readings = messy(slots, base)

    result = validate(readings, rules).readings

    ends = result["ts"] + pd.to_timedelta(result["duration_s"].astype("int64"), unit="s")
    assert result["ts"].is_monotonic_increasing
    assert result["ts"].is_unique
    assert (result["duration_s"] > 0).all()
    assert (ends.iloc[:-1].to_numpy() <= result["ts"].iloc[1:].to_numpy()).all()
    assert result["energy_kwh"].notna().all()


@settings(deadline=None, max_examples=60)
@given(slots=SLOTS, rules=RULES)
def test_whatever_comes_raw_values_are_those_that_came_last(
    slots: list[tuple[int, int, float]], rules: MeterRules
) -> None:
    readings = messy(slots)
    last = readings.dropna(subset="energy_kwh").sort_values("line").groupby("ts")["energy_kwh"].last()

    result = validate(readings, rules)

    came = result.readings.dropna(subset="raw_kwh")
    assert came["ts"].tolist() == last.index.tolist()
    assert came["raw_kwh"].tolist() == last.tolist()
    assert result.duplicates == readings["energy_kwh"].notna().sum() - len(last)


@settings(deadline=None, max_examples=60)
@given(slots=SLOTS, rules=RULES)
def test_whatever_comes_only_estimates_differ_from_raw_values(
    slots: list[tuple[int, int, float]], rules: MeterRules
) -> None:
    result = validate(messy(slots), rules)

    found, flag = result.readings, result.readings["flag"].to_numpy()
    measured = found[(flag & (ESTIMATED & ~Flag.ESTIMATED_AT_SOURCE)) == 0]
    numbers = {text.name: int(np.count_nonzero(flag & bit)) for bit, text in FLAG_TEXTS.items()}
    assert measured["energy_kwh"].tolist() == measured["raw_kwh"].tolist()
    assert result.counts == {name: number for name, number in numbers.items() if number}


@settings(deadline=None, max_examples=60)
@given(slots=SLOTS, rules=RULES)
def test_whatever_comes_validating_the_stored_readings_again_changes_nothing(
    slots: list[tuple[int, int, float]], rules: MeterRules
) -> None:
    once = validate(messy(slots), rules)

    stored = once.readings.assign(energy_kwh=once.readings["raw_kwh"], line=np.arange(len(once.readings)))
    again = validate(stored.drop(columns="raw_kwh"), rules)

    pd.testing.assert_frame_equal(again.readings.drop(columns="line"), once.readings.drop(columns="line"))


@settings(deadline=None, max_examples=40)
@given(slots=SLOTS, exponent=st.integers(-10, 10))
def test_whatever_comes_a_meter_in_another_unit_gives_the_same(
    slots: list[tuple[int, int, float]], exponent: int
) -> None:
    readings, factor = messy(slots), 2.0**exponent

    plain = validate(readings, BERLIN).readings
    scaled = validate(readings.assign(energy_kwh=readings["energy_kwh"] * factor), BERLIN).readings

    assert scaled["flag"].tolist() == plain["flag"].tolist()
    assert (scaled["energy_kwh"] / factor).to_numpy() == pytest.approx(plain["energy_kwh"].to_numpy())
