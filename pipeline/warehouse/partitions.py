"""Monthly partitions of ``reading`` and ``meter_hour``, made by the load that first needs them.

A new partition is filled as a table of its own and attached afterwards: readers of the other months are never locked
out, and a server with ``wal_level = minimal`` syncs it at commit instead of logging each row. Its index is built once,
over sorted rows, when it is attached, and it is sampled for the planner then: the one who wrote the rows needs not
mark each page as seen.

Each COPY enlarges a new table by up to half a megabyte in advance, and what it does not fill stays empty. So rows wait
until enough of a month are there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from pipeline.ahead import one_ahead
from pipeline.warehouse.copy import copy_pieces, pieces_of
from pipeline.warehouse.statistics import COARSELY, keys_of

ROWS_WAITING = 500_000  # of a load, about 60 MB
Parent = Literal["reading", "meter_hour"]


@dataclass
class Partitions:
    """The partitions that one load writes to; ``attach`` makes the new ones part of it; ``written`` names others."""

    conn: Connection
    parent: Parent = "reading"
    written: set[str] = field(default_factory=set)
    _existing: set[str] = field(default_factory=set)
    _new: dict[str, np.datetime64] = field(default_factory=dict)
    _waiting: dict[np.datetime64, list[pa.Table]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        children = text("select inhrelid::regclass::text from pg_inherits where inhparent = cast(:parent as regclass)")
        self._existing.update(self.conn.execute(children, {"parent": self.parent}).scalars())

    def append(self, rows: pa.Table) -> None:
        """Take over ``rows`` (columns of the parent, ordered) for the months they belong to."""
        for month, of_month in by_month(rows):
            self._waiting.setdefault(month, []).append(of_month)
        self._copy(ROWS_WAITING)

    def ensure(self, months: Iterable[np.datetime64]) -> None:
        """Make months ready for statements that write to the parent itself."""
        for month in months:
            self._prepared(month)
        self.attach()

    def attach(self) -> None:
        """Copy what waits, build the keys of the new partitions and make them visible to this transaction's queries."""
        self._copy(0)
        if self._new:
            self.conn.execute(text(COARSELY))
        for name, month in self._new.items():
            self.conn.execute(text(f"alter table {name} add constraint pk_{name} primary key (meter_id, ts)"))
            self.conn.execute(text(f"analyze {keys_of(name)}"))
            self.conn.execute(
                text(
                    f"alter table {self.parent} attach partition {name} "
                    f"for values from ('{_instant(month)}') to ('{_instant(month + 1)}')"
                )
            )
        self._existing.update(self._new)
        self._new.clear()

    def _copy(self, most: int) -> None:
        """Copy months, those with most rows first, until no more than ``most`` rows wait."""
        for month, columns, pieces in one_ahead(self._encoded(most)):
            copy_pieces(self.conn, self._prepared(month), columns, pieces)

    def _encoded(self, most: int) -> Iterator[tuple[np.datetime64, list[str], list[bytes]]]:
        sizes = {month: sum(rows.num_rows for rows in waiting) for month, waiting in self._waiting.items()}
        left = sum(sizes.values())
        for month in sorted(sizes, key=sizes.__getitem__, reverse=True):
            if left <= most:
                return
            left -= sizes[month]
            rows = pa.concat_tables(self._waiting.pop(month))
            yield month, rows.column_names, list(pieces_of(rows))

    def _prepared(self, month: np.datetime64) -> str:
        name = name_of(self.parent, month)
        if name in self._existing:
            self.written.add(name)
        elif name not in self._new:
            self.conn.execute(text(f"create table {name} (like {self.parent} including defaults)"))
            self._new[name] = month
        return name


def by_month(table: pa.Table) -> Iterable[tuple[np.datetime64, pa.Table]]:
    """Divide a table by month of ``ts`` (UTC), keeping the order inside each month."""
    if not table.num_rows:
        return
    ts = table["ts"].to_numpy()
    first = ts.min().astype("datetime64[M]")
    months = np.arange(first, ts.max().astype("datetime64[M]") + 1)
    number = np.searchsorted(months[1:].astype(ts.dtype), ts, side="right").astype(np.uint16)
    order = np.argsort(number, kind="stable")  # of this type it is a radix sort
    ends = np.cumsum(np.bincount(number, minlength=len(months)))
    for month, begin, end in zip(months, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        if begin < end:
            yield month, table if end - begin == table.num_rows else table.take(pa.array(order[begin:end]))


def months_of(table: pa.Table) -> NDArray[np.datetime64]:
    """Return the months of ``ts`` (UTC)."""
    months: NDArray[np.datetime64] = np.unique(table["ts"].to_numpy().astype("datetime64[M]"))
    return months


def name_of(parent: Parent, month: np.datetime64) -> str:
    """Name the partition of a month, such as ``reading_2024_02``."""
    return f"{parent}_{str(month).replace('-', '_')}"


def _instant(month: np.datetime64) -> str:
    first: datetime = month.astype("datetime64[us]").item()
    return first.replace(tzinfo=UTC).isoformat()
