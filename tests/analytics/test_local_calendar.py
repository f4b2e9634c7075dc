"""What the local calendar says of instants, around the changes of the clocks."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analytics.local_calendar import calendar, local_clock, same_local_time

ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana", "UTC"]


def hours(start: str, count: int) -> pd.DatetimeIndex:
    return pd.date_range(start, periods=count, freq="h", tz="UTC", unit="us")


def test_a_day_has_twenty_three_or_twenty_five_hours_when_the_clocks_change() -> None:
    found = calendar(hours("2024-03-29", 8000), "Europe/Berlin")

    by_day = found.groupby("date").size()

    assert by_day[pd.Timestamp("2024-03-31")] == 23
    assert by_day[pd.Timestamp("2024-10-27")] == 25


def test_holidays_count_as_sundays_where_the_country_is_known() -> None:
    day = hours("2024-05-01T10:00", 1)

    assert calendar(day, "Europe/Berlin", "DE")["day_type"].tolist() == [2]
    assert calendar(day, "Europe/Berlin", "DE", "XX")["holiday"].tolist() == [True]
    assert calendar(day, "Europe/Berlin")["day_type"].tolist() == [0]
    assert calendar(day, "Europe/Berlin", "XX")["day_type"].tolist() == [0]


def test_hours_carry_the_parts_of_an_odd_zone() -> None:
    assert calendar(hours("2024-05-04T00:00", 1), "Asia/Kolkata")["hour"].tolist() == [5.5]


@pytest.mark.parametrize(
    ("at", "before"),
    [
        ("2024-04-01T00:30", "2024-03-31T01:00"),  # 02:30 was skipped the day before: an hour that was
        ("2024-10-28T01:30", "2024-10-27T00:30"),  # 02:30 came twice: the first of them
        ("2024-03-31T12:00", "2024-03-30T13:00"),
    ],
)
def test_yesterday_at_the_same_time_follows_the_clock(at: str, before: str) -> None:
    found = same_local_time(pd.DatetimeIndex([at], tz="UTC"), "Europe/Berlin", 1)

    assert found.tolist() == [pd.Timestamp(before, tz="UTC")]


@given(st.sampled_from(ZONES), st.integers(0, 20_000), st.sampled_from([1, 7, 14]))
def test_the_same_local_time_differs_by_whole_days_but_for_what_the_clocks_skip(
    zone: str, hour: int, days: int
) -> None:
    index = hours("2023-01-01", 1) + pd.Timedelta(hours=hour)

    earlier = same_local_time(index, zone, days)

    gap = local_clock(index, zone) - local_clock(earlier, zone)
    skipped = np.timedelta64(days, "D") - gap.to_numpy()
    assert (skipped >= np.timedelta64(0)).all()
    assert (skipped <= np.timedelta64(1, "h")).all()
