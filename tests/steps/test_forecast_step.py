"""From readings to stored forecasts, with the real models on planted loads."""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Connection, Table, func, or_, select

sys.path[:0] = [str(Path(__file__).parents[1] / "warehouse")]

from builders import Builder  # noqa: E402 - found beside the tests of the warehouse
from killed import kill_before_the_end  # noqa: E402 - as above

from pipeline.analytics.forecast.seasonal_naive import FittedSeasonalNaive  # noqa: E402 - as above
from pipeline.steps import forecast as step  # noqa: E402 - as above
from pipeline.steps.forecasting import agree as agreeing  # noqa: E402 - as above
from pipeline.steps.forecasting import histories, month  # noqa: E402 - as above
from pipeline.steps.forecasting import issue as issuing  # noqa: E402 - as above
from pipeline.warehouse import runs  # noqa: E402 - as above
from pipeline.warehouse.engine import begin, connect  # noqa: E402 - as above
from pipeline.warehouse.filters import Filters  # noqa: E402 - as above
from pipeline.warehouse.queries import forecasts  # noqa: E402 - as above
from pipeline.warehouse.tables.forecasts import (  # noqa: E402 - as above
    forecast,
    forecast_day,
    forecast_hour,
    forecast_month_end,
    forecast_score,
)
from pipeline.warehouse.weather_stations import Station, ensure_station, store_hours  # noqa: E402 - as above

BERLIN = ZoneInfo("Europe/Berlin")
END = datetime(2025, 6, 12, tzinfo=BERLIN)  # a Thursday
DAYS, LONG = 60, 100  # too short for any model but the yardstick, and long enough for two more
YEAR = (date(2025, 1, 1), date(2026, 1, 1))
LAT_LONG = {"latitude": 52.52, "longitude": 13.405}


def quiet(_share: float, _what: str) -> None:
    """Take the progress and show nothing."""


def load_of(begin_at: datetime, end: datetime, mean_kwh: float) -> list[float | None]:
    """Make a load by the local clock: half as much again at work, with a chance of one per cent."""
    hours = pd.date_range(begin_at.astimezone(UTC), end.astimezone(UTC), freq="h", inclusive="left")
    local = hours.tz_convert(BERLIN)
    at_work = (local.hour >= 8) & (local.hour < 18) & (local.day_of_week < 5)
    chance = 1 + 0.01 * np.random.default_rng(int(mean_kwh)).standard_normal(len(hours))
    found: list[float | None] = (mean_kwh * (1 + 0.5 * at_work) * chance).tolist()
    return found


def plant(end: datetime = END, days: int = DAYS, **details: object) -> dict[str, int]:
    """Make a tree of two sites with a meter each, whose readings end at ``end``; give numbers by name."""
    start = (end - timedelta(days=days)).astimezone(UTC)
    with begin() as conn:
        build = Builder(conn)
        found = {"All": build.site("All", "Europe/Berlin", kind="organisation")}
        for name, mean_kwh in (("North", 10.0), ("South", 40.0)):
            found[name] = build.site(name, "Europe/Berlin", parent=found["All"], country="DE", **details)
            found[f"{name} meter"] = build.meter(found[name], f"{name} meter")
            build.readings(found[f"{name} meter"], start, load_of(start, end, mean_kwh))
    return found


def plant_days(first: datetime) -> dict[str, int]:
    """Make the same tree of meters that are read once a day."""
    days = pd.date_range(first.replace(tzinfo=None), END.replace(tzinfo=None), inclusive="left")
    with begin() as conn:
        build = Builder(conn)
        found = {"All": build.site("All", kind="organisation")}
        for name, mean_kwh in (("North", 100.0), ("South", 400.0)):
            found[name] = build.site(name, parent=found["All"], country="DE")
            found[f"{name} meter"] = build.meter(found[name], f"{name} meter", step_s=86_400)
            chance = 1 + 0.02 * np.random.default_rng(int(mean_kwh)).standard_normal(len(days))
            load = mean_kwh * (1 + 0.5 * (days.day_of_week < 5)) * chance
            build.readings(found[f"{name} meter"], days[0].replace(tzinfo=UTC), load.tolist(), step_s=86_400)
    return found


def add_readings(meter: int, start: datetime, end: datetime, mean_kwh: float) -> None:
    with begin() as conn:
        Builder(conn).readings(meter, start.astimezone(UTC), load_of(start, end, mean_kwh))


def counted(conn: Connection, table: Table) -> int:
    return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


