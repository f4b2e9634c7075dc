"""Tables into a ``.hyper`` extract for Tableau: made by the Hyper API, filled by pantab from Arrow streams.

Neither sends usage data, and Hyper keeps no log file. What is written can be opened by Tableau 2021 with its last
updates and by all that came after: see ``VERSION``.
"""

import errno
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import pantab
import pyarrow as pa
import pyarrow.compute as pc
from tableauhyperapi import (
    Connection,
    CreateMode,
    HyperException,
    HyperProcess,
    Inserter,
    TableName,
    Telemetry,
    escape_string_literal,
)

from pipeline.errors import WattscapeError
from pipeline.outputs.aside import PART
from pipeline.outputs.extract_columns import ForeignKey, TableSchema
from pipeline.outputs.tables import ExportTable
from pipeline.outputs.tally import Tally

# Of the file's format: the newest that Tableau 2021 opens (2020.4.15, 2021.1.12, 2021.2.9, 2021.3.8, 2021.4.4 and all
# later ones), and the oldest that gives back the room of deleted rows and that Tableau still develops.
VERSION = "2"
PARAMETERS = {"log_config": "", "default_database_version": VERSION}
NEARLY_FULL = 16 << 20
ROWS_AT_ONCE = 8_000_000
TYPES: Mapping[pa.DataType, str] = {
    pa.string(): "text",
    pa.bool_(): "boolean",
    pa.int16(): "smallint",
    pa.int32(): "integer",
    pa.float64(): "double precision",
    pa.date32(): "date",
    pa.timestamp("us", "UTC"): "timestamp with time zone",
    pa.timestamp("us"): "timestamp",
}


Apart: TypeAlias = dict[str, list[pa.RecordBatch]]


class ExtractError(WattscapeError):
    """The extract could not be written or read."""


def create(path: Path, tables: Iterable[TableSchema]) -> None:
    """Make an extract of empty tables with their keys and comments. Raises ExtractError."""
    chosen = {table.name: table for table in tables}
    with open_extract(path, CreateMode.CREATE_AND_REPLACE) as connection:
        connection.execute_command("begin transaction")  # or each of the few hundred commands is written to the disk
        for table in chosen.values():
            for command in _commands(table):
                connection.execute_command(command)
        for table in chosen.values():
            for key in table.foreign_keys:
                if key.table in chosen:
                    connection.execute_command(_refer(table, key))
        connection.execute_command("commit")


def append(path: Path, tables: Iterable[ExportTable], tally: Tally, rows_at_once: int = ROWS_AT_ONCE) -> None:
    """Add rows to tables of an extract; what breaks one of them breaks the whole. Raises ExtractError.

    A Hyper process keeps hold of what it has written, so each writes ``rows_at_once`` and another one goes on.
    """
    waiting = {table.name: tally.reader(table) for table in tables}
    apart: Apart = defaultdict(list)
    while waiting:
        turn = _Turn(rows_at_once, apart)
        readers = {
            name: pa.RecordBatchReader.from_batches(reader.schema, turn.rows_of(name, reader))
            for name, reader in waiting.items()
        }
        try:
            pantab.frames_to_hyper(
                dict(readers), path, table_mode="a", atomic=False, process_params={"default_database_version": VERSION}
            )
        except RuntimeError as error:
            tally.raise_failure()
            raise _explained(path, error) from error
        tally.raise_failure()
        waiting = {name: reader for name, reader in waiting.items() if name not in turn.ended}
    if apart:
        _insert(path, apart)


@dataclass
class _Turn:
    """What one Hyper process writes: rows of all tables in their order until none are ``left`` for it.

    Rows that pantab cannot write are set ``apart``.
    """

    left: int
    apart: Apart
    ended: set[str] = field(default_factory=set)

    def rows_of(self, name: str, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        """Give rows of a table while the turn lasts, and note when there are no more."""
        while self.left > 0:
            batch = next(reader, None)
            if batch is None:
                self.ended.add(name)
                return
            self.left -= batch.num_rows
            hard = _hard_for_pantab(batch)
            if hard is None:
                yield batch
                continue
            self.apart[name].append(batch.filter(hard))
            yield batch.filter(pc.invert(hard))


def _hard_for_pantab(batch: pa.RecordBatch) -> pa.BooleanArray | None:
    """Mark rows with a decimal between -0.1 and 0, which pantab 5.3 writes as no number; None without any."""
    found = None
    for column in batch.columns:
        if pa.types.is_decimal(column.type):
            low, zero = (pa.scalar(Decimal(limit), column.type) for limit in ("-0.1", "0"))
            hard = pc.fill_null(pc.and_(pc.greater(column, low), pc.less(column, zero)), fill_value=False)
            found = hard if found is None else pc.or_(found, hard)
    return found if found is not None and found.true_count else None


def _insert(path: Path, apart: Apart) -> None:
    """Add the few rows that were set apart by the Hyper API itself."""
    with open_extract(path) as connection:
        for name, batches in apart.items():
            with Inserter(connection, TableName(name)) as inserter:
                for batch in batches:
                    inserter.add_rows([list(row.values()) for row in batch.to_pylist()])
                inserter.execute()


@contextmanager
def open_extract(path: Path, mode: CreateMode = CreateMode.NONE) -> Iterator[Connection]:
    """Start a Hyper process and connect it to an extract. Raises ExtractError for all that fails inside."""
    try:
        with (
            HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters=PARAMETERS) as hyper,
            Connection(hyper.endpoint, path, mode) as connection,
        ):
            yield connection
    except HyperException as error:
        raise _explained(path, error) from error


def _commands(table: TableSchema) -> Iterator[str]:
    columns = [f'"{one.name}" {_type(one.type)}{" not null" if one.required else ""}' for one in table.columns]
    key = f"assumed primary key ({_names(table.primary_key)})"
    yield f'create table "{table.name}" ({", ".join(columns)}, {key})'
    for one in table.columns:
        yield f'comment on column "{table.name}"."{one.name}" is {escape_string_literal(one.comment)}'


def _refer(table: TableSchema, key: ForeignKey) -> str:
    referred = f'"{key.table}" ({_names(key.to)})'
    return f'alter table "{table.name}" add assumed foreign key ({_names(key.columns)}) references {referred}'


def _type(kind: pa.DataType) -> str:
    return f"numeric({kind.precision}, {kind.scale})" if pa.types.is_decimal(kind) else TYPES[kind]


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _explained(path: Path, error: Exception) -> ExtractError:
    """Say what people can do about it: Hyper itself does not always name the reason."""
    reason = (str(error).strip().splitlines() or ["no reason given"])[0]
    if shutil.disk_usage(path.parent).free < NEARLY_FULL or "No space left" in str(error):
        return no_room(path)
    if any(word in reason.lower() for word in ("hyperd", "instance", "process", "connect")):
        return ExtractError(
            f"Hyper, the database program that writes extracts, could not be started or stopped early ({reason}). "
            "Check that it may run here and that there is memory and room in /tmp."
        )
    return ExtractError(f"The extract could not be written ({reason}).")


def no_room(path: Path) -> ExtractError:
    """Say that the disk is full."""
    name = path.name.removeprefix(".").removesuffix(PART)
    return ExtractError(f"There is no room for {name} on the disk: make room and try again.")


def is_full(error: OSError) -> bool:
    """Say whether an error of the system is that of a full disk or quota."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}
