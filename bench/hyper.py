"""Rows per second into a ``.hyper``: ours from PostgreSQL, pantab alone from memory, and the Hyper API's Inserter."""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

import pantab
import pyarrow as pa
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from tableauhyperapi import (
    Connection,
    CreateMode,
    HyperProcess,
    Inserter,
    SqlType,
    TableDefinition,
    Telemetry,
)

from pipeline.demo.load import load_demo
from pipeline.outputs import tables
from pipeline.outputs.export import export
from pipeline.outputs.extract_schema import READINGS
from pipeline.outputs.hyper import VERSION, append, create
from pipeline.outputs.selected import select_meters
from pipeline.outputs.tally import Tally, no_progress
from pipeline.settings import settings
from pipeline.warehouse import engine
from pipeline.warehouse.arrow import same_snapshot
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.migrations import migrate
from pipeline.warehouse.queries import sites
from pipeline.warehouse.schema import reading

END = date(2026, 1, 1)
DAYS = 730
READINGS_PER_METER = 21_000
INSERTER_ROWS = 300_000
KIB, MIB = 1 << 10, 1 << 20
LEAST_OF_PANTAB, LEAST_OF_INSERTER = 0.5, 4.0
TYPES = {
    pa.string(): SqlType.text(),
    pa.float64(): SqlType.double(),
    pa.int16(): SqlType.small_int(),
    pa.int32(): SqlType.int(),
    pa.bool_(): SqlType.bool(),
    pa.date32(): SqlType.date(),
    tables.UTC_INSTANT: SqlType.timestamp_tz(),
    tables.LOCAL_TIME: SqlType.timestamp(),
}


def main(*, quick: bool = False) -> None:
    """Load a demo of the size asked for into a database of its own, then write it in the three ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000 if quick else 2_000_000)
    parser.add_argument("--repeats", type=int, default=1 if quick else 3)
    parser.add_argument(
        "--memory-rows",
        type=int,
        default=1_000_000 if quick else 50_000_000,
        help="rows of the long extract, 0 for none",
    )
    chosen, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["WATTSCAPE_DATA_FOLDER"] = folder
        settings.cache_clear()
        migrate()
        load_demo(end=END, meters=max(1, chosen.rows // READINGS_PER_METER), days=DAYS)
        report(Path(folder) / "bench.hyper", chosen.repeats)
        if chosen.memory_rows:
            report_memory(Path(folder) / "long.hyper", chosen.memory_rows)
        engine.forget()


def report(path: Path, repeats: int) -> None:
    """Measure each way and print what came out, with the budgets of the design."""
    filters = whole_demo()
    in_memory = readings_in_memory(filters)
    few = in_memory.slice(0, INSERTER_ROWS)
    rows = list(zip(*(column.to_pylist() for column in few.columns), strict=True))
    ways: list[tuple[str, Callable[[], int]]] = [
        ("readings from PostgreSQL", lambda: from_postgresql(path, filters)),
        ("whole extract, all tables, checksum", lambda: sum(export(path, filters, "hyper").rows.values())),
        ("pantab alone, from memory", lambda: pantab_alone(path, in_memory)),
        ("Inserter, from lists in memory", lambda: by_inserter(path, in_memory.schema, rows)),
    ]
    rates = {name: best_rate(way, repeats) for name, way in ways}
    ours, _whole, alone, inserter = rates.values()
    shown = Table("way", "rows/s", title=f"{len(in_memory):,} readings of {in_memory.num_columns} columns into .hyper")
    for name, rate in rates.items():
        shown.add_row(name, f"{rate:,.0f}")
    shown.add_row("ours / pantab alone", f"{ours / alone:.2f} (budget {LEAST_OF_PANTAB})")
    shown.add_row("ours / Inserter", f"{ours / inserter:.1f} (budget {LEAST_OF_INSERTER})")
    Console().print(shown)


def report_memory(path: Path, rows: int) -> None:
    """Write a long extract in a process of its own and print what that and Hyper needed."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        written, seconds, own, hyper = fresh.submit(many_times_over, path, rows).result()
    Console().print(
        f"{written:,} readings streamed from PostgreSQL in {seconds:.0f} s: at most {own / KIB:.0f} MiB in Python, "
        f"{hyper / KIB:.0f} MiB in Hyper, for a file of {path.stat().st_size / MIB:,.0f} MiB"
    )


def many_times_over(path: Path, rows: int) -> tuple[int, float, int, int]:
    """Write the readings again and again until there are ``rows``: rows, seconds, and the peaks in KiB."""
    started = time.perf_counter()
    with engine.connect() as conn, same_snapshot(conn) as bulk:
        selected, facts = select_meters(conn, whole_demo()), tables.EXTRACT_TABLES["readings"]
        [[stored]] = conn.execute(select(func.count()).select_from(reading)).all()
        parts = tables.whole(selected) * -(-rows // stored)
        tally = Tally(rows, no_progress)
        create(path, [READINGS])
        append(path, [tables.facts_of(bulk, selected, facts, parts)], tally)
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return tally.total_rows, time.perf_counter() - started, peaks[0], peaks[1]


def whole_demo() -> Filters:
    """Select everything below the first site."""
    with engine.connect() as conn:
        root = sites.root(conn)
    if root is None:
        raise SystemExit("The warehouse is empty.")
    return Filters(root, END - timedelta(days=DAYS + 1), END + timedelta(days=1))


def best_rate(way: Callable[[], int], repeats: int) -> float:
    """Return the rows per second of the fastest of some tries: what the others lose, other processes took."""
    return max(rate(way) for _ in range(repeats))


def rate(way: Callable[[], int]) -> float:
    """Return the rows per second of one try."""
    started = time.perf_counter()
    rows = way()
    return rows / (time.perf_counter() - started)


def readings_in_memory(filters: Filters) -> pa.Table:
    """Read the table of readings of an extract."""
    with engine.connect() as conn, same_snapshot(conn) as bulk:
        readings = tables.facts_of(bulk, select_meters(conn, filters), tables.EXTRACT_TABLES["readings"])
        return pa.Table.from_batches(readings.batches, readings.schema)


def from_postgresql(path: Path, filters: Filters) -> int:
    """Write the readings straight from the database."""
    with engine.connect() as conn, same_snapshot(conn) as bulk:
        tally = Tally(0, no_progress)
        create(path, [READINGS])
        append(path, [tables.facts_of(bulk, select_meters(conn, filters), tables.EXTRACT_TABLES["readings"])], tally)
    return tally.total_rows


def pantab_alone(path: Path, readings: pa.Table) -> int:
    """Write the readings from memory."""
    parameters = {"default_database_version": VERSION}
    pantab.frames_to_hyper({"readings": readings}, path, atomic=False, process_params=parameters)
    return len(readings)


def by_inserter(path: Path, schema: pa.Schema, rows: list[tuple[object, ...]]) -> int:
    """Write rows one by one, as the Hyper API's own samples do."""
    columns = [TableDefinition.Column(field.name, TYPES[field.type]) for field in schema]
    with (
        HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters={"log_config": ""}) as hyper,
        Connection(hyper.endpoint, path, CreateMode.CREATE_AND_REPLACE) as connection,
    ):
        definition = TableDefinition("readings", columns)
        connection.catalog.create_table(definition)
        with Inserter(connection, definition) as inserter:
            inserter.add_rows(rows)
            inserter.execute()
    return len(rows)


if __name__ == "__main__":
    main()
