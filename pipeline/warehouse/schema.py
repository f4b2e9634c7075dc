"""The tables of the warehouse. Instants are UTC; ``day`` and ``month`` are local to the meter's own site.

A reading is the energy over the half-open interval that starts at ``ts`` and lasts ``duration_s``.
The rollups add up: the energy of a period is the same from readings, hours, days and months, for a meter and for each
node of the site tree, because every row carries the local day of the meter it came from. A reading longer than an
hour is spread evenly over its hours (flag SPREAD) in the rollups alone.
"""

from sqlalchemy import (
    REAL,
    BigInteger,
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
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)
Instant = DateTime(timezone=True)


def _id() -> Column[int]:
    return Column("id", Integer, Identity(), primary_key=True)


def _created() -> Column[object]:
    return Column("created_at", Instant, nullable=False, server_default=func.now())


site = Table(
    "site",
    metadata,
    _id(),
    Column("parent_id", ForeignKey("site.id"), index=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="organisation, region, campus, building …"),
    Column("timezone", Text, nullable=False, comment="IANA name"),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("floor_area_m2", Double),
    Column("sector", Text, comment="set where the use is of one kind, so mostly on leaves"),
    Column("country", Text, comment="ISO 3166 alpha-2, for holidays"),
    Column("subdivision", Text, comment="ISO 3166-2 part after the hyphen, for holidays"),
    Column("generated", Boolean, nullable=False, server_default=text("false"), comment="demo data"),
    UniqueConstraint("parent_id", "name", postgresql_nulls_not_distinct=True),
)

