"""Whom a failure is about is named as people know it, in the comment of the column."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.alter_column(
        "model_failure",
        "owner",
        existing_nullable=False,
        existing_comment="what it was about: meter 12, site 3",
        comment="name of the meter with its site, of the site, or of the saving",
    )
