"""The state of an export whose file is gone, in the comment of the column."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.alter_column(
        "export",
        "state",
        existing_nullable=False,
        existing_comment="waiting, running, ready, failed, cancelled",
        comment="waiting, running, ready, failed, cancelled, removed",
    )
