"""Processes that compute for a step end with the one that asked for them, however that ends."""

import os
import subprocess
import sys
import time
from pathlib import Path

from pipeline.steps.processes import pool, processors

ROOT = Path(__file__).parents[2]
ASKS_AND_WAITS = """
import os, time
from pipeline.steps.processes import pool
if __name__ == "__main__":
    with pool() as processes:
        print(processes.submit(os.getpid).result(), flush=True)
        processes.submit(time.sleep, 600).result()
"""
SECONDS_TO_END = 20.0


def test_work_is_done_in_other_processes() -> None:
    with pool() as processes:
        done = set(processes.map(process_of, range(2 * processors())))

    assert os.getpid() not in done


def process_of(_number: int) -> int:
    return os.getpid()


def test_no_process_outlives_the_one_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "asks.py"
    script.write_text(ASKS_AND_WAITS)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as asking:  # noqa: S603 - our own
        assert asking.stdout is not None
        worker = Path("/proc") / asking.stdout.readline().strip()
        assert worker.is_dir()
        time.sleep(0.5)  # until it sleeps for long

        asking.kill()

        deadline = time.monotonic() + SECONDS_TO_END
        while is_running(worker) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not is_running(worker)


def is_running(process: Path) -> bool:
    """Say whether a process lives; one that has ended may wait for somebody to ask how."""
    try:
        return ") Z " not in (process / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
