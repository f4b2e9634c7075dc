"""Schedules of reports as people enter them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, select, update

from pipeline.definitions import MeasureKey
from pipeline.errors import SelectionError
from pipeline.outputs.alerts.mail import mailbox
from pipeline.outputs.reports.kinds import Format
from pipeline.outputs.reports.rhythm import Every, Rhythm
from pipeline.outputs.reports.storage import place_of
from pipeline.settings import settings
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import sites
from pipeline.warehouse.selection import zone_of
from pipeline.warehouse.tables.reports import report_schedule

Channel = Literal["mail", "storage"]
ANY_DAYS = (date(2000, 1, 1), date(2000, 1, 2))


@dataclass(frozen=True)
class NewSchedule:
    """A schedule to be: which report, how often, to whom."""

    site_id: int
    form: Format
    rhythm: Rhythm
    channel: Channel
    target: str
    sector: str | None = None
    measure: MeasureKey = "energy_kwh"


def add_schedule(conn: Connection, new: NewSchedule, *, made_by: str, now: datetime | None = None) -> int:
    """Keep a schedule; returns its number. Raises UserError with what is wrong."""
    zone = ZoneInfo(zone_of(conn, new.site_id))
    Filters(new.site_id, *ANY_DAYS, sector=new.sector, measure=new.measure)
    if new.sector is not None:
        sites.check_sector(conn, new.site_id, new.sector)
    values = {
        "site_id": new.site_id,
        "sector": new.sector,
        "measure": new.measure,
        "format": new.form,
        "every": new.rhythm.every,
        "day": new.rhythm.day,
        "at": new.rhythm.at,
        "channel": new.channel,
        "target": _target(new.channel, new.target),
        "next_run_at": new.rhythm.next_run(zone, now or datetime.now(UTC)),
        "made_by": made_by,
    }
    return int(conn.execute(insert(report_schedule).values(values).returning(report_schedule.c.id)).scalar_one())


def pause_schedule(conn: Connection, number: int) -> None:
    """Make no more reports of a schedule until it is resumed. Raises SelectionError where there is none."""
    _change(conn, number, enabled=False)


def resume_schedule(conn: Connection, number: int, *, now: datetime | None = None) -> None:
    """Go on with a schedule; what would have been made meanwhile is not. Raises SelectionError where there is none."""
    row = conn.execute(select(report_schedule).where(report_schedule.c.id == number)).one_or_none()
    if row is None:
        raise SelectionError(f"There is no schedule {number}.")
    if not row.enabled:
        every: Every = row.every
        upcoming = Rhythm(every, row.day, row.at).next_run(
            ZoneInfo(zone_of(conn, row.site_id)), now or datetime.now(UTC)
        )
        _change(conn, number, enabled=True, next_run_at=upcoming)


def remove_schedule(conn: Connection, number: int) -> None:
    """Remove a schedule with the record of its runs. Raises SelectionError where there is none."""
    removed = delete(report_schedule).where(report_schedule.c.id == number).returning(report_schedule.c.id)
    if conn.execute(removed).first() is None:
        raise SelectionError(f"There is no schedule {number}.")


def _target(channel: str, target: str) -> str:
    match channel:
        case "mail":
            return mailbox(target)
        case "storage":
            place_of(target, settings())
            return target.strip().rstrip("/")
    raise SelectionError(f"A report goes by one of {', '.join(get_args(Channel))}.")


def _change(conn: Connection, number: int, **values: object) -> None:
    changed = update(report_schedule).where(report_schedule.c.id == number).values(values)
    if conn.execute(changed.returning(report_schedule.c.id)).first() is None:
        raise SelectionError(f"There is no schedule {number}.")
