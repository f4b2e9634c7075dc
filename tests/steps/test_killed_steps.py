"""A step that is killed before it is done leaves nothing, and the next run does it whole."""

import signal
import subprocess
import sys
from importlib import import_module

import pytest
from sqlalchemy import text

from pipeline.warehouse import runs
from pipeline.warehouse.engine import connect

KILLED_BEFORE_THE_END = """
import os, signal, sys
from importlib import import_module
step = import_module(f"pipeline.steps.{sys.argv[1]}")
step.raise_version = lambda conn: os.kill(os.getpid(), signal.SIGKILL)  # the last thing in the step's transaction
step.run(lambda share, what: None)
"""


def rows_of(table: str) -> int:
    with connect() as conn:
        return int(conn.execute(text(f"select count(*) from {table}")).scalar_one())  # noqa: S608 - a name from below


@pytest.mark.usefixtures("demo_warehouse")
@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("weather", "site_temperature_fit"),
        ("tariffs", "bill_line"),
        ("costs", "node_cost_hour"),
        ("recommend", "site_profile"),
    ],
)
def test_a_step_that_was_killed_is_done_whole_by_the_next_run_and_once(name: str, table: str) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_BEFORE_THE_END, name], check=False, timeout=300)  # noqa: S603 - our own interpreter

    assert killed.returncode == -signal.SIGKILL
    assert rows_of(table) == 0
    with connect() as conn:
        assert runs.latest(conn, name) is None

    step = import_module(f"pipeline.steps.{name}")
    first, second = (step.run(lambda _share, _what: None) for _ in range(2))

    assert (first.skipped, second.skipped) == (False, True)
    assert first.series > 0
    assert rows_of(table) > 0
