from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from pipeline.analytics.events.alerting import Candidate, Rule, Told, due_at, to_tell
from pipeline.warehouse.engine import begin
from pipeline.warehouse.schema import meter, site_closure
from pipeline.warehouse.tables.anomalies import alert_delivery, alert_event, alert_rule, anomaly

ALERT_LOCK = 7_301_021


def collect(now: datetime) -> int:
    """Write down the messages that the rules ask for; returns how many events they tell of."""
    with begin() as conn:
        conn.execute(select(func.pg_advisory_xact_lock(ALERT_LOCK)))
        candidates = _candidates(conn)
        rules = conn.execute(select(alert_rule).order_by(alert_rule.c.id)).all()
        return sum(_collect_of(conn, row, candidates, now) for row in rules)


def _candidates(conn: Connection) -> list[Candidate]:
    statement = (
        select(
            anomaly.c.fingerprint,
            meter.c.site_id,
            anomaly.c.meter_id,
            anomaly.c.kind,
            anomaly.c.start_ts,
            anomaly.c.end_ts,
            func.coalesce(meter.c.last_ts, anomaly.c.end_ts),
            anomaly.c.cost,
            anomaly.c.currency,
        )
        .join(meter, meter.c.id == anomaly.c.meter_id)
        .where(anomaly.c.found, anomaly.c.status == "new")
        .where(anomaly.c.holiday.is_(None), anomaly.c.planned_event_id.is_(None))
        .order_by(anomaly.c.rank.desc(), anomaly.c.id)
    )
    return [Candidate(*row) for row in conn.execute(statement)]


def _collect_of(conn: Connection, row: Row[*tuple[Any, ...]], candidates: list[Candidate], now: datetime) -> int:
    rule = _rule(conn, row)
    by_site: dict[int, list[Candidate]] = defaultdict(list)
    for event in to_tell(rule, candidates, _told(conn, row.id), now):
        by_site[event.site_id].append(event)
    for site_id, events in by_site.items():
        delivery = _waiting(conn, row.id, site_id) or _new(conn, row.id, site_id, rule.group, now)
        rows = [
            {"delivery_id": delivery, "fingerprint": e.fingerprint, "meter_id": e.meter_id, "kind": e.kind}
            for e in events
        ]
        conn.execute(insert(alert_event), rows)
    return sum(map(len, by_site.values()))


def _rule(conn: Connection, row: Row[*tuple[Any, ...]]) -> Rule:
    below = select(site_closure.c.descendant_id).where(site_closure.c.ancestor_id == row.site_id)
    return Rule(
        site_ids=frozenset(conn.execute(below).scalars()),
        kinds=frozenset(row.kinds),
        minimum_cost=row.minimum_cost,
        currency=row.currency,
        persist=timedelta(hours=row.persist_hours),
        quiet=timedelta(hours=row.quiet_hours),
        group=timedelta(minutes=row.group_minutes),
        snoozed_until=row.snoozed_until,
        enabled=row.enabled,
    )


def _told(conn: Connection, rule_id: int) -> list[Told]:
    columns = (alert_event.c.fingerprint, alert_event.c.meter_id, alert_event.c.kind, alert_delivery.c.created_at)
    statement = (
        select(*columns)
        .join(alert_delivery, alert_delivery.c.id == alert_event.c.delivery_id)
        .where(alert_delivery.c.rule_id == rule_id)
    )
    return [Told(*row) for row in conn.execute(statement)]


def _waiting(conn: Connection, rule_id: int, site_id: int) -> int | None:
    """Return the message that still collects events: one that was tried already keeps its content."""
    rows = alert_delivery.c
    statement = select(rows.id).where(rows.rule_id == rule_id, rows.site_id == site_id)
    return conn.execute(statement.where(rows.state == "waiting", rows.attempts == 0).with_for_update()).scalar()


def _new(conn: Connection, rule_id: int, site_id: int, group: timedelta, now: datetime) -> int:
    rows = alert_delivery.c
    last = conn.execute(
        select(func.max(rows.due_at)).where(rows.rule_id == rule_id, rows.site_id == site_id)
    ).scalar_one()
    values = {"rule_id": rule_id, "site_id": site_id, "due_at": due_at(last, group, now), "created_at": now}
    return int(conn.execute(insert(alert_delivery).values(values).returning(rows.id)).scalar_one())
