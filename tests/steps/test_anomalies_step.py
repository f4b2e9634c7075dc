"""From readings to stored events, with the real detectors on planted faults."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from anomaly_builders import found as described
from builders import Builder
from sqlalchemy import select, update

from pipeline.analytics.anomalies import Observed
from pipeline.errors import ModelError
from pipeline.steps import anomalies as step
from pipeline.steps.finding import detection, events
from pipeline.steps.finding.observe import MOST_METERS, Group, groups, observe, placed_meters
from pipeline.warehouse import runs
from pipeline.warehouse.anomaly_answers import answer
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.forecasts import NewForecast, store
from pipeline.warehouse.queries import anomaly_inputs
from pipeline.warehouse.schema import site
from pipeline.warehouse.tables.anomalies import anomaly

T0 = datetime(2025, 3, 3, tzinfo=UTC)
DAYS, GAP = 84, (40 * 24, 42 * 24)


def quiet(_share: float, _what: str) -> None:
    """Take the progress and show nothing."""


def plant(*, empty_meter: bool = False) -> tuple[int, int]:
    """Make a meter that lives by day and says nothing for two days, and one that has never said anything."""
    with begin() as conn:
        build = Builder(conn)
        place = build.site("North", "Europe/Berlin", country="DE")
        meter = build.meter(place, "North meter")
        load = [2.0 + (7 <= hour % 24 < 19) + (hour * 7919 % 13) / 60 for hour in range(DAYS * 24)]
        build.readings(meter, T0, [None if GAP[0] <= hour < GAP[1] else kwh for hour, kwh in enumerate(load)])
        silent = build.meter(place, "Silent meter") if empty_meter else 0
    return meter, silent


@pytest.mark.usefixtures("warehouse")
def test_a_planted_gap_is_stored_once_with_its_answer_and_a_silent_meter_is_a_failure() -> None:
    meter, silent = plant(empty_meter=True)

    report = step.run(quiet)

    assert (report.series, report.failures, report.skipped) == (1, 1, False)
    with begin() as conn:
        kept = conn.execute(select(anomaly).where(anomaly.c.kind == "gap")).one()
        assert (kept.meter_id, kept.start_ts, kept.end_ts) == (
            meter,
            T0 + timedelta(hours=GAP[0]),
            T0 + timedelta(hours=GAP[1]),
        )
        assert (kept.cost, kept.cost_reason) == (None, kept.cost_reason)
        failures = runs.failures(conn, "anomalies")
        assert failures[["meter_id", "reason"]].to_numpy().tolist() == [[silent, "The meter has no reading."]]
        answer(conn, kept.id, "resolved", owner="Ada", note="", answered_by="ada")
    assert step.run(quiet).skipped

    with begin() as conn:
        conn.execute(update(site).values(floor_area_m2=100.0))
    again = step.run(quiet)

    assert not again.skipped
    with connect() as conn:
        after = conn.execute(select(anomaly).where(anomaly.c.kind == "gap")).one()
    assert (after.id, after.status, after.run_id > kept.run_id) == (kept.id, "resolved", True)


def forecast_of(meter: int, issued: datetime, kwh: float, *, wide: float, half_hours: bool = False) -> NewForecast:
    """Say the same of each of 48 hours."""
    index = pd.date_range(issued, periods=96 if half_hours else 48, freq="30min" if half_hours else "h")
    course = np.tile([(1 - wide) * kwh, kwh, (1 + wide) * kwh], (len(index), 1)) / (2 if half_hours else 1)
    step_of = "30min" if half_hours else "h"
    return NewForecast(None, meter, "hours", step_of, issued, T0, "regression", index, {("best", "base"): course})


@pytest.mark.usefixtures("warehouse")
def test_hours_far_from_what_was_forecast_are_an_event_and_the_newest_forecast_counts() -> None:
    meter, _ = plant()
    first, second = T0 + timedelta(days=60), T0 + timedelta(days=61)
    with begin() as conn:
        run = runs.record(conn, runs.Outcome("forecast", "inputs", 1, 0.0))
        unsure, sure = (
            forecast_of(meter, first, 2.5, wide=0.4),
            forecast_of(meter, second, 6.0, wide=0.1, half_hours=True),
        )
        store(conn, run, [unsure, sure])

    step.run(quiet)

    with connect() as conn:
        said = anomaly_inputs.forecasts(conn, [meter]).set_index("ts")
        kept = conn.execute(select(anomaly).where(anomaly.c.kind == "low_use")).one()
    assert said.index.tolist() == pd.date_range(first, periods=72, freq="h").tolist()
    assert said["p50"].tolist() == pytest.approx([2.5] * 24 + [6.0] * 48)
    assert said["p90"].tolist() == pytest.approx([3.5] * 24 + [6.6] * 48)
    assert (kept.start_ts, kept.end_ts) == (second, second + timedelta(hours=48))
    assert kept.expected_kwh == pytest.approx(48 * 6.0)
    assert kept.evidence["detector"] == "residuals"


@pytest.mark.usefixtures("warehouse")
def test_an_empty_warehouse_has_no_anomalies() -> None:
    report = step.run(quiet)

    assert (report.series, report.failures, report.message) == (0, 0, "0 findings")


@pytest.mark.usefixtures("warehouse")
def test_meters_come_as_they_were_read_with_the_calendar_of_their_site() -> None:
    meter, _ = plant(empty_meter=True)

    with connect() as conn:
        [group] = list(groups(placed_meters(conn)))
        [observed] = observe(conn, group)

    assert (observed.name, observed.timezone, observed.country, observed.subdivision) == (
        str(meter),
        "Europe/Berlin",
        "DE",
        None,
    )
    assert list(observed.readings.columns) == ["energy_kwh", "raw_kwh", "flags"]
    assert len(observed.readings) == DAYS * 24 - 48
    assert observed.readings.index[0] == pd.Timestamp(T0)


def meters(count: int, **more: object) -> pd.DataFrame:
    columns = {
        "name": [f"m{number}" for number in range(count)],
        "site_id": 1,
        "site": "North",
        "sector": None,
        "direction": "import",
    }
    return pd.DataFrame(
        {"meter_id": range(count)} | columns | {"timezone": "UTC", "country": None, "subdivision": None} | more
    )


def test_peers_are_of_one_sector_direction_and_zone_and_no_more_than_fit() -> None:
    mixed = pd.concat([meters(230), meters(3, sector="office"), meters(2, direction="export")])

    sizes = sorted(len(group.ids) for group in groups(mixed))

    assert sizes == [2, 3, 230 - 2 * MOST_METERS, MOST_METERS, MOST_METERS]


@pytest.mark.parametrize("error", [ValueError("planted"), OverflowError("planted"), KeyError("planted")])
def test_a_meter_that_cannot_be_examined_keeps_no_other_from_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def detect(observed: Observed) -> pd.DataFrame:
        match observed.name:
            case "1":
                raise ModelError("It has 3 days, and 28 are needed.")
            case "2":
                raise error
        return described((0, "gap", 0, 3)).drop(columns="meter_id")

    def no_peers(_observed: object) -> pd.DataFrame:
        raise error

    monkeypatch.setattr(detection, "detect", detect)
    monkeypatch.setattr(detection, "detect_peers", no_peers)
    observed = [Observed(str(number), pd.DataFrame()) for number in range(4)]
    unforeseen = f"Its numbers cannot be worked with ({type(error).__name__}: {error}): check its readings."

    found, failures = detection.detect_group(Group(meters(5)), observed, map(detection.examine, observed))

    assert found["meter_id"].tolist() == [0, 3]
    assert {failure.owner: failure.reason for failure in failures} == {
        "m4 (North)": "The meter has no reading.",
        "m1 (North)": "It has 3 days, and 28 are needed.",
        "m2 (North)": unforeseen,
        "peers of m0 (North)": unforeseen,
    }


@pytest.mark.usefixtures("warehouse")
def test_less_export_than_usual_costs_and_a_holiday_excuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def prices(*_: object) -> pd.DataFrame:
        hours = pd.date_range("2025-05-01", periods=240, freq="h", tz="UTC")
        return pd.DataFrame({"site_id": 1, "ts": hours, "price_per_kwh": 0.5, "currency": "EUR"})

    monkeypatch.setattr(events, "hourly_prices", prices)
    start = (datetime(2025, 5, 1, tzinfo=UTC) - datetime(2025, 3, 3, tzinfo=UTC)) / timedelta(hours=1)
    span = (start, start + 20)
    found = described((0, "low_use", *span), (1, "low_use", *span), (1, "gap", *span)).drop(
        columns=["cost", "currency", "cost_reason", "holiday"]
    )
    found = found.assign(actual_kwh=[4.0, 4.0, float("nan")])
    placed = meters(2, direction=["import", "export"], country="DE", timezone="Europe/Berlin")

    with connect() as conn:
        rows = events.rows_of(conn, found, placed).set_index(["meter_id", "kind"]).sort_index()

    assert rows["cost"].tolist() == [Decimal("-3.0000"), None, Decimal("3.0000")]
    assert rows["holiday"].tolist() == ["Labor Day", None, "Labor Day"]
    assert rows["id"].isna().all()
    assert rows["fingerprint"].is_unique
