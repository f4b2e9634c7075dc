import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import charts
from pipeline.definitions import MEASURES

ENERGY = MEASURES["energy_kwh"]
START = pd.Timestamp("2025-03-01")
KNOWN, AHEAD = 24, 48


def course(scale: float = 1.0) -> pd.DataFrame:
    """Measured for a day, then forecast for two, as the query gives it."""
    time = pd.date_range(START, periods=KNOWN + AHEAD, freq="h")
    wave = scale * (50 + 20 * np.sin(np.arange(len(time)) / 4))
    ahead = np.arange(len(time)) >= KNOWN
    nothing = np.full(len(time), np.nan)
    return pd.DataFrame(
        {
            "time": time,
            "actual_kwh": np.where(ahead, nothing, wave),
            "p10_kwh": np.where(ahead, wave * 0.9, nothing),
            "p50_kwh": np.where(ahead, wave, nothing),
            "p90_kwh": np.where(ahead, wave * 1.1, nothing),
            "naive_kwh": np.where(ahead, wave * 1.02, nothing),
        }
    )


def pushes() -> pd.DataFrame:
    time = pd.date_range(START, periods=AHEAD, freq="h")
    values = {"calendar": 3.0, "recent load": -1.0, "<b>": 0.5}
    return pd.concat(
        [pd.DataFrame({"time": time, "group": name, "value_kwh": value}) for name, value in values.items()]
    )


def by_name(figure: object) -> dict[str, object]:
    return {trace.name: trace for trace in figure.data}  # type: ignore[attr-defined]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_fan_holds_the_band_the_median_the_yardstick_and_what_was_measured(theme: str) -> None:
    frame = course()
    before = frame.copy()

    figure = charts.fan(frame, ENERGY, theme, label="Ensemble P50")

    traces = by_name(figure)
    assert list(traces) == ["P90", "P10 to P90", "Seasonal naive", "Ensemble P50", "Measured"]
    assert traces["P10 to P90"].fill == "tonexty"  # type: ignore[attr-defined]
    assert len(traces["Ensemble P50"].x) == AHEAD + 1  # type: ignore[attr-defined]
    assert len(traces["Measured"].x) == KNOWN  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(("freq", "horizon"), [("h", "hours"), ("D", "days"), ("MS", "months")])
def test_the_fan_starts_at_the_last_measured_point(freq: str, horizon: str) -> None:
    frame = course().assign(time=pd.date_range("2025-01-01", periods=KNOWN + AHEAD, freq=freq))

    traces = by_name(charts.fan(frame, ENERGY, "light", horizon=horizon))

    measured = traces["Measured"]
    for name in ("P90", "P10 to P90", "Seasonal naive", "Forecast P50"):
        assert traces[name].x[0] == measured.x[-1]  # type: ignore[attr-defined]
        assert traces[name].y[0] == measured.y[-1]  # type: ignore[attr-defined]


def test_the_fan_does_not_bridge_a_gap_nor_what_is_measured_already() -> None:
    frame = course()
    later = frame.assign(time=frame["time"].where(frame["p50_kwh"].isna(), frame["time"] + pd.Timedelta(hours=5)))
    both = frame[frame["p50_kwh"].notna()].assign(actual_kwh=9.0)

    assert [len(by_name(charts.fan(one, ENERGY, "light"))["Forecast P50"].x) for one in (later, both)] == [AHEAD] * 2  # type: ignore[attr-defined]


def test_a_fan_without_history_or_yardstick_is_drawn_without_them() -> None:
    frame = course().assign(actual_kwh=np.nan, naive_kwh=np.nan)

    assert list(by_name(charts.fan(frame, ENERGY, "light"))) == ["P90", "P10 to P90", "Forecast P50"]


def test_days_and_months_are_steps_and_hours_are_not() -> None:
    shapes = {
        horizon: {trace.line.shape for trace in charts.fan(course(), ENERGY, "light", horizon=horizon).data}
        for horizon in ("hours", "days", "months")
    }

    assert shapes == {"hours": {None}, "days": {"hvh"}, "months": {"hvh"}}


def test_where_there_is_no_forecast_the_reason_is_said() -> None:
    figure = charts.fan(course().iloc[:0], ENERGY, "light", nothing="It needs two weeks.")

    assert not figure.data
    assert figure.layout.annotations[0].text == "It needs two weeks."


@given(st.floats(1e-3, 1e9))
def test_the_band_holds_the_median_in_whatever_unit_is_drawn(scale: float) -> None:
    traces = by_name(charts.fan(course(scale), ENERGY, "light"))

    low, middle, high = (
        np.asarray(traces[name].y, float)  # type: ignore[attr-defined]
        for name in ("P10 to P90", "Forecast P50", "P90")
    )
    assert (low <= middle).all()
    assert (middle <= high).all()


def test_each_group_of_inputs_is_a_stack_of_bars() -> None:
    figure = charts.drivers(pushes(), ENERGY, "light")

    assert [trace.name for trace in figure.data] == ["Calendar", "Recent load", "&lt;b&gt;"]
    assert figure.layout.barmode == "relative"
    assert len({trace.marker.color for trace in figure.data}) == 3


def test_a_model_that_does_not_tell_its_inputs_says_so() -> None:
    figure = charts.drivers(pushes().iloc[:0], ENERGY, "dark")

    assert "does not say what drives it" in figure.layout.annotations[0].text
