"""What tests of scheduled reports share: a schedule of every day, and its runs."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from datetime import time as clock_time

import pandas as pd
import three_zones as zones
from sqlalchemy import select

from pipeline.jobs import exports, making
from pipeline.outputs.reports import schedules
from pipeline.outputs.reports.rhythm import Rhythm
from pipeline.outputs.reports.schedules import NewSchedule
from pipeline.steps import reporting
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.tables.reports import report_delivery

ADDED = datetime(2024, 5, 6, 12, tzinfo=UTC)  # a Monday
DUE = datetime(2024, 5, 7, 4, tzinfo=UTC)  # 06:00 in Berlin
WORK = """
from datetime import datetime
from pipeline.jobs.exports import export_file
from pipeline.jobs.making import make_scheduled_report
from pipeline.steps import reporting
reporting.run_reports(datetime.fromisoformat({now!r}), reporting.Exports(make_scheduled_report, export_file))
"""
PATIENCE_S = 60
EXPORTS = reporting.Exports(making.make_scheduled_report, exports.export_file)


def add(channel: str = "mail", target: str = "boss@e.example", **more: object) -> int:
    site_id = zones.filters().site_id
    given = {"form": "csv", "rhythm": Rhythm("day", 0, clock_time(6))} | more
    new = NewSchedule(site_id, channel=channel, target=target, **given)  # type: ignore[arg-type]
    with begin() as conn:
        return schedules.add_schedule(conn, new, made_by="analyst", now=ADDED)


def deliveries() -> pd.DataFrame:
    with connect() as conn:
        return pd.read_sql(select(report_delivery).order_by(report_delivery.c.id), conn)


def run(now: datetime = DUE) -> None:
    reporting.run_reports(now, EXPORTS)


@contextmanager
def killed_when(reached: Callable[[], bool]) -> Iterator[None]:
    """Run the reports that are due in a process of their own, and kill it (-9) once ``reached`` is true."""
    process = subprocess.Popen([sys.executable, "-c", WORK.format(now=DUE.isoformat())])  # noqa: S603 - our own
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not reached():
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield
    finally:
        process.kill()
        process.wait()
