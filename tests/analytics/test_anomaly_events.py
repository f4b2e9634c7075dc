"""What holds for every series: events are in order, don't overlap, and nothing that is given is changed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_meters import ZONE, load, observed, of_kind, span

from pipeline.analytics.anomalies import KINDS, Observed, detect, detect_many
from pipeline.analytics.anomalies.model import EVENT_COLUMNS
from pipeline.analytics.anomalies.readings import observed_of_readings
from pipeline.errors import ModelError

BASE = load(150)
HOLIDAYS = (
    "2023-04-07", "2023-04-10", "2023-05-01", "2023-05-18", "2023-05-29", "2023-10-03", "2023-12-25", "2023-12-26",
    "2024-01-01", "2024-03-29", "2024-04-01", "2024-05-01", "2024-05-09", "2024-05-20", "2024-10-03", "2024-12-25",
    "2024-12-26", "2025-01-01",
)  # fmt: skip
FAULTS = st.lists(
    st.tuples(
        st.integers(0, len(BASE) - 1), st.integers(1, 24 * 21), st.sampled_from([np.nan, 0.0, -1.0, 0.2, 1.6, 9.0])
    ),
    max_size=6,
)


@settings(max_examples=30, deadline=None)
@given(FAULTS, st.sampled_from(["import", "export", "net", "generation"]))
def test_events_of_one_kind_never_overlap_and_say_what_they_are(
    faults: list[tuple[int, int, float]], direction: str
) -> None:
    energy = BASE.copy()
    for begin, length, factor in faults:
        energy.iloc[begin : begin + length] *= factor
    readings = energy.to_frame("energy_kwh")
    before = readings.copy()

    events = detect(Observed("planted", readings, ZONE, "DE", direction=direction))

    pd.testing.assert_frame_equal(readings, before)
    assert tuple(events.columns) == EVENT_COLUMNS
    assert events["start"].is_monotonic_increasing
    assert set(events["kind"]) <= set(KINDS)
    for _, same in events.groupby("kind"):
        assert (same["start"].iloc[1:].to_numpy() >= same["end"].iloc[:-1].to_numpy()).all()
    if len(events):
        assert (events["end"] > events["start"]).all()
        assert (events["start"] >= energy.index[0]).all()
        assert (events["end"] <= energy.index[-1] + pd.Timedelta(hours=1)).all()
        assert events["confidence"].between(0, 1).all()
        assert (events["score"] > 0).all()
        assert events["explanation"].str.endswith(".").all()


@pytest.mark.parametrize("readings", [0, 1, 2, 24, 24 * 6])
@pytest.mark.parametrize("step", ["15min", "1h", "1D"])
def test_a_series_too_short_to_know_what_is_usual_has_no_event(readings: int, step: str) -> None:
    short = load(160, step).iloc[:readings]

    assert detect(observed(short)).empty


def test_a_series_of_one_value_is_stuck_and_one_of_nothing_is_nothing() -> None:
    alike = BASE * 0 + 3.0

    assert set(detect(observed(alike))["kind"]) <= {"stuck"}
    assert detect(Observed("empty", (BASE * np.nan).to_frame("energy_kwh"), ZONE))["kind"].tolist() == []


@pytest.mark.parametrize("step", ["15min", "30min", "1h", "1D"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_days_of_23_and_25_hours_are_no_anomaly(step: str, zone: str) -> None:
    energy = load(430 if step == "1D" else 400, step, zone=zone, start="2023-02-01")

    assert detect(observed(energy, zone=zone)).empty


def test_holidays_on_which_a_meter_rests_like_on_sundays_are_no_anomaly_and_those_it_works_through_neither() -> None:
    keeps, works = load(800, free=HOLIDAYS), load(800)

    assert detect(observed(keeps, country="DE")).empty
    assert detect(observed(works, country="DE")).empty


def test_a_closure_that_comes_back_every_year_is_no_anomaly_and_one_that_does_not_is() -> None:
    energy = load(1000)
    for year in (2023, 2024):
        energy = energy.mask(span(energy, f"{year}-08-01", f"{year}-08-15"), energy * 0.4)

    assert detect(observed(energy)).empty
    once = energy.mask(span(energy, "2024-03-04", "2024-03-18"), energy * 0.4)
    [(start, end)] = of_kind(detect(observed(once)), "low_use")
    assert (start.tz_convert(ZONE).strftime("%F"), end.tz_convert(ZONE).strftime("%F")) == ("2024-03-04", "2024-03-18")


def test_many_meters_have_the_events_of_each() -> None:
    spiked = BASE.copy()
    spiked.iloc[1000] *= 9
    meters = [observed(spiked, name="one"), observed(BASE, name="two"), observed(spiked, name="three")]
    shares: list[float] = []

    events = detect_many(meters, progress=shares.append)

    assert events["series"].tolist() == ["one", "three"]
    assert shares == pytest.approx([1 / 3, 2 / 3, 1])
    assert detect_many([]).columns.tolist() == ["series", *EVENT_COLUMNS]


def test_readings_of_months_and_too_few_of_them_are_refused() -> None:
    ts = pd.date_range("2015-01-01", periods=120, freq="MS", tz="UTC")
    months = pd.DataFrame({"ts": ts, "duration_s": 30 * 86_400, "energy_kwh": 1.0, "raw_kwh": 1.0, "flag": 0})

    with pytest.raises(ModelError, match="readings of months"):
        observed_of_readings("bill", months, "UTC")
    with pytest.raises(ModelError, match="bill has 99 measured readings; 100 are needed"):
        observed_of_readings("bill", months.head(99), "UTC")
