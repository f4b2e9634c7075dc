"""What tests of scheduled reports share: a schedule of every day, and its runs."""

from datetime import UTC, datetime, time

import pandas as pd
import pytest
import three_zones as zones
from sqlalchemy import select

from pipeline import jobs
from pipeline.outputs.reports import schedules
from pipeline.outputs.reports.rhythm import Rhythm
from pipeline.outputs.reports.schedules import NewSchedule
from pipeline.steps import reporting
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.tables.reports import report_delivery

ADDED = datetime(2024, 5, 6, 12, tzinfo=UTC)  # a Monday
DUE = datetime(2024, 5, 7, 4, tzinfo=UTC)  # 06:00 in Berlin
EXPORTS = reporting.Exports(jobs.make_scheduled_report, jobs.export_file)


def add(channel: str = "mail", target: str = "boss@e.example", **more: object) -> int:
    site_id = zones.filters().site_id
    given = {"form": "csv", "rhythm": Rhythm("day", 0, time(6))} | more
    new = NewSchedule(site_id, channel=channel, target=target, **given)  # type: ignore[arg-type]
    with begin() as conn:
        return schedules.add_schedule(conn, new, made_by="analyst", now=ADDED)


def deliveries() -> pd.DataFrame:
    with connect() as conn:
        return pd.read_sql(select(report_delivery).order_by(report_delivery.c.id), conn)


def run(now: datetime = DUE) -> None:
    reporting.run_reports(now, EXPORTS)


def run_into(monkeypatch: pytest.MonkeyPatch, name: str, broken: object) -> None:
    """Run with a part of the step broken, as where the worker dies in it."""
    with monkeypatch.context() as patch:
        patch.setattr(reporting, name, broken)
        with pytest.raises(KeyboardInterrupt):
            run()


def die(*_given: object, **_more: object) -> str:
    raise KeyboardInterrupt
