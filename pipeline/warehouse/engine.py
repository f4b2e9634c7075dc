"""The only way to the database. Every query of the product runs inside `connect` or `begin`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, OperationalError, ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry

from pipeline.errors import SelectionError, UserError, WarehouseError
from pipeline.settings import settings

OLDEST_VERSION = 150_000
DRIVER = "postgresql+psycopg"
UNSTORABLE = (
    psycopg.errors.NumericValueOutOfRange,
    psycopg.errors.DatetimeFieldOverflow,
    psycopg.errors.UntranslatableCharacter,
)


def database_url() -> str:
    """Return the URL of the warehouse; starts the embedded server where none is set. Raises WarehouseError."""
    given = settings().database_url
    if given is not None:
        return _with_driver(given.get_secret_value())
    from pipeline.warehouse import embedded  # noqa: PLC0415 - not loaded where a database is given

    return _with_driver(embedded.start(settings().data_folder / "postgres"))


@contextmanager
def connect() -> Iterator[Connection]:
    """Open a read-only transaction that sees one state of the data and gives up after the statement time-out."""
    milliseconds = settings().statement_timeout_seconds * 1000
    with _errors_for_people(), engine().connect() as conn:
        conn.exec_driver_sql(
            f"set transaction isolation level repeatable read, read only;set local statement_timeout = {milliseconds:d}"
        )
        yield conn


@contextmanager
def begin() -> Iterator[Connection]:
    """Open a transaction that writes: committed at the end of the block, rolled back by an exception."""
    with _errors_for_people(), engine().begin() as conn:
        yield conn


@cache
def engine() -> Engine:
    """Return this process's engine, made on first use. Product code asks `connect` or `begin` instead."""
    made = create_engine(
        database_url(),
        pool_pre_ping=True,
        pool_size=settings().web_threads,
        max_overflow=settings().web_threads,
        connect_args={"options": "-c timezone=UTC", "application_name": "wattscape", "connect_timeout": 10},
    )
    event.listen(made, "first_connect", _check_version)
    return made


def forget() -> None:
    """Close the pool, so that the next use reads the settings anew."""
    if engine.cache_info().currsize:
        engine().dispose()
    engine.cache_clear()


def _forget_in_child() -> None:
    """Leave the parent's connections alone: they belong to its sockets."""
    if engine.cache_info().currsize:
        engine().dispose(close=False)
    engine.cache_clear()


os.register_at_fork(after_in_child=_forget_in_child)


def _with_driver(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    try:
        readable = separator and scheme.startswith("postgres") and make_url(f"{DRIVER}://{rest}")
    except (ArgumentError, ValueError):
        readable = False
    if not readable:  # said outside the handler: what was raised there may quote the password
        raise WarehouseError("WATTSCAPE_DATABASE_URL must look like postgresql://user:password@host:5432/database.")
    return f"{DRIVER}://{rest}"


def _check_version(connection: psycopg.Connection[object], _entry: ConnectionPoolEntry) -> None:
    version = connection.info.server_version
    if version < OLDEST_VERSION:
        raise WarehouseError(f"PostgreSQL {version // 10_000} is too old for Wattscape: it needs 15 or newer.")


@contextmanager
def _errors_for_people() -> Iterator[None]:
    """Turn what the driver raises into sentences; errors of our own making pass through."""
    try:
        yield
    except ProgrammingError as error:
        if isinstance(error.orig, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
            raise WarehouseError(
                "The database does not have this version's tables: run `python -m pipeline init`."
            ) from error
        raise
    except DataError as error:
        if isinstance(error.orig, UNSTORABLE) or getattr(error.orig, "sqlstate", None) is None:  # the driver's own: NUL
            raise UserError("A number, date or text that was given is not one that the warehouse can hold.") from error
        raise
    except OperationalError as error:
        raise _explained(error.orig) from error
    except psycopg.OperationalError as error:  # COPY speaks to the driver itself
        raise _explained(error) from error


def _explained(error: BaseException | None) -> SelectionError | WarehouseError:
    if isinstance(error, psycopg.errors.QueryCanceled):
        seconds = settings().statement_timeout_seconds
        return SelectionError(f"This question took longer than {seconds} s and was stopped: choose a shorter period.")
    reason = str(error).strip().splitlines()[0]
    if isinstance(error, psycopg.errors.DiskFull):
        return WarehouseError(f"The database's disk is full, nothing was changed ({reason}): make room and try again.")
    where = make_url(database_url()).set(password=None, drivername="postgresql").render_as_string()
    return WarehouseError(f"The database {where} cannot be used ({reason}).")
