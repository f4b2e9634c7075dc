import numpy as np
import pandas as pd
import pytest

from pipeline.analytics.normal_weather import extended


def year_of_hours(first: str, days: int) -> pd.Series:
    index = pd.date_range(first, periods=days * 24, freq="h", tz="UTC")
    season = 10 - 8 * np.cos(2 * np.pi * (index.day_of_year - 15) / 365)
    return pd.Series(season + 3 * np.sin(2 * np.pi * (index.hour - 9) / 24), index)


def test_what_is_known_or_forecast_stays_and_the_normal_follows() -> None:
    known = year_of_hours("2024-11-01", 730)

    longer = extended(known, known.index[-1] + pd.Timedelta(days=35), "h")

    pd.testing.assert_series_equal(longer[known.index], known, check_freq=False)
    ahead = longer[longer.index > known.index[-1]]
    expected = year_of_hours("2026-11-01", 40).reindex(ahead.index)
    assert len(ahead) == 35 * 24
    assert np.abs(ahead - expected).max() < 0.7


def test_a_gap_is_filled_by_its_own_season() -> None:
    known = year_of_hours("2024-11-01", 730)
    holed = known.drop(known.index[5_000:5_100])

    filled = extended(holed, known.index[-1], "h")

    assert filled.notna().all()
    assert np.abs(filled - known).max() < 0.7


def test_the_turn_of_the_year_is_smooth_by_day() -> None:
    daily = year_of_hours("2024-01-01", 700).resample("D").mean()

    longer = extended(daily, pd.Timestamp("2026-01-20", tz="UTC"), "D")

    assert np.abs(longer["2025-12-20":].diff()).max() < 0.5


def test_a_short_history_gives_its_last_weeks_mean_by_hour() -> None:
    known = year_of_hours("2026-01-01", 60)

    ahead = extended(known, known.index[-1] + pd.Timedelta(hours=24), "h").iloc[-24:]

    recent = known.iloc[-20 * 24 :]
    assert ahead.mean() == pytest.approx(recent.mean(), abs=0.2)
    assert ahead.idxmax().hour == known.iloc[-24:].idxmax().hour


def test_no_weather_stays_none() -> None:
    assert extended(pd.Series(dtype=float), pd.Timestamp("2026-01-01"), "D").empty
