"""What the Forecast page asks, of forecasts planted as the step stores them."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from builders import Builder
from sqlalchemy import func, select

from pipeline.warehouse import runs
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.forecasts import NewForecast, store
from pipeline.warehouse.live_scores import score_past_forecasts
from pipeline.warehouse.queries import forecast_month, forecast_record, forecasts
from pipeline.warehouse.tables.forecasts import forecast, forecast_hour

pytestmark = pytest.mark.usefixtures("warehouse")

T0 = datetime(2025, 3, 29, 23, tzinfo=UTC)  # local midnight before the day of 23 hours
HOURS = 48
SCORE = {
    "mae_kwh": 2.0, "wape": 0.05, "mase": 0.5, "pinball_kwh": 1.0, "coverage": 0.8, "bias": 0.0, "skill": 0.5,
    "origins": 20, "train_seconds": 1.0, "predict_seconds": 0.5,
}  # fmt: skip


def course(level: float, intervals: int = HOURS, width: float = 1.0) -> np.ndarray:
    """P10, P50 and P90 of a level load."""
    return np.tile([level - width, level, level + width], (intervals, 1))


def of_hours(meter: int, at: datetime, level: float, **more: object) -> NewForecast:
    fields: dict[str, object] = {
        "site_id": None,
        "meter_id": meter,
        "horizon": "hours",
        "step": "h",
        "issued_at": at,
        "trained_from": at - timedelta(days=60),
        "model": "ensemble",
        "index": pd.date_range(at, periods=HOURS, freq="h"),
        "courses": {
            ("best", "base"): course(level),
            ("best", "+2"): course(level + 5),
            ("best", "holiday"): course(level / 2),
            ("seasonal_naive", "base"): course(level + 2),
            ("regression", "base"): course(level + 1),
        },
        "contributions": {"last known": [level] * HOURS, "calendar": [0.5] * HOURS},
        "scores": [
            SCORE | {"model": "ensemble", "selected": True},
            SCORE | {"model": "arima", "mae_kwh": 3.0, "selected": False},
        ],
    }
    return NewForecast(**(fields | more))  # type: ignore[arg-type]


def of_days(meter: int, at: datetime, level: float, **more: object) -> NewForecast:
    days = pd.date_range("2025-03-30", periods=35)
    month_end = {
        "month": date(2025, 3, 1), "days_left": 2, "so_far_kwh": 2800.0, "p10_kwh": 2990.0, "p50_kwh": 3000.0,
        "p90_kwh": 3020.0, "so_far_kw": 12.0, "so_far_kw_ts": datetime(2025, 3, 5, 11, tzinfo=UTC), "p10_kw": 12.0,
        "p50_kw": 12.5, "p90_kw": 14.0, "rest_p10_kw": 9.0, "rest_p50_kw": 10.0, "rest_p90_kw": 14.0, "year_kw": 20.0,
        "year_kw_ts": datetime(2025, 1, 5, 11, tzinfo=UTC), "chance_of_new_peak": 0.25,
    }  # fmt: skip
    courses = {("best", "base"): course(level, 35), ("seasonal_naive", "base"): course(level + 2, 35)}
    fields = {"horizon": "days", "step": "D", "index": days, "courses": courses, "month_end": month_end}
    return of_hours(meter, at, level, **(fields | {"contributions": {}} | more))


def plant(*made: NewForecast, failures: list[runs.Failure] | None = None) -> int:
    with begin() as conn:
        run = runs.record(conn, runs.Outcome("forecast", str(datetime.now(UTC)), 1, 1.0, failures or []))
        store(conn, run, made)
        score_past_forecasts(conn)
    return run


@pytest.fixture
def places() -> dict[str, int]:
    """A site in Berlin with a meter that uses 10 kWh an hour until `T0`."""
    with begin() as conn:
        build = Builder(conn)
        site = build.site("Works", "Europe/Berlin", country="DE")
        meter = build.meter(site, "Main")
        build.readings(meter, T0 - timedelta(days=10), [10.0] * 240)
    return {"site": site, "meter": meter}


def chosen(places: dict[str, int], **more: object) -> Filters:
    fields = {"site_id": places["site"], "start": date(2025, 3, 1), "end": date(2025, 4, 1)}
    return Filters(**(fields | {"meter_id": places["meter"]} | more))  # type: ignore[arg-type]


def test_the_newest_forecast_says_what_it_is_in_the_time_of_the_site(places: dict[str, int]) -> None:
    plant(of_hours(places["meter"], T0, 10.0, reconciliation={"before_kwh": 480.0, "after_kwh": 485.0}))

    with connect() as conn:
        found = forecasts.issue(conn, chosen(places), "hours")
        other = forecasts.issue(conn, chosen(places), "days")

    assert found is not None
    assert other is None
    assert found.issued_at == pd.Timestamp("2025-03-30")
    assert (found.model, found.fallback, found.moved_kwh) == ("ensemble", None, 5.0)
    assert found.models == ("best", "regression", "seasonal_naive")
    assert found.scenarios == ("+2", "base", "holiday")


def test_the_fan_is_a_week_of_what_was_measured_and_then_what_is_forecast(places: dict[str, int]) -> None:
    plant(of_hours(places["meter"], T0, 11.0))

    with connect() as conn:
        frame = forecasts.fan(conn, chosen(places), "hours")
        warmer = forecasts.fan(conn, chosen(places), "hours", scenario="+2")
        regression = forecasts.fan(conn, chosen(places), "hours", model="regression", scenario="+2")

    known, ahead = frame[frame["actual_kwh"].notna()], frame[frame["p50_kwh"].notna()]
    assert list(frame.columns) == list(forecasts.COLUMNS)
    assert (len(known), len(ahead)) == (168, 48)
    assert known["time"].iloc[-1] == pd.Timestamp("2025-03-29 23:00")
    assert ahead["time"].iloc[:4].tolist() == [pd.Timestamp(f"2025-03-30 0{hour}:00") for hour in (0, 1, 3, 4)]
    assert ahead[["p10_kwh", "p50_kwh", "p90_kwh", "naive_kwh"]].iloc[0].tolist() == [10.0, 11.0, 12.0, 13.0]
    assert warmer["p50_kwh"].dropna().unique().tolist() == [16.0]
    assert regression["p50_kwh"].dropna().unique().tolist() == [12.0]


def test_what_drives_it_is_laid_out_by_group(places: dict[str, int]) -> None:
    plant(of_hours(places["meter"], T0, 10.0), of_days(places["meter"], T0, 240.0))

    with connect() as conn:
        hours = forecasts.drivers(conn, chosen(places), "hours")
        days = forecasts.drivers(conn, chosen(places), "days")

    assert hours.groupby("group")["value_kwh"].sum().to_dict() == {"last known": 480.0, "calendar": 24.0}
    assert days.empty


def test_without_a_forecast_there_are_empty_frames_and_a_reason(places: dict[str, int]) -> None:
    with connect() as conn:
        never = forecasts.refusal(conn, chosen(places), "hours")
    daily = runs.Failure("Boiler (North), days", "It is too short to forecast. It needs two weeks.", 1, places["meter"])
    of_the_month = runs.Failure("Boiler (North), end of the month", "No.", 1, places["meter"])
    plant(failures=[daily, of_the_month])

    with connect() as conn:
        why = {horizon: forecasts.refusal(conn, chosen(places), horizon) for horizon in ("hours", "days")}  # type: ignore[arg-type]
        empty = forecasts.fan(conn, chosen(places), "days")
        past = forecast_record.past(conn, chosen(places), "days")
        scores = forecast_record.scoreboard(conn, chosen(places), "days")

    assert "No forecast has been made yet" in never
    assert "since this was added" in why["hours"]
    assert why["days"].endswith("is too short to forecast. It needs two weeks.")
    assert list(empty.columns) == list(forecasts.COLUMNS)
    assert list(past.columns) == list(forecast_record.OF_PAST)
    assert len(empty) == len(past) == len(scores) == 0


def test_a_series_that_the_newest_run_refuses_shows_no_older_forecast(places: dict[str, int]) -> None:
    plant(of_hours(places["meter"], T0, 10.0))
    plant(failures=[runs.Failure("Boiler (North)", "Its readings end too early.", meter_id=places["meter"])])

    with connect() as conn:
        assert forecasts.issue(conn, chosen(places), "hours") is None
        assert forecasts.refusal(conn, chosen(places), "hours") == "Its readings end too early."


def test_past_forecasts_stand_beside_what_happened_with_what_was_said_last(places: dict[str, int]) -> None:
    plant(of_hours(places["meter"], T0, 12.0))
    plant(of_hours(places["meter"], T0 + timedelta(hours=24), 11.0))
    with begin() as conn:
        Builder(conn).readings(places["meter"], T0, [10.0] * HOURS)
    plant(of_hours(places["meter"], T0 + timedelta(hours=HOURS), 10.0))

    with connect() as conn:
        past = forecast_record.past(conn, chosen(places), "hours")
        scores = forecast_record.scoreboard(conn, chosen(places), "hours")
        kept = conn.execute(select(func.count()).select_from(forecast_hour).where(forecast_hour.c.scenario == "+2"))

    assert past["p50_kwh"].tolist() == [12.0] * 24 + [11.0] * 24
    assert past["actual_kwh"].tolist() == [10.0] * 48
    assert past["time"].iloc[2] == pd.Timestamp("2025-03-30 03:00")
    assert kept.scalar_one() == HOURS  # of the newest alone
    live = scores[scores["evidence"] == "live"].set_index("model")
    assert live.loc["best", "mae_kwh"] == pytest.approx((48 * 2 + 24 * 1) / 72)
    assert live.loc["best", "bias"] == pytest.approx((48 * 2 + 24 * 1) / 720)
    assert live.loc["best", "skill"] == pytest.approx(
        1 - live.loc["best", "mae_kwh"] / (live.loc["best", "mae_kwh"] + 2), abs=0.05
    )
    assert live.loc["best", "origins"] == 2


def test_the_scoreboard_begins_with_the_model_in_use(places: dict[str, int]) -> None:
    plant(of_hours(places["meter"], T0, 10.0))

    with connect() as conn:
        scores = forecast_record.scoreboard(conn, chosen(places), "hours")

    assert scores["model"].tolist() == ["ensemble", "arima"]
    assert scores["selected"].tolist() == [True, False]
    assert scores["seconds"].tolist() == [1.5, 1.5]
    assert {"mae_kwh", "wape", "mase", "pinball_kwh", "coverage", "bias", "skill", "origins"} <= set(scores.columns)


def test_the_month_is_read_back_with_local_times_of_its_peaks(places: dict[str, int]) -> None:
    plant(of_days(places["meter"], T0, 240.0))

    with connect() as conn:
        month = forecast_month.month(conn, chosen(places))
        cost = None if month is None else forecast_month.cost(conn, chosen(places), month)
        of_site = None if month is None else forecast_month.cost(conn, chosen(places, meter_id=None), month)
        nobody = forecast_month.month(conn, chosen(places, meter_id=None))

    assert month is not None
    assert (month.month, month.days_left, month.energy_kwh) == (date(2025, 3, 1), 2, (2990.0, 3000.0, 3020.0))
    assert month.so_far_kw_at == pd.Timestamp("2025-03-05 12:00")
    assert month.rest_peak_kw == (9.0, 10.0, 14.0)
    assert month.chance_of_new_peak == 0.25
    assert nobody is None
    assert cost is not None
    assert of_site is not None
    assert "select the site" in cost.reason
    assert "assign a tariff" in of_site.reason


def test_a_forecast_from_the_same_instant_replaces_the_one_before(places: dict[str, int]) -> None:
    plant(of_hours(places["meter"], T0, 10.0))
    run = plant(of_hours(places["meter"], T0, 12.0))

    with connect() as conn:
        assert conn.execute(select(forecast.c.run_id, forecast.c.newest)).all() == [(run, True)]
