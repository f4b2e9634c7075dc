"""Lines that a load could not use: kept in a file without a name while it reads, in ``rejected_row`` once it stores."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, text

from pipeline.warehouse.copy import copy_into

LONGEST_TEXT = 2_000
SCHEMA = pa.schema([("line", pa.int64()), ("text", pa.string()), ("reason", pa.string())])
STAGED = """
create temp table rejected_line (
    number bigint generated always as identity, line bigint not null, text text not null, reason text not null
) on commit drop
"""
# A line may be refused for several reasons, once for each meter that it holds a value of.
STORE = """
insert into rejected_row (batch_id, line, text, reason)
select :batch, line, (array_agg(text order by number))[1], string_agg(reason, '; ' order by number)
from (
    select line, reason, min(number) as number, (array_agg(text order by number))[1] as text
    from rejected_line
    group by line, reason
) reasons
group by line
order by line
"""


class FirstLine(NamedTuple):
    """Where the first line was that could not be used, and why."""

    line: int
    reason: str


class Rejected:
    """Lines with their reasons, in bounded memory: ``rows`` of them, and the ``first``."""

    def __init__(self, folder: Path) -> None:
        self.rows = 0
        self.first: FirstLine | None = None
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._writer: pa.RecordBatchStreamWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, lines: pd.DataFrame) -> None:
        """Take over ``line, text, reason`` of a chunk."""
        if lines.empty:
            return
        if self.first is None:
            self.first = FirstLine(int(lines["line"].iloc[0]), str(lines["reason"].iloc[0]))
        self.rows += len(lines)
        columns = {"line": lines["line"], "text": _storable(lines["text"]), "reason": _storable(lines["reason"])}
        self._open().write_table(pa.table(columns).cast(SCHEMA))

    def store(self, conn: Connection, batch_id: int) -> int:
        """Keep the lines with the batch, one row a line; returns how many."""
        if self._file is None or self._writer is None:
            return 0
        self._writer.close()
        self._file.seek(0)
        conn.execute(text(STAGED))
        with pa.ipc.open_stream(self._file) as reader:
            for batch in reader:
                copy_into(conn, "rejected_line", pa.Table.from_batches([batch]))
        return conn.execute(text(STORE), {"batch": batch_id}).rowcount

    def _open(self) -> pa.RecordBatchStreamWriter:
        if self._writer is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed at the end of the block
            self._writer = pa.ipc.new_stream(self._file, SCHEMA)
        return self._writer


def _storable(texts: pd.Series) -> list[str]:
    """Cut very long texts and take out what PostgreSQL cannot hold."""
    return [
        str(text)[:LONGEST_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
        for text in texts
    ]
