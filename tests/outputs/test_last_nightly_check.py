"""What is said of the last nightly check of all exports."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import three_zones as zones
from sqlalchemy import update

from pipeline.jobs import exports, queue, worker
from pipeline.jobs.checks import MOST_NAMED, Reconciliation, last_reconciliation
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.schema import export

AT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)


def found() -> Reconciliation | None:
    with connect() as conn:
        return last_reconciliation(conn)


@pytest.mark.usefixtures("warehouse")
def test_the_last_nightly_check_is_summed_up() -> None:
    zones.fill()
    filters = zones.filters(date(2024, 5, 1), date(2024, 5, 3))
    numbers = [exports.request_export(filters, "csv", requested_by="analyst") for _ in range(3)]
    worker.run_worker(until_idle=True)
    assert found() is None
    with connect() as conn:
        exports.export_file(conn, numbers[0]).write_text("something else")
    with begin() as conn:
        conn.execute(queue.DEFER, {"task": queue.CHECK_EXPORTS, "arguments": json.dumps({"timestamp": 0})})

    worker.run_worker(until_idle=True)
    with begin() as conn:  # not checked that night: made since, or gone
        earlier = datetime.now(UTC) - timedelta(days=1)
        conn.execute(update(export).where(export.c.id == numbers[2]).values(checked_at=earlier))

    last = found()
    assert last is not None
    assert (len(last.equal), last.outdated, len(last.differing)) == (1, (), 1)
    assert timedelta(0) <= datetime.now(UTC) - last.at < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("last", "sentence"),
    [
        (Reconciliation(AT), "0 equal."),
        (
            Reconciliation(AT, ("a", "b"), ("c",)),
            "2 equal, 1 older than the data.",
        ),
        (
            Reconciliation(AT, (), (), ("x.csv",)),
            "0 equal, 1 that differ: x.csv.",
        ),
    ],
)
def test_it_is_said_in_a_line(last: Reconciliation, sentence: str) -> None:
    assert last.sentence == f"Last check of all, 2026-03-01 02:30 UTC: {sentence}"


def test_of_many_that_differ_the_first_are_named() -> None:
    names = tuple(f"{number}.csv" for number in range(MOST_NAMED + 2))

    assert Reconciliation(AT, differing=names).sentence.endswith(f"{names[MOST_NAMED - 1]} and 2 more.")
