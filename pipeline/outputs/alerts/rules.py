"""Alert rules as people enter them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, delete, insert, update

from pipeline.errors import SelectionError, UserError
from pipeline.outputs.alerts.sending import check_target
from pipeline.warehouse.selection import zone_of
from pipeline.warehouse.tables.anomalies import alert_delivery, alert_rule

LONGEST_HOURS, LONGEST_MINUTES = 24 * 31, 24 * 60


@dataclass(frozen=True)
class NewRule:
    """A rule to be: what to tell of (no kinds: all of them), to whom, and how often at most."""

    site_id: int
    channel: str
    target: str
    kinds: Sequence[str] = ()
    minimum_cost: Decimal | None = None
    currency: str | None = None
    persist_hours: int = 1
    quiet_hours: int = 24
    group_minutes: int = 60


def add_rule(conn: Connection, rule: NewRule, *, made_by: str) -> int:
    """Keep a rule; returns its number. Raises UserError with what is wrong, SelectionError for an unknown site."""
    zone_of(conn, rule.site_id)
    minimum = rule.minimum_cost or None
    if minimum is not None and not (minimum.is_finite() and minimum > 0 and rule.currency):
        raise UserError("A least cost is a positive amount in a currency.")
    hours = (rule.persist_hours, rule.quiet_hours)
    if not (all(0 <= value <= LONGEST_HOURS for value in hours) and 0 <= rule.group_minutes <= LONGEST_MINUTES):
        raise UserError("Hours must be between 0 and 744, the minutes of a group between 0 and 1,440.")
    values = {
        "site_id": rule.site_id,
        "kinds": sorted(set(rule.kinds)),
        "minimum_cost": minimum,
        "currency": rule.currency if minimum else None,
        "channel": rule.channel,
        "target": check_target(rule.channel, rule.target),
        "persist_hours": rule.persist_hours,
        "quiet_hours": rule.quiet_hours,
        "group_minutes": rule.group_minutes,
        "made_by": made_by,
    }
    return int(conn.execute(insert(alert_rule).values(values).returning(alert_rule.c.id)).scalar_one())


def switch_rule(conn: Connection, number: int, *, enabled: bool) -> None:
    """Turn a rule on or off. Raises SelectionError where there is none."""
    _change(conn, number, enabled=enabled)


def snooze_rule(conn: Connection, number: int, hours: int) -> None:
    """Keep a rule silent for some hours, 0 to wake it. Raises SelectionError where there is none, UserError."""
    if not 0 <= hours <= LONGEST_HOURS:
        raise UserError("A rule can be silent for 744 hours at most.")
    _change(conn, number, snoozed_until=datetime.now(UTC) + timedelta(hours=hours) if hours else None)


def remove_rule(conn: Connection, number: int) -> None:
    """Remove a rule with the record of its messages. Raises SelectionError where there is none."""
    removed = conn.execute(delete(alert_rule).where(alert_rule.c.id == number).returning(alert_rule.c.id))
    if removed.first() is None:
        raise SelectionError(f"There is no alert rule {number}.")


def ask_for_test(conn: Connection, number: int) -> int:
    """Add a test message of a rule to those that wait; returns its number. Raises SelectionError."""
    _change(conn, number)
    added = insert(alert_delivery).values(rule_id=number).returning(alert_delivery.c.id)
    return int(conn.execute(added).scalar_one())


def _change(conn: Connection, number: int, **values: object) -> None:
    changed = update(alert_rule).where(alert_rule.c.id == number).values({"id": number} | values)
    if conn.execute(changed.returning(alert_rule.c.id)).first() is None:
        raise SelectionError(f"There is no alert rule {number}.")
