"""Forecasts with their quantiles and scores."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "forecast",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True, comment="set for a node, null for a meter"),
        sa.Column("meter_id", sa.Integer(), nullable=True, comment="set for a meter, null for a node"),
        sa.Column("horizon", sa.Text(), nullable=False, comment="hours, days, months"),
        sa.Column("step", sa.Text(), nullable=False, comment="30min, h, D, MS"),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False, comment="end of the readings that it knew"),
        sa.Column("trained_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False, comment="the one used: best by backtest"),
        sa.Column("fallback", sa.Text(), nullable=True, comment="sentence: why a simpler model had to be used"),
        sa.Column(
            "in_retrospect",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="issued later, as of then",
        ),
        sa.Column(
            "contributions",
            postgresql.JSONB(),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="kWh by group and interval",
        ),
        sa.Column(
            "reconciliation",
            postgresql.JSONB(),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="method, energy before, after",
        ),
        sa.Column(
            "newest",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="of its owner and horizon",
        ),
        sa.Column(
            "fully_scored",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="all its actuals are there",
        ),
        sa.CheckConstraint("horizon in ('hours', 'days', 'months')", name=op.f("ck_forecast_horizon")),
        sa.CheckConstraint("(site_id is null) <> (meter_id is null)", name=op.f("ck_forecast_one_owner")),
        sa.ForeignKeyConstraint(
            ["meter_id"], ["meter.id"], name=op.f("fk_forecast_meter_id_meter"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["model_run.id"], name=op.f("fk_forecast_run_id_model_run"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_forecast_site_id_site"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast")),
    )
    op.create_index("ix_forecast_meter_id_horizon", "forecast", ["meter_id", "horizon", "issued_at"], unique=False)
    op.create_index(op.f("ix_forecast_run_id"), "forecast", ["run_id"], unique=False)
    op.create_index("ix_forecast_site_id_horizon", "forecast", ["site_id", "horizon", "issued_at"], unique=False)
    op.create_table(
        "forecast_day",
        sa.Column("forecast_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="local day, or first day of the month"),
        sa.Column("p10_kwh", sa.Double(), nullable=False),
        sa.Column("p50_kwh", sa.Double(), nullable=False),
        sa.Column("p90_kwh", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["forecast_id"], ["forecast.id"], name=op.f("fk_forecast_day_forecast_id_forecast"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("forecast_id", "model", "scenario", "day", name=op.f("pk_forecast_day")),
    )
    op.create_table(
        "forecast_hour",
        sa.Column("forecast_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("p10_kwh", sa.Double(), nullable=False),
        sa.Column("p50_kwh", sa.Double(), nullable=False),
        sa.Column("p90_kwh", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["forecast_id"], ["forecast.id"], name=op.f("fk_forecast_hour_forecast_id_forecast"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("forecast_id", "model", "scenario", "ts", name=op.f("pk_forecast_hour")),
    )
    op.create_table(
        "forecast_month_end",
        sa.Column("forecast_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("days_left", sa.Integer(), nullable=False, comment="forecast days of the month"),
        sa.Column("so_far_kwh", sa.Double(), nullable=False),
        sa.Column("p10_kwh", sa.Double(), nullable=False),
        sa.Column("p50_kwh", sa.Double(), nullable=False),
        sa.Column("p90_kwh", sa.Double(), nullable=False),
        sa.Column("so_far_kw", sa.Double(), nullable=True, comment="highest power of the month so far"),
        sa.Column("so_far_kw_ts", sa.DateTime(timezone=True), nullable=True),
        sa.Column("p10_kw", sa.Double(), nullable=True),
        sa.Column("p50_kw", sa.Double(), nullable=True),
        sa.Column("p90_kw", sa.Double(), nullable=True),
        sa.Column("rest_p10_kw", sa.Double(), nullable=True),
        sa.Column("rest_p50_kw", sa.Double(), nullable=True),
        sa.Column("rest_p90_kw", sa.Double(), nullable=True),
        sa.Column("year_kw", sa.Double(), nullable=True, comment="highest power of the eleven months before"),
        sa.Column("year_kw_ts", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "chance_of_new_peak",
            sa.Double(),
            nullable=True,
            comment="that the rest of the month exceeds the peak so far",
        ),
        sa.ForeignKeyConstraint(
            ["forecast_id"],
            ["forecast.id"],
            name=op.f("fk_forecast_month_end_forecast_id_forecast"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("forecast_id", name=op.f("pk_forecast_month_end")),
    )
    op.create_table(
        "forecast_score",
        sa.Column("forecast_id", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False, comment="backtest, or live: against what then happened"),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("mae_kwh", sa.Double(), nullable=True),
        sa.Column("wape", sa.Double(), nullable=True),
        sa.Column("mase", sa.Double(), nullable=True),
        sa.Column("pinball_kwh", sa.Double(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=True, comment="share of actuals from P10 to P90"),
        sa.Column("bias", sa.Double(), nullable=True, comment="sum of errors over sum of actuals"),
        sa.Column("skill", sa.Double(), nullable=True, comment="1 - MAE over that of the seasonal naive forecast"),
        sa.Column("origins", sa.Integer(), nullable=False),
        sa.Column("intervals", sa.Integer(), nullable=True, comment="actuals that it was scored against; live only"),
        sa.Column("train_seconds", sa.REAL(), nullable=True),
        sa.Column("predict_seconds", sa.REAL(), nullable=True),
        sa.Column("selected", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("evidence in ('backtest', 'live')", name=op.f("ck_forecast_score_evidence")),
        sa.ForeignKeyConstraint(
            ["forecast_id"], ["forecast.id"], name=op.f("fk_forecast_score_forecast_id_forecast"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("forecast_id", "evidence", "model", name=op.f("pk_forecast_score")),
    )
