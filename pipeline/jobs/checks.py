"""Compares exports with what they were made from, and keeps what came of it beside the export."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select, text, update

from pipeline.errors import WattscapeError
from pipeline.jobs.queue import CHECK_EXPORTS
from pipeline.outputs.verify import verify
from pipeline.warehouse.engine import begin
from pipeline.warehouse.schema import export

log = logging.getLogger(__name__)

MOST_NAMED = 5
# The queue keeps what it has done, with the instant at which it began.
LAST_BEGUN = text(
    "select max(e.at) from procrastinate_events e join procrastinate_jobs j on j.id = e.job_id "
    "where j.task_name = :task and j.status = 'succeeded' and e.type = 'started'"
)


@dataclass(frozen=True)
class Reconciliation:
    """What came of the last check of all exports: when it began, and the files by what was found."""

    at: datetime
    equal: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Say it in a line."""
        found = [f"{len(self.equal)} equal"]
        if self.outdated:
            found.append(f"{len(self.outdated)} older than the data")
        if self.differing:
            found.append(f"{len(self.differing)} that differ: {_listed(self.differing)}")
        return f"Last check of all, {self.at:%Y-%m-%d %H:%M} UTC: {', '.join(found)}."


def last_reconciliation(conn: Connection) -> Reconciliation | None:
    """Return what the last nightly check found of the exports that are kept; None before the first."""
    at: datetime | None = conn.scalar(LAST_BEGUN, {"task": CHECK_EXPORTS})
    if at is None:
        return None
    checked = (export.c.state == "ready", export.c.checked_at >= at)
    rows = conn.execute(select(export.c.file_name, export.c.check_state).where(*checked).order_by(export.c.id.desc()))
    found: dict[str, list[str]] = {}
    for name, state in rows:
        found.setdefault(state, []).append(name)
    equal, outdated = tuple(found.pop("equal", [])), tuple(found.pop("outdated", []))
    return Reconciliation(
        at.astimezone(UTC), equal, outdated, tuple(name for names in found.values() for name in names)
    )


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def check(number: int, path: Path) -> None:
    """Verify the export ``number`` at ``path`` and write state, time and sentences to its row."""
    try:
        found = verify(path)
        state: str = found.state
        message = " ".join(found.differences)
    except WattscapeError as error:
        state, message = "failed", str(error)
    if state not in {"equal", "outdated"}:
        log.warning("export %d: %s: %s", number, state, message)
    values = {"check_state": state, "check_message": message, "checked_at": datetime.now(UTC)}
    with begin() as conn:
        conn.execute(update(export).where(export.c.id == number).values(values))
