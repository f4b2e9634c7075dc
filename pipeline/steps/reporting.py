"""Makes the reports that are due and sends each once.

Every step of a delivery is committed before the next begins: waiting, made, sending, sent. Where a worker dies, the
next one goes on from there. A mail that was being sent is not sent again, as it may have arrived: it is unclear.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.definitions import MEASURES, format_share, format_value
from pipeline.errors import SelectionError
from pipeline.outputs.alerts import mail
from pipeline.outputs.alerts.errors import DeliveryError, TargetError
from pipeline.outputs.alerts.message import Message, one_line
from pipeline.outputs.alerts.sending import mail_server
from pipeline.outputs.manifest import Manifest, manifest_path, read_manifest
from pipeline.outputs.reports.kinds import Format
from pipeline.outputs.reports.rhythm import Rhythm
from pipeline.outputs.reports.storage import store
from pipeline.settings import settings
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.schema import export, site
from pipeline.warehouse.tables.reports import report_delivery, report_schedule

LOCK = 7_301_013
MOST_ROUNDS = 5
FIRST_PAUSE = timedelta(minutes=5)
ONE_DAY = timedelta(days=1)
ATTACHED = "The report is attached, with the manifest that tells how to check it."
BYTES_A_MB = 1_000_000
INTERRUPTED = "The worker stopped while it sent this mail, so it may have arrived: it is not sent again."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exports:
    """How a report of a schedule is made and listed, in the place of one that failed before; where its file is."""

    make: Callable[[Filters, Format, int, int | None], int]
    file: Callable[[Connection, int], Path]


def run_reports(now: datetime, exports: Exports) -> None:
    """Make and send what is due; of runs that were missed, the last one."""
    plan(now)
    with connect() as conn:
        rows = report_delivery.c
        due = select(rows.id).where(rows.state.in_(["waiting", "made", "sending"]), rows.try_at <= now)
        numbers = list(conn.scalars(due.order_by(rows.due_at, rows.id)))
    for number in numbers:
        with _held(number) as is_free:
            if is_free:
                _go_on(number, now, exports)


def plan(now: datetime) -> None:
    """Note a delivery for every schedule that is due, and when it is due next, both or neither."""
    rows = report_schedule.c
    due = (
        select(report_schedule, site.c.timezone)
        .join_from(report_schedule, site, site.c.id == rows.site_id)
        .where(rows.enabled, rows.next_run_at <= now)
        .order_by(rows.next_run_at, rows.id)
        .with_for_update(of=report_schedule, skip_locked=True)
    )
    with begin() as conn:
        for row in conn.execute(due).all():
            rhythm, zone = Rhythm(row.every, row.day, row.at), ZoneInfo(row.timezone)
            run = max(rhythm.last_run(zone, now), row.next_run_at)
            period = rhythm.period(run.astimezone(zone).date())
            values = {"schedule_id": row.id, "due_at": run, "try_at": now}
            noted = insert(report_delivery).values(values | {"start_day": period.start, "end_day": period.end})
            conn.execute(noted.on_conflict_do_nothing())
            later = update(report_schedule).where(rows.id == row.id)
            conn.execute(later.values(next_run_at=rhythm.next_run(zone, now)))


def _go_on(number: int, now: datetime, exports: Exports) -> None:
    """Take a delivery as far as it comes today."""
    row = _read(number)
    if row.state not in ("waiting", "made", "sending"):  # another worker was faster
        return
    if row.state == "sending" and row.channel == "mail":
        _change(number, state="unclear", message=INTERRUPTED)
        return
    last = row.attempts + 1 >= MOST_ROUNDS
    _change(number, attempts=row.attempts + 1, try_at=now + FIRST_PAUSE * 2**row.attempts)
    if row.state == "waiting":
        made, failure = _make(row, exports)
        if failure is not None:
            said = f"{failure} (attempt {row.attempts + 1} of {MOST_ROUNDS})"
            _change(number, state="failed" if last else "waiting", export_id=made, message=said)
            return
        _change(number, state="made", export_id=made, message="")
    _deliver(_read(number), exports, last=last)


def _make(row: Row[Any], exports: Exports) -> tuple[int, str | None]:
    """Return the number of the report, and why it failed."""
    filters = Filters(row.site_id, row.start_day, row.end_day, sector=row.sector, measure=row.measure)
    made = exports.make(filters, row.format, row.schedule_id, row.export_id)
    with connect() as conn:
        listed = conn.execute(select(export.c.state, export.c.message).where(export.c.id == made)).one()
    return made, None if listed.state == "ready" else listed.message


def _deliver(row: Row[Any], exports: Exports, *, last: bool) -> None:
    try:
        with connect() as conn:
            path = exports.file(conn, row.export_id or 0)
        _change(row.id, state="sending")
        message = _send(row, path)
    except SelectionError:
        _change(row.id, state="failed", message="The report was removed before it was sent.")
    except TargetError as error:
        _change(row.id, state="failed", message=str(error))
    except DeliveryError as error:
        state = "unclear" if error.unclear else "failed" if last or error.lasting else "made"
        _change(row.id, state=state, message=str(error))
    else:
        _change(row.id, state="sent", message=message, sent_at=func.now())


def _send(row: Row[Any], path: Path) -> str:
    if row.channel == "storage":
        return f"Stored as {store(path, row.target, settings())}."
    manifest, most_mb = read_manifest(path), settings().report_mail_mb
    fits = manifest.bytes <= most_mb * BYTES_A_MB
    said = ATTACHED if fits else _too_large(row.export_id, manifest.bytes, most_mb)
    attachments = (path, manifest_path(path)) if fits else (manifest_path(path),)
    mail.send(row.target, _message(row, manifest, said), mail_server(), attachments=attachments)
    return f"Sent to {row.target}." + ("" if fits else f" {said}")


def _too_large(number: int, size: int, most_mb: float) -> str:
    """Say that a report is not attached, and where it lies."""
    address = settings().public_url
    where = f"at {address.rstrip('/')}/exports/{number}" if address else f"on the Exports page as export {number}"
    return (
        f"The report has {size / BYTES_A_MB:.3g} MB, more than the {most_mb:g} MB that are attached to a mail: it lies "
        f"{where} for {settings().export_days} days."
    )


def _message(row: Row[Any], manifest: Manifest, said: str) -> Message:
    days = _days(row.start_day, row.end_day)
    lines = [
        f"{one_line(row.name)}, {days}" + (f", sector {row.sector}" if row.sector else ""),
        f"{MEASURES['energy_kwh'].label}: {format_value(MEASURES['energy_kwh'], manifest.energy_kwh)}",
        f"{MEASURES['peak_kw'].label}: {format_value(MEASURES['peak_kw'], manifest.peak_kw)}",
        f"Share estimated: {format_share(manifest.share_estimated, decimals=1)}",
        "",
        said,
    ]
    return Message(f"report-{row.id}", f"Wattscape: {one_line(row.name)[:100]}, {days}", "\n".join(lines) + "\n", {})


def _days(start: date, end: date) -> str:
    last = end - ONE_DAY
    return f"{last:%-d %b %Y}" if start == last else f"{start:%-d %b %Y} to {last:%-d %b %Y}"


def _read(number: int) -> Row[Any]:
    rows, schedule = report_delivery.c, report_schedule.c
    columns = (schedule[name] for name in ("site_id", "sector", "measure", "format", "channel", "target"))
    statement = (
        select(report_delivery, *columns, site.c.name)
        .join_from(report_delivery, report_schedule, schedule.id == rows.schedule_id)
        .join(site, site.c.id == schedule.site_id)
        .where(rows.id == number)
    )
    with connect() as conn:
        return conn.execute(statement).one()


def _change(number: int, **values: object) -> None:
    if "message" in values and values.get("state") in ("failed", "unclear"):
        log.warning("report %d: %s: %s", number, values["state"], values["message"])
    with begin() as conn:
        conn.execute(update(report_delivery).where(report_delivery.c.id == number).values(values))


@contextmanager
def _held(number: int) -> Iterator[bool]:
    """Hold a delivery, so that no two workers send it; PostgreSQL lets go however the worker ends."""
    with begin() as conn:
        yield bool(conn.scalar(select(func.pg_try_advisory_xact_lock(LOCK, number))))
