"""One pass over the whole of a table: what its dates, values and meters show, not only in the first rows."""

from dataclasses import dataclass, field

import numpy as np

from pipeline.ahead import one_ahead
from pipeline.sources.dates import DAY, Order
from pipeline.sources.extract import Extractor, Rows, kinds_of
from pipeline.sources.frame import Mapping
from pipeline.sources.meters import MeterNames
from pipeline.sources.statistics import ChangeDays, MeterStatistics
from pipeline.sources.table import Table

MOST_DAYS = 200_000
MOST_REASONS = 3


@dataclass
class Survey:
    """What was found: counts, order of day and month, the distinct days, meters with their statistics."""

    names: MeterNames
    meters: MeterStatistics
    changes: ChangeDays
    readings: int = 0
    rejected: int = 0
    aware: int = 0
    first_above: int = 0
    second_above: int = 0
    either: int = 0
    first_example: str = ""
    second_example: str = ""
    ends_at_24: bool = False
    ordered_days: set[int] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)

    def note(self, rows: Rows) -> None:
        """Take in the rows of a block."""
        self.readings += len(rows.wall)
        self.rejected += len(rows.rejected)
        self.aware += int((rows.time.aware & rows.time.valid).sum())
        self.ends_at_24 |= rows.time.ends_at_24
        self._note_order(rows.time.order, rows)
        self.reasons += [f"line {one.line}: {one.reason}" for one in rows.rejected[: MOST_REASONS - len(self.reasons)]]
        self.meters.update(rows.codes, rows.wall, rows.values, len(self.names))
        self.changes.update(rows.codes, rows.wall, rows.values)

    def _note_order(self, order: Order, rows: Rows) -> None:
        self.first_above += order.first_above
        self.second_above += order.second_above
        self.either += order.either
        self.first_example = self.first_example or order.first_example
        self.second_example = self.second_example or order.second_example
        if (order.either or self.ordered_days) and len(self.ordered_days) < MOST_DAYS:
            self.ordered_days |= set(np.unique(rows.wall // DAY).tolist())


def survey_of(table: Table, mapping: Mapping, stamps: str, stem: str) -> Survey:
    """Read all of ``table`` by ``mapping`` and gather what it shows."""
    names = MeterNames(mapping, stem)
    survey = Survey(names, MeterStatistics(), ChangeDays(mapping.timezone))
    extractor = Extractor(mapping, names, strict=False)
    for block in one_ahead(table.blocks(kinds_of(mapping, stamps), mapping.decimal)):
        survey.note(extractor.rows(block))
    return survey
