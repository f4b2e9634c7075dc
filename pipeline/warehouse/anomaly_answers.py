"""What people say of an event: status, owner and note, each change kept with who made it and when."""

from typing import Literal, get_args

from sqlalchemy import Connection, insert, update

from pipeline.errors import SelectionError, UserError
from pipeline.warehouse.anomaly_ranks import rank_all
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.tables.anomalies import anomaly, anomaly_answer

Status = Literal["new", "acknowledged", "expected", "resolved"]
LONGEST_NAME, LONGEST_NOTE = 120, 2_000


def answer(conn: Connection, number: int, status: str, *, owner: str, note: str, answered_by: str) -> None:
    """Set the status of an event and keep the change; the rank of its kind follows.

    Raises SelectionError for an event or status that does not exist, UserError for texts that are too long.
    """
    if status not in get_args(Status):
        raise SelectionError(f"The status must be one of {', '.join(get_args(Status))}.")
    if len(owner) > LONGEST_NAME or len(note) > LONGEST_NOTE:
        raise UserError(f"An owner has at most {LONGEST_NAME} characters, a note {LONGEST_NOTE:,}.")
    values = {"status": status, "owner": owner.strip(), "note": note.strip()}
    changed = conn.execute(update(anomaly).where(anomaly.c.id == number).values(values).returning(anomaly.c.id))
    if changed.first() is None:
        raise SelectionError(f"There is no anomaly {number} any more: the newest run does not find it.")
    conn.execute(insert(anomaly_answer).values(values | {"anomaly_id": number, "answered_by": answered_by}))
    rank_all(conn)
    raise_version(conn)
