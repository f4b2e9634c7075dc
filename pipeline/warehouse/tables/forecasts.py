"""Tables of forecasts: each forecast with its values, its scores and what it means for the month in progress.

A forecast that was issued is never changed. When actuals arrive it is scored again, and its scores say so.
"""

from sqlalchemy import (
    REAL,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.warehouse.schema import metadata

Instant = DateTime(timezone=True)


def _of_forecast() -> Column[int]:
    return Column("forecast_id", ForeignKey("forecast.id", ondelete="CASCADE"), primary_key=True)


def _quantiles(unit: str) -> list[Column[float]]:
    return [Column(f"{name}_{unit}", Double, nullable=False) for name in ("p10", "p50", "p90")]


forecast = Table(
    "forecast",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("run_id", ForeignKey("model_run.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), comment="set for a node, null for a meter"),
    Column("meter_id", ForeignKey("meter.id", ondelete="CASCADE"), comment="set for a meter, null for a node"),
    Column("horizon", Text, nullable=False, comment="hours, days, months"),
    Column("step", Text, nullable=False, comment="30min, h, D, MS"),
    Column("issued_at", Instant, nullable=False, comment="end of the readings that it knew"),
    Column("trained_from", Instant, nullable=False),
    Column("model", Text, nullable=False, comment="the one used: best by backtest"),
    Column("fallback", Text, comment="sentence: why a simpler model had to be used"),
    Column("in_retrospect", Boolean, nullable=False, server_default=text("false"), comment="issued later, as of then"),
    Column("contributions", JSONB, nullable=False, server_default=text("'{}'"), comment="kWh by group and interval"),
    Column(
        "reconciliation", JSONB, nullable=False, server_default=text("'{}'"), comment="method, energy before, after"
    ),
    Column("newest", Boolean, nullable=False, server_default=text("true"), comment="of its owner and horizon"),
    Column("fully_scored", Boolean, nullable=False, server_default=text("false"), comment="all its actuals are there"),
    CheckConstraint("(site_id is null) <> (meter_id is null)", name="one_owner"),
    CheckConstraint("horizon in ('hours', 'days', 'months')", name="horizon"),
    Index("ix_forecast_site_id_horizon", "site_id", "horizon", "issued_at"),
    Index("ix_forecast_meter_id_horizon", "meter_id", "horizon", "issued_at"),
)

# ``model`` is "best" for what is used (parts add up to the whole), else a candidate as it stands alone. ``scenario`` is
# "base", a change of temperature such as "+2" or "-1" (degrees Celsius), or "holiday".
forecast_hour = Table(
    "forecast_hour",
    metadata,
    _of_forecast(),
    Column("model", Text, primary_key=True),
    Column("scenario", Text, primary_key=True),
    Column("ts", Instant, primary_key=True),
    *_quantiles("kwh"),
)
forecast_day = Table(
    "forecast_day",
    metadata,
    _of_forecast(),
    Column("model", Text, primary_key=True),
    Column("scenario", Text, primary_key=True),
    Column("day", Date, primary_key=True, comment="local day, or first day of the month"),
    *_quantiles("kwh"),
)

forecast_score = Table(
    "forecast_score",
    metadata,
    _of_forecast(),
    Column("evidence", Text, primary_key=True, comment="backtest, or live: against what then happened"),
    Column("model", Text, primary_key=True),
    Column("mae_kwh", Double),
    Column("wape", Double),
    Column("mase", Double),
    Column("pinball_kwh", Double),
    Column("coverage", Double, comment="share of actuals from P10 to P90"),
    Column("bias", Double, comment="sum of errors over sum of actuals"),
    Column("skill", Double, comment="1 - MAE over that of the seasonal naive forecast"),
    Column("origins", Integer, nullable=False),
    Column("intervals", Integer, comment="actuals that it was scored against; live only"),
    Column("train_seconds", REAL),
    Column("predict_seconds", REAL),
    Column("selected", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("evidence in ('backtest', 'live')", name="evidence"),
)

# The month in progress when the forecast by day was issued. Peaks are mean powers over a clock hour.
forecast_month_end = Table(
    "forecast_month_end",
    metadata,
    _of_forecast(),
    Column("month", Date, nullable=False),
    Column("days_left", Integer, nullable=False, comment="forecast days of the month"),
    Column("so_far_kwh", Double, nullable=False),
    *_quantiles("kwh"),
    Column("so_far_kw", Double, comment="highest power of the month so far"),
    Column("so_far_kw_ts", Instant),
    *[Column(f"{name}_kw", Double) for name in ("p10", "p50", "p90")],
    *[Column(f"rest_{name}_kw", Double) for name in ("p10", "p50", "p90")],
    Column("year_kw", Double, comment="highest power of the eleven months before"),
    Column("year_kw_ts", Instant),
    Column("chance_of_new_peak", Double, comment="that the rest of the month exceeds the peak so far"),
)
