"""The record of each load: which file it was, how it was read, what came of it, and the lines it could not use."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.engine import RowMapping

from pipeline.sources import plan_to_json
from pipeline.sources.frame import Plan
from pipeline.warehouse.schema import ingest_batch


@dataclass
class Tally:
    """What a load has stored so far; ``energy_kwh`` sums the raw values, ``steps`` counts readings by length."""

    readings: int = 0
    estimated: int = 0
    duplicates: int = 0
    replaced: int = 0
    rejected: int = 0
    energy_kwh: float = 0.0
    first: datetime | None = None
    last: datetime | None = None
    flags: Counter[str] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)

    @property
    def step_s(self) -> int | None:
        """The most frequent length of a reading in seconds."""
        return self.steps.most_common(1)[0][0] if self.steps else None

    def widen(self, first: datetime, last: datetime) -> None:
        """Make the stored period reach from ``first`` to ``last`` at least."""
        self.first = first if self.first is None else min(first, self.first)
        self.last = last if self.last is None else max(last, self.last)


@dataclass(frozen=True)
class LoadReport:
    """What one load did. ``readings`` came from the source and are stored; ``first`` and ``last`` are in UTC."""

    file: str
    format: str
    batch: int
    meters: int
    readings: int
    duplicates: int
    rejected: int
    energy_kwh: float
    first: datetime | None
    last: datetime | None
    step_seconds: int | None
    timezone: str
    warnings: tuple[str, ...] = ()
    estimated: int = 0
    replaced: int = 0
    seconds: float = 0.0
    already_stored: bool = False


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_plan(plan: Plan) -> str:
    """Return the SHA-256 of what decides how a source is read; reasons and warnings don't count."""
    decisions = {
        name: value for name, value in plan_to_json(plan).items() if name not in ("path", "warnings", "details")
    }
    return hashlib.sha256(json.dumps(decisions, sort_keys=True).encode()).hexdigest()


def timezone_of(plan: Plan) -> str:
    """Return the zone that a source's times are in."""
    if plan.mapping is not None:
        return plan.mapping.timezone
    return str(plan.details.get("timezone", "UTC"))


def find_stored(conn: Connection, digest: str, plan_digest: str) -> RowMapping | None:
    """Return the batch that already holds this file, read the same way."""
    statement = select(ingest_batch).where(
        ingest_batch.c.digest == digest,
        ingest_batch.c.plan_digest == plan_digest,
        ingest_batch.c.state == "stored",
    )
    return conn.execute(statement).mappings().one_or_none()


def open_batch(conn: Connection, plan: Plan, digest: str, plan_digest: str, *, state: str, loaded_by: str) -> int:
    """Record the beginning of a load and return its number."""
    values = {
        "file_name": name_of(plan),
        "digest": digest,
        "plan_digest": plan_digest,
        "format": plan.format,
        "plan": plan_to_json(plan),
        "state": state,
        "loaded_by": loaded_by,
    }
    number: int = conn.execute(insert(ingest_batch).values(values).returning(ingest_batch.c.id)).scalar_one()
    return number


def close_batch(conn: Connection, batch_id: int, tally: Tally, *, meters: int, seconds: float) -> None:
    """Record what a load has done."""
    values: Mapping[str, object] = {
        "meters": meters,
        "readings": tally.readings,
        "estimated": tally.estimated,
        "duplicates": tally.duplicates,
        "rejected": tally.rejected,
        "replaced": tally.replaced,
        "energy_kwh": tally.energy_kwh,
        "first_ts": tally.first,
        "last_ts": tally.last,
        "quality": dict(+tally.flags),
        "seconds": seconds,
    }
    conn.execute(update(ingest_batch).where(ingest_batch.c.id == batch_id).values(values))


def report_of_stored(plan: Plan, row: RowMapping) -> LoadReport:
    """Say that a file was stored before, and that nothing has changed."""
    when = row["created_at"].astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return LoadReport(
        file=row["file_name"],
        format=row["format"],
        batch=row["id"],
        meters=row["meters"],
        readings=0,
        duplicates=row["readings"],
        rejected=row["rejected"],
        energy_kwh=0.0,
        first=row["first_ts"],
        last=row["last_ts"],
        step_seconds=plan.mapping.step_s if plan.mapping else None,
        timezone=timezone_of(plan),
        warnings=(f"Already stored as batch {row['id']} on {when}: nothing was changed.",),
        already_stored=True,
    )


def name_of(plan: Plan) -> str:
    """Name a source as people see it: the file, and inside an archive the member."""
    return plan.path.name if plan.member is None else f"{plan.path.name}/{plan.member}"
