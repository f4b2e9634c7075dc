"""Rows as the models write them, where running the models would take minutes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, insert, select

from pipeline.warehouse import runs
from pipeline.warehouse.schema import meter
from pipeline.warehouse.tables.anomalies import anomaly
from pipeline.warehouse.tables.forecasts import forecast, forecast_day, forecast_hour
from pipeline.warehouse.tables.recommendations import recommendation, recommendation_decision, saving

BAND = {"p10_kwh": 1.0, "p50_kwh": 2.0, "p90_kwh": 3.0}
FOUND, GONE = "7-base_load", "7-schedule"


def plant(conn: Connection, site_id: int, issued_at: datetime) -> None:
    """Add forecasts of a site, an event of one of its meters, a recommendation found and one that is gone."""
    run = runs.record(conn, runs.Outcome(step="planted", inputs="", series=1, seconds=0.0))
    meter_id = conn.execute(select(meter.c.id).where(meter.c.site_id == site_id).limit(1)).scalar_one()
    _forecasts(conn, run, site_id, issued_at)
    event = {
        "run_id": run,
        "fingerprint": "planted",
        "meter_id": meter_id,
        "kind": "spike",
        "start_ts": issued_at - timedelta(hours=5),
        "end_ts": issued_at - timedelta(hours=3),
        "score": 9.0,
        "confidence": 0.75,
        "rank": 1.0,
        "expected_kwh": 4.0,
        "actual_kwh": 10.0,
        "cost": Decimal("1.2345"),
        "currency": "EUR",
        "explanation": "Far above.",
    }
    conn.execute(insert(anomaly).values(event))
    _recommendations(conn, run, site_id)


def _forecasts(conn: Connection, run: int, site_id: int, issued_at: datetime) -> None:
    for horizon, step in (("hours", "h"), ("days", "D"), ("months", "MS")):
        row = {
            "run_id": run,
            "site_id": site_id,
            "horizon": horizon,
            "step": step,
            "issued_at": issued_at,
            "trained_from": issued_at - timedelta(days=60),
            "model": "gradient boosting",
        }
        number = conn.execute(insert(forecast).values(row).returning(forecast.c.id)).scalar_one()
        of_best = {"forecast_id": number, "model": "best", "scenario": "base"} | BAND
        if horizon == "hours":
            conn.execute(insert(forecast_hour), [of_best | {"ts": issued_at + timedelta(hours=n)} for n in range(24)])
            conn.execute(insert(forecast_hour).values(of_best | {"model": "seasonal_naive", "ts": issued_at}))
        else:
            first = date(issued_at.year + 1, 1, 1)
            conn.execute(insert(forecast_day).values(of_best | {"day": first}))


def _recommendations(conn: Connection, run: int, site_id: int) -> None:
    expected = {"site_id": site_id, "kind": "base_load", "text": "Switch it off.", "kwh": 100.0, "co2_kg": 40.0}
    priced = expected | {"money": Decimal("12.34"), "currency": "EUR"}
    more = {"run_id": run, "confidence": 0.5, "effort": "low", "evidence": {}}
    conn.execute(insert(recommendation).values(priced | more | {"fingerprint": FOUND}))
    done = {
        "fingerprint": GONE,
        "state": "done",
        "done_on": datetime(2025, 10, 1, tzinfo=UTC).date(),
        "decided_by": "a",
    }
    conn.execute(insert(recommendation_decision).values(priced | done))
    measured = {"fingerprint": GONE, "run_id": run, "method": "daily", "money": Decimal("3.21"), "currency": "EUR"}
    sums = {"actual_kwh": 1.0, "expected_kwh": 8.0, "saved_kwh": 7.0, "uncertainty_kwh": 1.0, "confidence": 0.9}
    fit = {"cvrmse": 0.1, "nmbe": 0.0, "days": 30, "course": []}
    days = {"first_day": date(2025, 10, 1), "last_day": date(2025, 10, 30)}
    conn.execute(insert(saving).values(measured | sums | fit | days))
