"""Extracts as the Hyper API sees them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tableauhyperapi import Connection, HyperProcess, Telemetry

Row = list[Any]


@contextmanager
def opened(path: Path) -> Iterator[Connection]:
    """Open an extract as any program does."""
    with (
        HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters={"log_config": ""}) as hyper,
        Connection(hyper.endpoint, path) as connection,
    ):
        yield connection


def ask_hyper(path: Path, *queries: str) -> list[list[Row]]:
    """Put queries to an extract."""
    with opened(path) as connection:
        return [connection.execute_list_query(query) for query in queries]
