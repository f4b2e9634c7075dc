"""Parquet files as tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from pipeline.errors import FileError
from pipeline.sources.frame import Layout
from pipeline.sources.table import Block, Kinds, printable

BLOCK_ROWS = 250_000


@dataclass(frozen=True)
class ParquetTable:
    """A Parquet file; its columns keep their own types, its lines are its rows."""

    path: Path
    layout: Layout

    def blocks(self, kinds: Kinds, decimal: str = ".", size: int | None = None) -> Iterator[Block]:  # noqa: ARG002  # cells are typed
        """Yield all rows; see ``Table.blocks``."""
        wanted = list(kinds) or list(self.layout.header)
        line = 1
        with _opened(self.path) as file:
            try:
                for batch in file.iter_batches(BLOCK_ROWS, columns=wanted, use_threads=False):
                    yield _block(batch, line)
                    line += len(batch)
            except (pa.ArrowException, OSError) as error:
                raise FileError(f"{self.path.name} is damaged ({error}); export it again.") from error


def open_parquet(path: Path, layout: Layout | None) -> ParquetTable:
    """Open a Parquet file. Raises FileError."""
    if layout is not None:
        return ParquetTable(path, layout)
    with _opened(path) as file:
        flat = [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]
    return ParquetTable(path, Layout(header=tuple(flat)))


def _opened(path: Path) -> parquet.ParquetFile:
    try:
        return parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise FileError(f"{path.name} cannot be opened as Parquet ({error}); export it again.") from error


def _block(batch: pa.RecordBatch, line: int) -> Block:
    columns = pa.table({name: _simple(pa.chunked_array([batch[name]])) for name in batch.schema.names})
    return Block(columns, np.arange(len(batch)) + line, lambda row: printable(str(batch.slice(row, 1).to_pylist()[0])))


def _simple(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Bring the variants of text and numbers down to those that the rest knows."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    if (
        pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_time(kind)
    ):
        return column.cast(pa.string())
    return column
