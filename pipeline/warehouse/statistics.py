"""What the planner knows of tables that a load has just filled, a minute or more before autovacuum would tell it."""

import logging
from collections.abc import Collection

from sqlalchemy import text

from pipeline.errors import WarehouseError
from pipeline.warehouse.engine import begin
from pipeline.warehouse.schema import metadata

log = logging.getLogger(__name__)

MANY_READINGS = 100_000
# A twentieth of the usual sample: in a twentieth of the time, until autovacuum looks closer.
COARSELY = "set local default_statistics_target = 5"
MONTH = "_2024_02"  # what a partition's name has more than its parent's
KEYS = ("meter_id", "site_id", "sector", "ts", "day", "month")  # what queries choose rows by
ROLLUPS = ("meter_day", "meter_month", "node_hour", "node_day", "node_month", "sector_hour")


def refresh_statistics(partitions: Collection[str], readings: int) -> None:
    """Sample the rollups and the ``partitions`` that a large load has written to; a small one changes little.

    The load is stored by now: a failure here is logged, and left to autovacuum.
    """
    if readings < MANY_READINGS:
        return
    try:
        with begin() as conn:
            conn.execute(text(COARSELY))
            conn.execute(text(f"analyze {', '.join(map(keys_of, [*ROLLUPS, *sorted(partitions)]))}"))
    except WarehouseError as error:
        log.warning("The statistics of a load could not be refreshed: %s", error)


def keys_of(name: str) -> str:
    """Name a rollup or a partition with the columns that `analyze` is to look at."""
    table = metadata.tables[name if name in metadata.tables else name[: -len(MONTH)]]
    return f"{name} ({', '.join(column.name for column in table.columns if column.name in KEYS)})"
