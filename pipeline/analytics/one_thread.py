"""Numerical libraries on one thread, where what is computed is too small to share out."""

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP to one thread; threads that wait for each other lose more than they win."""
    limited: AbstractContextManager[object] = _libraries().limit(limits=1)
    return limited


@cache
def _libraries() -> ThreadpoolController:
    """Find the loaded libraries once: that reads the memory map of the process and takes as long as a prediction."""
    return ThreadpoolController()
