"""Changes of the schema, in order; `migrate` brings any earlier database to this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from pipeline.errors import WarehouseError
from pipeline.warehouse.engine import begin

MIGRATION_LOCK = 7_301_001


def migrate() -> None:
    """Bring the warehouse's tables to this version, if they are not yet; safe from several processes at once."""
    with begin() as conn:
        conn.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        if _current(conn) != newest():
            _upgrade(conn)


def newest() -> str:
    """Return the revision that this version of Wattscape works with."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise WarehouseError("This installation has lost its migrations: install Wattscape again.")
    return revision


def _current(conn: Connection) -> str | None:
    return MigrationContext.configure(conn).get_current_revision()


def _upgrade(conn: Connection) -> None:
    configuration = _config()
    configuration.attributes["connection"] = conn
    command.upgrade(configuration, "head")


def _config() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    return configuration
