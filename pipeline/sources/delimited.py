"""Delimited text (CSV, TSV …) as a table: typed at once where a block allows, as text where it does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from pipeline.sources import text
from pipeline.sources.frame import Layout
from pipeline.sources.numbers import MISSING
from pipeline.sources.table import Block, Booleans, Integers, Kinds, Rejected, printable

TYPES = {
    "text": pa.dictionary(pa.int32(), pa.string()),
    "number": pa.float64(),
    "stamp": pa.timestamp("us"),
    "instant": pa.timestamp("us", "UTC"),
}
FEED, QUOTE = 10, 34


@dataclass(frozen=True)
class DelimitedTable:
    """A delimited text file whose layout is known."""

    path: Path
    layout: Layout

    def blocks(self, kinds: Kinds, decimal: str = ".", size: int | None = None) -> Iterator[Block]:
        """Yield all rows; see ``Table.blocks``."""
        wanted = dict(kinds) or dict.fromkeys(self.layout.header, "text")
        for block in text.blocks(self.path, self.layout, size or text.BLOCK_BYTES):
            if block.too_long:
                yield _without_rows(block, wanted)
            else:
                yield _parsed(block, self.layout, wanted, decimal)


@dataclass(frozen=True)
class Lines:
    """The records of a block of text: a record is a line, or several where a line end is inside quotes."""

    data: bytes
    first_line: int

    @cached_property
    def starts(self) -> Integers:
        """Where each record begins."""
        return np.concatenate(([0], self._feeds[self._outside] + 1))

    @cached_property
    def numbers(self) -> Integers:
        """The line of the file on which each record begins."""
        return self.first_line + np.concatenate(([0], np.flatnonzero(self._outside) + 1))

    @cached_property
    def _feeds(self) -> Integers:
        return np.flatnonzero(np.frombuffer(self.data, np.uint8) == FEED)

    @cached_property
    def _outside(self) -> Booleans:
        quotes = np.flatnonzero(np.frombuffer(self.data, np.uint8) == QUOTE)
        outside: Booleans = np.searchsorted(quotes, self._feeds) % 2 == 0
        return outside

    def record(self, position: int) -> str:
        """Return the text of a record."""
        end = self.starts[position + 1] if position + 1 < len(self.starts) else len(self.data)
        return printable(self.data[self.starts[position] : end].decode(errors="replace"))


def _without_rows(block: text.TextBlock, wanted: Kinds) -> Block:
    columns = pa.table({name: pa.array([], TYPES["text"]) for name in wanted})
    reason = f"the line is longer than {text.LONGEST_LINE >> 20} MB"
    return Block(columns, np.empty(0, np.int64), str, [Rejected(block.first_line, "", reason)])


def _parsed(block: text.TextBlock, layout: Layout, wanted: Kinds, decimal: str) -> Block:
    skipped: list[csv.InvalidRow] = []
    try:
        columns = _read(block.data, layout, wanted, decimal, skipped)
    except pa.ArrowInvalid:
        skipped.clear()
        columns = _read(block.data, layout, dict.fromkeys(wanted, "text"), decimal, skipped)
    records = Lines(block.data, block.first_line)
    positions = np.arange(len(columns) + len(skipped))
    invalid = np.array([row.number - 1 for row in skipped], np.int64)
    if skipped:
        positions = np.delete(positions, invalid)
    quoted = b'"' in block.data
    lines = records.numbers[positions] if quoted else positions + block.first_line
    rejected = [_wrong_width(records, row) for row in skipped if row.text.strip("\r\n\t ,;|")]
    return Block(columns, lines, lambda row: records.record(int(positions[row])), rejected)


def _wrong_width(records: Lines, row: csv.InvalidRow) -> Rejected:
    reason = f"the line has {row.actual_columns} fields where {row.expected_columns} are expected"
    return Rejected(int(records.numbers[row.number - 1]), records.record(row.number - 1), reason)


def _read(data: bytes, layout: Layout, wanted: Kinds, decimal: str, skipped: list[csv.InvalidRow]) -> pa.Table:
    def skip(row: csv.InvalidRow) -> str:
        skipped.append(row)
        return "skip"

    return csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(use_threads=False, column_names=layout.header, block_size=len(data) + 1),
        parse_options=csv.ParseOptions(
            delimiter=layout.delimiter,
            quote_char=layout.quote,
            newlines_in_values=b'"' in data,
            ignore_empty_lines=False,
            invalid_row_handler=skip,
        ),
        convert_options=csv.ConvertOptions(
            column_types={name: TYPES[kind] for name, kind in wanted.items()},
            include_columns=list(wanted),
            null_values=MISSING,
            decimal_point=decimal,
            check_utf8=False,
        ),
    )
