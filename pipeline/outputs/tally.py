"""Counts what passes by on its way into a file, so that the manifest says what was written, not what was asked."""

from collections.abc import Callable, Iterator
from math import fsum

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.outputs.tables import ExportTable

COUNTED = "counted_kwh"
Progress = Callable[[float, str], None]


def no_progress(_share: float, _message: str) -> None:
    """Tell nobody."""


class Tally:
    """Rows by table and the energy that counts; tells ``progress`` how much of ``expected_rows`` is done."""

    def __init__(self, expected_rows: float, progress: Progress) -> None:
        self.rows: dict[str, int] = {}
        self.queries: dict[str, str] = {}
        self._energy: dict[str, list[float]] = {}  # of tables that have any
        self._expected = max(1.0, expected_rows)
        self._progress = progress
        self._failure: Exception | None = None

    @property
    def total_rows(self) -> int:
        """Rows of all tables so far."""
        return sum(self.rows.values())

    @property
    def energy_kwh(self) -> dict[str, float]:
        """Energy by table so far, of those that have any."""
        return {name: fsum(parts) for name, parts in self._energy.items()}

    def correct(self, table: str, rows: int, energy_kwh: float) -> None:
        """Count what is in the file of a table that only changes were added to."""
        self.rows[table], self._energy[table] = rows, [energy_kwh]

    def reader(self, table: ExportTable) -> pa.RecordBatchReader:
        """Wrap a table into what writers take."""
        self.rows[table.name] = 0
        if COUNTED in table.schema.names:
            self._energy[table.name] = []
        self.queries[table.name] = table.query
        return pa.RecordBatchReader.from_batches(table.schema, self._counted(table))

    def raise_failure(self) -> None:
        """Raise what broke a stream. Pantab takes a broken stream for a finished one, and would leave a short file."""
        if self._failure is not None:
            raise self._failure

    def _counted(self, table: ExportTable) -> Iterator[pa.RecordBatch]:
        try:
            for batch in table.batches:
                self.rows[table.name] += batch.num_rows
                if table.name in self._energy:
                    self._energy[table.name].append(pc.sum(batch[COUNTED]).as_py() or 0.0)
                self._progress(min(0.99, self.total_rows / self._expected), f"{self.total_rows:,} rows written")
                yield batch
        except Exception as error:
            self._failure = error
            raise
