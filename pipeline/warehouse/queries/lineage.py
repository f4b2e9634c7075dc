"""The way back from a day on a chart to the file and line that each value came from."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, DateTime, FromClause, and_, func, select

from pipeline.errors import SelectionError
from pipeline.warehouse import semantic
from pipeline.warehouse.filters import Period
from pipeline.warehouse.queries.frames import fetch, utc, with_flag_names
from pipeline.warehouse.queries.over_time import whole
from pipeline.warehouse.schema import ingest_batch, meter, reading, reading_edit, reading_history, site
from pipeline.warehouse.selection import near


def day(conn: Connection, meter_id: int, day: date) -> pd.DataFrame:
    """Read the readings that start on one local day, oldest first.

    ``time`` (naive local)``, utc`` (naive)``, duration_s, energy_kwh, raw_kwh, power_kw, flag, flags`` (names)``,
    batch_id, file_name, line, loaded_at`` (naive UTC). ``line`` is missing where the value is estimated.
    Raises SelectionError for a meter that does not exist.
    """
    zone = _zone(conn, meter_id)
    statement = (
        select(
            _local(zone, reading).label("time"),
            utc(reading.c.ts).label("utc"),
            reading.c.duration_s,
            reading.c.energy_kwh,
            reading.c.raw_kwh,
            semantic.of_reading("mean_kw", reading).label("power_kw"),
            reading.c.flag,
            reading.c.batch_id,
            ingest_batch.c.file_name,
            reading.c.line,
            utc(ingest_batch.c.created_at).label("loaded_at"),
        )
        .join_from(reading, ingest_batch, ingest_batch.c.id == reading.c.batch_id, isouter=True)
        .where(_of_day(reading, zone, meter_id, day))
        .order_by(reading.c.ts)
    )
    return with_flag_names(fetch(conn, statement, nullable=("line",)))


def history(conn: Connection, meter_id: int, day: date) -> pd.DataFrame:
    """Read the values of the day that later loads replaced, oldest first.

    ``time, utc, energy_kwh, raw_kwh, flag, flags, batch_id, file_name, line, replaced_by_batch_id, replaced_by_file,
    replaced_at`` (naive UTC). Raises SelectionError for a meter that does not exist.
    """
    zone, was = _zone(conn, meter_id), reading_history.c
    batch, later = ingest_batch.alias(), ingest_batch.alias()
    statement = (
        select(
            _local(zone, reading_history).label("time"),
            utc(was.ts).label("utc"),
            was.energy_kwh,
            was.raw_kwh,
            was.flag,
            was.batch_id,
            batch.c.file_name,
            was.line,
            was.replaced_by_batch_id,
            later.c.file_name.label("replaced_by_file"),
            utc(later.c.created_at).label("replaced_at"),
        )
        .join_from(reading_history, later, later.c.id == was.replaced_by_batch_id)
        .join(batch, batch.c.id == was.batch_id, isouter=True)
        .where(_of_day(reading_history, zone, meter_id, day))
        .order_by(was.ts, was.replaced_by_batch_id)
    )
    return with_flag_names(fetch(conn, statement, nullable=("line",)))


def edits(conn: Connection, meter_id: int, day: date) -> pd.DataFrame:
    """Read the edits of the day by analysts, newest first.

    ``edit_id, time, utc, old_kwh, new_kwh, reason, edited_by, edited_at, restored_by, restored_at`` (naive UTC).
    Raises SelectionError for a meter that does not exist.
    """
    zone, edit = _zone(conn, meter_id), reading_edit.c
    statement = (
        select(
            edit.id.label("edit_id"),
            _local(zone, reading_edit).label("time"),
            utc(edit.ts).label("utc"),
            edit.old_kwh,
            edit.new_kwh,
            edit.reason,
            edit.edited_by,
            utc(edit.created_at).label("edited_at"),
            edit.restored_by,
            utc(edit.restored_at).label("restored_at"),
        )
        .where(_of_day(reading_edit, zone, meter_id, day))
        .order_by(edit.id.desc())
    )
    return fetch(conn, statement)


def _zone(conn: Connection, meter_id: int) -> str:
    statement = select(site.c.timezone).join(meter, meter.c.site_id == site.c.id).where(meter.c.id == meter_id)
    zone: str | None = conn.scalar(statement)
    if zone is None:
        raise SelectionError(f"There is no meter {meter_id}.")
    return zone


def _local(zone: str, rows: FromClause) -> ColumnElement[Any]:
    return func.timezone(zone, rows.c.ts, type_=DateTime())


def _of_day(rows: FromClause, zone: str, meter_id: int, day: date) -> ColumnElement[bool]:
    period = Period(day, day + timedelta(days=1))
    start, end = whole(period)
    time = _local(zone, rows)
    return and_(rows.c.meter_id == meter_id, near(rows.c.ts, period), time >= start, time < end)
