import numpy as np
import pandas as pd
import pytest

from components import charts
from pipeline.definitions import MEASURES

ENERGY = MEASURES["energy_kwh"]


def days() -> pd.DataFrame:
    day = pd.date_range("2025-01-01", periods=40, freq="D")
    degrees = np.linspace(-5, 30, 40)
    return pd.DataFrame(
        {
            "day": day,
            "energy_kwh": 100 + 5 * np.maximum(15 - degrees, 0),
            "temperature_c": degrees,
            "day_type": np.where(day.day_of_week < 5, "workday", "free"),
            "selected": day > pd.Timestamp("2025-01-20"),
        }
    )


def fits(*day_types: str) -> pd.DataFrame:
    row = {"base_kwh": 100.0, "heating_slope": 5.0, "heating_balance_c": 15.0}
    return pd.DataFrame(
        [{"day_type": each, "cooling_slope": 0.0, "cooling_balance_c": None} | row for each in day_types],
        columns=["day_type", *row, "cooling_slope", "cooling_balance_c"],
    )


def test_the_model_bends_at_its_balance_point() -> None:
    figure = charts.load_temperature(days(), fits("all"), ENERGY, "light")

    line = next(trace for trace in figure.data if trace.mode == "lines")
    assert list(line.x) == [-5, 15, 30]
    assert list(line.y) == [200, 100, 100]


def test_the_models_by_day_type_are_drawn_where_there_are_some_and_selected_days_are_stronger() -> None:
    figure = charts.load_temperature(days(), fits("all", "free", "workday"), ENERGY, "dark")

    assert [trace.name for trace in figure.data if trace.mode == "lines"] == [
        "Model, weekends and holidays",
        "Model, workdays",
    ]
    sizes = {trace.marker.size for trace in figure.data if trace.mode == "markers"}
    assert sizes == {5, 8}
    assert sum(trace.showlegend for trace in figure.data if trace.mode == "markers") == 2


def test_a_cooling_part_rises_with_the_heat() -> None:
    cooling = fits("all").assign(cooling_slope=10.0, cooling_balance_c=20.0)

    figure = charts.load_temperature(days(), cooling, ENERGY, "light")

    assert next(trace for trace in figure.data if trace.mode == "lines").y[-1] == 200


def test_cooling_degree_days_are_drawn_downwards_and_read_upwards() -> None:
    month = pd.to_datetime(["2025-01-01", "2025-07-01"])
    frame = pd.DataFrame(
        {
            "month": month,
            "heating": [300, 0],
            "cooling": [0, 50],
            "heating_before": [280, 0],
            "cooling_before": [0, np.nan],
        }
    )

    bars = {bar.name: bar for bar in charts.degree_days(frame, "light").data}

    assert set(bars) == {"Heating a year before", "Heating", "Cooling"}
    assert list(bars["Cooling"].y) == [0, -50]
    assert list(bars["Cooling"].customdata) == [0, 50]


def test_the_strongest_lag_of_each_season_is_marked() -> None:
    frame = pd.DataFrame(
        {"season": ["cold"] * 3, "lag_hours": [0, 1, 2], "correlation": [-0.2, -0.8, -0.4], "hours": 900}
    )

    figure = charts.temperature_lag(frame, "light")

    assert list(figure.data[0].marker.size) == [0, 9, 0]
    assert figure.layout.yaxis.range == pytest.approx((-0.96, 0.96))


def test_use_at_typical_weather_is_a_line_over_bars() -> None:
    frame = pd.DataFrame(
        {"month": pd.to_datetime(["2025-01-01"]), "actual_kwh": [2000.0], "normalised_kwh": [1900.0], "days": [31]}
    )

    figure = charts.normalised_use(frame, ENERGY, "light")

    assert [trace.type for trace in figure.data] == ["bar", "scatter"]


@pytest.mark.parametrize(
    "figure",
    [
        charts.load_temperature(days().iloc[:0], fits(), ENERGY, "light"),
        charts.degree_days(pd.DataFrame({"heating": [], "cooling": []}), "light"),
        charts.temperature_lag(pd.DataFrame({"correlation": []}), "light"),
        charts.normalised_use(pd.DataFrame({"normalised_kwh": []}), ENERGY, "light"),
    ],
)
def test_without_data_a_sentence_says_so(figure: object) -> None:
    assert figure.layout.annotations[0].text.endswith(".")  # type: ignore[attr-defined]
