"""How fast a long CSV is loaded, against a bare COPY and `DataFrame.to_sql`, and how much memory that takes."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv
from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine

from pipeline.settings import settings
from pipeline.sources.frame import Overrides
from pipeline.warehouse import embedded, engine
from pipeline.warehouse.load import load_file
from pipeline.warehouse.migrations import migrate

METERS = 100
STEP_S = 900
ROWS_AT_ONCE = 1_000_000
KEYED_TABLE = "create table {} (meter text, time timestamptz, kwh float8, primary key (meter, time))"
SAMPLE = 100_000


def main(*, quick: bool = False) -> None:
    """Print rates and memory."""
    parser = argparse.ArgumentParser(prog="python -m bench.loading")
    parser.add_argument("--rows", type=int, default=300_000 if quick else 3_000_000, help="rows to compare rates on")
    parser.add_argument(
        "--memory-rows", type=int, default=1_000_000 if quick else 20_000_000, help="rows of the long load, 0 for none"
    )
    parser.add_argument("--step", type=int, default=STEP_S, help="seconds from one reading to the next")
    given, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as name, _warehouse(Path(name)) as url:
        folder = Path(name)
        table = Table("", "seconds", "rows/s", "of bare COPY", title=f"Loading {given.rows:,} rows of {given.step} s")
        csv = write_csv(folder / "compared.csv", given.rows, step_s=given.step)
        bare = timed(lambda: bare_copy(url, csv))
        ours = timed(lambda: load_file(csv, Overrides(timezone="UTC"), loaded_by="bench"))
        sample = timed(lambda: to_sql(url, csv)) * given.rows / min(SAMPLE, given.rows)
        for label, seconds in (
            ("bare COPY into a keyed table", bare),
            ("Wattscape: validated, stored, rolled up", ours),
            (f"DataFrame.to_sql (extrapolated from {SAMPLE:,} rows)", sample),
        ):
            table.add_row(label, f"{seconds:.1f}", f"{given.rows / seconds:,.0f}", f"{bare / seconds:.2f}")
        Console().print(table)
        if not given.memory_rows:
            return
        long = write_csv(folder / "long.csv", given.memory_rows, step_s=given.step, meters=10 * METERS, prefix="L")
        seconds, megabytes = load_in_a_process(long, url)
        rate = given.memory_rows / seconds
        what = f"Loading {given.memory_rows:,} rows in a process: {seconds:.0f} s, {rate:,.0f} rows/s"
        Console().print(f"{what}, at most {megabytes:,.0f} MB resident.", highlight=False)


def write_csv(path: Path, rows: int, *, step_s: int, meters: int = METERS, prefix: str = "M") -> Path:
    """Write a long CSV: meter after meter, each with a plausible daily wave."""
    each = rows // meters
    random = np.random.default_rng(1)
    stamps = np.datetime64("2022-01-01", "s") + np.arange(each) * np.timedelta64(step_s, "s")
    wave = 2 + np.sin(np.arange(each) * 2 * np.pi * step_s / 86_400)
    schema = pa.schema([("meter", pa.string()), ("time", pa.timestamp("s")), ("kwh", pa.float64())])
    with path.open("wb") as file, pyarrow.csv.CSVWriter(file, schema) as writer:
        for number in range(meters):
            values = np.round(wave + random.gamma(2, 0.1, each), 3)
            writer.write_table(pa.table([pa.array([f"{prefix}{number:05}"] * each), stamps, values], schema=schema))
    return path


def bare_copy(url: str, csv: Path) -> None:
    """Give the file to the server as it is."""
    with psycopg.connect(url) as conn, conn.cursor() as cursor:
        cursor.execute(KEYED_TABLE.format("bare").encode())
        with cursor.copy(b"copy bare from stdin (format csv, header)") as copy, csv.open("rb") as file:
            while block := file.read(1 << 20):
                copy.write(block)


def to_sql(url: str, csv: Path) -> None:
    """Store the beginning of the file the way most scripts do."""
    frame = pd.read_csv(csv, nrows=SAMPLE, parse_dates=["time"])
    made = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with made.begin() as conn:
        conn.exec_driver_sql(KEYED_TABLE.format("by_pandas"))
        frame.to_sql("by_pandas", conn, if_exists="append", index=False)
    made.dispose()


def load_in_a_process(csv: Path, url: str) -> tuple[float, float]:
    """Return seconds and the highest resident memory in MB of `python -m pipeline load`."""
    command = [sys.executable, "-m", "pipeline", "load", str(csv), "--timezone", "UTC", "--json"]
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, env={**os.environ, "WATTSCAPE_DATABASE_URL": url}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds ``work`` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def _warehouse(folder: Path) -> Iterator[str]:
    """Start a server of its own and point this process at it."""
    url = embedded.start(folder / "server" / "postgres")
    os.environ |= {"WATTSCAPE_DATABASE_URL": url, "WATTSCAPE_DATA_FOLDER": str(folder / "data")}
    settings.cache_clear()
    engine.forget()
    migrate()
    yield url
    engine.forget()


if __name__ == "__main__":
    main()
