import numpy as np
import pandas as pd
import pytest

from pipeline.analytics.temperature_lag import correlation_by_lag
from pipeline.analytics.typical_weather import typical_kwh
from pipeline.errors import ModelError


def heating(degrees: np.ndarray) -> np.ndarray:
    return 100 + 5 * np.maximum(15 - degrees, 0)


def test_a_typical_year_is_the_mean_of_the_years_and_not_a_year_of_mean_weather() -> None:
    index = pd.date_range("2023-01-01", "2024-12-31", freq="D")
    cold_then_mild = pd.Series(np.where(index.year == 2023, 5.0, 25.0), index=index)  # on average 15: no heating
    days = pd.date_range("2025-06-01", periods=3, freq="D")

    typical = typical_kwh(days, cold_then_mild, heating)

    assert typical.tolist() == pytest.approx([125.0] * 3, rel=0.001)


def test_a_typical_day_knows_its_season_and_the_turn_of_the_year() -> None:
    index = pd.date_range("2023-01-01", "2023-12-31", freq="D")
    history = pd.Series(np.where(index.month.isin([12, 1]), 0.0, 20.0), index=index)
    days = pd.DatetimeIndex(["2024-12-31", "2024-07-01", "2024-02-29"])

    typical = typical_kwh(days, history, heating)

    assert typical.iloc[0] == pytest.approx(175)
    assert typical.iloc[1] == pytest.approx(100)
    assert 100 <= typical.iloc[2] < 175


def test_half_a_year_is_not_a_typical_one() -> None:
    half = pd.Series(5.0, index=pd.date_range("2023-01-01", periods=180, freq="D"))

    with pytest.raises(ModelError, match="180 days of the calendar"):
        typical_kwh(pd.DatetimeIndex(["2024-01-01"]), half, heating)


def test_the_lag_that_was_planted_has_the_strongest_correlation() -> None:
    index = pd.date_range("2024-01-01", periods=24 * 120, freq="h", tz="Europe/Berlin")
    random = np.random.default_rng(5)
    walk = 5 + np.convolve(random.normal(0, 1, len(index)), np.ones(12) / 4, mode="same")
    degrees = pd.Series(walk + 3 * np.sin(2 * np.pi * index.hour / 24), index=index)
    load = 100 - 4 * degrees.shift(3) + 40 * (index.hour > 7)

    found = correlation_by_lag(pd.DataFrame({"energy_kwh": load, "temperature_c": degrees}))
    cold = found[found["season"] == "cold"].set_index("lag_hours")["correlation"]

    assert cold.idxmin() == 3
    assert cold[3] == pytest.approx(-1, abs=0.01)
    assert len(cold) == 49
    assert "warm" not in set(found["season"])


def test_a_constant_load_and_a_short_one_have_no_correlation() -> None:
    index = pd.date_range("2024-01-01", periods=24 * 40, freq="h", tz="UTC")
    constant = pd.DataFrame({"energy_kwh": 5.0, "temperature_c": np.sin(np.arange(len(index)))}, index=index)

    assert correlation_by_lag(constant).empty
    assert correlation_by_lag(constant.iloc[:100]).empty
    assert correlation_by_lag(constant.iloc[:0]).columns.tolist() == ["season", "lag_hours", "correlation", "hours"]
