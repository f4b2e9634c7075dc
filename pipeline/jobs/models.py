"""The steps that work on stored readings, asked for by whoever has stored some."""

import logging
from contextlib import suppress

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from pipeline.jobs.queue import DEFER_ONCE, RUN_STEPS, app
from pipeline.settings import settings
from pipeline.steps.every import run_every
from pipeline.warehouse.engine import begin

log = logging.getLogger(__name__)


def request_steps() -> None:
    """Ask for the steps that work on stored readings, where the settings want them and none waits already."""
    if not settings().models:
        return
    with suppress(IntegrityError), begin() as conn:  # another process has asked at the same moment
        conn.execute(DEFER_ONCE, {"task": RUN_STEPS})


def steps_are_waiting(conn: Connection) -> bool:
    """Say whether steps have been asked for and are not done yet."""
    busy = text(
        "select exists (select from procrastinate_jobs where task_name = :task and status in ('todo', 'doing'))"
    )
    return bool(conn.execute(busy, {"task": RUN_STEPS}).scalar_one())


@app.task(name=RUN_STEPS)
def run_steps() -> None:
    """Do the steps whose inputs have changed; what came of each is in ``model_run``."""
    for report in run_every(lambda _share, _what: None):
        log.info("%s: %s", report.step, report.message or f"{report.series} series in {report.seconds:.0f} s")
