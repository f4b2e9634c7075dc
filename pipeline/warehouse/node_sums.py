"""Hours of the sites whose meters all come new with one load, added up while the meters' own are in memory.

`rollup_sql.NODE_HOURS` gives the same rows and works for every case; a test compares the two.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, text

from pipeline.warehouse.copy import copy_into
from pipeline.warehouse.in_memory import (
    INSTANT,
    MEASURES,
    METER_HOUR,
    any_of_group,
    first_of_group,
    sum_of_group,
    table_of,
)

ROWS_AT_ONCE = 500_000
MOST_ROWS = 2_000_000  # beyond, memory would grow with the file: SQL takes over
NODE_HOUR = pa.schema([("site_id", pa.int32()), ("ts", INSTANT), ("day", pa.date32()), *MEASURES])
# The meters of the sites that have nothing below them: what a site adds up, with its sign.
COUNTED = """
select m.id, m.site_id, case m.direction when 'export' then -1 else 1 end as sign
from meter m
where m.direction <> 'generation' and not exists (select from site below where below.parent_id = m.site_id)
  and m.site_id in (select known.site_id from meter known where known.id = any(cast(:ids as int[])))
"""


class Counted(NamedTuple):
    """A meter that its site adds up, ``sign`` times."""

    meter_id: int
    site_id: int
    sign: int


@dataclass
class NodeSums:
    """The hours of sites so far; ``counted`` are all meters of the sites that a load touches."""

    counted: list[Counted]
    _sums: pa.Table = field(default_factory=NODE_HOUR.empty_table)
    _waiting: list[pa.Table] = field(default_factory=list)
    _given_up: bool = False

    @classmethod
    def of_meters(cls, conn: Connection, meter_ids: Collection[int]) -> "NodeSums":
        """Find what the sites of these meters add up."""
        return cls([Counted(*row) for row in conn.execute(text(COUNTED), {"ids": list(meter_ids)})])

    def add(self, hours: pa.Table) -> None:
        """Take over rows of ``meter_hour``."""
        if self._given_up or not self.counted:
            return
        self._waiting.append(_added_up(self._of_sites(hours)))
        if sum(table.num_rows for table in self._waiting) > ROWS_AT_ONCE:
            self._gather()

    def store(self, conn: Connection, added_up: Collection[int]) -> frozenset[int]:
        """Write the hours of the sites all of whose meters are in ``added_up``; returns these sites."""
        self._gather()
        missing = {one.site_id for one in self.counted if one.meter_id not in added_up}
        whole = frozenset(one.site_id for one in self.counted) - missing
        if self._given_up or not whole:
            return frozenset()
        copy_into(conn, "node_hour", self._sums.filter(pc.is_in(self._sums["site_id"], pa.array(whole, pa.int32()))))
        return whole

    def _gather(self) -> None:
        self._sums = _added_up(pa.concat_tables([self._sums, *self._waiting]))
        self._waiting = []
        if self._sums.num_rows > MOST_ROWS:
            self._given_up, self._sums = True, NODE_HOUR.empty_table()

    def _of_sites(self, hours: pa.Table) -> pa.Table:
        """Put the site in the place of the meter, and turn the sign of what is fed in."""
        known = pc.index_in(hours["meter_id"], pa.array([one.meter_id for one in self.counted], pa.int32()))
        chosen, place = hours.filter(pc.is_valid(known)), known.drop_null()
        sign = pa.array([one.sign for one in self.counted], pa.float64()).take(place)
        site = pa.array([one.site_id for one in self.counted], pa.int32()).take(place)
        signed = {name: pc.multiply(chosen[name], sign) for name in ("energy_kwh", "peak_kw")}
        columns = {"site_id": site, **{name: chosen[name] for name in METER_HOUR.names[1:]}, **signed}
        return pa.table({name: columns[name] for name in NODE_HOUR.names})


def _added_up(hours: pa.Table) -> pa.Table:
    """Add up the rows of each site and hour; each hour belongs to one local day, as of sites without any below."""
    site, ts = hours["site_id"].to_numpy(), hours["ts"].to_numpy().astype("datetime64[us]").astype(np.int64)
    order = np.lexsort((ts, site))
    first = first_of_group(site[order], ts[order])
    sums = ("energy_kwh", "peak_kw", "covered_hours", "estimated_hours")
    columns = {
        "site_id": site[order][first],
        "ts": ts[order][first].view("datetime64[us]"),
        "day": hours["day"].to_numpy()[order][first],
        "hours": np.ones(len(first)),
        "flags": any_of_group(hours["flags"].to_numpy()[order], first),
        **{name: sum_of_group(hours[name].to_numpy()[order], first) for name in sums},
    }
    return table_of(columns, NODE_HOUR)
