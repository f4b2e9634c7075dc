"""Blocks of a table as plain arrays: the time that is written, the meter and the value of each reading."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources import dates, numbers
from pipeline.sources.across import offsets_of
from pipeline.sources.dates import DAY
from pipeline.sources.frame import Mapping
from pipeline.sources.meters import MeterNames
from pipeline.sources.table import Block, Booleans, Floats, Integers, Kinds, Rejected

EXCEL_EPOCH_DAYS = 25_569
PARTS_OF_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
ODD_OFFSET = {
    True: "the time has no offset from UTC, which the other times have",
    False: "the time has an offset from UTC, which the other times have not",
}
TRUE = pa.array(["true", "1", "yes", "y", "t", "e", "est", "estimated"])


@dataclass(frozen=True)
class Rows:
    """Readings of a block: ``wall`` seconds as written (UTC where the file says so), ``codes`` of meters, ``values``.

    ``dated`` is the part of ``wall`` that the date says, the rest is counted on from it by periods. ``rows`` says which
    row of the block each reading came from; ``estimated`` is the source's own mark.
    """

    wall: Integers
    dated: Integers
    codes: Integers
    values: Floats
    rows: Integers
    estimated: Booleans
    rejected: list[Rejected]
    time: dates.Parsed


def kinds_of(mapping: Mapping, stamps: str) -> Kinds:
    """Say how each column is wanted; ``stamps`` is what the sample showed the times to be."""
    kinds: dict[str, str] = dict.fromkeys(mapping.entity_columns, "text")
    kinds |= dict.fromkeys(mapping.time_columns, stamps if len(mapping.time_columns) == 1 else "text")
    if mapping.time_code != "text":
        kinds |= dict.fromkeys(mapping.time_columns, "number")
    kinds |= dict.fromkeys((*mapping.value_columns, *mapping.across), "text" if mapping.thousands else "number")
    kinds |= {mapping.period_column: "number"} if mapping.period_column else {}
    kinds |= {mapping.estimated_column: "text"} if mapping.estimated_column else {}
    return kinds  # type: ignore[return-value]  # the literals above are all of kind Kind


class Extractor:
    """Turns blocks into rows; remembers the names of meters from block to block."""

    def __init__(self, mapping: Mapping, names: MeterNames, *, strict: bool) -> None:
        self.mapping, self.names, self.strict = mapping, names, strict
        self.swapped = frozenset(np.array(mapping.swapped_dates, "datetime64[D]").astype(np.int64).tolist())
        self.offsets = (
            offsets_of(mapping.across).offsets if mapping.across else np.zeros(len(mapping.value_columns), np.int64)
        )

    def rows(self, block: Block) -> Rows:
        """Return the readings of a block and the lines that cannot be read."""
        count = len(block.columns)
        time = self._time(block, count)
        entity, named = self.names.codes(block.columns, self.mapping.entity_columns, count)
        values, bad = self._values(block)
        timed = time.valid & ((time.aware == self.mapping.aware) | (not self.strict))
        usable = timed & named
        rejected = [*block.rejected, *self._rejected(block, time, timed, named, bad)]
        keep = usable[:, None] & ~bad
        rows, columns = np.nonzero(keep) if not keep.all() else _all(keep.shape)
        codes = entity[rows] if self.mapping.across else entity[rows] * len(self.mapping.value_columns) + columns
        wall = time.seconds[rows] + self.offsets[columns] if self.offsets.any() else time.seconds[rows]
        dated = time.seconds[rows] - self._counted(block)[rows] if self.mapping.period_column else time.seconds[rows]
        return Rows(
            wall, dated, codes, values[rows, columns], rows, self._estimated(block, count)[rows], rejected, time
        )

    def _time(self, block: Block, count: int) -> dates.Parsed:
        if not self.mapping.time_columns:
            return _plain(np.zeros(count, np.int64), np.ones(count, bool))
        first = block.columns[self.mapping.time_columns[0]]
        time = self._stamps(first)
        if len(self.mapping.time_columns) > 1:
            clock = _by_distinct(block.columns[self.mapping.time_columns[1]], dates.parse_time_of_day)
            return dates.Parsed(
                time.seconds + clock.seconds, time.valid & clock.valid, time.aware, clock.ends_at_24, time.order
            )
        if self.mapping.period_column:
            named = ~np.isnan(numbers.parse(block.columns[self.mapping.period_column]).values)
            return dates.Parsed(time.seconds + self._counted(block), time.valid & named, time.aware, order=time.order)
        return time

    def _counted(self, block: Block) -> Integers:
        """Return the seconds from midnight to the start of the period that each row names."""
        period = numbers.parse(block.columns[self.mapping.period_column or ""]).values
        return np.nan_to_num(period - self.mapping.period_first).astype(np.int64) * (self.mapping.step_s or 0)

    def _stamps(self, column: pa.ChunkedArray) -> dates.Parsed:
        """Read times of any type: typed by the reader, numbers since some day, or text."""
        if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
            aware = np.full(len(column), getattr(column.type, "tz", None) is not None)
            seconds = (
                column.cast(pa.timestamp("us", column.type.tz if aware.any() else None))
                if pa.types.is_timestamp(column.type)
                else column.cast(pa.timestamp("us"))
            )
            valid = np.asarray(pc.is_valid(column))
            whole = seconds.cast(pa.int64()).fill_null(0).to_numpy() // 1_000_000
            return dates.Parsed(whole, valid, aware)
        if self.mapping.time_code != "text":
            return _from_numbers(numbers.parse(column, self.mapping.decimal).values, self.mapping.time_code)
        return _by_distinct(column, self._parse_text)

    def _parse_text(self, texts: pa.Array) -> dates.Parsed:
        return dates.parse(
            texts,
            day_first=self.mapping.day_first,
            strict=self.strict,
            swapped=self.swapped,
            zone=self.mapping.timezone,
        )

    def _values(self, block: Block) -> tuple[Floats, Booleans]:
        columns = self.mapping.across or self.mapping.value_columns
        parsed = [numbers.parse(block.columns[name], self.mapping.decimal, self.mapping.thousands) for name in columns]
        if len(parsed) == 1:
            return parsed[0].values[:, None], parsed[0].bad[:, None]
        return np.column_stack([part.values for part in parsed]), np.column_stack([part.bad for part in parsed])

    def _estimated(self, block: Block, count: int) -> Booleans:
        if not self.mapping.estimated_column:
            return np.zeros(count, bool)
        marks = block.columns[self.mapping.estimated_column].cast(pa.string())
        return np.asarray(pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(marks)), TRUE))

    def _rejected(
        self, block: Block, time: dates.Parsed, timed: Booleans, named: Booleans, bad: Booleans
    ) -> list[Rejected]:
        """Name the first thing that is wrong with each line; lines without any content are no readings at all."""
        if timed.all() and named.all() and not bad.any():
            return []
        rejected = []
        for row in np.flatnonzero(~(timed & named) | bad.any(axis=1)):
            text = block.text(int(row))
            if text.strip(" \t,;|\"'\r\n"):
                if time.valid[row] and not timed[row]:
                    reason = ODD_OFFSET[self.mapping.aware]
                else:
                    reason = self._reason(block, int(row), bool(timed[row]), bool(named[row]), bad[row])
                rejected.append(Rejected(int(block.lines[row]), text, reason))
        return rejected

    def _reason(self, block: Block, row: int, timed: bool, named: bool, bad: Booleans) -> str:  # noqa: FBT001  # facts of one row
        if not timed:
            written = " ".join(
                str(block.columns[name][row].as_py() or "") for name in self.mapping.time_columns
            ).strip()
            return f"“{written[:40]}” is not a date or time that can be read" if written else "there is no date or time"
        if not named:
            return "no meter is named"
        column = (self.mapping.across or self.mapping.value_columns)[int(np.argmax(bad))]
        return f"“{str(block.columns[column][row].as_py())[:40]}” in column {column} is not a number"


def _all(shape: tuple[int, int]) -> tuple[Integers, Integers]:
    rows, columns = shape
    if columns == 1:
        return np.arange(rows), np.zeros(rows, np.int64)
    return np.repeat(np.arange(rows), columns), np.tile(np.arange(columns), rows)


def _plain(seconds: Integers, valid: Booleans) -> dates.Parsed:
    return dates.Parsed(seconds, valid, np.zeros(len(seconds), bool))


def _from_numbers(values: Floats, code: str) -> dates.Parsed:
    """Read Excel days since 1899-12-30 (to the second), or seconds and parts of seconds since 1970 in UTC."""
    valid = ~np.isnan(values)
    known = np.nan_to_num(values)
    if code == "excel":
        return _plain(np.round((known - EXCEL_EPOCH_DAYS) * DAY).astype(np.int64), valid)
    return dates.Parsed((known // PARTS_OF_SECOND[code]).astype(np.int64), valid, valid.copy())


def _by_distinct(column: pa.ChunkedArray, parse: Callable[[pa.Array], dates.Parsed]) -> dates.Parsed:
    """Parse each text once, however often it stands in the block."""
    encoded = column if pa.types.is_dictionary(column.type) else column.cast(pa.string()).dictionary_encode()
    whole = encoded.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], encoded.type)
    parsed = parse(whole.dictionary)
    codes = whole.indices.fill_null(len(whole.dictionary)).to_numpy(zero_copy_only=False)
    return dates.Parsed(
        np.append(parsed.seconds, 0)[codes],
        np.append(parsed.valid, False)[codes],
        np.append(parsed.aware, False)[codes],
        parsed.ends_at_24,
        parsed.order,
    )
