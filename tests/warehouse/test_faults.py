"""Whatever goes wrong during a load, afterwards all of it is stored or nothing, and loading again puts it right."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pytest
from sqlalchemy import text

from pipeline.errors import WarehouseError
from pipeline.settings import settings
from pipeline.sources.frame import Overrides
from pipeline.warehouse import embedded, engine, load
from pipeline.warehouse.engine import connect
from pipeline.warehouse.load import load_file
from pipeline.warehouse.migrations import migrate

METERS, HOURS = 4, 1500
OVERRIDES = Overrides(timezone="UTC")

# Loads a file and kills itself as soon as the given share is done.
SUICIDE = """
import os, signal, sys
from pathlib import Path
from pipeline.sources.frame import Overrides
from pipeline.warehouse.load import load_file

def die(share, what):
    if share >= float(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

load_file(Path(sys.argv[1]), Overrides(timezone="UTC"), loaded_by="test", progress=die)
"""


@pytest.fixture
def readings(tmp_path: Path) -> Path:
    stamps = pd.date_range("2024-01-01", periods=HOURS, freq="h").strftime("%Y-%m-%d %H:%M")
    random = np.random.default_rng(1)
    frames = [
        pd.DataFrame({"meter": f"m{number}", "time": stamps, "kwh": np.round(random.gamma(5, 1, HOURS), 3)})
        for number in range(METERS)
    ]
    path = tmp_path / "readings.csv"
    pd.concat(frames).to_csv(path, index=False)
    return path


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize("share", [0.0, 0.31, 0.7, 1.0])
def test_a_killed_load_leaves_nothing_and_can_be_repeated(readings: Path, share: float) -> None:
    killed = subprocess.run([sys.executable, "-c", SUICIDE, readings, str(share)], check=False)  # noqa: S603 - our own

    assert killed.returncode == -signal.SIGKILL
    assert_nothing_is_stored()
    load_file(readings, OVERRIDES, loaded_by="test")
    assert_all_is_stored_once()


@pytest.mark.usefixtures("warehouse")
def test_the_same_file_twice_at_once_is_stored_once(readings: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "load", str(readings), "--timezone", "UTC", "--json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]  # noqa: S603 - our own

    reports = [json.loads(process.communicate()[0]) for process in both]

    assert sorted(report["readings"] for report in reports) == [0, METERS * HOURS]
    assert len({report["batch"] for report in reports}) == 1
    assert_all_is_stored_once()


def test_a_server_that_stops_in_the_middle_loses_and_doubles_nothing(
    readings: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = open_folder / "server" / "postgres"
    monkeypatch.setenv("WATTSCAPE_DATABASE_URL", embedded.start(folder))
    monkeypatch.setenv("WATTSCAPE_DATA_FOLDER", str(open_folder / "data"))
    with new_settings():
        migrate()

        with pytest.raises(WarehouseError):
            load_file(readings, OVERRIDES, loaded_by="test", progress=stop_at(0.7, folder))

        embedded.start.cache_clear()
        embedded.start(folder)
        assert_nothing_is_stored()
        load_file(readings, OVERRIDES, loaded_by="test")
        assert_all_is_stored_once()
    stop(folder)


def test_a_full_disk_of_the_server_is_said_and_leaves_nothing(
    readings: Path, warehouse: str, open_folder: Path
) -> None:
    with small_disk(open_folder / "small", "256k", owner="pgserver") as disk:
        execute(warehouse, f"create tablespace small location '{disk}'")
        name = psycopg.conninfo.conninfo_to_dict(warehouse)["dbname"]
        execute(warehouse, f"alter database {name} set default_tablespace = small")
        engine.forget()

        with pytest.raises(WarehouseError, match="disk is full"):
            load_file(readings, OVERRIDES, loaded_by="test")

        assert_nothing_is_stored()
        execute(warehouse, f"alter database {name} reset default_tablespace")
        engine.forget()
        load_file(readings, OVERRIDES, loaded_by="test")
        assert_all_is_stored_once()
        execute(warehouse, "drop tablespace small")


@pytest.mark.usefixtures("warehouse")
def test_a_full_disk_of_the_loader_is_said_and_leaves_nothing(readings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "ROWS_AT_ONCE", 500)
    with small_disk(Path(os.environ["WATTSCAPE_DATA_FOLDER"]) / "spill", "64k"):
        with pytest.raises(WarehouseError, match="is full, nothing was stored"):
            load_file(readings, OVERRIDES, loaded_by="test")

        assert_nothing_is_stored()


def assert_nothing_is_stored() -> None:
    with connect() as conn:
        counts = conn.execute(
            text(
                "select (select count(*) from reading), (select count(*) from meter),"
                " (select count(*) from meter_hour), (select count(*) from node_day),"
                " (select count(*) from ingest_batch), (select version from data_version)"
            )
        ).one()
    assert tuple(counts) == (0, 0, 0, 0, 0, 0)
    spill = Path(os.environ["WATTSCAPE_DATA_FOLDER"]) / "spill"
    assert not spill.exists() or not list(spill.iterdir())


def assert_all_is_stored_once() -> None:
    root = "select sum(energy_kwh) from node_month join site on id = site_id where parent_id is null"
    with connect() as conn:
        readings, energy = conn.execute(text("select count(raw_kwh), sum(energy_kwh) from reading")).one()
        batches = conn.execute(text("select count(*) from ingest_batch where state = 'stored'")).scalar_one()
        added_up = conn.execute(text(root)).scalar_one()
    assert (readings, batches) == (METERS * HOURS, 1)
    assert added_up == pytest.approx(energy)


@contextmanager
def new_settings() -> Iterator[None]:
    engine.forget()
    settings.cache_clear()
    yield
    engine.forget()
    settings.cache_clear()


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(statement.encode())


def stop_at(share: float, folder: Path) -> load.Progress:
    """Stop the server, as a power cut would, as soon as ``share`` is done."""

    def told(done: float, _what: str) -> None:
        if done >= share:
            stop(folder)

    return told


def stop(folder: Path) -> None:
    try:
        server = int((folder / "postmaster.pid").read_text().split()[0])
    except FileNotFoundError:
        return
    os.kill(server, signal.SIGQUIT)  # PostgreSQL's immediate shutdown
    deadline = time.monotonic() + 15
    while (folder / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


@contextmanager
def small_disk(folder: Path, size: str, owner: str | None = None) -> Iterator[Path]:
    """Mount a disk of a few kilobytes; skip where this user may not."""
    folder.mkdir(parents=True)
    mounted = subprocess.run(  # noqa: S603 - our own
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],  # noqa: S607 - wherever mount is
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        if owner is not None:
            subprocess.run(["chown", owner, folder], check=True)  # noqa: S603, S607 - wherever chown is
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)  # noqa: S603, S607 - wherever umount is
