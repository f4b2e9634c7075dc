"""Stores what a run found: events known from earlier runs are brought up to date, new ones added, others removed."""

import json
from decimal import Decimal

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, text

from pipeline.warehouse.anomaly_plans import excuse_planned
from pipeline.warehouse.anomaly_ranks import rank_all
from pipeline.warehouse.copy import copy_into

FOUND = pa.schema(
    [
        ("id", pa.int32()),
        ("fingerprint", pa.string()),
        ("meter_id", pa.int32()),
        ("kind", pa.string()),
        ("start_ts", pa.timestamp("us", "UTC")),
        ("end_ts", pa.timestamp("us", "UTC")),
        ("score", pa.float64()),
        ("confidence", pa.float64()),
        ("expected_kwh", pa.float64()),
        ("actual_kwh", pa.float64()),
        ("cost", pa.string()),  # exact: the encoder knows no decimals
        ("currency", pa.string()),
        ("cost_reason", pa.string()),
        ("explanation", pa.string()),
        ("evidence", pa.string()),
        ("holiday", pa.string()),
    ]
)
STAGE = """
create temporary table anomaly_found (
  id integer, fingerprint text, meter_id integer, kind text, start_ts timestamptz, end_ts timestamptz,
  score double precision, confidence double precision, expected_kwh double precision, actual_kwh double precision,
  cost text, currency text, cost_reason text, explanation text, evidence text, holiday text
)
"""
SET = """
  meter_id = f.meter_id, kind = f.kind, start_ts = f.start_ts, end_ts = f.end_ts, score = f.score,
  confidence = f.confidence, expected_kwh = f.expected_kwh, actual_kwh = f.actual_kwh, cost = f.cost::numeric,
  currency = f.currency, cost_reason = f.cost_reason, explanation = f.explanation, evidence = f.evidence::jsonb,
  holiday = f.holiday
"""
UPDATE = f"update anomaly a set run_id = :run, found = true, {SET} from anomaly_found f where f.id = a.id"  # noqa: S608
NO_LONGER = "update anomaly set found = false where found and run_id <> :run"
REMOVE = """
delete from anomaly a where not a.found
  and not exists (select from anomaly_answer w where w.anomaly_id = a.id)
  and not exists (select from alert_event e where e.fingerprint = a.fingerprint)
"""
ADD = """
insert into anomaly (run_id, fingerprint, meter_id, kind, start_ts, end_ts, score, confidence, rank, expected_kwh,
                     actual_kwh, cost, currency, cost_reason, explanation, evidence, holiday)
select :run, fingerprint, meter_id, kind, start_ts, end_ts, score, confidence, 0, expected_kwh,
       actual_kwh, cost::numeric, currency, cost_reason, explanation, evidence::jsonb, holiday
from anomaly_found where id is null
"""


def known_events(conn: Connection) -> pd.DataFrame:
    """List all stored events: ``id, meter_id, kind, start, end`` (UTC)."""
    statement = text("select id, meter_id, kind, start_ts as start, end_ts as end from anomaly order by id")
    frame = pd.read_sql(statement, conn)
    return frame.assign(start=pd.to_datetime(frame["start"], utc=True), end=pd.to_datetime(frame["end"], utc=True))


def store(conn: Connection, run_id: int, events: pd.DataFrame | None) -> None:
    """Make the stored events those of this run; None: it found nothing.

    ``events``: ``id`` (null for new ones)``, fingerprint, meter_id, kind, start, end`` (UTC)``, score, confidence,
    expected_kwh, actual_kwh, cost`` (Decimal or None)``, currency, cost_reason, explanation, evidence`` (dict)``,
    holiday``.
    What was answered by a person or told of by an alert stays, marked as no longer found.
    """
    conn.execute(text(STAGE))
    if events is not None:
        copy_into(conn, "anomaly_found", _as_table(events))
    run = {"run": run_id}
    conn.execute(text(UPDATE), run)
    conn.execute(text(NO_LONGER), run)
    conn.execute(text(REMOVE))
    conn.execute(text(ADD), run)
    conn.execute(text("drop table anomaly_found"))
    excuse_planned(conn)
    rank_all(conn)


def _as_table(events: pd.DataFrame) -> pa.Table:
    named = events.rename(columns={"start": "start_ts", "end": "end_ts"})
    texts = {"cost": [_amount(cost) for cost in events["cost"]], "evidence": list(map(_json, events["evidence"]))}
    plain = named.assign(**{name: pd.Series(values, events.index, dtype=object) for name, values in texts.items()})
    return pa.Table.from_pandas(plain[FOUND.names], schema=FOUND, preserve_index=False)


def _amount(cost: object) -> str | None:
    if cost is None:
        return None
    if not isinstance(cost, Decimal):
        raise TypeError(f"Money must be a Decimal, not {type(cost).__name__}")
    return str(cost)


def _json(evidence: object) -> str:
    """Write evidence as JSON, in which there is no NaN: null."""
    text = json.dumps(evidence)
    return json.dumps(json.loads(text, parse_constant=lambda _name: None)) if "N" in text or "I" in text else text