def course(conn: Connection, horizon: str, *, site: int | None = None, meter: int | None = None) -> pd.DataFrame:
    """Read the newest forecast in use, as it stands in the tables."""
    points, start = (forecast_hour, "ts") if horizon == "hours" else (forecast_day, "day")
    owner = forecast.c.site_id == site if meter is None else forecast.c.meter_id == meter
    statement = (
        select(points)
        .join(forecast)
        .where(owner, forecast.c.horizon == horizon, forecast.c.newest)
        .where(points.c.model == "best", points.c.scenario == "base")
        .order_by(points.c[start])
    )
    return pd.read_sql(statement, conn).rename(columns={start: "at"}).set_index("at")


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


@pytest.mark.usefixtures("warehouse")
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


@pytest.mark.usefixtures("warehouse")
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


@pytest.mark.usefixtures("warehouse")
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


@pytest.mark.usefixtures("warehouse")
def test_what_cannot_be_forecast_is_recorded_with_its_reason_and_the_rest_is_done() -> None:
    places = plant()
    with begin() as conn:
        build = Builder(conn)
        young, stale, silent = (build.meter(places["North"], name) for name in ("Young", "Stale", "Silent"))
        for number, start, end in (
            (young, END - timedelta(days=5), END),
            (stale, END - timedelta(days=60), END - timedelta(days=30)),
        ):
            build.readings(number, start.astimezone(UTC), load_of(start, end, 5.0))

    report = step.run(quiet)

    with connect() as conn:
        failures = runs.failures(conn, "forecast")
        reasons = {
            number: failures.loc[failures["meter_id"] == number, "reason"].tolist() for number in (young, stale, silent)
        }
        rest = course(conn, "hours", meter=places["South meter"])
        parts = sum(course(conn, "hours", site=places[name])["p50_kwh"] for name in ("North", "South"))
        whole = course(conn, "hours", site=places["All"])["p50_kwh"]
        assert course(conn, "hours", meter=young).empty
    assert any("Young (North) is too short or too broken" in reason for reason in reasons[young])
    assert {"Stale (North)", "Silent (North)"} <= set(failures["owner"])
    assert "12 May 2025" in reasons[stale][0]
    assert "no whole hour" in reasons[silent][0]
    assert report.failures == len(failures)
    assert len(rest) == 48
    assert parts.to_numpy() == pytest.approx(whole.to_numpy())


def is_planted(given: object) -> bool:
    """Say whether something is of the meter whose numbers are to stop a function."""
    series = getattr(given, "series", None)
    return getattr(getattr(given, "owner", given), "name", "") == "North meter" or (
        getattr(series, "name", "") == "North meter (North)"
    )


