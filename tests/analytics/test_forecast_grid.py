from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_loads import ZONE, daily_series, hourly_series

from pipeline.analytics.forecast import Series, from_readings
from pipeline.analytics.forecast.grid import from_midnight, grid_of, to_intervals


def around(day: str, days: int = 4) -> Series:
    start = pd.Timestamp(day, tz=ZONE) - pd.Timedelta(days=2)
    end = pd.Timestamp(day, tz=ZONE) + pd.Timedelta(days=days - 2)
    index = pd.date_range(start.tz_convert("UTC"), end.tz_convert("UTC"), freq="h")
    return from_readings("x", pd.Series(np.arange(len(index)) + 1.0, index=index[:]), "h", timezone=ZONE)


def test_every_local_day_has_24_cells_and_a_skipped_hour_is_not_known() -> None:
    grid = grid_of(around("2024-03-31"), 24)

    assert grid.clock[2 * 24] == 0
    assert list(np.flatnonzero(~grid.known)) == [2 * 24 + 2]
    assert grid.filled[2 * 24 + 2] == grid.filled[2 * 24 + 1]


def test_a_doubled_hour_shares_the_mean_of_one_cell() -> None:
    series = around("2024-10-27")

    grid = grid_of(series, 24)

    doubled = np.flatnonzero(grid.cell == 2 * 24 + 2)
    assert len(doubled) == 2
    assert grid.filled[2 * 24 + 2] == pytest.approx(series.energy_kwh.to_numpy()[doubled].mean())


@pytest.mark.parametrize(("last", "hours"), [("2024-03-30", 23), ("2024-10-26", 25), ("2024-06-01", 24)])
def test_the_day_ahead_has_as_many_intervals_as_its_clock_shows(last: str, hours: int) -> None:
    end = (pd.Timestamp(last, tz=ZONE) + pd.Timedelta(days=1)).normalize()
    index = pd.date_range(end - pd.Timedelta(days=20), end, freq="h", inclusive="left").tz_convert("UTC")
    series = from_readings("x", pd.Series(1.0, index=index), "h", timezone=ZONE)

    ahead = series.future(48)

    local_days = ahead.tz_convert(ZONE).date
    assert (local_days == end.date()).sum() == hours
    grid = grid_of(series, 48)
    cells = np.arange(60.0)
    assert len(to_intervals(grid, grid.end, cells)) == 48


@given(st.integers(0, 8000), st.integers(1, 60))
@settings(max_examples=25, deadline=None)
def test_cells_follow_the_clock_from_any_hour_of_the_year(hour: int, length: int) -> None:
    index = pd.date_range("2024-01-01", periods=length + 200, freq="h", tz="UTC") + pd.Timedelta(hours=hour)
    series = from_readings("x", pd.Series(1.0, index=index), "h", timezone=ZONE)

    grid = grid_of(series, 48)

    local = index.tz_convert(ZONE)
    assert (grid.clock[grid.cell[: len(index)]] == local.hour * 4).all()
    assert grid.phase == (grid.end % 24)
    assert grid.clock[from_midnight(grid).phase] == 0


def test_gaps_are_filled_from_the_week_before_and_never_from_later() -> None:
    load = hourly_series(28).energy_kwh
    broken = load.copy()
    broken.iloc[500:520] = np.nan
    changed = broken.copy()
    changed.iloc[520:] *= 7

    grids = [grid_of(from_readings("x", values, "h", timezone=ZONE), 24) for values in (broken, changed)]

    assert grids[0].filled[500:520] == pytest.approx(load.to_numpy()[500 - 168 : 520 - 168])
    assert grids[1].filled[:520] == pytest.approx(grids[0].filled[:520])


def test_holidays_of_the_country_and_those_entered_are_a_kind_of_day() -> None:
    series = daily_series(30).with_holidays([date(2022, 1, 20)])

    grid = grid_of(series, 7)

    assert list(np.flatnonzero(grid.day_type[:30] == 7)) == [0, 19]
    assert grid.next_type[18] == 7
    assert grid.previous_type[20] == 7
