"""The first schema: sites, meters, readings, rollups, batches, exports, uploads and the queue of jobs."""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "data_version",
        sa.Column("id", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_data_version_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_version")),
    )
    op.create_table(
        "export",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="csv or hyper"),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.Column("options", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "state",
            sa.Text(),
            server_default="waiting",
            nullable=False,
            comment="waiting, running, ready, failed, cancelled",
        ),
        sa.Column("progress", sa.REAL(), server_default="0", nullable=False, comment="0 to 1"),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("energy_kwh", sa.Double(), nullable=True),
        sa.Column("peak_kw", sa.Double(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("manifest", postgresql.JSONB(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    op.create_table(
        "ingest_batch",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the file as given"),
        sa.Column("plan_digest", sa.Text(), nullable=False, comment="SHA-256 of how it was read"),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("plan", postgresql.JSONB(), nullable=False, comment="mapping, time zone, unit, step, warnings"),
        sa.Column("state", sa.Text(), nullable=False, comment="stored, refused"),
        sa.Column("meters", sa.Integer(), server_default="0", nullable=False),
        sa.Column("readings", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("estimated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("duplicates", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rejected", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("replaced", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("energy_kwh", sa.Double(), nullable=True, comment="sum of the raw values stored"),
        sa.Column("first_ts", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_ts", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "quality", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False, comment="readings by flag"
        ),
        sa.Column("seconds", sa.REAL(), nullable=True),
        sa.Column("loaded_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_batch")),
    )
    op.create_index(
        "uq_ingest_batch_stored",
        "ingest_batch",
        ["digest", "plan_digest"],
        unique=True,
        postgresql_where=sa.text("state = 'stored'"),
    )
    op.create_table(
        "meter_day",
        sa.Column("meter_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("peak_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("energy_kwh", sa.Double(), nullable=False),
        sa.Column("peak_kw", sa.Double(), nullable=False, comment="highest mean power over an hour"),
        sa.Column("hours", sa.Double(), nullable=False, comment="clock hours with any data"),
        sa.Column("covered_hours", sa.Double(), nullable=False, comment="meter-hours with data"),
        sa.Column("estimated_hours", sa.Double(), nullable=False, comment="meter-hours estimated"),
        sa.Column("flags", sa.Integer(), nullable=False, comment="every flag of the readings below"),
        sa.PrimaryKeyConstraint("meter_id", "day", name=op.f("pk_meter_day")),
    )
    op.create_table(
        "meter_hour",
        sa.Column("meter_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("energy_kwh", sa.Double(), nullable=False),
        sa.Column("peak_kw", sa.Double(), nullable=False, comment="highest mean power over an hour"),
        sa.Column("hours", sa.Double(), nullable=False, comment="clock hours with any data"),
        sa.Column("covered_hours", sa.Double(), nullable=False, comment="meter-hours with data"),
        sa.Column("estimated_hours", sa.Double(), nullable=False, comment="meter-hours estimated"),
        sa.Column("flags", sa.Integer(), nullable=False, comment="every flag of the readings below"),
        sa.PrimaryKeyConstraint("meter_id", "ts", name=op.f("pk_meter_hour")),
    )
    op.create_table(
        "meter_month",
        sa.Column("meter_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("peak_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("energy_kwh", sa.Double(), nullable=False),
        sa.Column("peak_kw", sa.Double(), nullable=False, comment="highest mean power over an hour"),
        sa.Column("hours", sa.Double(), nullable=False, comment="clock hours with any data"),
        sa.Column("covered_hours", sa.Double(), nullable=False, comment="meter-hours with data"),
        sa.Column("estimated_hours", sa.Double(), nullable=False, comment="meter-hours estimated"),
        sa.Column("flags", sa.Integer(), nullable=False, comment="every flag of the readings below"),
        sa.PrimaryKeyConstraint("meter_id", "month", name=op.f("pk_meter_month")),
    )
    op.create_table(
        "node_day",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("peak_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("energy_kwh", sa.Double(), nullable=False),
        sa.Column("peak_kw", sa.Double(), nullable=False, comment="highest mean power over an hour"),
        sa.Column("hours", sa.Double(), nullable=False, comment="clock hours with any data"),
        sa.Column("covered_hours", sa.Double(), nullable=False, comment="meter-hours with data"),
        sa.Column("estimated_hours", sa.Double(), nullable=False, comment="meter-hours estimated"),
        sa.Column("flags", sa.Integer(), nullable=False, comment="every flag of the readings below"),
        sa.PrimaryKeyConstraint("site_id", "day", name=op.f("pk_node_day")),
    )
    op.create_table(
        "node_hour",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("energy_kwh", sa.Double(), nullable=False),
        sa.Column("peak_kw", sa.Double(), nullable=False, comment="highest mean power over an hour"),
        sa.Column("hours", sa.Double(), nullable=False, comment="clock hours with any data"),
        sa.Column("covered_hours", sa.Double(), nullable=False, comment="meter-hours with data"),
        sa.Column("estimated_hours", sa.Double(), nullable=False, comment="meter-hours estimated"),
        sa.Column("flags", sa.Integer(), nullable=False, comment="every flag of the readings below"),
        sa.PrimaryKeyConstraint("site_id", "ts", "day", name=op.f("pk_node_hour")),
    )
    op.create_table(
        "sector_hour",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("energy_kwh", sa.Double(), nullable=False),
        sa.Column("peak_kw", sa.Double(), nullable=False, comment="highest mean power over an hour"),
        sa.Column("hours", sa.Double(), nullable=False, comment="clock hours with any data"),
        sa.Column("covered_hours", sa.Double(), nullable=False, comment="meter-hours with data"),
        sa.Column("estimated_hours", sa.Double(), nullable=False, comment="meter-hours estimated"),
        sa.Column("flags", sa.Integer(), nullable=False, comment="every flag of the readings below"),
        sa.PrimaryKeyConstraint("site_id", "sector", "ts", "day", name=op.f("pk_sector_hour")),
    )
    op.create_table(
        "node_month",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("peak_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("energy_kwh", sa.Double(), nullable=False),
        sa.Column("peak_kw", sa.Double(), nullable=False, comment="highest mean power over an hour"),
        sa.Column("hours", sa.Double(), nullable=False, comment="clock hours with any data"),
        sa.Column("covered_hours", sa.Double(), nullable=False, comment="meter-hours with data"),
        sa.Column("estimated_hours", sa.Double(), nullable=False, comment="meter-hours estimated"),
        sa.Column("flags", sa.Integer(), nullable=False, comment="every flag of the readings below"),
        sa.PrimaryKeyConstraint("site_id", "month", name=op.f("pk_node_month")),
    )
    op.create_table(
        "reading",
        sa.Column("meter_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("energy_kwh", sa.Double(), nullable=False, comment="cleaned"),
        sa.Column("raw_kwh", sa.Double(), nullable=True, comment="as the source gave it; null where it gave nothing"),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("flag", sa.Integer(), server_default="0", nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=True, comment="line or record of the source; null where estimated"),
        sa.PrimaryKeyConstraint("meter_id", "ts", name=op.f("pk_reading")),
        postgresql_partition_by="RANGE (ts)",
    )
    op.create_table(
        "site",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="organisation, region, campus, building …"),
        sa.Column("timezone", sa.Text(), nullable=False, comment="IANA name"),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("floor_area_m2", sa.Double(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True, comment="set where the use is of one kind, so mostly on leaves"),
        sa.Column("country", sa.Text(), nullable=True, comment="ISO 3166 alpha-2, for holidays"),
        sa.Column("subdivision", sa.Text(), nullable=True, comment="ISO 3166-2 part after the hyphen, for holidays"),
        sa.Column("generated", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="demo data"),
        sa.ForeignKeyConstraint(["parent_id"], ["site.id"], name=op.f("fk_site_parent_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint(
            "parent_id", "name", name=op.f("uq_site_parent_id_name"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index(op.f("ix_site_parent_id"), "site", ["parent_id"], unique=False)
    op.create_table(
        "tariff",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("energy_price_per_kwh", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("generated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff")),
        sa.UniqueConstraint("name", "valid_from", name=op.f("uq_tariff_name_valid_from")),
    )
    op.create_table(
        "meter",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), server_default="import", nullable=False),
        sa.Column("step_s", sa.Integer(), nullable=True, comment="usual length of an interval; null where it differs"),
        sa.Column("longest_s", sa.Integer(), nullable=True, comment="longest interval of any reading"),
        sa.Column("unit", sa.Text(), server_default="kWh", nullable=False, comment="unit at the source"),
        sa.Column("is_register", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("capacity_kw", sa.Double(), nullable=True),
        sa.Column("first_ts", sa.DateTime(timezone=True), nullable=True, comment="start of the first reading"),
        sa.Column("last_ts", sa.DateTime(timezone=True), nullable=True, comment="end of the last reading"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("direction in ('import', 'export', 'generation', 'net')", name=op.f("ck_meter_direction")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_meter_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter")),
        sa.UniqueConstraint("name", name=op.f("uq_meter_name")),
    )
    op.create_index(op.f("ix_meter_site_id"), "meter", ["site_id"], unique=False)
    op.create_table(
        "reading_history",
        sa.Column("meter_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False, comment="the batch that brought the value"),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("energy_kwh", sa.Double(), nullable=False),
        sa.Column("raw_kwh", sa.Double(), nullable=True),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("flag", sa.Integer(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=True),
        sa.Column("replaced_by_batch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_by_batch_id"],
            ["ingest_batch.id"],
            name=op.f("fk_reading_history_replaced_by_batch_id_ingest_batch"),
        ),
    )
    op.create_index("ix_reading_history_meter_id_ts", "reading_history", ["meter_id", "ts"], unique=False)
    op.create_index(
        op.f("ix_reading_history_replaced_by_batch_id"), "reading_history", ["replaced_by_batch_id"], unique=False
    )
    op.create_table(
        "rejected_row",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["ingest_batch.id"], name=op.f("fk_rejected_row_batch_id_ingest_batch"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "line", name=op.f("pk_rejected_row")),
    )
    op.create_table(
        "site_closure",
        sa.Column("ancestor_id", sa.Integer(), nullable=False),
        sa.Column("descendant_id", sa.Integer(), nullable=False),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ancestor_id"], ["site.id"], name=op.f("fk_site_closure_ancestor_id_site"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["descendant_id"], ["site.id"], name=op.f("fk_site_closure_descendant_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ancestor_id", "descendant_id", name=op.f("pk_site_closure")),
    )
    op.create_index(op.f("ix_site_closure_descendant_id"), "site_closure", ["descendant_id"], unique=False)
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False, comment="below the data folder"),
        sa.Column("options", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "state", sa.Text(), server_default="waiting", nullable=False, comment="waiting, running, stored, failed"
        ),
        sa.Column("progress", sa.REAL(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["ingest_batch.id"], name=op.f("fk_upload_batch_id_ingest_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_table(
        "weather",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("temperature_c", sa.REAL(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_weather_site_id_site"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", "ts", name=op.f("pk_weather")),
    )
    op.create_table(
        "ground_truth",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("meter_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("start_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meter_id"], ["meter.id"], name=op.f("fk_ground_truth_meter_id_meter"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ground_truth")),
    )
    op.create_index(op.f("ix_ground_truth_meter_id"), "ground_truth", ["meter_id"], unique=False)
    op.create_table(
        "reading_edit",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("meter_id", sa.Integer(), nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("old_kwh", sa.Double(), nullable=False),
        sa.Column("new_kwh", sa.Double(), nullable=False),
        sa.Column("old_flag", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("edited_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restored_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name=op.f("fk_reading_edit_meter_id_meter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_edit")),
    )
    op.create_index("ix_reading_edit_meter_id_ts", "reading_edit", ["meter_id", "ts"], unique=False)
    op.execute("insert into data_version (version) values (0)")
    op.get_bind().exec_driver_sql(SchemaManager.get_schema(), execution_options={"no_parameters": True})
