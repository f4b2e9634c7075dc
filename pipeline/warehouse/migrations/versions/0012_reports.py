"""Reports on a schedule, and what came of each run."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "report_schedule",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("sector", sa.Text()),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False, comment="pdf, xlsx, csv"),
        sa.Column("every", sa.Text(), nullable=False, comment="day, week, month"),
        sa.Column(
            "day", sa.SmallInteger(), nullable=False, comment="of the week (1 is Monday) or month; 0 where every day"
        ),
        sa.Column("at", sa.Time(), nullable=False, comment="on the clock of the site"),
        sa.Column("channel", sa.Text(), nullable=False, comment="mail, storage"),
        sa.Column("target", sa.Text(), nullable=False, comment="address of mail, folder, or s3://bucket/folder"),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("next_run_at", instant, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", instant, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("format in ('pdf', 'xlsx', 'csv')", name=op.f("ck_report_schedule_format")),
        sa.CheckConstraint("every in ('day', 'week', 'month')", name=op.f("ck_report_schedule_every")),
        sa.CheckConstraint("channel in ('mail', 'storage')", name=op.f("ck_report_schedule_channel")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_report_schedule_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
    )
    op.create_index(op.f("ix_report_schedule_site_id"), "report_schedule", ["site_id"])
    op.create_index("ix_report_schedule_due", "report_schedule", ["next_run_at"], postgresql_where=sa.text("enabled"))
    op.create_table(
        "report_delivery",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("due_at", instant, nullable=False, comment="the run that it is for"),
        sa.Column("start_day", sa.Date(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=False, comment="not included"),
        sa.Column("export_id", sa.Integer()),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("try_at", instant, nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", instant),
        sa.CheckConstraint(
            "state in ('waiting', 'made', 'sending', 'sent', 'failed', 'unclear')", name=op.f("ck_report_delivery_state")
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["report_schedule.id"],
            name=op.f("fk_report_delivery_schedule_id_report_schedule"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["export_id"], ["export.id"], name=op.f("fk_report_delivery_export_id_export"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_delivery")),
        sa.UniqueConstraint("schedule_id", "due_at", name=op.f("uq_report_delivery_schedule_id_due_at")),
    )
    op.create_index(op.f("ix_report_delivery_export_id"), "report_delivery", ["export_id"])
