import numpy as np
import pandas as pd
import pytest

from pipeline.analytics.history import daily_peaks, months, whole_intervals


def hours(first: str, count: int) -> pd.DatetimeIndex:
    return pd.date_range(first, periods=count, freq="h")


def test_an_hour_that_lacks_meters_is_blank_and_the_last_ones_are_left_off() -> None:
    index = hours("2026-03-01", 100)
    covered = pd.Series(10.0, index)
    covered.iloc[50], covered.iloc[95:] = 4.0, 6.0

    whole = whole_intervals(pd.Series(1.0, index), covered, "h")

    assert whole.index[-1] == index[94]
    assert np.isnan(whole.iloc[50])
    assert whole.notna().sum() == 94


def test_missing_intervals_are_on_the_index_without_a_value() -> None:
    index = hours("2026-03-01", 48).delete(slice(10, 20))

    whole = whole_intervals(pd.Series(1.0, index), pd.Series(1.0, index), "h")

    assert len(whole) == 48
    assert whole.isna().sum() == 10


def test_more_meters_from_some_day_on_do_not_blank_what_was_before() -> None:
    index = pd.date_range("2026-01-01", periods=120)
    covered = pd.Series(np.where(np.arange(120) < 60, 24.0, 240.0), index)

    whole = whole_intervals(pd.Series(1.0, index), covered, "D")

    assert whole.iloc[:45].notna().all()
    assert whole.iloc[75:].notna().all()


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_day_on_which_clocks_change_is_whole(day: str) -> None:
    index = pd.date_range("2026-01-01", "2026-12-31")
    covered = pd.Series(24.0, index)
    covered[day] = 23.0

    assert whole_intervals(pd.Series(1.0, index), covered, "D").notna().all()


def test_months_are_whole_and_fill_a_missing_day_with_the_mean_of_the_others() -> None:
    days = pd.Series(2.0, pd.date_range("2025-11-20", "2026-03-23"))
    days["2026-01-10"] = np.nan

    found = months(days)

    assert list(found.index.strftime("%Y-%m")) == ["2025-12", "2026-01", "2026-02"]
    np.testing.assert_allclose(found, [62, 62, 56])


def test_a_month_with_too_few_days_is_blank() -> None:
    days = pd.Series(2.0, pd.date_range("2025-12-01", "2026-02-28"))
    days["2026-01-10":"2026-01-20"] = np.nan

    assert np.isnan(months(days)["2026-01-01"])


def test_no_days_make_no_months() -> None:
    assert months(pd.Series(dtype=float, index=pd.DatetimeIndex([]))).empty


def test_the_peak_of_a_day_is_at_its_local_hour() -> None:
    load = pd.Series(1.0, hours("2026-07-01", 72))
    load["2026-07-01 22:00"] = 9.0  # midnight in Berlin: the next day's

    peaks, moments = daily_peaks(load, "Europe/Berlin")

    assert peaks["2026-07-01"] == 1.0
    assert peaks["2026-07-02"] == 9.0
    assert moments["2026-07-02"] == pd.Timestamp("2026-07-01 22:00")
