"""Runs of the step: again, killed, in part, and scored by what then happened."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from builders import Builder
from killed import kill_before_the_end
from planted_trees import (
    END,
    add_readings,
    counted,
    course,
    load_of,
    plant,
    quiet,
)
from sqlalchemy import func, select

from pipeline.steps import forecast as step
from pipeline.warehouse import runs
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.tables.forecasts import (
    forecast,
    forecast_hour,
    forecast_score,
)


@pytest.mark.usefixtures("warehouse", "without_arima")
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


@pytest.mark.usefixtures("warehouse", "without_arima")
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


@pytest.mark.usefixtures("warehouse", "without_arima")
def test_one_site_is_forecast_by_itself_and_the_whole_is_still_due() -> None:
    places = plant()

    alone = step.run(quiet, site_id=places["North"])

    assert alone.series == 2
    with connect() as conn:
        assert course(conn, "hours", site=places["All"]).empty
        assert len(course(conn, "hours", meter=places["North meter"])) == 48
    assert step.run(quiet, site_id=places["North"]).skipped
    assert step.run(quiet).series == 5


@pytest.mark.usefixtures("warehouse", "without_arima")
def test_progress_never_goes_back_and_ends() -> None:
    plant(days=40)
    told: list[float] = []
    tell: Callable[[float, str], None] = lambda share, _what: told.append(share)  # noqa: E731 - a list of one

    step.run(tell)

    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.usefixtures("warehouse", "without_arima")
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


@pytest.mark.usefixtures("warehouse", "without_arima")
def test_an_empty_warehouse_has_nothing_to_forecast() -> None:
    report = step.run(quiet)

    assert (report.series, report.failures, report.failed) == (0, 0, False)
