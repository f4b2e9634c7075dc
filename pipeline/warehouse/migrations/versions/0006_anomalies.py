"""Events that detectors found, what people said of them, and alerts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "alert_rule",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False, comment="empty: every kind"),
        sa.Column(
            "minimum_cost", sa.Numeric(precision=16, scale=4), nullable=True, comment="null: any cost, also none"
        ),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False, comment="address of mail, or URL"),
        sa.Column(
            "persist_hours", sa.Integer(), server_default="1", nullable=False, comment="shorter events raise no alert"
        ),
        sa.Column(
            "quiet_hours", sa.Integer(), server_default="24", nullable=False, comment="no second alert of the same kind"
        ),
        sa.Column(
            "group_minutes",
            sa.Integer(),
            server_default="60",
            nullable=False,
            comment="one message of a site in this time",
        ),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("channel in ('mail', 'webhook')", name=op.f("ck_alert_rule_channel")),
        sa.CheckConstraint("(minimum_cost is null) = (currency is null)", name=op.f("ck_alert_rule_currency")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_alert_rule_site_id_site"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rule")),
    )
    op.create_index(op.f("ix_alert_rule_site_id"), "alert_rule", ["site_id"])
    op.create_table(
        "planned_event",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("start_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("start_ts < end_ts", name=op.f("ck_planned_event_order")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_planned_event_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_event")),
    )
    op.create_index(op.f("ix_planned_event_site_id"), "planned_event", ["site_id"])
    op.create_table(
        "alert_delivery",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True, comment="null: a test message"),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed')", name=op.f("ck_alert_delivery_state")),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alert_rule.id"], name=op.f("fk_alert_delivery_rule_id_alert_rule"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_alert_delivery_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_delivery")),
    )
    op.create_index(op.f("ix_alert_delivery_rule_id"), "alert_delivery", ["rule_id"])
    op.create_index(
        "ix_alert_delivery_waiting", "alert_delivery", ["due_at"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_table(
        "anomaly",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False, comment="the newest run that found it"),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="stays when a later run finds it again"),
        sa.Column("meter_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("start_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Double(), nullable=False, comment="how far from usual, in the detector's own measure"),
        sa.Column("confidence", sa.Double(), nullable=False, comment="0 to 1"),
        sa.Column(
            "rank", sa.REAL(), nullable=False, comment="what to look at first: confidence, precision of the kind, money"
        ),
        sa.Column("expected_kwh", sa.Double(), nullable=True),
        sa.Column("actual_kwh", sa.Double(), nullable=True),
        sa.Column(
            "cost",
            sa.Numeric(precision=16, scale=4),
            nullable=True,
            comment="of the energy above what was expected; negative below it",
        ),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("cost_reason", sa.Text(), server_default="", nullable=False, comment="why there is no cost"),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("holiday", sa.Text(), nullable=True, comment="the public holiday that excuses it"),
        sa.Column("planned_event_id", sa.Integer(), nullable=True),
        sa.Column(
            "found",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="the newest run still finds it",
        ),
        sa.Column("status", sa.Text(), server_default="new", nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status in ('new', 'acknowledged', 'expected', 'resolved')", name=op.f("ck_anomaly_status")),
        sa.CheckConstraint("(cost is null) = (currency is null)", name=op.f("ck_anomaly_currency")),
        sa.CheckConstraint("start_ts < end_ts", name=op.f("ck_anomaly_order")),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name=op.f("fk_anomaly_meter_id_meter"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["planned_event_id"],
            ["planned_event.id"],
            name=op.f("fk_anomaly_planned_event_id_planned_event"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["model_run.id"], name=op.f("fk_anomaly_run_id_model_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomaly")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_anomaly_fingerprint")),
    )
    op.create_index("ix_anomaly_meter_id_start_ts", "anomaly", ["meter_id", "start_ts"])
    op.create_index(op.f("ix_anomaly_planned_event_id"), "anomaly", ["planned_event_id"])
    op.create_index(op.f("ix_anomaly_run_id"), "anomaly", ["run_id"])
    op.create_table(
        "alert_event",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("meter_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["alert_delivery.id"],
            name=op.f("fk_alert_event_delivery_id_alert_delivery"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "fingerprint", name=op.f("pk_alert_event")),
    )
    op.create_index(op.f("ix_alert_event_fingerprint"), "alert_event", ["fingerprint"])
    op.create_table(
        "anomaly_answer",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("anomaly_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["anomaly_id"], ["anomaly.id"], name=op.f("fk_anomaly_answer_anomaly_id_anomaly"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomaly_answer")),
    )
    op.create_index(op.f("ix_anomaly_answer_anomaly_id"), "anomaly_answer", ["anomaly_id"])
