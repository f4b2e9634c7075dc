"""What cannot be forecast is recorded with its reason, and stops nothing else."""

from collections.abc import Callable
from datetime import UTC, timedelta

import numpy as np
import pytest
from builders import Builder
from planted_trees import (
    END,
    LONG,
    YEAR,
    counted,
    course,
    load_of,
    plant,
    quiet,
)

from pipeline.analytics.forecast.seasonal_naive import FittedSeasonalNaive
from pipeline.steps import forecast as step
from pipeline.steps.forecasting import agree as agreeing
from pipeline.steps.forecasting import histories, month
from pipeline.steps.forecasting import issue as issuing
from pipeline.warehouse import runs
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import forecasts
from pipeline.warehouse.tables.forecasts import (
    forecast_month_end,
)


@pytest.mark.usefixtures("warehouse", "without_arima")
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


@pytest.mark.usefixtures("warehouse", "without_arima")
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


@pytest.mark.usefixtures("warehouse", "without_arima")
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
