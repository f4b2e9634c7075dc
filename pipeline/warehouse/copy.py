"""Arrow tables into PostgreSQL by binary COPY, the fastest way in."""

from collections.abc import Iterable, Iterator, Sequence

import psycopg
import pyarrow as pa
from pgpq import ArrowToPostgresBinaryEncoder
from psycopg import sql
from sqlalchemy import Connection

ROWS_AT_ONCE = 65_536


def copy_into(conn: Connection, name: str, table: pa.Table) -> None:
    """Append ``table`` to the database table ``name``, column by column of the same names and types."""
    copy_pieces(conn, name, table.column_names, pieces_of(table))


def pieces_of(table: pa.Table) -> Iterator[bytes]:
    """Encode ``table`` piece by piece; needs no database, so that another thread may do it."""
    encoder = ArrowToPostgresBinaryEncoder(table.schema)
    yield encoder.write_header()
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        yield encoder.write_batch(batch)
    yield encoder.finish()


def copy_pieces(conn: Connection, name: str, columns: Sequence[str], pieces: Iterable[bytes]) -> None:
    """Append what `pieces_of` has encoded to ``columns`` of the database table ``name``."""
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with _driver(conn).cursor() as cursor, cursor.copy(statement) as copy:
        for piece in pieces:
            copy.write(piece)


def _driver(conn: Connection) -> psycopg.Connection[tuple[object, ...]]:
    """Return psycopg's connection below SQLAlchemy's, in the same transaction."""
    driver = conn.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"COPY needs psycopg, not {type(driver).__name__}")
    return driver
