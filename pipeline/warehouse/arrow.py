"""Query results as Arrow batches, in C and in bounded memory: the way out for bulk, beside `engine.connect`."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_postgresql import StatementOptions, dbapi
from sqlalchemy import Connection, Select, make_url, text
from sqlalchemy.dialects.postgresql import dialect

from pipeline.errors import WarehouseError
from pipeline.warehouse.engine import database_url

BATCH_BYTES = 8 << 20
LIST_OF_VALUES = re.compile(r"__\[POSTCOMPILE_(\w+)\]")
POSTGRESQL = dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # so shipped by SQLAlchemy


class Bulk:
    """A connection that reads a result ahead while the batch before is used.

    The driver guards nothing: to close a connection or a result that another thread reads crashes the process. So one
    thread, the connection's own, makes every call of the driver from opening to closing, whoever asks and whenever a
    reader is abandoned. Only to cancel is safe, and done, from outside.
    """

    def __init__(self, url: str, snapshot: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bulk")
        self._cursors: list[dbapi.Cursor] = []
        try:
            self._connection = self._thread.submit(_open, url, snapshot).result()
        except BaseException:
            self._thread.shutdown()
            raise

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query. One left before its end is ended by `close`, or by the next query."""
        reader = self._thread.submit(self._start, query).result()
        coming = self._thread.submit(_next, reader)
        while (batch := coming.result()) is not None:
            coming = self._thread.submit(_next, reader)
            yield batch

    def close(self) -> None:
        """Stop what is being read, and close."""
        for cursor in list(self._cursors):
            with suppress(adbc_driver_manager.Error):  # the server is gone, and the query with it
                cursor.adbc_cancel()
        closed = self._thread.submit(self._close)
        self._thread.shutdown()
        closed.result()

    def _start(self, query: str) -> pa.RecordBatchReader:
        self._end()
        cursor = self._connection.cursor()
        self._cursors.append(cursor)
        cursor.adbc_statement.set_options(**{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)})
        return cursor.execute(query).fetch_record_batch()

    def _end(self) -> None:
        while self._cursors:
            self._cursors.pop().close()

    def _close(self) -> None:
        try:
            self._end()
        finally:
            self._connection.close()


@contextmanager
def same_snapshot(conn: Connection) -> Iterator[Bulk]:
    """Open an Arrow connection that sees exactly what ``conn`` (from `engine.connect`) sees. Raises WarehouseError."""
    snapshot = conn.execute(text("select pg_export_snapshot()")).scalar_one()
    url = make_url(database_url()).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        bulk = Bulk(url, snapshot)
        try:
            yield bulk
        finally:
            bulk.close()
    except adbc_driver_manager.Error as error:
        raise _stopped(error) from error


def stream(bulk: Bulk, statement: Select[*tuple[object, ...]]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of ``statement`` in batches of about 8 MB, parsed in a thread while the one before is in use."""
    literal = str(statement.compile(dialect=POSTGRESQL, compile_kwargs={"literal_binds": True}))
    return bulk.batches(literal)


def query_text(statement: Select[*tuple[object, ...]]) -> str:
    """Write a statement for people: names, with a colon in front, stand for its values."""
    lines = str(statement.compile(dialect=POSTGRESQL)).splitlines()
    return LIST_OF_VALUES.sub(r":\1", " ".join(line.strip() for line in lines))


def _open(url: str, snapshot: str) -> dbapi.Connection:
    connection = dbapi.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute(f"set transaction snapshot '{snapshot}'")
    except adbc_driver_manager.Error:
        connection.close()
        raise
    return connection


def _next(reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
    try:
        return next(reader, None)
    except (pa.ArrowException, OSError) as error:
        raise _stopped(error) from error


def _stopped(error: Exception) -> WarehouseError:
    return WarehouseError(f"The database stopped answering while data was read ({error}).")
