"""Looks for anomalies at every meter and stores them as events, which keep what people said of them."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.anomalies import Observed
from pipeline.steps.finding.detection import Examined, detect_group, examine
from pipeline.steps.finding.events import rows_of
from pipeline.steps.finding.observe import Group, groups, observe, placed_meters
from pipeline.steps.processes import pool
from pipeline.steps.report import StepReport
from pipeline.warehouse import anomaly_store, runs
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.runs import Failure, Outcome

STEP = "anomalies"
UPSTREAM = ("tariffs", "forecast")
METERS_AT_ONCE = 4
RULES_VERSION = 3  # raised when the detectors change, so that stored events are found anew

Progress: TypeAlias = Callable[[float, str], None]
Task: TypeAlias = tuple[Group, Sequence[Observed], Iterable[Examined]]


def run(progress: Progress) -> StepReport:
    """Examine all meters where anything has changed since the last run; results are stored in one transaction."""
    started = time.monotonic()
    with connect() as conn:
        inputs = runs.inputs_digest(conn, *UPSTREAM, parameters=RULES_VERSION)
        if runs.is_current(conn, STEP, inputs):
            return StepReport(STEP, 0, 0, time.monotonic() - started, "nothing has changed", skipped=True)
        meters = placed_meters(conn)
        found, failures = _find(conn, meters, progress)
    refused = {failure.meter_id for failure in failures if failure.meter_id is not None}
    progress(0.95, "storing")
    with begin() as conn:
        seconds = time.monotonic() - started
        outcome = Outcome(STEP, inputs, len(meters) - len(refused), seconds, failures, details={"events": len(found)})
        run_id = runs.record(conn, outcome)
        anomaly_store.store(conn, run_id, rows_of(conn, found, meters) if len(found) else None)
        raise_version(conn)
    progress(1.0, "done")
    seconds = time.monotonic() - started
    return StepReport(STEP, outcome.series, len(failures), seconds, f"{len(found):,} findings")


def _find(conn: Connection, meters: pd.DataFrame, progress: Progress) -> tuple[pd.DataFrame, list[Failure]]:
    found, failures, done = [], [], 0
    for group, observed, examined in _examined(conn, meters):
        progress(0.95 * done / len(meters), "looking for anomalies")
        events, refused = detect_group(group, observed, examined)
        found.append(events)
        failures += refused
        done += len(group.meters)
    filled = [events for events in found if len(events)]
    return (pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()), failures


def _examined(conn: Connection, meters: pd.DataFrame) -> Iterator[Task]:
    """Read a group of meters while the processes are busy with the one before."""
    with pool() as processes:
        before: Task | None = None
        for group in groups(meters):
            observed = observe(conn, group)
            task = group, observed, processes.map(examine, observed, chunksize=METERS_AT_ONCE)
            if before is not None:
                yield before
            before = task
        if before is not None:
            yield before
