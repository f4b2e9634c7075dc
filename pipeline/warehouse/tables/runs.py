"""Each run of a step of the pipeline, and each series that could not be done in it."""

from sqlalchemy import REAL, Column, DateTime, ForeignKey, Identity, Integer, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.warehouse.schema import metadata

model_run = Table(
    "model_run",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("step", Text, nullable=False, index=True, comment="weather, tariffs, costs, forecast, anomalies, recommend"),
    Column("state", Text, nullable=False, comment="done, failed"),
    Column("inputs", Text, nullable=False, comment="digest of what the step read: same, same results"),
    Column("series", Integer, nullable=False, server_default="0", comment="series done"),
    Column("failures", Integer, nullable=False, server_default="0", comment="series refused or failed"),
    Column("message", Text, nullable=False, server_default=""),
    Column("details", JSONB, nullable=False, server_default=text("'{}'")),
    Column("seconds", REAL, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

model_failure = Table(
    "model_failure",
    metadata,
    Column("run_id", ForeignKey("model_run.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("owner", Text, nullable=False, comment="name of the meter with its site, of the site, or of the saving"),
    Column("site_id", Integer),
    Column("meter_id", Integer),
    Column("reason", Text, nullable=False, comment="a sentence: what is missing"),
)
