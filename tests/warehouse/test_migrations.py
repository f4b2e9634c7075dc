import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.migrations import migrate
from pipeline.warehouse.tables import metadata


def belongs_to_the_warehouse(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """Leave out the tables of the job queue and of Alembic itself."""
    return not (
        kind == "table" and name is not None and (name.startswith("procrastinate") or name == "alembic_version")
    )


@pytest.mark.usefixtures("warehouse")
def test_migrations_lead_to_the_schema_that_the_code_describes() -> None:
    with connect() as conn:
        context = MigrationContext.configure(
            conn, opts={"include_object": belongs_to_the_warehouse, "compare_server_default": True}
        )
        differences = compare_metadata(context, metadata)

    assert differences == []


@pytest.mark.usefixtures("warehouse")
def test_migrating_twice_changes_nothing() -> None:
    migrate()

    with begin() as conn:
        assert conn.execute(text("select version from data_version")).scalars().all() == [0]


@pytest.mark.usefixtures("warehouse")
def test_the_job_queue_is_there() -> None:
    with connect() as conn:
        assert conn.execute(text("select count(*) from procrastinate_jobs")).scalar_one() == 0
