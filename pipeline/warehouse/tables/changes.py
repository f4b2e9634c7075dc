"""Which months of which meters changed last, and the versions of the data there have been: for what copies them on."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, Table

from pipeline.warehouse.schema import metadata

# Every month that a meter has had readings in, also of meters and readings that are gone.
meter_change = Table(
    "meter_change",
    metadata,
    Column("meter_id", Integer, primary_key=True, autoincrement=False),
    Column("month", Date, primary_key=True, comment="local month of the meter's site"),
    Column("version", BigInteger, nullable=False, index=True, comment="of the data, with the newest change"),
)

# A version that is not here, or began at another instant, is not of this warehouse.
version_history = Table(
    "version_history",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)
