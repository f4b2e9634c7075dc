"""Emission factors by hour, and the cost and CO2 of nodes and meters: rollups beside those of the energy.

They carry the keys of the energy's rollups (`pipeline.warehouse.schema`), so that they add up in the same way; ``cost``
is null where no price is known, ``co2_kg`` where no factor is. The cost of a node whose parts are billed in several
currencies is null, because it would be a sum of unlike things. Hours of meters are computed when they are asked for.
"""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Integer,
    Numeric,
    Table,
    Text,
    func,
    text,
)

from pipeline.warehouse.schema import metadata

Cost = Numeric(20, 8)
Instant = DateTime(timezone=True)

emission_series = Table(
    "emission_series",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False, comment="average, or marginal: of the last kWh more or less"),
    Column("source", Text, nullable=False, comment="file name, or demo"),
    Column("generated", Boolean, nullable=False, server_default=text("false"), comment="demo data"),
    Column("changed_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("kind in ('average', 'marginal')", name="kind"),
)

emission_factor = Table(
    "emission_factor",
    metadata,
    Column("series_id", ForeignKey("emission_series.id", ondelete="CASCADE"), primary_key=True),
    Column("ts", Instant, primary_key=True, comment="start of the hour, UTC"),
    Column("kg_per_kwh", Double, nullable=False, comment="CO2 equivalent"),
)

# A site without a series of its own has that of the nearest node above.
site_emission = Table(
    "site_emission",
    metadata,
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("series_id", ForeignKey("emission_series.id", ondelete="CASCADE"), nullable=False, index=True),
)

node_cost_scope = Table(
    "node_cost_scope",
    metadata,
    Column("site_id", Integer, primary_key=True, autoincrement=False),
    Column("currencies", ARRAY(Text), nullable=False, comment="ISO 4217, of all prices below the node"),
    Column("sites", Integer, nullable=False, comment="with meters, the node itself included"),
    Column("priced_sites", Integer, nullable=False, comment="of these with prices"),
    Column("factored_sites", Integer, nullable=False, comment="of these with emission factors"),
)


def _rollup(name: str, owner: str, *keys: Column[object]) -> Table:
    return Table(
        name,
        metadata,
        Column(owner, Integer, primary_key=True, autoincrement=False),
        *keys,
        Column("cost", Cost, comment="of energy by the site's tariff, taxes included; in its currency"),
        Column("co2_kg", Double, comment="imported energy times the average factor"),
    )


node_cost_hour = _rollup(
    "node_cost_hour", "site_id", Column("ts", Instant, primary_key=True), Column("day", Date, primary_key=True)
)
node_cost_day = _rollup("node_cost_day", "site_id", Column("day", Date, primary_key=True))
node_cost_month = _rollup("node_cost_month", "site_id", Column("month", Date, primary_key=True))
meter_cost_day = _rollup("meter_cost_day", "meter_id", Column("day", Date, primary_key=True))
meter_cost_month = _rollup("meter_cost_month", "meter_id", Column("month", Date, primary_key=True))
