"""What people decide on recommendations: each decision is a row, the newest of a recommendation holds."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, get_args

import pandas as pd
from sqlalchemy import Connection, Select, func, insert, select

from pipeline.errors import SelectionError, UserError
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.tables.recommendations import recommendation, recommendation_decision

State = Literal["open", "accepted", "dismissed", "done"]
FINGERPRINT = re.compile(r"[0-9]{1,10}-[a-z_]{1,30}(-[0-9a-f]{8})?", re.ASCII)
LONGEST_REASON = 500
KEPT = ("site_id", "kind", "text", "kwh", "money", "currency", "co2_kg")


@dataclass(frozen=True)
class Decision:
    """What was decided: ``reason`` for dismissing, ``done_on`` (local day) for what is done."""

    state: State
    reason: str = ""
    done_on: date | None = None

    def checked(self) -> "Decision":
        """Return it in order. Raises UserError for what is missing or cannot be."""
        if self.state not in get_args(State):
            raise UserError(f"A recommendation can be {', '.join(get_args(State))}, not {self.state!r}.")
        reason = self.reason.strip()[:LONGEST_REASON]
        if self.state == "dismissed" and not reason:
            raise UserError("Say in a few words why the recommendation is dismissed.")
        if self.state == "done" and self.done_on is None:
            raise UserError("Choose the day on which it was done.")
        if self.done_on is not None and self.done_on > datetime.now(UTC).date():
            raise UserError("What is done on a day to come can be accepted now and marked as done then.")
        return Decision(self.state, reason, self.done_on if self.state == "done" else None)


def decide(conn: Connection, fingerprint: str, decision: Decision, *, decided_by: str) -> None:
    """Record a decision with what is expected now; a recommendation that no run finds any more keeps what it had.

    Raises UserError for a decision that is not complete, SelectionError for an unknown recommendation.
    """
    checked = decision.checked()
    expected = _expected(conn, fingerprint)
    if expected is None:
        raise SelectionError("This recommendation does not exist any more: reload the page.")
    values = {"fingerprint": fingerprint, "state": checked.state, "reason": checked.reason, "done_on": checked.done_on}
    conn.execute(insert(recommendation_decision).values(values | expected | {"decided_by": decided_by}))
    raise_version(conn)


def current_decisions() -> Select[tuple[object, ...]]:
    """Select the newest decision of each recommendation, all columns."""
    table = recommendation_decision
    return select(table).where(table.c.id.in_(select(func.max(table.c.id)).group_by(table.c.fingerprint)))


def done(conn: Connection) -> pd.DataFrame:
    """List what was done: ``fingerprint, site_id, kind, done_on, kwh``, in order of the fingerprint."""
    newest = current_decisions().subquery()
    columns = [newest.c[name] for name in ("fingerprint", "site_id", "kind", "done_on", "kwh")]
    return pd.read_sql(select(*columns).where(newest.c.state == "done").order_by(newest.c.fingerprint), conn)


def _expected(conn: Connection, fingerprint: str) -> dict[str, object] | None:
    for table, newest in ((recommendation, None), (recommendation_decision, recommendation_decision.c.id.desc())):
        statement = select(*[table.c[name] for name in KEPT]).where(table.c.fingerprint == fingerprint)
        row = conn.execute(statement.order_by(newest).limit(1)).mappings().first()
        if row is not None:
            return dict(row)
    return None
