"""The alert rules that concern a site, and the messages that went out by them."""

from urllib.parse import urlsplit

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Double, case, cast, func, literal, or_, select

from pipeline.warehouse.queries.frames import fetch, utc
from pipeline.warehouse.schema import site, site_closure
from pipeline.warehouse.tables.anomalies import alert_delivery, alert_event, alert_rule

MOST_MESSAGES = 100
EVERY_KIND = "every kind"


def rules(conn: Connection, site_id: int) -> pd.DataFrame:
    """List the rules of a site, of those below and above it, oldest first.

    ``id, site, kinds`` (words)``, minimum_cost`` (a number to show)``, currency, channel, target`` (of a webhook
    its host: the rest may be secret)``, persist_hours, quiet_hours, group_minutes, state`` (on, off, snoozed)``,
    snoozed_until`` (naive UTC).
    """
    rows = alert_rule.c
    state = case((~rows.enabled, "off"), (rows.snoozed_until > func.now(), "snoozed"), else_=literal("on"))
    statement = (
        select(
            rows.id,
            site.c.name.label("site"),
            func.coalesce(func.nullif(func.array_to_string(rows.kinds, ", "), ""), EVERY_KIND).label("kinds"),
            cast(rows.minimum_cost, Double).label("minimum_cost"),
            func.coalesce(rows.currency, "").label("currency"),
            rows.channel,
            rows.target,
            rows.persist_hours,
            rows.quiet_hours,
            rows.group_minutes,
            state.label("state"),
            utc(rows.snoozed_until).label("snoozed_until"),
        )
        .join_from(alert_rule, site, site.c.id == rows.site_id)
        .where(_concerns(site_id))
        .order_by(rows.id)
    )
    frame = fetch(conn, statement)
    return frame.assign(target=frame["target"].map(shown_target).astype("str"))


def messages(conn: Connection, site_id: int) -> pd.DataFrame:
    """List the newest messages of those rules: at most 100, newest first.

    ``id, rule_id, about`` (a site, or test)``, events, state, attempts, error, created_at, sent_at`` (naive UTC).
    """
    rows, about = alert_delivery.c, site.alias("about")
    counted = select(func.count()).where(alert_event.c.delivery_id == rows.id).scalar_subquery()
    statement = (
        select(
            rows.id,
            rows.rule_id,
            func.coalesce(about.c.name, "test").label("about"),
            counted.label("events"),
            rows.state,
            rows.attempts,
            rows.error,
            utc(rows.created_at).label("created_at"),
            utc(rows.sent_at).label("sent_at"),
        )
        .join_from(alert_delivery, alert_rule, alert_rule.c.id == rows.rule_id)
        .join(about, about.c.id == rows.site_id, isouter=True)
        .where(_concerns(site_id))
        .order_by(rows.id.desc())
        .limit(MOST_MESSAGES)
    )
    return fetch(conn, statement)


def shown_target(target: str) -> str:
    """Write a target for the page: an address of mail in full, of a URL the host."""
    parts = urlsplit(target)
    return f"{parts.scheme}://{parts.hostname}/…" if parts.scheme and parts.hostname else target


def _concerns(site_id: int) -> ColumnElement[bool]:
    tree = site_closure.c
    return or_(
        alert_rule.c.site_id.in_(select(tree.descendant_id).where(tree.ancestor_id == site_id)),
        alert_rule.c.site_id.in_(select(tree.ancestor_id).where(tree.descendant_id == site_id)),
    )
