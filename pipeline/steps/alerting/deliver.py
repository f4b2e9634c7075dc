from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, DateTime, Row, Select, func, or_, select, update

from pipeline.outputs.alerts.errors import DeliveryError, TargetError
from pipeline.outputs.alerts.message import AlertEvent, Message, message, test_message
from pipeline.outputs.alerts.sending import TRIES, send
from pipeline.settings import settings
from pipeline.warehouse.engine import begin
from pipeline.warehouse.schema import meter, site
from pipeline.warehouse.tables.anomalies import alert_delivery, alert_event, alert_rule, anomaly

MOST_ROUNDS = 5
FIRST_PAUSE = timedelta(minutes=5)


def deliver(now: datetime) -> tuple[int, int]:
    """Send every message that is due; returns how many went out and how many did not."""
    sent = failed = 0
    while (result := _deliver_next(now)) is not None:
        sent, failed = sent + result, failed + (not result)
    return sent, failed


def _deliver_next(now: datetime) -> bool | None:
    """Send the message that has been due longest, holding its row; None where there is none."""
    with begin() as conn:
        row = conn.execute(_due(now)).one_or_none()
        if row is None:
            return None
        content = _content(conn, row)
        tries, error, lasting = _try(row.channel, row.target, content)
        attempts = row.attempts + tries
        change = update(alert_delivery).where(alert_delivery.c.id == row.id).values(attempts=attempts)
        if not error:
            conn.execute(change.values(state="sent", error="", sent_at=func.now()))
            return True
        rounds = -(-attempts // TRIES)
        gives_up = lasting or rounds >= MOST_ROUNDS
        later = now + FIRST_PAUSE * 2 ** (rounds - 1)
        conn.execute(change.values(state="failed" if gives_up else "waiting", error=error, due_at=later))
        return False


def _due(now: datetime) -> Select[*tuple[Any, ...]]:
    rows = alert_delivery.c
    awake = alert_rule.c.enabled & or_(alert_rule.c.snoozed_until.is_(None), alert_rule.c.snoozed_until <= now)
    return (
        select(rows.id, rows.site_id, rows.attempts, alert_rule.c.channel, alert_rule.c.target, site.c.name)
        .join(alert_rule, alert_rule.c.id == rows.rule_id)
        .join(site, site.c.id == func.coalesce(rows.site_id, alert_rule.c.site_id))
        .where(rows.state == "waiting", rows.due_at <= now, or_(rows.site_id.is_(None), awake))
        .order_by(rows.due_at, rows.id)
        .limit(1)
        .with_for_update(of=alert_delivery, skip_locked=True)
    )


def _content(conn: Connection, row: Row[*tuple[Any, ...]]) -> Message:
    key = f"alert-{row.id}"
    if row.site_id is None:
        return test_message(key, row.name)
    return message(key, row.name, _events(conn, row.id), settings().public_url)


def _events(conn: Connection, delivery: int) -> Sequence[AlertEvent]:
    statement = (
        select(
            anomaly.c.id,
            anomaly.c.kind,
            site.c.name,
            meter.c.name,
            func.timezone(site.c.timezone, anomaly.c.start_ts, type_=DateTime()),
            func.timezone(site.c.timezone, anomaly.c.end_ts, type_=DateTime()),
            anomaly.c.cost,
            anomaly.c.currency,
            anomaly.c.explanation,
        )
        .join_from(alert_event, anomaly, anomaly.c.fingerprint == alert_event.c.fingerprint)
        .join(meter, meter.c.id == anomaly.c.meter_id)
        .join(site, site.c.id == meter.c.site_id)
        .where(alert_event.c.delivery_id == delivery)
        .order_by(anomaly.c.rank.desc(), anomaly.c.id)
    )
    return [AlertEvent(*row) for row in conn.execute(statement)]


def _try(channel: str, target: str, content: Message) -> tuple[int, str, bool]:
    """Send; returns the tries it took, what went wrong, and whether that would last."""
    try:
        return send(channel, target, content), "", False
    except DeliveryError as error:
        return (1 if error.lasting else TRIES), str(error), error.lasting
    except TargetError as error:
        return 1, str(error), True
