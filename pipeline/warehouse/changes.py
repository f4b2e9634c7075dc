"""What every transaction that changes readings does first: take its turn, and raise the version of the data."""

from datetime import date

from sqlalchemy import Connection, func, insert, select, update

from pipeline.warehouse.schema import data_version
from pipeline.warehouse.tables.changes import meter_change, version_history

DATA_LOCK = 7_301_002


def take_turn(conn: Connection) -> None:
    """Wait until no other transaction changes readings, then hold them until this one ends.

    Rollups of a site add up what several meters brought, so two writers may not compute them from halves of each other.
    Reading is never held up. One lock for all writers also means that they can't wait for each other in a circle.
    """
    conn.execute(select(func.pg_advisory_xact_lock(DATA_LOCK)))


def raise_version(conn: Connection) -> None:
    """Make every answer cached so far out of date."""
    raised = update(data_version).values(version=data_version.c.version + 1, changed_at=func.clock_timestamp())
    version, changed_at = conn.execute(raised.returning(data_version.c.version, data_version.c.changed_at)).one()
    conn.execute(insert(version_history).values(version=version, changed_at=changed_at))


def is_known(conn: Connection, version: int, changed_at: str) -> bool:
    """Say whether the data of this warehouse has had a version, since that instant (ISO 8601)."""
    statement = select(version_history.c.changed_at).where(version_history.c.version == version)
    found = conn.execute(statement).scalar_one_or_none()
    return found is not None and found.isoformat() == changed_at


def months_changed(conn: Connection, version: int) -> dict[int, set[date]]:
    """Return the local months of each meter whose readings have changed, come or gone since a version."""
    statement = select(meter_change.c.meter_id, meter_change.c.month).where(meter_change.c.version > version)
    found: dict[int, set[date]] = {}
    for meter_id, month in conn.execute(statement):
        found.setdefault(meter_id, set()).add(month)
    return found
