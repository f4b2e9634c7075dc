import gc
import threading
import time
from collections.abc import Iterator

import pyarrow as pa
import pytest
from sqlalchemy import Integer, Select, Text, case, cast, func, insert, select, text

from pipeline.warehouse import arrow
from pipeline.warehouse.arrow import same_snapshot, stream
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.schema import site

pytestmark = pytest.mark.usefixtures("warehouse")
MANY = 400_000
SLOW_S = 30
STOP_THE_OTHERS = text(
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where pid <> pg_backend_pid() and datname = current_database()"
)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "BATCH_BYTES", 1 << 16)


def numbers(last: int) -> Select[tuple[int]]:
    number = func.generate_series(1, last, type_=Integer()).column_valued("number")
    return select(number.label("number"))


def total(batches: Iterator[pa.RecordBatch]) -> int:
    return sum(batch.num_rows for batch in batches)


def test_all_rows_come_in_batches() -> None:
    with connect() as conn, same_snapshot(conn) as bulk:
        batches = list(stream(bulk, numbers(MANY)))

    assert len(batches) > 1
    assert pa.Table.from_batches(batches)["number"].to_pylist() == list(range(1, MANY + 1))


def test_what_is_written_meanwhile_is_not_seen() -> None:
    with connect() as conn, same_snapshot(conn) as bulk:
        with begin() as other:
            other.execute(insert(site).values(name="late", kind="site", timezone="UTC"))

        assert total(stream(bulk, select(site.c.id))) == 0


def test_readers_left_early_do_no_harm() -> None:
    left = []
    for taken in range(12):
        with connect() as conn, same_snapshot(conn) as bulk:
            reader = stream(bulk, numbers(MANY))
            for _ in range(taken % 4):
                next(reader)
            left.append(reader)

    elsewhere = threading.Thread(target=left.clear)
    elsewhere.start()
    elsewhere.join()
    gc.collect()

    with connect() as conn, same_snapshot(conn) as bulk:
        assert total(stream(bulk, numbers(MANY))) == MANY


def test_a_query_after_one_left_early_is_answered() -> None:
    with connect() as conn, same_snapshot(conn) as bulk:
        next(stream(bulk, numbers(MANY)))

        assert total(stream(bulk, numbers(MANY))) == MANY


def test_closing_does_not_wait_for_a_slow_query() -> None:
    number = func.generate_series(1, MANY, type_=Integer()).column_valued("number")
    slow_at_the_end = func.pg_sleep(case((number > MANY // 2, 60.0), else_=0.0))
    began = time.monotonic()

    with connect() as conn, same_snapshot(conn) as bulk:
        reader = stream(bulk, select(number.label("number"), func.length(cast(slow_at_the_end, Text)).label("slept")))
        first = next(reader)

    assert first.num_rows > 0
    assert time.monotonic() - began < SLOW_S


def test_a_server_that_stops_answering_is_told_in_a_sentence() -> None:
    def read() -> None:
        with connect() as conn, same_snapshot(conn) as bulk:
            reader = stream(bulk, numbers(20 * MANY))
            next(reader)
