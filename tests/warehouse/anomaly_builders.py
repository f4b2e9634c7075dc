"""Warehouses with planted events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
from builders import Builder
from sqlalchemy import Connection

from pipeline.analytics.events.matching import fingerprint, same_events
from pipeline.warehouse import anomaly_store, runs

T0 = datetime(2025, 3, 3, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Places:
    root: int
    north: int
    south: int
    north_meter: int
    south_meter: int


def build_places(conn: Connection, days: int = 28) -> Places:
    """Make two sites, in Berlin and London, each with a meter that uses 2 kWh an hour by day and 1 by night."""
    build = Builder(conn)
    root = build.site("All", "Europe/Berlin", kind="organisation")
    north = build.site("North", "Europe/Berlin", parent=root, country="DE")
    south = build.site("South", "Europe/London", parent=root, country="GB")
    meters = build.meter(north, "North meter"), build.meter(south, "South meter")
    start = T0 - timedelta(days=days)
    for number in meters:
        values = [2.0 if 7 <= hour % 24 < 19 else 1.0 for hour in range((days + 14) * 24)]
        build.readings(number, start, values)
    return Places(root, north, south, *meters)


def found(*spans: tuple[int, str, float, float], **columns: object) -> pd.DataFrame:
    """Describe events by meter, kind, and hours after `T0`, as the step stores them."""
    rows = [
        {
            "meter_id": meter_id,
            "kind": kind,
            "start": pd.Timestamp(T0 + start * HOUR),
            "end": pd.Timestamp(T0 + end * HOUR),
            "score": 2.0,
            "confidence": 0.8,
            "expected_kwh": 10.0,
            "actual_kwh": 30.0,
            "cost": Decimal("6.0000"),
            "currency": "EUR",
            "cost_reason": "",
            "explanation": f"{kind} from {start} to {end}",
            "evidence": {"draw": "band"},
            "holiday": None,
        }
        for meter_id, kind, start, end in spans
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(**columns) if columns else frame


def store(conn: Connection, events: pd.DataFrame | None, inputs: str = "planted") -> int:
    """Store events as a run of the detectors does; returns its number."""
    run = runs.record(conn, runs.Outcome("anomalies", inputs, series=2, seconds=1.0))
    if events is not None:
        names: Sequence[str] = [
            fingerprint(meter_id, kind, start, end)
            for meter_id, kind, start, end in zip(
                events["meter_id"], events["kind"], events["start"], events["end"], strict=True
            )
        ]
        events = events.assign(id=same_events(anomaly_store.known_events(conn), events), fingerprint=names)
    anomaly_store.store(conn, run, events)
    return run
