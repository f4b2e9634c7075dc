"""Changed months of meters and past versions of the data, for extracts that follow; checks of exports."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "meter_change",
        sa.Column("meter_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="local month of the meter's site"),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="of the data, with the newest change"),
        sa.PrimaryKeyConstraint("meter_id", "month", name=op.f("pk_meter_change")),
    )
    op.create_index(op.f("ix_meter_change_version"), "meter_change", ["version"])
    op.create_table(
        "version_history",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_version_history")),
    )
    op.execute("insert into version_history select version, changed_at from data_version")
    op.execute("insert into meter_change select meter_id, month, version from meter_month cross join data_version")
    op.add_column("export", sa.Column("checked_at", sa.DateTime(timezone=True)))
    op.add_column("export", sa.Column("check_state", sa.Text(), comment="equal, outdated, differs, failed"))
    op.add_column("export", sa.Column("check_message", sa.Text(), server_default="", nullable=False))
