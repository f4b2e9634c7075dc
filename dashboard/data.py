"""How pages ask the warehouse: every answer is cached under the version of the data it was computed from."""

import hashlib
from collections.abc import Callable
from functools import cache as once
from importlib.metadata import version
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, text

from dashboard.cache import cache
from pipeline import VERSION
from pipeline.warehouse.engine import begin, connect, engine

P = ParamSpec("P")
T = TypeVar("T")


def ask(query: Callable[Concatenate[Connection, P], T], *arguments: P.args, **options: P.kwargs) -> T:
    """Answer ``query(connection, *arguments, **options)``, from the cache where the data has not changed since."""
    with connect() as connection:
        key = _key(query, repr((arguments, sorted(options.items()))), data_version(connection))
        kept = cache.get(key)
        if kept is None:
            kept = (query(connection, *arguments, **options),)
            cache.set(key, kept)
    answer: T = kept[0]
    return answer


def ask_now(query: Callable[Concatenate[Connection, P], T], *arguments: P.args, **options: P.kwargs) -> T:
    """Answer from the database itself: for jobs and uploads, which change without new data."""
    with connect() as connection:
        return query(connection, *arguments, **options)


def change(action: Callable[Concatenate[Connection, P], T], *arguments: P.args, **options: P.kwargs) -> T:
    """Run ``action(connection, …)`` in one transaction that writes."""
    with begin() as connection:
        return action(connection, *arguments, **options)


def data_version(connection: Connection) -> int:
    """Return the number that every change of the data raises; 0 in an empty warehouse."""
    return int(connection.execute(text("select coalesce(max(version), 0) from data_version")).scalar_one())


def reader() -> str:
    """Return who is asking, for edits, uploads and exports. Everybody is the same person until there is sign-in."""
    return "local user"


def _key(query: Callable[..., object], arguments: str, of_data: int) -> str:
    parts = (_product(), str(engine().url), query.__module__, query.__qualname__, arguments, str(of_data))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@once
def _product() -> str:
    return VERSION + version("pandas")  # a kept answer is a pickle: another release may not read it
