"""What the step says: courses, sums, clock changes, what-ifs."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from builders import Builder
from planted_trees import (
    BERLIN,
    DAYS,
    END,
    LAT_LONG,
    LONG,
    counted,
    course,
    load_of,
    plant,
    plant_days,
    quiet,
)
from sqlalchemy import func, or_, select

from pipeline.steps import forecast as step
from pipeline.warehouse import runs
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.tables.forecasts import (
    forecast,
    forecast_day,
    forecast_hour,
    forecast_month_end,
    forecast_score,
)
from pipeline.warehouse.weather_stations import Station, ensure_station, store_hours


@pytest.fixture(scope="module")
def places(module_warehouse: str) -> dict[str, int]:
    """Forecast a tree of 100 days once, for the tests that only look."""
    assert module_warehouse
    found = plant(days=LONG)
    report = step.run(quiet)
    assert (report.series, report.skipped) == (5, False)
    return found


def test_every_meter_and_node_has_its_horizons_under_the_run(places: dict[str, int]) -> None:
    with connect() as conn:
        kept = pd.read_sql(select(forecast), conn)
        run = runs.latest(conn, "forecast")
        days = course(conn, "days", meter=places["North meter"])
        crossed = [
            conn.scalar(
                select(func.count())
                .select_from(points)
                .where(
                    or_(points.c.p10_kwh > points.c.p50_kwh, points.c.p50_kwh > points.c.p90_kwh, points.c.p10_kwh < 0)
                )
            )
            for points in (forecast_hour, forecast_day)
        ]

    assert run is not None
    assert set(kept["run_id"]) == {run.id}
    assert kept.groupby("horizon").size().to_dict() == {"hours": 5, "days": 5}
    assert kept["newest"].all()
    assert (kept["site_id"].isna() != kept["meter_id"].isna()).all()
    assert set(pd.to_datetime(kept["issued_at"])) == {pd.Timestamp(END)}
    assert days.index.tolist() == list(pd.date_range("2025-06-12", periods=35).date)
    assert crossed == [0, 0]


def test_a_second_run_changes_nothing(places: dict[str, int]) -> None:
    assert places
    tables = (forecast, forecast_hour, forecast_day, forecast_score)
    with connect() as conn:
        before = [counted(conn, table) for table in tables]

    again = step.run(quiet)

    assert again.skipped
    with connect() as conn:
        assert before == [counted(conn, table) for table in tables]


def test_the_course_of_tomorrow_is_that_of_the_planted_load(places: dict[str, int]) -> None:
    with connect() as conn:
        tomorrow = course(conn, "hours", meter=places["South meter"])
        of_meter = (forecast.c.meter_id == places["South meter"], forecast.c.horizon == "hours")
        used = conn.scalars(select(forecast_score.c.model).join(forecast).where(*of_meter)).all()
        at_the_top = (forecast.c.site_id == places["All"], forecast.c.horizon == "hours")
        used_at_the_top = conn.scalars(select(forecast_score.c.model).join(forecast).where(*at_the_top)).all()

    truth = np.array(load_of(END, END + timedelta(hours=48), 40.0), dtype=float)
    assert np.abs(tomorrow["p50_kwh"].to_numpy() - truth).mean() < 0.04 * truth.mean()
    assert {"seasonal_naive", "regression"} <= set(used)
    assert {"arima", "ensemble"} <= set(used_at_the_top)
    assert "arima" not in used


def test_the_hours_of_sites_add_up_to_those_of_the_whole(places: dict[str, int]) -> None:
    with connect() as conn:
        whole, north, south = (
            course(conn, "hours", site=places[name])["p50_kwh"] for name in ("All", "North", "South")
        )
        meter = course(conn, "hours", meter=places["South meter"])["p50_kwh"]

    assert len(whole) == 48
    assert whole.to_numpy() == pytest.approx((north + south).to_numpy())
    assert south.to_numpy() == pytest.approx(meter.to_numpy())


def test_the_month_in_progress_is_projected_with_its_peak(places: dict[str, int]) -> None:
    with connect() as conn:
        row = conn.execute(
            select(forecast_month_end).join(forecast).where(forecast.c.site_id == places["South"], forecast.c.newest)
        ).one()

    june = datetime(2025, 6, 1, tzinfo=BERLIN)
    known = np.array(load_of(june, END, 40.0), dtype=float)
    total = sum(value or 0 for value in load_of(june, datetime(2025, 7, 1, tzinfo=BERLIN), 40.0))
    assert (row.month, row.days_left) == (date(2025, 6, 1), 19)
    assert row.so_far_kwh == pytest.approx(known.sum(), rel=0.01)
    assert row.p10_kwh <= row.p50_kwh <= row.p90_kwh
    assert row.p50_kwh == pytest.approx(total, rel=0.02)
    assert row.p90_kw >= row.p50_kw >= row.p10_kw >= row.so_far_kw
    assert 0 <= row.chance_of_new_peak <= 1


@pytest.mark.usefixtures("warehouse", "without_arima")
@pytest.mark.parametrize(
    ("end", "hours"), [(date(2025, 3, 29), [24, 23, 1]), (date(2025, 10, 26), [25, 23]), (date(2025, 6, 11), [24, 24])]
)
def test_days_on_which_the_clocks_change_have_23_and_25_hours(end: date, hours: list[int]) -> None:
    places = plant(datetime(end.year, end.month, end.day, tzinfo=BERLIN))

    step.run(quiet)

    with connect() as conn:
        found = course(conn, "hours", site=places["All"])
    local_days = pd.Series(1, pd.DatetimeIndex(found.index).tz_convert("Europe/Berlin").date)
    assert found.index.is_unique
    assert local_days.groupby(level=0).sum().tolist() == hours


@pytest.mark.usefixtures("warehouse", "without_arima")
def test_days_and_months_of_sites_add_up_to_those_of_the_whole() -> None:
    places = plant_days(END - timedelta(days=500))

    step.run(quiet)

    with connect() as conn:
        for horizon, intervals in (("days", 35), ("months", 13)):
            whole, north, south = (
                course(conn, horizon, site=places[name])["p50_kwh"] for name in ("All", "North", "South")
            )
            assert len(whole) == intervals
            assert whole.to_numpy() == pytest.approx((north + south).to_numpy())


@pytest.mark.usefixtures("warehouse", "without_arima")
def test_daily_readings_are_forecast_by_day_and_not_by_hours() -> None:
    places = plant_days(END - timedelta(days=120))

    step.run(quiet)

    with connect() as conn:
        assert course(conn, "hours", site=places["All"]).empty
        assert len(course(conn, "days", site=places["All"])) == 35
        failures = runs.failures(conn, "forecast").set_index("owner")["reason"]
        peak = conn.scalars(select(forecast_month_end.c.p50_kw)).all()
    assert failures["North meter (North), hours"].startswith("Its readings last 24 hours each")
    assert "All, hours" in failures
    assert not [owner for owner in failures.index if owner.endswith("days")]
    assert set(peak) == {None}


@pytest.mark.usefixtures("warehouse", "without_arima")
def test_half_hourly_meters_are_forecast_by_half_hours_and_add_up_with_the_others() -> None:
    places = plant()
    start = END - timedelta(days=DAYS)
    halves = [value / 2 for value in load_of(start, END, 6.0) if value is not None for _ in range(2)]
    with begin() as conn:
        build = Builder(conn)
        fine = build.meter(places["North"], "Fine", step_s=1800)
        build.readings(fine, start.astimezone(UTC), halves, step_s=1800)

    step.run(quiet)

    with connect() as conn:
        found = course(conn, "hours", meter=fine)
        hourly = course(conn, "hours", meter=places["North meter"])["p50_kwh"]
        node = course(conn, "hours", site=places["North"])["p50_kwh"]
    assert len(found) == 96
    by_hour = found["p50_kwh"].groupby(pd.DatetimeIndex(found.index).floor("h")).sum()
    assert (by_hour + hourly).to_numpy() == pytest.approx(node.to_numpy())


@pytest.mark.usefixtures("warehouse", "without_arima")
def test_what_ifs_of_weather_and_holidays_are_worked_out_where_there_is_weather() -> None:
    places = plant(days=LONG, **LAT_LONG)
    hours = pd.date_range(END - timedelta(days=LONG), END + timedelta(days=4), freq="h", tz=BERLIN).tz_convert("UTC")
    with begin() as conn:
        station = ensure_station(conn, Station("Roof", **LAT_LONG, provider="file"))
        degrees = 15 + 5 * np.sin(np.arange(len(hours)) / 40)
        store_hours(conn, station, pd.DataFrame({"ts": hours.as_unit("us"), "temperature_c": degrees}))

    step.run(quiet)

    with connect() as conn:
        names = conn.scalars(
            select(forecast_hour.c.scenario).join(forecast).where(forecast.c.site_id == places["All"]).distinct()
        ).all()
    assert set(names) == {"base", "holiday", "-3", "-2", "-1", "+1", "+2", "+3"}
