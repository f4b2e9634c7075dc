"""The schedules of reports, and what came of their last runs."""

import pandas as pd
from sqlalchemy import Connection, DateTime, Text, case, cast, func, literal, select

from pipeline.warehouse.queries.frames import fetch, utc
from pipeline.warehouse.schema import site
from pipeline.warehouse.tables.reports import report_delivery, report_schedule


def schedules(conn: Connection) -> pd.DataFrame:
    """List every schedule, oldest first, with its last run.

    ``id, site, sector, measure, format, every, day, at`` (HH:MM)``, channel, target, state`` (on, paused)``, next_run``
    (naive, on the clock of the site)``, timezone, result, message, sent_at`` (naive UTC).
    """
    rows = report_schedule.c
    last = (
        select(report_delivery)
        .where(report_delivery.c.schedule_id == rows.id)
        .order_by(report_delivery.c.due_at.desc())
        .limit(1)
        .lateral("last")
    )
    upcoming = func.timezone(site.c.timezone, rows.next_run_at, type_=DateTime())
    statement = (
        select(
            rows.id,
            site.c.name.label("site"),
            func.coalesce(rows.sector, "").label("sector"),
            rows.measure,
            rows.format,
            rows.every,
            rows.day,
            func.left(cast(rows.at, Text), 5, type_=Text()).label("at"),
            rows.channel,
            rows.target,
            case((rows.enabled, "on"), else_=literal("paused")).label("state"),
            case((rows.enabled, upcoming)).label("next_run"),
            site.c.timezone,
            func.coalesce(last.c.state, "").label("result"),
            func.coalesce(last.c.message, "").label("message"),
            utc(last.c.sent_at).label("sent_at"),
        )
        .join_from(report_schedule, site, site.c.id == rows.site_id)
        .join(last, literal(value=True), isouter=True)
        .order_by(rows.id)
    )
    return fetch(conn, statement)
