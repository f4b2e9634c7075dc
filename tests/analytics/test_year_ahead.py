import numpy as np
import pandas as pd
import pytest

from pipeline.analytics.year_ahead import year_ahead


def daily(first: str, last: str, growth: float = 0.0) -> pd.Series:
    index = pd.date_range(first, last)
    years = (index - index[0]).days / 364
    week = np.where(index.day_of_week < 5, 100.0, 60.0)
    season = 1 + 0.3 * np.cos(2 * np.pi * (index.day_of_year - 15) / 365)
    return pd.Series(week * season * (1 + growth) ** years, index)


MONTHS = pd.date_range("2026-11-01", periods=13, freq="MS")


def test_the_same_days_a_year_before_make_the_month() -> None:
    found = year_ahead(daily("2024-11-22", "2026-11-22"), MONTHS)

    assert found is not None
    truth = daily("2026-11-01", "2027-11-30").groupby(lambda day: (day.year, day.month)).sum().to_numpy()
    np.testing.assert_allclose(found.quantiles[:, 1], truth, rtol=0.02)


def test_half_of_the_change_is_carried_on() -> None:
    found = year_ahead(daily("2024-11-22", "2026-11-22", growth=0.1), MONTHS)

    assert found is not None
    np.testing.assert_allclose(found.quantiles[:, 1] / found.naive, np.sqrt(1.1), rtol=5e-3)


def test_the_width_is_what_the_past_missed() -> None:
    noise = np.random.default_rng(3)
    days = daily("2024-01-01", "2026-11-22")
    months = pd.DatetimeIndex(days.index).to_period("M")
    factor = pd.Series(1 + 0.1 * noise.standard_normal(months.nunique()), months.unique())
    found = year_ahead(days * factor.reindex(months).to_numpy(), MONTHS)

    assert found is not None
    low, middle, high = found.quantiles.T
    assert ((low < middle) & (middle < high)).all()
    assert 0.08 < (high[0] - middle[0]) / middle[0] < 0.35
    assert 0.6 <= found.coverage <= 1


def test_gaps_are_bridged() -> None:
    days = daily("2024-11-22", "2026-11-22")
    days["2025-12-10":"2025-12-24"] = np.nan

    found = year_ahead(days, MONTHS)

    assert found is not None
    assert np.isfinite(found.quantiles).all()


@pytest.mark.parametrize("first", ["2026-01-01", "2025-10-01"])
def test_a_history_without_a_year_to_compare_gives_nothing(first: str) -> None:
    assert year_ahead(daily(first, "2026-11-22"), MONTHS) is None


def test_no_known_day_gives_nothing() -> None:
    assert year_ahead(pd.Series(dtype=float, index=pd.DatetimeIndex([])), MONTHS) is None


def test_a_site_that_feeds_in_keeps_its_sign() -> None:
    found = year_ahead(-daily("2024-11-22", "2026-11-22"), MONTHS)

    assert found is not None
    assert (found.quantiles[:, 1] < 0).all()
    assert (found.quantiles[:, 0] <= found.quantiles[:, 2]).all()
