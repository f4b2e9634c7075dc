"""Events that detectors found, what people said of them, what was planned, and the alerts sent.

An event keeps its number and its fingerprint from run to run, so that a person's answer and a link to it stay good. One
that a run no longer finds is removed, unless somebody has answered it or an alert told of it: then it stays, marked.
"""

from sqlalchemy import (
    ARRAY,
    REAL,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.warehouse.schema import metadata

Instant = DateTime(timezone=True)
MONEY = Numeric(16, 4)


def _id() -> Column[int]:
    return Column("id", Integer, Identity(), primary_key=True)


def _created() -> Column[object]:
    return Column("created_at", Instant, nullable=False, server_default=func.now())


planned_event = Table(
    "planned_event",
    metadata,
    _id(),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("start_ts", Instant, nullable=False),
    Column("end_ts", Instant, nullable=False),
    Column("note", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    _created(),
    CheckConstraint("start_ts < end_ts", name="order"),
)

anomaly = Table(
    "anomaly",
    metadata,
    _id(),
    Column("run_id", ForeignKey("model_run.id"), nullable=False, index=True, comment="the newest run that found it"),
    Column("fingerprint", Text, nullable=False, unique=True, comment="stays when a later run finds it again"),
    Column("meter_id", ForeignKey("meter.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("start_ts", Instant, nullable=False),
    Column("end_ts", Instant, nullable=False),
    Column("score", Double, nullable=False, comment="how far from usual, in the detector's own measure"),
    Column("confidence", Double, nullable=False, comment="0 to 1"),
    Column("rank", REAL, nullable=False, comment="what to look at first: confidence, precision of the kind, money"),
    Column("expected_kwh", Double),
    Column("actual_kwh", Double),
    Column("cost", MONEY, comment="of the energy above what was expected; negative below it"),
    Column("currency", Text),
    Column("cost_reason", Text, nullable=False, server_default="", comment="why there is no cost"),
    Column("explanation", Text, nullable=False),
    Column("evidence", JSONB, nullable=False, server_default=text("'{}'")),
    Column("holiday", Text, comment="the public holiday that excuses it"),
    Column("planned_event_id", ForeignKey("planned_event.id", ondelete="SET NULL"), index=True),
    Column("found", Boolean, nullable=False, server_default=text("true"), comment="the newest run still finds it"),
    Column("status", Text, nullable=False, server_default="new"),
    Column("owner", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    _created(),
    CheckConstraint("start_ts < end_ts", name="order"),
    CheckConstraint("(cost is null) = (currency is null)", name="currency"),
    CheckConstraint("status in ('new', 'acknowledged', 'expected', 'resolved')", name="status"),
    Index("ix_anomaly_meter_id_start_ts", "meter_id", "start_ts"),
)

# Who answered what and when; the newest is the event's status.
anomaly_answer = Table(
    "anomaly_answer",
    metadata,
    _id(),
    Column("anomaly_id", ForeignKey("anomaly.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("answered_by", Text, nullable=False),
    _created(),
)

alert_rule = Table(
    "alert_rule",
    metadata,
    _id(),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kinds", ARRAY(Text), nullable=False, comment="empty: every kind"),
    Column("minimum_cost", MONEY, comment="null: any cost, also none"),
    Column("currency", Text),
    Column("channel", Text, nullable=False),
    Column("target", Text, nullable=False, comment="address of mail, or URL"),
    Column("persist_hours", Integer, nullable=False, server_default="1", comment="shorter events raise no alert"),
    Column("quiet_hours", Integer, nullable=False, server_default="24", comment="no second alert of the same kind"),
    Column("group_minutes", Integer, nullable=False, server_default="60", comment="one message of a site in this time"),
    Column("snoozed_until", Instant),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("made_by", Text, nullable=False),
    _created(),
    CheckConstraint("channel in ('mail', 'webhook')", name="channel"),
    CheckConstraint("(minimum_cost is null) = (currency is null)", name="currency"),
)

alert_delivery = Table(
    "alert_delivery",
    metadata,
    _id(),
    Column("rule_id", ForeignKey("alert_rule.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), comment="null: a test message"),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    Column("due_at", Instant, nullable=False, server_default=func.now()),
    Column("sent_at", Instant),
    _created(),
    CheckConstraint("state in ('waiting', 'sent', 'failed')", name="state"),
    Index("ix_alert_delivery_waiting", "due_at", postgresql_where=text("state = 'waiting'")),
)

# What each message tells of. The fingerprint outlives the event, so that one that comes and goes is not told twice.
alert_event = Table(
    "alert_event",
    metadata,
    Column("delivery_id", ForeignKey("alert_delivery.id", ondelete="CASCADE"), primary_key=True),
    Column("fingerprint", Text, primary_key=True, index=True),
    Column("meter_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
)
