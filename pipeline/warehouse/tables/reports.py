"""Reports that are sent again and again: who gets which, when, and what came of each."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Time,
    UniqueConstraint,
    func,
    text,
)

from pipeline.warehouse.schema import metadata

Instant = DateTime(timezone=True)

# One recipient, with filters of its own.
report_schedule = Table(
    "report_schedule",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("sector", Text),
    Column("measure", Text, nullable=False),
    Column("format", Text, nullable=False, comment="pdf, xlsx, csv"),
    Column("every", Text, nullable=False, comment="day, week, month"),
    Column("day", SmallInteger, nullable=False, comment="of the week (1 is Monday) or month; 0 where every day"),
    Column("at", Time, nullable=False, comment="on the clock of the site"),
    Column("channel", Text, nullable=False, comment="mail, storage"),
    Column("target", Text, nullable=False, comment="address of mail, folder, or s3://bucket/folder"),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("next_run_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("format in ('pdf', 'xlsx', 'csv')", name="format"),
    CheckConstraint("every in ('day', 'week', 'month')", name="every"),
    CheckConstraint("channel in ('mail', 'storage')", name="channel"),
    Index("ix_report_schedule_due", "next_run_at", postgresql_where=text("enabled")),
)

# One run of a schedule. "sending" without a worker is one whose worker died while it sent.
report_delivery = Table(
    "report_delivery",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("schedule_id", ForeignKey("report_schedule.id", ondelete="CASCADE"), nullable=False),
    Column("due_at", Instant, nullable=False, comment="the run that it is for"),
    Column("start_day", Date, nullable=False),
    Column("end_day", Date, nullable=False, comment="not included"),
    Column("export_id", ForeignKey("export.id", ondelete="SET NULL"), index=True),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("try_at", Instant, nullable=False),
    Column("message", Text, nullable=False, server_default=""),
    Column("sent_at", Instant),
    CheckConstraint("state in ('waiting', 'made', 'sending', 'sent', 'failed', 'unclear')", name="state"),
    UniqueConstraint("schedule_id", "due_at"),
)
