"""Starts all of Wattscape on one machine: database, demo data, worker and web server; stops all of it again."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from flask import Flask
from gunicorn.app.base import BaseApplication
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline.settings import settings
from pipeline.warehouse.engine import connect, forget
from pipeline.warehouse.migrations import migrate
from pipeline.warehouse.queries import sites

STOP_SECONDS = 8  # what runs is told to stop and has five; models do not listen, and keep nothing half done
FIRST_REQUEST = "/_dash-layout"

console = Console()


class Web(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn with threads in one process, serving an application that is already built."""

    def __init__(self, application: Flask) -> None:
        self.application = application
        super().__init__()

    def load_config(self) -> None:
        """Take address and threads from the settings."""
        chosen = settings()
        self.cfg.set("bind", f"{chosen.host}:{chosen.port}")
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("threads", chosen.web_threads)
        self.cfg.set("timeout", 120)
        self.cfg.set("graceful_timeout", 5)
        self.cfg.set("loglevel", "warning")
        self.cfg.set("control_socket_disable", True)
        self.cfg.set("post_worker_init", self.say_ready)

    def load(self) -> Flask:
        """Return the application to serve."""
        return self.application

    def say_ready(self, _worker: object) -> None:
        """Set up pages and callbacks, so that the first reader does not wait for it, then say where to look."""
        self.application.test_client().get(FIRST_REQUEST)
        address = f"http://{settings().host}:{settings().port}"
        console.print(f"Wattscape is ready: {address}", highlight=False, soft_wrap=True)


def start(application: Flask) -> None:
    """Run until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, _stop)  # until gunicorn takes over, so that the demo's loading ends cleanly too
    prepare_warehouse()
    with worker():
        Web(application).run()


def prepare_warehouse() -> None:
    """Bring the tables to this version, and fill an empty warehouse with the demo where the settings want it."""
    migrate()
    with connect() as connection:
        empty = sites.root(connection) is None
    if empty and settings().demo:
        _load_demo()
    forget()  # no connection may cross the fork into the web process


@contextmanager
def worker() -> Iterator[None]:
    """Run the process that loads uploads and writes exports, until the block ends."""
    process = subprocess.Popen([sys.executable, "-m", "pipeline", "worker"], start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _load_demo() -> None:
    from pipeline.demo.load import load_demo  # noqa: PLC0415 - brings the generator, which a second start doesn't need

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("Generating and loading demo data", total=1.0)
        load_demo(progress=lambda share, _what: bar.update(task, completed=share))


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
