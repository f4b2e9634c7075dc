"""Work on all processors, by processes that never outlive the one that asked for them."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait

MOST = 8


def processors() -> int:
    """Count the processors that this process may use, up to eight."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST, allowed)


def pool() -> ProcessPoolExecutor:
    """Start a fresh process a processor: a fork would inherit locks of OpenMP and open connections."""
    return ProcessPoolExecutor(processors(), multiprocessing.get_context("spawn"), _end_with_parent)


def _end_with_parent() -> None:
    """Watch the process that asked, because one that is killed cannot tell its workers to stop."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=[parent.sentinel], daemon=True).start()


def _exit_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)  # at once, in the middle of what is computed for nobody
