"""The row that people see of a job: its state and progress, kept truthful whatever happens to the worker.

A worker holds an advisory lock as long as it works on a row. PostgreSQL gives the lock back however the worker ends, so
a row that says "running" without a holder is one whose worker died.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy import Connection, Table, func, select, update

from pipeline.errors import WattscapeError
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.schema import export, upload

Progress: TypeAlias = Callable[[float, str], None]
Work: TypeAlias = Callable[[Progress], dict[str, object]]

SECONDS_BETWEEN_WRITES = 0.5
LOCKS = {export.name: 7_301_011, upload.name: 7_301_012}
ABANDONED = "The worker stopped before this was done. Nothing was kept: ask again."
UNEXPECTED = "Something unexpected went wrong. Nothing was kept; the worker's log says what happened."

log = logging.getLogger(__name__)


class CancelledError(WattscapeError):
    """Somebody cancelled the job, or the worker is being stopped."""


@dataclass
class JobRow:
    """A row of ``export`` or ``upload``; ``done`` is the state it ends in when all is well."""

    table: Table
    id: int
    done: str
    stopping: Callable[[], bool] = lambda: False
    _written: float = field(default=0.0, init=False)

    def run(self, work: Work) -> None:
        """Do the work unless it was cancelled while it waited, and record how it ends."""
        with self._held():
            if not self._change("waiting", state="running"):
                return
            try:
                results = work(self.tell)
            except WattscapeError as error:  # of what was cancelled, too
                self._change("running", state="failed", message=str(error))
            except Exception:  # the row must not look alive; the error itself goes on to the queue and its log
                self._change("running", state="failed", message=UNEXPECTED)
                raise
            else:
                self._change("running", state=self.done, progress=1.0, **results)

    def tell(self, share: float, message: str) -> None:
        """Write the progress, at most twice a second. Raises CancelledError when the work is to stop."""
        if self.stopping():
            raise CancelledError(ABANDONED)
        if time.monotonic() - self._written < SECONDS_BETWEEN_WRITES:
            return
        self._written = time.monotonic()
        if not self._change("running", progress=share, message=message):
            raise CancelledError("Cancelled.")

    def _change(self, before: str, **values: object) -> bool:
        """Change the row if its state is still ``before``; say whether it was."""
        rows = self.table.c
        with begin() as conn:
            changed = update(self.table).where(rows.id == self.id, rows.state == before).values(values)
            return conn.execute(changed.returning(rows.id)).first() is not None

    @contextmanager
    def _held(self) -> Iterator[None]:
        with begin() as conn:
            conn.execute(select(func.pg_advisory_xact_lock(LOCKS[self.table.name], self.id)))
            yield


def fail_abandoned(table: Table) -> list[int]:
    """Mark the rows as failed that no living worker works on; return their numbers."""
    with connect() as conn:
        running = list(conn.execute(select(table.c.id).where(table.c.state == "running")).scalars())
    return [number for number in running if _fail_if_abandoned(table, number)]


def _fail_if_abandoned(table: Table, number: int) -> bool:
    with begin() as conn:
        if not _is_free(conn, table, number):
            return False
        failed = update(table).where(table.c.id == number, table.c.state == "running")
        conn.execute(failed.values(state="failed", message=ABANDONED))
    log.warning("%s %d was left behind by a worker that died", table.name, number)
    return True


def _is_free(conn: Connection, table: Table, number: int) -> bool:
    free: bool = conn.execute(select(func.pg_try_advisory_xact_lock(LOCKS[table.name], number))).scalar_one()
    return free
