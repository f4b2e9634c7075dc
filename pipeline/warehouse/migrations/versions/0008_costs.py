"""Cost and CO2 of the nodes, and emission factors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

COST, INSTANT = sa.Numeric(20, 8), sa.DateTime(timezone=True)


def upgrade() -> None:
    _factors()
    _scope()
    _rollup("node_cost_hour", "site_id", sa.Column("ts", INSTANT), sa.Column("day", sa.Date()))
    _rollup("node_cost_day", "site_id", sa.Column("day", sa.Date()))
    _rollup("node_cost_month", "site_id", sa.Column("month", sa.Date()))
    _rollup("meter_cost_day", "meter_id", sa.Column("day", sa.Date()))
    _rollup("meter_cost_month", "meter_id", sa.Column("month", sa.Date()))


def _factors() -> None:
    op.create_table(
        "emission_series",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="average, or marginal: of the last kWh more or less"),
        sa.Column("source", sa.Text(), nullable=False, comment="file name, or demo"),
        sa.Column("generated", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="demo data"),
        sa.Column("changed_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('average', 'marginal')", name=op.f("ck_emission_series_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emission_series")),
        sa.UniqueConstraint("name", name=op.f("uq_emission_series_name")),
    )
    op.create_table(
        "emission_factor",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("ts", INSTANT, nullable=False, comment="start of the hour, UTC"),
        sa.Column("kg_per_kwh", sa.Double(), nullable=False, comment="CO2 equivalent"),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["emission_series.id"],
            name=op.f("fk_emission_factor_series_id_emission_series"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("series_id", "ts", name=op.f("pk_emission_factor")),
    )
    op.create_table(
        "site_emission",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["emission_series.id"],
            name=op.f("fk_site_emission_series_id_emission_series"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_site_emission_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", "kind", name=op.f("pk_site_emission")),
    )
    op.create_index(op.f("ix_site_emission_series_id"), "site_emission", ["series_id"])


def _scope() -> None:
    op.create_table(
        "node_cost_scope",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "currencies", postgresql.ARRAY(sa.Text()), nullable=False, comment="ISO 4217, of all prices below the node"
        ),
        sa.Column("sites", sa.Integer(), nullable=False, comment="with meters, the node itself included"),
        sa.Column("priced_sites", sa.Integer(), nullable=False, comment="of these with prices"),
        sa.Column("factored_sites", sa.Integer(), nullable=False, comment="of these with emission factors"),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_node_cost_scope")),
    )


def _rollup(name: str, owner: str, *keys: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column(owner, sa.Integer(), autoincrement=False, nullable=False),
        *keys,
        sa.Column(
            "cost", COST, nullable=True, comment="of energy by the site's tariff, taxes included; in its currency"
        ),
        sa.Column("co2_kg", sa.Double(), nullable=True, comment="imported energy times the average factor"),
        sa.PrimaryKeyConstraint(owner, *(key.name for key in keys), name=op.f(f"pk_{name}")),
    )
