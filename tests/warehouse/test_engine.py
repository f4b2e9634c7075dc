import multiprocessing
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DataError, DBAPIError

from pipeline.errors import SelectionError, UserError, WarehouseError
from pipeline.settings import settings
from pipeline.warehouse import embedded, engine
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.schema import site


@pytest.fixture
def fresh_settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let a test set variables that the next engine reads."""
    engine.forget()
    settings.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    engine.forget()
    settings.cache_clear()


@pytest.mark.usefixtures("warehouse")
def test_what_is_read_cannot_be_changed() -> None:
    with connect() as conn, pytest.raises(DBAPIError, match="read-only"):
        conn.execute(text("delete from site"))


@pytest.mark.usefixtures("warehouse")
def test_an_error_takes_back_what_was_written() -> None:
    with pytest.raises(DBAPIError, match="not-null"), begin() as conn:
        conn.execute(text("insert into site (name, kind, timezone) values ('x', 'site', 'UTC'), (null, 'site', 'UTC')"))

    with connect() as conn:
        assert conn.execute(text("select count(*) from site")).scalar_one() == 0


@pytest.mark.usefixtures("warehouse")
def test_a_question_that_takes_too_long_is_stopped(fresh_settings: pytest.MonkeyPatch) -> None:
    fresh_settings.setenv("WATTSCAPE_STATEMENT_TIMEOUT_SECONDS", "1")

    with pytest.raises(SelectionError, match="longer than 1 s"), connect() as conn:
        conn.execute(text("select pg_sleep(5)"))


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize("value", ["2147483648", "9" * 30])
def test_a_number_that_no_column_holds_is_the_askers_mistake(value: str) -> None:
    with pytest.raises(UserError, match="not one that the warehouse can hold"), connect() as conn:
        conn.execute(select(site.c.name).where(site.c.id == int(value)))


@pytest.mark.usefixtures("warehouse")
def test_text_with_nul_is_the_askers_mistake() -> None:
    with pytest.raises(UserError, match="not one that the warehouse can hold"), connect() as conn:
        conn.execute(select(site.c.id).where(site.c.name == "a\0b"))


@pytest.mark.usefixtures("warehouse")
def test_a_mistake_in_our_own_sql_stays_one() -> None:
    with pytest.raises(DataError), connect() as conn:
        conn.execute(text("select 1 / 0"))


def test_a_database_without_tables_says_what_to_run(postgres: str, fresh_settings: pytest.MonkeyPatch) -> None:
    fresh_settings.setenv("WATTSCAPE_DATABASE_URL", postgres)

    with pytest.raises(WarehouseError, match="python -m pipeline init"), connect() as conn:
        conn.execute(text("select * from meter"))


def test_a_database_that_is_not_there_is_named_without_its_password(fresh_settings: pytest.MonkeyPatch) -> None:
    fresh_settings.setenv("WATTSCAPE_DATABASE_URL", "postgres://me:secret@127.0.0.1:1/nothing")

    with pytest.raises(WarehouseError, match=r"127\.0\.0\.1:1/nothing cannot be used") as caught, connect():
        pass

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["mysql://bob:hidden@localhost/x", "hidden", "postgresql://bob:hid:den@host:port/x", "postgres://[::1"]
)
def test_an_address_of_no_postgresql_is_refused_unsaid(fresh_settings: pytest.MonkeyPatch, url: str) -> None:
    fresh_settings.setenv("WATTSCAPE_DATABASE_URL", url)

    with pytest.raises(WarehouseError, match="postgresql://") as refused:
        engine.database_url()

    assert "hid" not in str(refused.value)


def test_a_server_that_is_too_old_is_refused() -> None:
    old = SimpleNamespace(info=SimpleNamespace(server_version=140_009))

    with pytest.raises(WarehouseError, match="PostgreSQL 14 is too old"):
        engine._check_version(old, SimpleNamespace())


@pytest.mark.usefixtures("warehouse")
def test_a_forked_process_uses_connections_of_its_own() -> None:
    with connect() as conn:
        ours = conn.execute(text("select pg_backend_pid()")).scalar_one()
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe()

    child = context.Process(target=send_backend, args=(sender,))
    child.start()
    theirs = receiver.recv()
    child.join()

    assert theirs != ours
    with connect() as conn:
        assert conn.execute(text("select pg_backend_pid()")).scalar_one() == ours


def send_backend(sender: "multiprocessing.connection.Connection") -> None:
    with connect() as conn:
        sender.send(conn.execute(text("select pg_backend_pid()")).scalar_one())


def test_without_a_url_the_embedded_server_is_used(
    tmp_path_factory: pytest.TempPathFactory, fresh_settings: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("data")
    fresh_settings.setenv("WATTSCAPE_DATA_FOLDER", str(folder))
    fresh_settings.setattr(embedded, "start", lambda path: f"postgresql://postgres@/postgres?host={path}")

    assert engine.database_url() == f"postgresql+psycopg://postgres@/postgres?host={folder / 'postgres'}"
