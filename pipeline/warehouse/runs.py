"""The record of the pipeline's steps: a step whose inputs are as they were has nothing to do."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, func, insert, select

from pipeline.warehouse.schema import ingest_batch, meter, reading_edit, site
from pipeline.warehouse.tables.runs import model_failure, model_run

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """A series that a step could not do: ``owner`` names it, ``reason`` says what is missing in one sentence."""

    owner: str
    reason: str
    site_id: int | None = None
    meter_id: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    step: str
    inputs: str
    series: int
    seconds: float
    failures: Sequence[Failure] = ()
    message: str = ""
    state: str = "done"
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """The newest successful run of a step."""

    id: int
    inputs: str
    series: int
    failures: int
    created_at: datetime


def unforeseen(owner: str, error: Exception, site_id: int | None = None, meter_id: int | None = None) -> Failure:
    """Record a series whose numbers a model cannot work with; the log says where it came to that."""
    log.error("%s: unforeseen numbers", owner, exc_info=error)
    reason = f"Its numbers cannot be worked with ({type(error).__name__}: {error}): check its readings."
    return Failure(owner, reason, site_id, meter_id)


def inputs_digest(conn: Connection, *upstream: str, parameters: object = None) -> str:
    """Digest what a step reads: readings, sites and meters, the newest run of upstream steps, parameters."""
    readings = conn.execute(
        select(
            select(func.coalesce(func.max(ingest_batch.c.id), 0)).scalar_subquery(),
            select(func.count(reading_edit.c.id) + func.count(reading_edit.c.restored_at)).scalar_subquery(),
        )
    ).one()
    places = conn.execute(select(site).order_by(site.c.id)).all()
    meters = conn.execute(select(meter.c.id, meter.c.site_id, meter.c.direction).order_by(meter.c.id)).all()
    newest = [run.id if (run := latest(conn, step)) else None for step in upstream]
    text = repr((tuple(readings), list(map(tuple, places)), list(map(tuple, meters)), newest, parameters))
    return hashlib.sha256(text.encode()).hexdigest()


def latest(conn: Connection, step: str) -> Run | None:
    """Return the newest run of a step that was done."""
    columns = [model_run.c[name] for name in ("id", "inputs", "series", "failures", "created_at")]
    newest = (
        select(*columns)
        .where(model_run.c.step == step, model_run.c.state == "done")
        .order_by(model_run.c.id.desc())
        .limit(1)
    )
    row = conn.execute(newest).one_or_none()
    return None if row is None else Run(*row)


def is_current(conn: Connection, step: str, inputs: str) -> bool:
    """Say whether a step has already been done on these inputs."""
    run = latest(conn, step)
    return run is not None and run.inputs == inputs


def record(conn: Connection, outcome: Outcome) -> int:
    """Write the run and its failures; returns its number, which its results carry. In the results' transaction."""
    row = {name: getattr(outcome, name) for name in ("step", "state", "inputs", "series", "message", "seconds")}
    values = row | {"failures": len(outcome.failures), "details": dict(outcome.details)}
    number: int = conn.execute(insert(model_run).values(values).returning(model_run.c.id)).scalar_one()
    if outcome.failures:
        failures = [{"run_id": number} | asdict(failure) for failure in outcome.failures]
        conn.execute(insert(model_failure), failures)
    return number


def failures(conn: Connection, step: str) -> pd.DataFrame:
    """List what the newest run of a step could not do: ``owner, site_id, meter_id, reason``."""
    run = latest(conn, step)
    listed = select(*[model_failure.c[name] for name in ("owner", "site_id", "meter_id", "reason")])
    return pd.read_sql(listed.where(model_failure.c.run_id == (run.id if run else -1)), conn)