def broken(usual: Callable[..., object]) -> Callable[..., object]:
    def function(*given: object, **more: object) -> object:
        if any(is_planted(one) for one in given):
            raise OverflowError("planted")
        return usual(*given, **more)

    return function


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize(
    ("place", "name", "said_of"),
    [
        (FittedSeasonalNaive, "predict", "North meter (North), hours"),
        (issuing, "_issued", "North meter (North), hours"),
        (histories, "_derive", "North meter (North)"),
        (step, "record", "North meter (North), hours"),
    ],
)
def test_numbers_that_nobody_thought_of_stop_one_series_alone(
    place: object, name: str, said_of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = plant()
    monkeypatch.setattr(place, name, broken(getattr(place, name)))

    report = step.run(quiet)

    with connect() as conn:
        reasons = runs.failures(conn, "forecast").set_index("owner")["reason"]
        shown = forecasts.refusal(conn, Filters(places["North"], *YEAR, meter_id=places["North meter"]), "hours")
        gone = course(conn, "hours", meter=places["North meter"])
        whole, *parts = (course(conn, "hours", site=places[name])["p50_kwh"] for name in ("All", "North", "South"))
        rest = course(conn, "hours", meter=places["South meter"])
    assert reasons[said_of] == shown
    assert "OverflowError: planted" in shown
    assert report.failures == len(reasons)
    assert gone.empty
    assert len(rest) == 48
    assert sum(parts).to_numpy() == pytest.approx(whole.to_numpy())


@pytest.mark.usefixtures("warehouse")
def test_a_month_that_cannot_be_projected_and_a_tree_that_cannot_agree_leave_the_forecasts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = plant(days=LONG)
    monkeypatch.setattr(month, "_row", broken(month._row))

    def apart(*_given: object, **_more: object) -> None:
        raise np.linalg.LinAlgError("planted")

    monkeypatch.setattr(agreeing, "reconcile", apart)

    step.run(quiet)

    with connect() as conn:
        owners = set(runs.failures(conn, "forecast")["owner"])
        node = Filters(places["All"], *YEAR)
        assert forecasts.issue(conn, node, "hours") is not None
        assert counted(conn, forecast_month_end) == 4
        assert len(course(conn, "days", meter=places["North meter"])) == 35
    assert {"North meter (North), end of the month", "All, sum of its parts"} <= owners


@pytest.mark.usefixtures("warehouse")
def test_forecasts_are_scored_against_what_then_happened() -> None:
    places = plant()
    step.run(quiet)
    with connect() as conn:
        said = course(conn, "hours", meter=places["South meter"])
    later = END + timedelta(days=3)
    for name, mean_kwh in (("North", 10.0), ("South", 40.0)):
        add_readings(places[f"{name} meter"], END, later, mean_kwh)

    report = step.run(quiet)

    assert not report.skipped
    truth = np.array(load_of(END, later, 40.0), dtype=float)[:48]
    error = np.abs(said["p50_kwh"].to_numpy() - truth)
    inside = (truth >= said["p10_kwh"].to_numpy()) & (truth <= said["p90_kwh"].to_numpy())
    with connect() as conn:
        old = (forecast.c.meter_id == places["South meter"], forecast.c.horizon == "hours", ~forecast.c.newest)
        row = conn.execute(
            select(forecast_score, forecast.c.fully_scored)
            .join(forecast)
            .where(*old, forecast_score.c.evidence == "live", forecast_score.c.model == "best")
        ).one()
        kept = pd.read_sql(select(forecast_hour.c.model, forecast_hour.c.scenario).join(forecast).where(*old), conn)
        fresh = course(conn, "hours", meter=places["South meter"])
        unfinished = conn.scalars(
            select(forecast.c.fully_scored).where(forecast.c.horizon == "days", ~forecast.c.newest)
        ).all()
    assert row.mae_kwh == pytest.approx(error.mean())
    assert row.wape == pytest.approx(error.sum() / truth.sum())
    assert row.coverage == pytest.approx(inside.mean())
    assert row.intervals == 48
    assert row.fully_scored
    assert set(kept.itertuples(index=False, name=None)) == {("best", "base"), ("seasonal_naive", "base")}
    assert fresh.index[0] == pd.Timestamp(later)
    assert not any(unfinished)


@pytest.mark.usefixtures("warehouse")
def test_newer_readings_of_the_same_end_replace_the_forecast() -> None:
    places = plant()
    step.run(quiet)
    with begin() as conn:
        Builder(conn)  # a batch that brings nothing new

    report = step.run(quiet)

    assert not report.skipped
    with connect() as conn:
        owners = select(func.count()).where(forecast.c.site_id == places["All"], forecast.c.horizon == "hours")
        assert conn.execute(owners).scalar_one() == 1


@pytest.mark.usefixtures("warehouse")
def test_one_site_is_forecast_by_itself_and_the_whole_is_still_due() -> None:
    places = plant()

    alone = step.run(quiet, site_id=places["North"])

    assert alone.series == 2
    with connect() as conn:
        assert course(conn, "hours", site=places["All"]).empty
        assert len(course(conn, "hours", meter=places["North meter"])) == 48
    assert step.run(quiet, site_id=places["North"]).skipped
    assert step.run(quiet).series == 5


@pytest.mark.usefixtures("warehouse")
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


@pytest.mark.usefixtures("warehouse")
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


@pytest.mark.usefixtures("warehouse")
def test_progress_never_goes_back_and_ends() -> None:
    plant(days=40)
    told: list[float] = []
    tell: Callable[[float, str], None] = lambda share, _what: told.append(share)  # noqa: E731 - a list of one

    step.run(tell)

    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.usefixtures("warehouse")
def test_a_run_that_is_killed_leaves_nothing_and_the_next_is_whole() -> None:
    plant()

    kill_before_the_end("forecast")

    with connect() as conn:
        assert counted(conn, forecast) == counted(conn, forecast_hour) == 0
        assert runs.latest(conn, "forecast") is None
    first, second = step.run(quiet), step.run(quiet)
    assert (first.skipped, first.series, second.skipped) == (False, 5, True)
    with connect() as conn:
        assert counted(conn, forecast) == first.series  # of hours: days need a longer past


@pytest.mark.usefixtures("warehouse")
def test_an_empty_warehouse_has_nothing_to_forecast() -> None:
    report = step.run(quiet)

    assert (report.series, report.failures, report.failed) == (0, 0, False)
