"""Sums by hour, local day and local month, for meters and for every node of the tree, kept up with each change.

`refresh` replaces the rollups of just the local days that a change touched, in the transaction of the change: meters
first, then the nodes of the tree from its leaves up to its root, then days from hours and months from days.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import Connection, select, text

from pipeline.warehouse import rollup_sql as sql
from pipeline.warehouse import sector_sql
from pipeline.warehouse.partitions import Partitions
from pipeline.warehouse.schema import meter

HOUR_S = 3600
FIRST_INSTANT = datetime(1900, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Touched:
    """Instants of a meter between which readings were added, changed or removed; ``end`` is where the last one ends."""

    meter_id: int
    start: datetime
    end: datetime


def refresh(
    conn: Connection, touched: Iterable[Touched], added_up: Iterable[Touched] = (), done: Collection[int] = ()
) -> None:
    """Bring the rollups of the touched local days, and of every node above, in line with the readings.

    ``added_up``: touched too, but hours and days of these meters are already right, as are the hours of the sites
    ``done``.
    """
    to_add_up = list(touched)
    _note_meters(conn, to_add_up)
    _refresh_hours_and_days(conn)
    _note_meters(conn, [*to_add_up, *added_up])
    _refresh_months(conn)
    conn.execute(text(sql.NODES_ABOVE_METERS), {"done": list(done)})
    _refresh_nodes(conn)


def rebuild_meter(conn: Connection, meter_id: int) -> None:
    """Compute all rollups of one meter anew, as after a change of its time zone; leaves the nodes to the caller."""
    _note_meters(conn, [Touched(meter_id, FIRST_INSTANT, LAST_INSTANT)])
    _refresh_hours_and_days(conn)
    _refresh_months(conn)


def rebuild_nodes(conn: Connection, site_ids: Collection[int]) -> None:
    """Compute all rollups of these nodes anew, as after a change of the tree. Their children's are taken as right."""
    _make_temporary_tables(conn)
    conn.execute(text(sql.WHOLE_NODES), {"ids": list(site_ids), "done": []})
    _refresh_nodes(conn)


def rebuild(conn: Connection) -> None:
    """Compute every rollup anew."""
    ids = conn.execute(select(meter.c.id)).scalars()
    refresh(conn, [Touched(meter_id, FIRST_INSTANT, LAST_INSTANT) for meter_id in ids])


def _note_meters(conn: Connection, touched: list[Touched]) -> None:
    _make_temporary_tables(conn)
    conn.execute(
        text(sql.NOTE_METERS),
        {
            "ids": [each.meter_id for each in touched],
            "starts": [each.start for each in touched],
            "ends": [each.end for each in touched],
        },
    )
    conn.execute(text("analyze touched_meter"))


def _make_temporary_tables(conn: Connection) -> None:
    for statement in sql.TEMPORARY_TABLES:
        conn.execute(text(statement))


def _refresh_hours_and_days(conn: Connection) -> None:
    found = conn.execute(text(sql.PERIOD)).one()
    if found.first is None:
        return
    period = {"first": found.first, "last": found.last}
    conn.execute(text(sql.FORGET_METER_HOURS))
    conn.execute(text(sql.METER_HOURS_WITH_SPREAD if found.longest > HOUR_S else sql.METER_HOURS), period)
    months = conn.execute(text(sql.MONTHS_OF_HOURS)).scalars()
    Partitions(conn, "meter_hour").ensure(np.datetime64(month.replace(tzinfo=None), "M") for month in months)
    conn.execute(text(sql.STORE_METER_HOURS))
    conn.execute(text(sql.FORGET_METER_DAYS))
    conn.execute(text(sql.METER_DAYS))


def _refresh_months(conn: Connection) -> None:
    conn.execute(text(sql.FORGET_METER_MONTHS))
    conn.execute(text(sql.METER_MONTHS))
    conn.execute(text(sql.NOTE_CHANGES))


def _refresh_nodes(conn: Connection) -> None:
    conn.execute(text("analyze touched_node"))
    depths = conn.execute(text("select distinct depth from touched_node order by depth desc")).scalars().all()
    for depth in depths:  # a node adds up its children, so they come first
        conn.execute(text(sql.FORGET_NODE_HOURS), {"depth": depth})
        conn.execute(text(sql.NODE_HOURS), {"depth": depth})
        conn.execute(text(sector_sql.FORGET_SECTOR_HOURS), {"depth": depth})
        conn.execute(text(sector_sql.SECTOR_HOURS), {"depth": depth})
    for statement in (sql.FORGET_NODE_DAYS, sql.NODE_DAYS, sql.FORGET_NODE_MONTHS, sql.NODE_MONTHS):
        conn.execute(text(statement))
