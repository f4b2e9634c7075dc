"""What an analyst changes by hand: a reading is edited or restored, and it stays known who did it, when and why."""

import math
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update
from sqlalchemy.engine import RowMapping

from pipeline.errors import SelectionError, UserError
from pipeline.flags import Flag
from pipeline.warehouse import rollups
from pipeline.warehouse.changes import raise_version, take_turn
from pipeline.warehouse.rollups import Touched
from pipeline.warehouse.schema import reading, reading_edit


def edit_reading(
    conn: Connection, meter_id: int, ts: datetime, energy_kwh: float, *, reason: str, edited_by: str
) -> int:
    """Give a reading another value and bring the rollups in line; returns the number of the edit.

    The raw value stays. Raises SelectionError where there is no such reading, UserError for an edit without reason.
    """
    if not reason.strip():
        raise UserError("An edit needs a reason: say in a few words why the value is changed.")
    if not math.isfinite(energy_kwh):
        raise UserError(f"{energy_kwh} is no energy: give a number of kWh.")
    take_turn(conn)
    before = _reading(conn, meter_id, ts)
    values = {
        "meter_id": meter_id,
        "ts": ts,
        "old_kwh": before["energy_kwh"],
        "new_kwh": energy_kwh,
        "old_flag": before["flag"],
        "reason": reason.strip(),
        "edited_by": edited_by,
    }
    edit_id: int = conn.execute(insert(reading_edit).values(values).returning(reading_edit.c.id)).scalar_one()
    _change(conn, before, energy_kwh, before["flag"] | int(Flag.EDITED))
    return edit_id


def restore_reading(conn: Connection, meter_id: int, ts: datetime, *, restored_by: str) -> None:
    """Undo every edit of a reading that has not been undone: it gets the value and flags it had before the first.

    Raises SelectionError where the reading has not been edited.
    """
    take_turn(conn)
    open_edits = and_(
        reading_edit.c.meter_id == meter_id, reading_edit.c.ts == ts, reading_edit.c.restored_at.is_(None)
    )
    first = conn.execute(select(reading_edit).where(open_edits).order_by(reading_edit.c.id).limit(1)).mappings().first()
    before = _reading(conn, meter_id, ts)
    if first is None or not before["flag"] & Flag.EDITED:
        raise SelectionError("This reading has not been edited: there is nothing to restore.")
    conn.execute(update(reading_edit).where(open_edits).values(restored_at=func.now(), restored_by=restored_by))
    _change(conn, before, first["old_kwh"], first["old_flag"])


def _change(conn: Connection, before: RowMapping, energy_kwh: float, flag: int) -> None:
    where = _is(before["meter_id"], before["ts"])
    conn.execute(update(reading).where(where).values(energy_kwh=energy_kwh, flag=flag))
    end = before["ts"] + timedelta(seconds=before["duration_s"])
    rollups.refresh(conn, [Touched(before["meter_id"], before["ts"], end)])
    raise_version(conn)


def _reading(conn: Connection, meter_id: int, ts: datetime) -> RowMapping:
    row = conn.execute(select(reading).where(_is(meter_id, ts)).with_for_update()).mappings().one_or_none()
    if row is None:
        raise SelectionError(f"This meter has no reading that starts at {ts:%Y-%m-%d %H:%M %Z}.")
    return row


def _is(meter_id: int, ts: datetime) -> ColumnElement[bool]:
    return and_(reading.c.meter_id == meter_id, reading.c.ts == ts)
