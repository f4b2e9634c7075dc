"""Dated tariffs, which site has which, prices by hour, bills with their lines, and invoices to check."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.warehouse.schema import metadata

Amount, Price = Numeric(16, 3), Numeric(18, 8)
Instant = DateTime(timezone=True)

tariff = Table(
    "tariff",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("currency", Text, nullable=False, comment="ISO 4217"),
    Column("utility", Text, nullable=False, server_default=""),
    Column("country", Text, comment="ISO 3166 alpha-2: tariffs of one country are compared"),
    Column("sector", Text, comment="kind of use that it is offered to; null: any"),
    Column("source", Text, nullable=False, comment="demo, urdb, or earlier (a version before 0004)"),
    Column("source_label", Text, nullable=False, server_default="", comment="its name at the source"),
    Column("generated", Boolean, nullable=False, server_default=text("false"), comment="demo data"),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
)

tariff_version = Table(
    "tariff_version",
    metadata,
    Column("tariff_id", ForeignKey("tariff.id", ondelete="CASCADE"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date, comment="first day it is not valid; null: until the next version"),
    Column("definition", JSONB, nullable=False, comment="charges, prices as strings: pipeline.analytics.tariffs"),
    Column("warnings", JSONB, nullable=False, server_default=text("'[]'"), comment="what the import left out"),
)

# A site without an assignment of its own has that of the nearest node above.
site_tariff = Table(
    "site_tariff",
    metadata,
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), primary_key=True),
    Column("valid_from", Date, primary_key=True, comment="local day of the site"),
    Column("tariff_id", ForeignKey("tariff.id"), nullable=False, index=True),
    Column("assigned_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
)

price_series = Table(
    "price_series",
    metadata,
    Column("name", Text, primary_key=True),
    Column("ts", Instant, primary_key=True, comment="start of the hour"),
    Column("price", Price, nullable=False, comment="per kWh"),
)

# Of each site with meters: one row an hour, also a little beyond the last reading, for forecasts of cost.
site_price = Table(
    "site_price",
    metadata,
    Column("site_id", Integer, primary_key=True, autoincrement=False),
    Column("ts", Instant, primary_key=True),
    Column("price", Price, nullable=False, comment="of a kWh imported, taxes included"),
    Column("export_price", Price, nullable=False, comment="of a kWh exported"),
    Column("demand_price", Price, comment="per kW of the month's peak, if it fell into this hour"),
    Column("period", Text, nullable=False, comment="name of the tariff's period"),
    Column("import_kwh", Double, nullable=False, comment="what the price is multiplied by"),
    Column("export_kwh", Double, nullable=False),
)

# Monthly; ``assigned`` ones under the site's own tariff, the others for comparison. Rewritten by each run.
bill = Table(
    "bill",
    metadata,
    Column("site_id", Integer, primary_key=True, autoincrement=False),
    Column("month", Date, primary_key=True),
    Column("tariff_id", Integer, primary_key=True, autoincrement=False, comment="at the month's end"),
    Column("assigned", Boolean, primary_key=True),
    Column("run_id", ForeignKey("model_run.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("currency", Text, nullable=False),
    Column("total", Amount, nullable=False),
    Column("energy_kwh", Double, nullable=False, comment="imported"),
    Column("export_kwh", Double, nullable=False),
    Column("peak_kw", Double, nullable=False, comment="highest mean power over a clock hour"),
    Column("peak_ts", Instant),
    Column("hours", Double, nullable=False, comment="of the month, by the clock"),
    Column("covered_hours", Double, nullable=False),
    Column("share_estimated", Double, nullable=False),
    Column("notes", ARRAY(Text), nullable=False, comment="sentences for the reader"),
)

bill_line = Table(
    "bill_line",
    metadata,
    Column("site_id", Integer, primary_key=True, autoincrement=False),
    Column("month", Date, primary_key=True),
    Column("tariff_id", Integer, primary_key=True, autoincrement=False),
    Column("assigned", Boolean, primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False, comment="place on the bill"),
    Column("kind", Text, nullable=False, comment="fixed, energy, demand, capacity, minimum, tax, export"),
    Column("label", Text, nullable=False),
    Column("period", Text, nullable=False, comment="name of the tariff's period; empty where it has none"),
    Column("quantity", Numeric(20, 6), nullable=False),
    Column("unit", Text, nullable=False),
    Column("price", Price, nullable=False),
    Column("amount", Amount, nullable=False, comment="quantity times price, rounded"),
    Column("of_energy", Boolean, nullable=False, comment="part of the price of a kWh"),
    ForeignKeyConstraint(
        ["site_id", "month", "tariff_id", "assigned"],
        ["bill.site_id", "bill.month", "bill.tariff_id", "bill.assigned"],
        name="fk_bill_line_bill",
        ondelete="CASCADE",
    ),
)

invoice = Table(
    "invoice",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("start_day", Date, nullable=False),
    Column("end_day", Date, nullable=False, comment="the day after the last"),
    Column("currency", Text, nullable=False),
    Column("amount", Amount, nullable=False),
    Column("entered_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("end_day > start_day", name="days"),
    UniqueConstraint("site_id", "start_day", "end_day", "currency"),
)
