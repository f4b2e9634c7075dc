"""The record of the models: each run of a step, and each series that could not be done in it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "model_run",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("step", sa.Text(), nullable=False, comment="weather, tariffs, costs, forecast, anomalies, recommend"),
        sa.Column("state", sa.Text(), nullable=False, comment="done, failed"),
        sa.Column("inputs", sa.Text(), nullable=False, comment="digest of what the step read: same, same results"),
        sa.Column("series", sa.Integer(), server_default="0", nullable=False, comment="series done"),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False, comment="series refused or failed"),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("seconds", sa.REAL(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_run")),
    )
    op.create_index(op.f("ix_model_run_step"), "model_run", ["step"])
    op.create_table(
        "model_failure",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="what it was about: meter 12, site 3"),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("meter_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, comment="a sentence: what is missing"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["model_run.id"], name=op.f("fk_model_failure_run_id_model_run"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_model_failure_run_id"), "model_failure", ["run_id"])
