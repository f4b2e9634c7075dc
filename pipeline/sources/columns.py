"""What each column of a table holds, from a sample of its rows: numbers, dates, times of day or words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources import dates, numbers, words
from pipeline.sources.dates import DAY
from pipeline.sources.frame import TimeCode
from pipeline.sources.table import Floats, Table

SAMPLE_ROWS = 20_000
FEWEST_COUNTED = 2
COMPACT_LENGTHS = (8, 12, 14)
SAMPLE_CELLS = 4_000_000
SAMPLE_BYTES = 1 << 20
MOSTLY = 0.8
BOOLEANS = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f"})
EXCEL_DAYS = (20_000, 80_000)
EPOCHS: dict[TimeCode, tuple[float, float]] = {
    "s": (3e8, 4e9),
    "ms": (3e11, 4e12),
    "us": (3e14, 4e15),
    "ns": (3e17, 4e18),
}

Content = Literal["number", "date", "time", "text", "boolean", "nothing"]


@dataclass(frozen=True)
class Column:
    """One column of the sample. ``cells`` is text, ``values`` its numbers, ``time_code`` how numbers could be times."""

    name: str
    content: Content
    cells: pa.Array
    values: Floats
    distinct: int
    time_code: TimeCode = "text"
    date_only: bool = True
    texts: tuple[str, ...] = field(default=())

    @property
    def words(self) -> str:
        """The name in plain words."""
        return words.plain(self.name)

    @property
    def whole(self) -> bool:
        """Whether all numbers are whole."""
        known = self.values[~np.isnan(self.values)]
        return bool(len(known)) and bool((known == np.floor(known)).all())

    @property
    def counts_rows(self) -> bool:
        """Whether this is no measurement but the number of the row."""
        return len(self.values) > FEWEST_COUNTED and bool((np.diff(self.values) == 1).all())


def sample_of(table: Table, delimiter: str) -> list[Column]:
    """Describe every column of the first rows of a table."""
    most = max(50, min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, len(table.layout.header))))
    pieces, rows = [], 0
    for block in table.blocks({}, size=SAMPLE_BYTES):
        pieces.append(block.columns)
        rows += len(block.columns)
        if rows >= most:
            break
    if not rows:
        return []
    sample = pa.concat_tables(pieces, promote_options="permissive").slice(0, most)
    return [_column(name, sample[name], delimiter) for name in sample.column_names]


def as_text(column: pa.ChunkedArray) -> pa.Array:
    """Return a column of any type as one array of text, whole numbers without a point."""
    if pa.types.is_boolean(column.type):
        column = pc.if_else(column, "true", "false")
    text = column.cast(pa.string())
    return pa.concat_arrays(text.chunks) if text.num_chunks != 1 else text.chunk(0)


def _column(name: str, column: pa.ChunkedArray, delimiter: str) -> Column:
    cells = as_text(column)
    texts = tuple(
        str(text) for text in pc.unique(cells).to_pylist() if text is not None and text.strip() not in numbers.MISSING
    )
    decimal, thousands, _ = numbers.separators_of(list(texts), delimiter)
    parsed = numbers.parse(pa.chunked_array([cells]), decimal, thousands)
    filled = int((~np.isnan(parsed.values) | parsed.bad).sum())
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _dated(name, column, cells, parsed.values, texts)
    numeric = filled > 0 and (filled - parsed.bad.sum()) >= MOSTLY * filled
    if numeric and not parsed.bad.all():
        content, code = _number_or_time(name, parsed.values, texts)
        return Column(
            name,
            content,
            cells,
            parsed.values,
            len(texts),
            code,
            content == "number" or _whole_days(parsed.values, code, cells),
            texts,
        )
    content = _words_or_time(texts)
    date_only = content == "date" and _midnights_only(pa.array(texts))
    return Column(name, content, cells, parsed.values, len(texts), "text", date_only, texts)


def _dated(name: str, column: pa.ChunkedArray, cells: pa.Array, values: Floats, texts: Sequence[str]) -> Column:
    seconds = column.cast(pa.timestamp("s"), safe=False).cast(pa.int64()).drop_null().to_numpy()
    return Column(
        name,
        "date" if len(seconds) else "nothing",
        cells,
        values,
        len(texts),
        "text",
        bool((seconds % DAY == 0).all()),
        tuple(texts),
    )


def _number_or_time(name: str, values: Floats, texts: Sequence[str]) -> tuple[Content, TimeCode]:
    known = values[~np.isnan(values)]
    low, high = float(known.min()), float(known.max())
    if not words.TIME.search(words.plain(name)):
        return "number", "text"
    if EXCEL_DAYS[0] <= low and high <= EXCEL_DAYS[1]:
        return "date", "excel"
    for code, (least, most) in EPOCHS.items():
        if least <= low and high <= most and not _compact(texts):
            return "date", code
    return ("date", "text") if _compact(texts) else ("number", "text")


def _compact(texts: Sequence[str]) -> bool:
    """Say whether digits are dates such as 20200131 or 202001310530."""
    return all(len(text) in COMPACT_LENGTHS for text in texts) and bool(dates.parse(pa.array(texts)).valid.all())


def _whole_days(values: Floats, code: TimeCode, cells: pa.Array) -> bool:
    if code == "excel":
        known = values[~np.isnan(values)]
        return bool((known == np.floor(known)).all())
    return code == "text" and _midnights_only(cells)


def _midnights_only(texts: pa.Array) -> bool:
    parsed = dates.parse(texts)
    if parsed.aware.any():
        return False
    return not parsed.valid.any() or bool((parsed.seconds[parsed.valid] % DAY == 0).all())


def _words_or_time(texts: Sequence[str]) -> Content:
    if not texts:
        return "nothing"
    if {text.lower() for text in texts} <= BOOLEANS:
        return "boolean"
    array = pa.array(texts[:SAMPLE_ROWS])
    if dates.parse(array).valid.mean() >= MOSTLY:
        return "date"
    if dates.parse_time_of_day(array).valid.mean() >= MOSTLY:
        return "time"
    return "text"
