"""Profiles of sites, recommendations and measured savings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "load_shape",
        sa.Column("shape", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("profile", postgresql.JSONB(), nullable=False, comment="24 values, the mean day is 1"),
        sa.Column("share", sa.REAL(), nullable=False, comment="of all days"),
        sa.Column("silhouette", sa.REAL(), nullable=False, comment="mean over the sample, of all groups together"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["model_run.id"], name=op.f("fk_load_shape_run_id_model_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shape", name=op.f("pk_load_shape")),
    )
    op.create_table(
        "recommendation",
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="site, kind and subject"),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="what to do, in a sentence"),
        sa.Column("kwh", sa.Double(), nullable=False, comment="saved in a year; negative where the use rises"),
        sa.Column(
            "money",
            sa.Numeric(precision=16, scale=2),
            nullable=True,
            comment="saved in a year at the price of each hour; null without a tariff",
        ),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("co2_kg", sa.Double(), nullable=True, comment="saved in a year; null without a factor"),
        sa.Column("confidence", sa.REAL(), nullable=False, comment="0 to 1"),
        sa.Column("effort", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False, comment="what to draw"),
        sa.CheckConstraint("effort in ('low', 'medium', 'high')", name=op.f("ck_recommendation_effort")),
        sa.CheckConstraint("(money is null) = (currency is null)", name=op.f("ck_recommendation_currency")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["model_run.id"], name=op.f("fk_recommendation_run_id_model_run"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_recommendation_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_recommendation")),
    )
    op.create_index(op.f("ix_recommendation_site_id"), "recommendation", ["site_id"], unique=False)
    op.create_table(
        "recommendation_decision",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True, comment="the local day from which it should show"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kwh", sa.Double(), nullable=False, comment="expected in a year"),
        sa.Column("money", sa.Numeric(precision=16, scale=2), nullable=True, comment="expected in a year"),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("co2_kg", sa.Double(), nullable=True, comment="expected in a year"),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'done') = (done_on is not null)", name=op.f("ck_recommendation_decision_done_on")),
        sa.CheckConstraint("state <> 'dismissed' or reason <> ''", name=op.f("ck_recommendation_decision_reason")),
        sa.CheckConstraint(
            "state in ('open', 'accepted', 'dismissed', 'done')", name=op.f("ck_recommendation_decision_state")
        ),
        sa.CheckConstraint("(money is null) = (currency is null)", name=op.f("ck_recommendation_decision_currency")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_recommendation_decision_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendation_decision")),
    )
    op.create_index(
        "ix_recommendation_decision_fingerprint_id", "recommendation_decision", ["fingerprint", "id"], unique=False
    )
    op.create_index(op.f("ix_recommendation_decision_site_id"), "recommendation_decision", ["site_id"], unique=False)
    op.create_table(
        "saving",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column(
            "method", sa.Text(), nullable=False, comment="daily: change points; hourly: time of week and temperature"
        ),
        sa.Column("actual_kwh", sa.Double(), nullable=False),
        sa.Column("expected_kwh", sa.Double(), nullable=False, comment="by the baseline, at the weather that was"),
        sa.Column("saved_kwh", sa.Double(), nullable=False),
        sa.Column("uncertainty_kwh", sa.Double(), nullable=False, comment="half the interval at the confidence"),
        sa.Column("confidence", sa.REAL(), nullable=False),
        sa.Column(
            "fractional_uncertainty", sa.Double(), nullable=True, comment="of the savings; null where nothing was saved"
        ),
        sa.Column("cvrmse", sa.Double(), nullable=False),
        sa.Column("nmbe", sa.Double(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False, comment="days measured"),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column(
            "money",
            sa.Numeric(precision=16, scale=2),
            nullable=True,
            comment="saved so far, at the mean price of those hours",
        ),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("co2_kg", sa.Double(), nullable=True),
        sa.Column(
            "notes",
            postgresql.JSONB(),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="why to be careful, as sentences",
        ),
        sa.Column(
            "course",
            postgresql.JSONB(),
            nullable=False,
            comment="by day: day, actual_kwh, expected_kwh, cumulative_kwh",
        ),
        sa.CheckConstraint("(money is null) = (currency is null)", name=op.f("ck_saving_currency")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["model_run.id"], name=op.f("fk_saving_run_id_model_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_saving")),
    )
    op.create_table(
        "site_power_factor",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("power_factor", sa.Double(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("power_factor > 0 and power_factor <= 1", name=op.f("ck_site_power_factor_range")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_site_power_factor_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_power_factor")),
    )
    op.create_table(
        "site_profile",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("shape", sa.SmallInteger(), nullable=True, comment="group of most of its days"),
        sa.Column("shape_share", sa.REAL(), nullable=True, comment="of its days in that group"),
        sa.Column("indicators", postgresql.JSONB(), nullable=False, comment="by name; the lower the better"),
        sa.Column(
            "peers", postgresql.JSONB(), nullable=False, comment="numbers of the sites compared with, itself included"
        ),
        sa.Column("peers_how", sa.Text(), nullable=False, comment="why these, or why none"),
        sa.Column("best", postgresql.JSONB(), nullable=False, comment="best fifth of the peers, by indicator"),
        sa.Column("quality", sa.REAL(), nullable=False, comment="0 to 1: how far the data carries"),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["model_run.id"], name=op.f("fk_site_profile_run_id_model_run"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_site_profile_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_profile")),
    )
