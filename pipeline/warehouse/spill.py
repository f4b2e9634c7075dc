"""Readings of a source gathered by meter, in bounded memory: what doesn't fit waits in files without a name.

The files are unlinked as soon as they are made, so that the kernel frees them however the process ends.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

ROWS_AT_ONCE = 1_000_000
ROWS_IN_PART = 250_000
BUCKETS = 64
SCHEMA = pa.schema(
    [
        ("meter", pa.int32()),
        ("ts", pa.timestamp("us", "UTC")),
        ("duration_s", pa.int32()),
        ("energy_kwh", pa.float64()),
        ("flag", pa.int32()),
        ("line", pa.int64()),
    ]
)


class Part(NamedTuple):
    """Readings of some meters: all they have, or one period of a single one (not ``whole``)."""

    readings: pa.Table
    whole: bool = True


class Spill:
    """Readings in the standard frame, added in the order of the source and given back meter by meter.

    ``names`` holds the meters in the order of their first reading: a row's ``meter`` is the place of its name there.
    Meters come back in that order, too, so that tables are filled in the order of their keys. ``meters`` is how many
    are expected; more may come.
    """

    def __init__(self, folder: Path, rows_at_once: int, meters: int = 0) -> None:
        self.names: list[str] = []
        self.rows = 0
        self.usable = 0
        self._folder = folder
        self.rows_at_once = rows_at_once
        self._codes: dict[str, int] = {}
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._buckets: Buckets | None = None
        self._expected = meters
        self._width = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._buckets is not None:
            self._buckets.close()

    def add(self, readings: pd.DataFrame) -> None:
        """Take over a chunk of readings."""
        table = self._compact(readings)
        self.rows += table.num_rows
        self.usable += int(np.count_nonzero(~np.isnan(table["energy_kwh"].to_numpy())))
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        if self._waiting_rows > self.rows_at_once:
            self._write_waiting()

    def parts(self) -> Iterator[Part]:
        """Yield parts of about ``ROWS_IN_PART`` rows, each with whole meters.

        A meter with more than ``rows_at_once`` rows comes in several parts, one period after the other.
        """
        waiting: list[pa.Table] = []
        for part in self._pieces():
            if not part.whole:
                yield part
                continue
            waiting.append(part.readings)
            if sum(table.num_rows for table in waiting) >= ROWS_IN_PART:
                yield from _in_parts(pa.concat_tables(waiting))
                waiting = []
        if waiting:
            yield from _in_parts(pa.concat_tables(waiting))

    def _pieces(self) -> Iterator[Part]:
        if self._buckets is None:
            yield Part(pa.concat_tables(self._waiting) if self._waiting else SCHEMA.empty_table())
            return
        self._write_waiting()
        yield from self._by_bucket(self._buckets, 0, len(self.names), self._width)

    def _compact(self, readings: pd.DataFrame) -> pa.Table:
        names = readings["meter"].astype("category").cat
        codes = np.array([self._code(str(name)) for name in names.categories], np.int32)
        columns = {name: pa.array(readings[name]) for name in SCHEMA.names if name != "meter"}
        return pa.table({"meter": codes[names.codes.to_numpy()], **columns}).cast(SCHEMA)

    def _code(self, name: str) -> int:
        if name not in self._codes:
            self._codes[name] = len(self.names)
            self.names.append(name)
        return self._codes[name]

    def _write_waiting(self) -> None:
        if self._buckets is None:
            self._buckets = Buckets(self._folder, BUCKETS)
            self._width = _share(max(self._expected, len(self.names)))
        if self._waiting:
            table = pa.concat_tables(self._waiting)
            self._buckets.deal(table, _bucket_of(table, 0, self._width))
        self._waiting, self._waiting_rows = [], 0

    def _by_bucket(self, buckets: "Buckets", first: int, end: int, width: int) -> Iterator[Part]:
        """Yield the buckets that meters ``first`` to ``end`` were dealt to, ``width`` to each, the rest to the last."""
        for number in range(BUCKETS):
            begin = first + number * width
            until = end if number == BUCKETS - 1 else min(begin + width, end)
            yield from self._divided(buckets, number, begin, until)

    def _divided(self, buckets: "Buckets", number: int, first: int, end: int) -> Iterator[Part]:
        """Yield a bucket whole if it is small enough, else divide it by meter, else by time."""
        rows = buckets.rows[number]
        if rows <= self.rows_at_once:
            if rows:
                yield Part(buckets.table(number))
        elif end - first > 1:
            width = _share(end - first)
            with Buckets(self._folder, BUCKETS) as finer:
                for table in buckets.batches(number):
                    finer.deal(table, _bucket_of(table, first, width))
                yield from self._by_bucket(finer, first, end, width)
        else:
            yield from self._periods(buckets, number)

    def _periods(self, buckets: "Buckets", number: int) -> Iterator[Part]:
        """Cut one meter's rows at instants that leave about as many rows on each side."""
        starts = np.sort(np.concatenate([_instants(table) for table in buckets.batches(number)]))
        cuts = starts[self.rows_at_once :: self.rows_at_once]
        with Buckets(self._folder, len(cuts) + 1) as periods:
            for table in buckets.batches(number):
                periods.deal(table, np.searchsorted(cuts, _instants(table), side="right"))
            for period in range(len(cuts) + 1):
                yield Part(periods.table(period), whole=False)


