"""Validated readings into ``reading``: straight in where a meter has nothing yet, by comparison where it has."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, text

from pipeline.flags import ESTIMATED, FLAG_TEXTS, Flag
from pipeline.warehouse import register_ends
from pipeline.warehouse.batches import Tally
from pipeline.warehouse.copy import copy_into
from pipeline.warehouse.in_memory import AddedUp
from pipeline.warehouse.partitions import Partitions, months_of
from pipeline.warehouse.register_ends import RegisterEnds, joined
from pipeline.warehouse.rollups import Touched

STAGED = (
    "create temp table if not exists staged (like reading including defaults) on commit drop",
    "truncate staged",
)
PERIOD = """
select min(s.ts) - make_interval(secs => greatest(max(s.duration_s), max(m.longest_s))) as first,
       max(s.ts + make_interval(secs => s.duration_s)) as last,
       make_interval(secs => greatest(max(s.duration_s), max(m.longest_s))) as longest
from staged s join meter m on m.id = s.meter_id
"""
# The value came before: whatever was made of it since (cleaned, edited by an analyst) stays.
FORGET_KNOWN = f"""
delete from staged s using reading r
where r.meter_id = s.meter_id and r.ts = s.ts and r.ts >= :first and r.ts < :last
  and r.raw_kwh = s.raw_kwh and r.duration_s = s.duration_s
  and (r.flag # s.flag) & {int(Flag.ESTIMATED_AT_SOURCE)} = 0
"""  # noqa: S608 - the flag is a constant
# An estimate never replaces a measured value, and one of our own nothing at all.
FORGET_ESTIMATES = f"""
delete from staged s using reading r
where r.meter_id = s.meter_id and r.ts > s.ts - :longest and r.ts < s.ts + make_interval(secs => s.duration_s)
  and r.ts + make_interval(secs => r.duration_s) > s.ts and r.ts >= :first and r.ts < :last
  and (s.raw_kwh is null
       or (s.flag & {int(Flag.ESTIMATED_AT_SOURCE)} <> 0
           and r.raw_kwh is not null and r.flag & {int(Flag.ESTIMATED_AT_SOURCE)} = 0))
"""  # noqa: S608 - the flag is a constant
# Whatever a new value overlaps makes way for it, of whatever length it is.
REPLACE = """
with gone as (
    delete from reading r using staged s
    where r.meter_id = s.meter_id and r.ts > s.ts - :longest and r.ts < s.ts + make_interval(secs => s.duration_s)
      and r.ts + make_interval(secs => r.duration_s) > s.ts and r.ts >= :first and r.ts < :last
    returning r.*
)
insert into reading_history (meter_id, batch_id, ts, energy_kwh, raw_kwh, duration_s, flag, line, replaced_by_batch_id)
select meter_id, batch_id, ts, energy_kwh, raw_kwh, duration_s, flag, line, :batch from gone
"""
TOUCHED = """
select meter_id, min(ts) - :longest as start, max(ts + make_interval(secs => duration_s)) + :longest as "end"
from staged group by meter_id
"""


NOTE_EXTENTS = """
update meter m set
    step_s = case when m.first_ts is null or m.step_s = e.step_s then e.step_s end,
    first_ts = least(m.first_ts, e.first_ts),
    last_ts = greatest(m.last_ts, e.last_ts),
    longest_s = greatest(m.longest_s, e.longest_s)
from unnest(
    cast(:ids as int[]), cast(:firsts as timestamptz[]), cast(:lasts as timestamptz[]),
    cast(:steps as int[]), cast(:longest as int[])
) as e (id, first_ts, last_ts, step_s, longest_s)
where m.id = e.id
"""


class Store:
    """Where one load puts its readings. Nothing of a new month is visible before `finish`."""

    def __init__(self, conn: Connection, batch_id: int) -> None:
        self.tally = Tally()
        self._conn = conn
        self._batch_id = batch_id
        self._partitions = Partitions(conn)
        self._hours = Partitions(conn, "meter_hour")
        self._extents: dict[int, Extent] = {}
        self._touched: list[Touched] = []
        self._added_up: set[int] = set()
        self._registers: dict[int, RegisterEnds] = {}

    @property
    def partitions(self) -> set[str]:
        """Names of the partitions from before that were written to."""
        return self._partitions.written | self._hours.written

    def add(self, readings: pa.Table, overlapping: Collection[int], added_up: AddedUp) -> None:
        """Store readings ordered by meter and time; ``overlapping`` meters have others in this period."""
        self._hours.append(added_up.hours)
        copy_into(self._conn, "meter_day", added_up.days)
        self._added_up |= added_up.meter_ids
        check = pc.is_in(readings["meter_id"], pa.array(list(overlapping), pa.int32()))
        direct = readings.filter(pc.invert(check)) if overlapping else readings
        if direct.num_rows:
            self._partitions.append(direct)
            self._count(direct)
        if direct.num_rows < readings.num_rows:
            self._merge(readings.filter(check))

    def widen_registers(self, ends: Iterable[RegisterEnds]) -> None:
        """Note the outermost readings of registers."""
        for each in ends:
            self._registers[each.meter_id] = joined(self._registers.get(each.meter_id), each)

    def finish(self) -> tuple[list[Touched], list[Touched]]:
        """Make all that was stored visible to this transaction's queries.

        Returns the periods that changed: those to roll up, and those whose hours and days are there already.
        """
        self._partitions.attach()
        self._hours.attach()
        register_ends.keep(self._conn, self._registers)
        extents = list(self._extents.values())
        self._conn.execute(
            text(NOTE_EXTENTS),
            {
                "ids": [extent.meter_id for extent in extents],
                "firsts": [extent.first for extent in extents],
                "lasts": [extent.last for extent in extents],
                "steps": [extent.usual_s for extent in extents],
                "longest": [max(extent.steps) for extent in extents],
            },
        )
        periods = [Touched(extent.meter_id, extent.first, extent.last) for extent in extents]
        added_up = [period for period in periods if period.meter_id in self._added_up]
        return self._touched + [period for period in periods if period.meter_id not in self._added_up], added_up

    def _merge(self, readings: pa.Table) -> None:
        """Compare with what is stored: newer values win, older ones go to the history."""
        for statement in STAGED:
            self._conn.execute(text(statement))
        copy_into(self._conn, "staged", readings)
        self._conn.execute(text("analyze staged"))
        self._partitions.ensure(months_of(readings))
        period = dict(self._conn.execute(text(PERIOD)).mappings().one())
        measured = self._measured()
        self._conn.execute(text(FORGET_KNOWN), {"first": period["first"], "last": period["last"]})
        self._conn.execute(text(FORGET_ESTIMATES), period)
        self.tally.duplicates += measured - self._measured()
        self.tally.replaced += self._conn.execute(text(REPLACE), {**period, "batch": self._batch_id}).rowcount
        rows = self._conn.execute(text(TOUCHED), {"longest": period["longest"]}).mappings()
        self._touched += [Touched(row["meter_id"], row["start"], row["end"]) for row in rows]
        self._count(self._take_staged(readings.schema))

    def _take_staged(self, schema: pa.Schema) -> pa.Table:
        columns = ", ".join(schema.names)
        statement = f"insert into reading ({columns}) select {columns} from staged order by meter_id, ts"  # noqa: S608 - our own columns
        self._conn.execute(text(statement))
        left = pd.read_sql(text(f"select {columns} from staged"), self._conn)  # noqa: S608 - our own columns
        return pa.Table.from_pandas(left, schema=schema, preserve_index=False)

    def _measured(self) -> int:
        counted: int = self._conn.execute(text("select count(raw_kwh) from staged")).scalar_one()
        return counted

    def _count(self, readings: pa.Table) -> None:
        """Add what was stored to the tally, and to the extents of its meters."""
        raw = readings["raw_kwh"].to_numpy()
        flag = readings["flag"].to_numpy()
        came = ~np.isnan(raw)
        self.tally.readings += int(np.count_nonzero(came))
        self.tally.energy_kwh += float(np.sum(raw[came]))
        self.tally.estimated += int(np.count_nonzero(flag & int(ESTIMATED)))
        combinations, numbers = np.unique(flag[flag != 0], return_counts=True)
        for bit, meaning in FLAG_TEXTS.items():
            self.tally.flags[meaning.name] += int(numbers[(combinations & int(bit)) != 0].sum())
        for row in _steps_by_meter(readings):
            extent = self._extents.setdefault(
                row["meter_id"], Extent(row["meter_id"], row["start_min"], row["end_max"])
            )
            extent.widen(row["start_min"], row["end_max"], row["duration_s"], row["duration_s_count"])
            self.tally.widen(extent.first, extent.last)
            self.tally.steps[row["duration_s"]] += row["duration_s_count"]


@dataclass
class Extent:
    """From when to when a load brought readings of a meter, and of what lengths in seconds."""

    meter_id: int
    first: datetime
    last: datetime
    steps: Counter[int] = field(default_factory=Counter)

    @property
    def usual_s(self) -> int:
        """The most frequent length."""
        return self.steps.most_common(1)[0][0]

    def widen(self, first: datetime, last: datetime, step_s: int, count: int) -> None:
        """Take in ``count`` more readings of one length."""
        self.first, self.last = min(self.first, first), max(self.last, last)
        self.steps[step_s] += count


def _steps_by_meter(readings: pa.Table) -> list[dict[str, Any]]:
    """Return first start, last end and number of the readings of each meter and length."""
    lengths = pc.multiply(readings["duration_s"].cast(pa.int64()), 1_000_000).cast(pa.duration("us"))
    table = pa.table(
        {
            "meter_id": readings["meter_id"],
            "start": readings["ts"],
            "end": pc.add(readings["ts"], lengths),
            "duration_s": readings["duration_s"],
        }
    )
    grouped = table.group_by(["meter_id", "duration_s"])
    found: list[dict[str, Any]] = grouped.aggregate(
        [("start", "min"), ("end", "max"), ("duration_s", "count")]
    ).to_pylist()
    return found
