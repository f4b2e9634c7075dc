"""Compares exports with what they were made from, and keeps what came of it beside the export."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import update

from pipeline.errors import WattscapeError
from pipeline.outputs.verify import verify
from pipeline.warehouse.engine import begin
from pipeline.warehouse.schema import export

log = logging.getLogger(__name__)


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