class Buckets:
    """Nameless files that rows are dealt to by a number."""

    def __init__(self, folder: Path, count: int) -> None:
        self.rows: Counter[int] = Counter()
        self._folder = folder
        self._count = count
        self._files: dict[int, IO[bytes]] = {}
        self._writers: dict[int, pa.RecordBatchStreamWriter] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def deal(self, table: pa.Table, numbers: NDArray[np.integer]) -> None:
        """Append each row to the file of its number."""
        order = np.argsort(numbers.astype(np.uint16), kind="stable")  # of this type it is a radix sort
        bounds = np.searchsorted(numbers[order], np.arange(self._count + 1))
        ordered = table if _is_sorted(order) else table.take(pa.array(order))
        for number in np.flatnonzero(np.diff(bounds)):
            rows = ordered.slice(bounds[number], bounds[number + 1] - bounds[number])
            self._writer(int(number)).write_table(rows)
            self.rows[int(number)] += rows.num_rows

    def table(self, number: int) -> pa.Table:
        """Read a file whole."""
        return pa.Table.from_batches([batch for table in self.batches(number) for batch in table.to_batches()], SCHEMA)

    def batches(self, number: int) -> Iterator[pa.Table]:
        """Read a file piece by piece."""
        if number not in self._files:
            return
        self._writers[number].close()
        self._files[number].seek(0)
        with pa.ipc.open_stream(self._files[number]) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch])

    def close(self) -> None:
        """Give the disk space back."""
        for writer in self._writers.values():
            with suppress(OSError):  # a full disk: what is thrown away needs no ending
                writer.close()
        for file in self._files.values():
            file.close()

    def _writer(self, number: int) -> pa.RecordBatchStreamWriter:
        if number not in self._writers:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._files[number] = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed by ``close``
            self._writers[number] = pa.ipc.new_stream(self._files[number], SCHEMA)
        return self._writers[number]


def _share(meters: int) -> int:
    """Return how many meters each bucket gets."""
    return max(1, -(-meters // BUCKETS))


def _bucket_of(table: pa.Table, first: int, width: int) -> NDArray[np.integer]:
    """Give each row, of meter ``first`` or one after it, the number of its bucket."""
    return np.asarray(np.minimum((table["meter"].to_numpy() - first) // width, BUCKETS - 1))


def _in_parts(table: pa.Table) -> Iterator[Part]:
    """Cut a table between meters into about equal parts of ``ROWS_IN_PART`` rows, more or less."""
    meters = table["meter"].to_numpy()
    count = round(table.num_rows / ROWS_IN_PART)
    if count <= 1 or meters.max() == meters.min():
        yield Part(table)
        return
    order = np.argsort(meters, kind="stable")
    begins = np.append(0, np.flatnonzero(np.diff(meters[order])) + 1)
    wanted = np.arange(count) * (table.num_rows // count)
    cuts = begins[np.unique(np.searchsorted(begins, wanted).clip(max=len(begins) - 1))]
    ordered = table.take(pa.array(order))
    for begin, end in pairwise([*cuts.tolist(), table.num_rows]):
        yield Part(ordered.slice(begin, end - begin))


def _instants(table: pa.Table) -> NDArray[np.int64]:
    return np.asarray(table["ts"].to_numpy()).astype(np.int64)


def _is_sorted(order: NDArray[np.intp]) -> bool:
    return bool(np.all(order[1:] > order[:-1]))
