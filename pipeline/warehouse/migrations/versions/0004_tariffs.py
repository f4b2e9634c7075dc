"""Dated tariffs, prices by hour, bills and invoices.

The tariffs of 0001, one price each, become versions of tariffs with one energy charge.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

AMOUNT, PRICE, INSTANT = sa.Numeric(16, 3), sa.Numeric(18, 8), sa.DateTime(timezone=True)


def upgrade() -> None:
    op.rename_table("tariff", "tariff_0001")
    op.execute("alter table tariff_0001 rename constraint pk_tariff to pk_tariff_0001")
    op.execute("alter table tariff_0001 rename constraint uq_tariff_name_valid_from to uq_tariff_0001")
    _tariffs()
    _keep_rows()
    op.drop_table("tariff_0001")
    _assignments_and_prices()
    _bills()


def _tariffs() -> None:
    op.create_table(
        "tariff",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False, comment="ISO 4217"),
        sa.Column("utility", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "country", sa.Text(), nullable=True, comment="ISO 3166 alpha-2: tariffs of one country are compared"
        ),
        sa.Column("sector", sa.Text(), nullable=True, comment="kind of use that it is offered to; null: any"),
        sa.Column("source", sa.Text(), nullable=False, comment="demo, urdb, or earlier (a version before 0004)"),
        sa.Column("source_label", sa.Text(), server_default="", nullable=False, comment="its name at the source"),
        sa.Column("generated", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="demo data"),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_tariff_currency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff")),
        sa.UniqueConstraint("name", name=op.f("uq_tariff_name")),
    )
    op.create_table(
        "tariff_version",
        sa.Column("tariff_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column(
            "valid_to", sa.Date(), nullable=True, comment="first day it is not valid; null: until the next version"
        ),
        sa.Column(
            "definition",
            postgresql.JSONB(),
            nullable=False,
            comment="charges, prices as strings: pipeline.analytics.tariffs",
        ),
        sa.Column(
            "warnings",
            postgresql.JSONB(),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="what the import left out",
        ),
        sa.ForeignKeyConstraint(
            ["tariff_id"], ["tariff.id"], name=op.f("fk_tariff_version_tariff_id_tariff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tariff_id", "valid_from", name=op.f("pk_tariff_version")),
    )


def _keep_rows() -> None:
    op.execute("""
        insert into tariff (name, currency, source, generated)
        select name, min(currency), 'earlier', bool_and(generated) from tariff_0001
        where currency ~ '^[A-Z]{3}$' group by name order by min(id)
    """)
    op.execute("""
        insert into tariff_version (tariff_id, valid_from, definition)
        select t.id, o.valid_from, jsonb_build_object(
            'name', o.name, 'currency', o.currency, 'valid_from', o.valid_from,
            'energy', jsonb_build_array(jsonb_build_object('label', 'Energy', 'periods', jsonb_build_array(
                jsonb_build_object('label', 'All hours', 'tiers', jsonb_build_array(
                    jsonb_build_object('price', o.energy_price_per_kwh::text)))))))
        from tariff_0001 o join tariff t on t.name = o.name and t.currency = o.currency
    """)


def _assignments_and_prices() -> None:
    op.create_table(
        "site_tariff",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="local day of the site"),
        sa.Column("tariff_id", sa.Integer(), nullable=False),
        sa.Column("assigned_by", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_site_tariff_site_id_site"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariff.id"], name=op.f("fk_site_tariff_tariff_id_tariff")),
        sa.PrimaryKeyConstraint("site_id", "valid_from", name=op.f("pk_site_tariff")),
    )
    op.create_index(op.f("ix_site_tariff_tariff_id"), "site_tariff", ["tariff_id"])
    op.create_table(
        "price_series",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ts", INSTANT, nullable=False, comment="start of the hour"),
        sa.Column("price", PRICE, nullable=False, comment="per kWh"),
        sa.PrimaryKeyConstraint("name", "ts", name=op.f("pk_price_series")),
    )
    op.create_table(
        "site_price",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ts", INSTANT, nullable=False),
        sa.Column("price", PRICE, nullable=False, comment="of a kWh imported, taxes included"),
        sa.Column("export_price", PRICE, nullable=False, comment="of a kWh exported"),
        sa.Column(
            "demand_price", PRICE, nullable=True, comment="per kW of the month's peak, if it fell into this hour"
        ),
        sa.Column("period", sa.Text(), nullable=False, comment="name of the tariff's period"),
        sa.Column("import_kwh", sa.Double(), nullable=False, comment="what the price is multiplied by"),
        sa.Column("export_kwh", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "ts", name=op.f("pk_site_price")),
    )


def _bills() -> None:
    op.create_table(
        "bill",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("tariff_id", sa.Integer(), autoincrement=False, nullable=False, comment="at the month's end"),
        sa.Column("assigned", sa.Boolean(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", AMOUNT, nullable=False),
        sa.Column("energy_kwh", sa.Double(), nullable=False, comment="imported"),
        sa.Column("export_kwh", sa.Double(), nullable=False),
        sa.Column("peak_kw", sa.Double(), nullable=False, comment="highest mean power over a clock hour"),
        sa.Column("peak_ts", INSTANT, nullable=True),
        sa.Column("hours", sa.Double(), nullable=False, comment="of the month, by the clock"),
        sa.Column("covered_hours", sa.Double(), nullable=False),
        sa.Column("share_estimated", sa.Double(), nullable=False),
        sa.Column("notes", sa.ARRAY(sa.Text()), nullable=False, comment="sentences for the reader"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["model_run.id"], name=op.f("fk_bill_run_id_model_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", "month", "tariff_id", "assigned", name=op.f("pk_bill")),
    )
    op.create_index(op.f("ix_bill_run_id"), "bill", ["run_id"])
    op.create_table(
        "bill_line",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("tariff_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("assigned", sa.Boolean(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False, comment="place on the bill"),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="fixed, energy, demand, capacity, minimum, tax, export"
        ),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column(
            "period", sa.Text(), nullable=False, comment="name of the tariff's period; empty where it has none"
        ),
        sa.Column("quantity", sa.Numeric(20, 6), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("price", PRICE, nullable=False),
        sa.Column("amount", AMOUNT, nullable=False, comment="quantity times price, rounded"),
        sa.Column("of_energy", sa.Boolean(), nullable=False, comment="part of the price of a kWh"),
        sa.ForeignKeyConstraint(
            ["site_id", "month", "tariff_id", "assigned"],
            ["bill.site_id", "bill.month", "bill.tariff_id", "bill.assigned"],
            name="fk_bill_line_bill",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("site_id", "month", "tariff_id", "assigned", "number", name=op.f("pk_bill_line")),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("start_day", sa.Date(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=False, comment="the day after the last"),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("end_day > start_day", name=op.f("ck_invoice_days")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_invoice_site_id_site"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint(
            "site_id", "start_day", "end_day", "currency", name=op.f("uq_invoice_site_id_start_day_end_day_currency")
        ),
    )
    op.create_index(op.f("ix_invoice_site_id"), "invoice", ["site_id"])
