"""Databases for tests: copies of a template, and the settings pointed at them."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from pipeline.settings import settings
from pipeline.warehouse import engine


@contextmanager
def database(server: str, template: str) -> Iterator[str]:
    """Copy ``template`` into a database of its own, dropped at the end."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    execute(server, f"create database {name} template {template}")
    try:
        yield with_database(server, name)
    finally:
        execute(server, f"drop database {name} with (force)")


@contextmanager
def using(url: str) -> Iterator[None]:
    """Point the settings at ``url`` and at a data folder of its own."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("WATTSCAPE_DATABASE_URL", url)
        patch.setenv("WATTSCAPE_DATA_FOLDER", folder)
        patch.setenv("WATTSCAPE_MODELS", "false")  # a test that wants them runs them
        forget_settings()
        yield
        engine.forget()
    forget_settings()


def forget_settings() -> None:
    engine.forget()
    settings.cache_clear()


def with_database(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


def exists(server: str, name: str) -> bool:
    with psycopg.connect(server) as conn:
        return conn.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None


def execute(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(statement.encode())
