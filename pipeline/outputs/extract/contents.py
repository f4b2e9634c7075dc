"""All tables of an extract in the order in which they are written."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection

from pipeline.outputs import extract_schema as extract
from pipeline.outputs.extract.days import calendar, years_of
from pipeline.outputs.extract.dictionary import dictionary
from pipeline.outputs.extract.entitlements import entitlements
from pipeline.outputs.extract.site_days import site_days
from pipeline.outputs.extract.stories import stories
from pipeline.outputs.extract_columns import TableSchema
from pipeline.outputs.selected import Selected
from pipeline.outputs.tables import EXTRACT_TABLES, ExportTable, Part, facts_of
from pipeline.warehouse.arrow import Bulk


@dataclass(frozen=True)
class Contents:
    """What an extract is made from, in one snapshot: ``with_readings`` or down to hours only."""

    conn: Connection
    bulk: Bulk
    selected: Selected
    entitlements_file: Path | None
    with_readings: bool = True

    @property
    def names(self) -> list[str]:
        """Return the names of the tables."""
        return [name for name in extract.TABLES if self.with_readings or name != "readings"]

    def tables(self, parts: Mapping[str, Collection[Part]] | None = None) -> Iterator[ExportTable]:
        """Give the tables, to be read one after the other; of those named in ``parts`` only these."""
        yield from self._small()
        for name, facts in EXTRACT_TABLES.items():
            if name in self.names:
                yield facts_of(self.bulk, self.selected, facts, None if parts is None else parts.get(name))
        yield site_days(self.conn, self.bulk, self.selected)
        yield from stories(self.bulk, self.selected)

    def _small(self) -> Iterator[ExportTable]:
        selected = self.selected
        yield _from_frame(extract.CALENDAR, calendar(selected, years_of(self.conn, selected)))
        yield _from_frame(extract.SITES, selected.sites)
        instants = {"first_ts": "first_ts_utc", "last_ts": "last_ts_utc"}
        yield _from_frame(extract.METERS, selected.meters.rename(columns=instants))
        yield _from_frame(extract.ENTITLEMENTS, entitlements(self.conn, selected, self.entitlements_file))
        yield _from_frame(extract.DICTIONARY, dictionary())


def _from_frame(schema: TableSchema, frame: pd.DataFrame) -> ExportTable:
    names = schema.arrow.names
    table = pa.Table.from_pandas(frame[names], schema=schema.arrow, preserve_index=False)
    return ExportTable(schema.name, schema.arrow, iter(table.to_batches()))