# Every pair of a node and one below it, itself included (depth 0).
site_closure = Table(
    "site_closure",
    metadata,
    Column("ancestor_id", ForeignKey("site.id", ondelete="CASCADE"), primary_key=True),
    Column("descendant_id", ForeignKey("site.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("depth", SmallInteger, nullable=False),
)

meter = Table(
    "meter",
    metadata,
    _id(),
    Column("site_id", ForeignKey("site.id"), nullable=False, index=True),
    Column("name", Text, nullable=False, unique=True),
    Column("direction", Text, nullable=False, server_default="import"),
    Column("step_s", Integer, comment="usual length of an interval; null where it differs"),
    Column("longest_s", Integer, comment="longest interval of any reading"),
    Column("unit", Text, nullable=False, server_default="kWh", comment="unit at the source"),
    Column("is_register", Boolean, nullable=False, server_default=text("false")),
    Column("capacity_kw", Double),
    Column("first_ts", Instant, comment="start of the first reading"),
    Column("last_ts", Instant, comment="end of the last reading"),
    _created(),
    CheckConstraint("direction in ('import', 'export', 'generation', 'net')", name="direction"),
)

# The outermost readings of a cumulative register, of which only differences are stored.
register_end = Table(
    "register_end",
    metadata,
    Column("meter_id", ForeignKey("meter.id", ondelete="CASCADE"), primary_key=True),
    Column("first_ts", Instant, nullable=False),
    Column("first_kwh", Double, nullable=False),
    Column("last_ts", Instant, nullable=False),
    Column("last_kwh", Double, nullable=False),
)

# Partitioned by month of ``ts`` (UTC); partitions are made by the loader.
reading = Table(
    "reading",
    metadata,
    Column("meter_id", Integer, primary_key=True, autoincrement=False),
    Column("batch_id", Integer, nullable=False),
    Column("ts", Instant, primary_key=True),
    Column("energy_kwh", Double, nullable=False, comment="cleaned"),
    Column("raw_kwh", Double, comment="as the source gave it; null where it gave nothing"),
    Column("duration_s", Integer, nullable=False),
    Column("flag", Integer, nullable=False, server_default="0"),
    Column("line", BigInteger, comment="line or record of the source; null where estimated"),
    postgresql_partition_by="RANGE (ts)",
)

# Values that a later batch replaced.
reading_history = Table(
    "reading_history",
    metadata,
    Column("meter_id", Integer, nullable=False),
    Column("batch_id", Integer, nullable=False, comment="the batch that brought the value"),
    Column("ts", Instant, nullable=False),
    Column("energy_kwh", Double, nullable=False),
    Column("raw_kwh", Double),
    Column("duration_s", Integer, nullable=False),
    Column("flag", Integer, nullable=False),
    Column("line", BigInteger),
    Column("replaced_by_batch_id", ForeignKey("ingest_batch.id"), nullable=False, index=True),
    Index("ix_reading_history_meter_id_ts", "meter_id", "ts"),
)

reading_edit = Table(
    "reading_edit",
    metadata,
    _id(),
    Column("meter_id", ForeignKey("meter.id"), nullable=False),
    Column("ts", Instant, nullable=False),
    Column("old_kwh", Double, nullable=False),
    Column("new_kwh", Double, nullable=False),
    Column("old_flag", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("edited_by", Text, nullable=False),
    _created(),
    Column("restored_at", Instant),
    Column("restored_by", Text),
    Index("ix_reading_edit_meter_id_ts", "meter_id", "ts"),
)

ingest_batch = Table(
    "ingest_batch",
    metadata,
    _id(),
    Column("file_name", Text, nullable=False),
    Column("digest", Text, nullable=False, comment="SHA-256 of the file as given"),
    Column("plan_digest", Text, nullable=False, comment="SHA-256 of how it was read"),
    Column("format", Text, nullable=False),
    Column("plan", JSONB, nullable=False, comment="mapping, time zone, unit, step, warnings"),
    Column("state", Text, nullable=False, comment="stored, refused"),
    Column("meters", Integer, nullable=False, server_default="0"),
    Column("readings", BigInteger, nullable=False, server_default="0"),
    Column("estimated", BigInteger, nullable=False, server_default="0"),
    Column("duplicates", BigInteger, nullable=False, server_default="0"),
    Column("rejected", BigInteger, nullable=False, server_default="0"),
    Column("replaced", BigInteger, nullable=False, server_default="0"),
    Column("energy_kwh", Double, comment="sum of the raw values stored"),
    Column("first_ts", Instant),
    Column("last_ts", Instant),
    Column("quality", JSONB, nullable=False, server_default=text("'{}'"), comment="readings by flag"),
    Column("seconds", REAL),
    Column("loaded_by", Text, nullable=False),
    _created(),
    Index("uq_ingest_batch_stored", "digest", "plan_digest", unique=True, postgresql_where=text("state = 'stored'")),
)

rejected_row = Table(
    "rejected_row",
    metadata,
    Column("batch_id", ForeignKey("ingest_batch.id", ondelete="CASCADE"), primary_key=True),
    Column("line", BigInteger, primary_key=True),
    Column("text", Text, nullable=False),
    Column("reason", Text, nullable=False),
)


def _measures() -> list[Column[object]]:
    return [
        Column("energy_kwh", Double, nullable=False),
        Column("peak_kw", Double, nullable=False, comment="highest mean power over an hour"),
        Column("hours", Double, nullable=False, comment="clock hours with any data"),
        Column("covered_hours", Double, nullable=False, comment="meter-hours with data"),
        Column("estimated_hours", Double, nullable=False, comment="meter-hours estimated"),
        Column("flags", Integer, nullable=False, comment="every flag of the readings below"),
    ]


def _rollup(name: str, owner: str, *keys: Column[object], partition_by: str | None = None) -> Table:
    first = Column(owner, Integer, primary_key=True, autoincrement=False)
    return Table(name, metadata, first, *keys, *_measures(), postgresql_partition_by=partition_by)


# An hour begins at ``ts``; of a node that spans time zones, one hour can belong to two local days.
# Partitioned like the readings, because there may be as many.
meter_hour = _rollup(
    "meter_hour",
    "meter_id",
    Column("ts", Instant, primary_key=True),
    Column("day", Date, nullable=False),
    partition_by="RANGE (ts)",
)
node_hour = _rollup(
    "node_hour", "site_id", Column("ts", Instant, primary_key=True), Column("day", Date, primary_key=True)
)
# The sites of a sector below a node, the topmost of them; their days are those of the sites.
sector_hour = _rollup(
    "sector_hour",
    "site_id",
    Column("sector", Text, primary_key=True),
    Column("ts", Instant, primary_key=True),
    Column("day", Date, primary_key=True),
)
meter_day = _rollup(
    "meter_day", "meter_id", Column("day", Date, primary_key=True), Column("peak_ts", Instant, nullable=False)
)
node_day = _rollup(
    "node_day", "site_id", Column("day", Date, primary_key=True), Column("peak_ts", Instant, nullable=False)
)
meter_month = _rollup(
    "meter_month", "meter_id", Column("month", Date, primary_key=True), Column("peak_ts", Instant, nullable=False)
)
node_month = _rollup(
    "node_month", "site_id", Column("month", Date, primary_key=True), Column("peak_ts", Instant, nullable=False)
)

# What the demo's generator planted, to measure detectors against.
ground_truth = Table(
    "ground_truth",
    metadata,
    _id(),
    Column("meter_id", ForeignKey("meter.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("start_ts", Instant, nullable=False),
    Column("end_ts", Instant, nullable=False),
    Column("note", Text, nullable=False),
)

export = Table(
    "export",
    metadata,
    _id(),
    Column("kind", Text, nullable=False, comment="csv or hyper"),
    Column("filters", JSONB, nullable=False),
    Column("options", JSONB, nullable=False, server_default=text("'{}'")),
    Column(
        "state",
        Text,
        nullable=False,
        server_default="waiting",
        comment="waiting, running, ready, failed, cancelled, removed",
    ),
    Column("progress", REAL, nullable=False, server_default="0", comment="0 to 1"),
    Column("message", Text, nullable=False, server_default=""),
    Column("file_name", Text),
    Column("rows", BigInteger),
    Column("energy_kwh", Double),
    Column("peak_kw", Double),
    Column("bytes", BigInteger),
    Column("sha256", Text),
    Column("manifest", JSONB),
    Column("requested_by", Text, nullable=False),
    _created(),
    Column("finished_at", Instant),
    Column("checked_at", Instant),
    Column("check_state", Text, comment="equal, outdated, differs, failed"),
    Column("check_message", Text, nullable=False, server_default=""),
)

# An upload on the Data page: from the file's arrival to the stored batch.
upload = Table(
    "upload",
    metadata,
    _id(),
    Column("file_name", Text, nullable=False),
    Column("path", Text, nullable=False, comment="below the data folder"),
    Column("options", JSONB, nullable=False, server_default=text("'{}'")),
    Column("state", Text, nullable=False, server_default="waiting", comment="waiting, running, stored, failed"),
    Column("progress", REAL, nullable=False, server_default="0"),
    Column("message", Text, nullable=False, server_default=""),
    Column("batch_id", ForeignKey("ingest_batch.id")),
    Column("uploaded_by", Text, nullable=False),
    _created(),
)

# One row; raised by every transaction that changes data. Part of the key of every cached answer.
data_version = Table(
    "data_version",
    metadata,
    Column("id", SmallInteger, primary_key=True, server_default="1"),
    Column("version", BigInteger, nullable=False),
    Column("changed_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("id = 1", name="one_row"),
)
