"""A step that is killed as the last thing of its transaction."""

import signal
import subprocess
import sys

KILLED_BEFORE_THE_END = """
import os, signal, sys
from importlib import import_module
step = import_module(f"pipeline.steps.{sys.argv[1]}")
step.raise_version = lambda conn: os.kill(os.getpid(), signal.SIGKILL)  # the last thing in the step's transaction
step.run(lambda share, what: None)
"""


def kill_before_the_end(name: str) -> None:
    """Run a step in a process of its own on the database of the settings, and see it killed."""
    killed = subprocess.run([sys.executable, "-c", KILLED_BEFORE_THE_END, name], check=False, timeout=300)  # noqa: S603 - our own interpreter
    assert killed.returncode == -signal.SIGKILL
