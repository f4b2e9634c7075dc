"""Events that people planned: what lies in them is no surprise."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from pipeline.errors import SelectionError, UserError
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.schema import meter, site_closure
from pipeline.warehouse.selection import zone_of
from pipeline.warehouse.tables.anomalies import anomaly, planned_event

LONGEST = timedelta(days=366)


def plan(conn: Connection, site_id: int, start: datetime, end: datetime, *, note: str, entered_by: str) -> int:
    """Enter what is planned at a site and all below it, in its naive local time; returns the number of the plan.

    Raises UserError for a plan without note, that ends before it starts or lasts more than a year, SelectionError for a
    site that does not exist.
    """
    if not note.strip():
        raise UserError("A planned event needs a note: say what it is.")
    if not start < end <= start + LONGEST:
        raise UserError("A planned event must end after it starts, and within a year.")
    zone = zone_of(conn, site_id)
    times = {"start_ts": func.timezone(zone, start), "end_ts": func.timezone(zone, end)}
    values = {"site_id": site_id, "note": note.strip(), "entered_by": entered_by}
    added = insert(planned_event).values(values | times).returning(planned_event.c.id)
    number: int = conn.execute(added).scalar_one()
    excuse_planned(conn)
    raise_version(conn)
    return number


def cancel_plan(conn: Connection, number: int) -> None:
    """Remove a plan; what only it excused is an anomaly again. Raises SelectionError where there is none."""
    removed = conn.execute(delete(planned_event).where(planned_event.c.id == number).returning(planned_event.c.id))
    if removed.first() is None:
        raise SelectionError(f"There is no planned event {number}.")
    excuse_planned(conn)
    raise_version(conn)


def excuse_planned(conn: Connection) -> None:
    """Tie each event to the plan, of its site or one above, that covers most of it, and at least half."""
    starts = func.greatest(planned_event.c.start_ts, anomaly.c.start_ts)
    common = func.least(planned_event.c.end_ts, anomaly.c.end_ts) - starts
    covering = (
        select(planned_event.c.id)
        .join(site_closure, site_closure.c.ancestor_id == planned_event.c.site_id)
        .join(meter, meter.c.site_id == site_closure.c.descendant_id)
        .where(
            and_(
                meter.c.id == anomaly.c.meter_id,
                planned_event.c.start_ts < anomaly.c.end_ts,
                planned_event.c.end_ts > anomaly.c.start_ts,
                common + common >= anomaly.c.end_ts - anomaly.c.start_ts,
            )
        )
        .order_by(common.desc(), planned_event.c.id)
        .limit(1)
        .scalar_subquery()
    )
    conn.execute(
        update(anomaly).where(anomaly.c.planned_event_id.is_distinct_from(covering)).values(planned_event_id=covering)
    )
