"""Exports for which there is no room, no Hyper, or no patience: a sentence, and nothing left."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
import tableauhyperapi
import three_zones as zones
from small_disk import on_small_disk

from pipeline.errors import WattscapeError
from pipeline.jobs import exports, worker
from pipeline.jobs.rows import CancelledError
from pipeline.outputs.export import export
from pipeline.outputs.options import Kind
from pipeline.settings import settings
from pipeline.warehouse.engine import connect

pytestmark = pytest.mark.usefixtures("filled")
HYPER = Path(tableauhyperapi.__file__).parent / "bin" / "hyper"


@pytest.fixture
def filled(warehouse: str) -> None:  # noqa: ARG001 - to be there first
    zones.fill()


@pytest.mark.usefixtures("may_mount")
@pytest.mark.parametrize(("kind", "room"), [("csv", "size=1m"), ("hyper", "size=1m"), ("hyper", "size=2m")])
def test_a_full_disk_is_said_and_the_old_file_stays(tmp_path: Path, kind: str, room: str) -> None:
    path = tmp_path / f"e.{kind}"

    done = on_small_disk(room, tmp_path, path, "export", kind)

    assert done.returncode == 1, done.stderr
    assert done.stderr.strip() in {
        f"There is no room for e.{kind} on the disk: make room and try again.",
        f"Not all rows reached e.{kind}, most likely as the disk is full: make room and try again.",
    }
    assert done.stdout.split() == [path.name, "before"]


@pytest.mark.usefixtures("may_mount")
def test_hyper_that_cannot_start_is_said_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "e.hyper"

    done = on_small_disk("size=1m", HYPER, path, "export", "hyper", "--from", "2024-06-01", "--to", "2024-06-02")

    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("Hyper, the database program that writes extracts, could not be started")
    assert done.stderr.count("\n") == 1
    assert done.stdout.split() == [path.name, "before"]


@pytest.mark.parametrize("kind", ["csv", "hyper"])
def test_an_export_stopped_from_the_keyboard_leaves_nothing(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "out" / f"e.{kind}"
    heard = ["env", "--default-signal=INT"]  # which a run in the background ignores
    command = [*heard, sys.executable, "-m", "pipeline", "export", kind, "--out", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own
        part = path.with_name(f".{path.name}.part")
        for _ in range(1200):
            if part.exists():
                break
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=120)

    assert process.returncode != 0
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("kind", ["csv", "hyper"])
def test_a_cancelled_export_leaves_nothing(tmp_path: Path, kind: Kind) -> None:
    def cancel(_share: float, _message: str) -> None:
        raise CancelledError("Cancelled.")

    with pytest.raises(WattscapeError, match="Cancelled"):
        export(tmp_path / f"e.{kind}", zones.filters(), kind, progress=cancel)

    assert list(tmp_path.iterdir()) == []


def test_the_list_says_that_there_is_no_entitlements_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTSCAPE_ENTITLEMENTS_FILE", "/nowhere/who.csv")
    settings.cache_clear()
    number = exports.request_export(zones.filters(date(2024, 5, 1), date(2024, 5, 2)), "hyper", requested_by="a")

    worker.run_worker(until_idle=True)

    with connect() as conn:
        row = exports.listed(conn).set_index("id").loc[number]
    assert row["state"] == "failed"
    assert "/nowhere/who.csv, cannot be read" in row["message"]
