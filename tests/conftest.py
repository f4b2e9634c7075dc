"""What many tests need: a PostgreSQL server for the run, and a fresh migrated database for each test."""

import atexit
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import hypothesis
import pytest
from databases import database, execute, exists, using, with_database
from playwright.sync_api import Browser, sync_playwright

from pipeline.demo.load import load_demo
from pipeline.steps.every import run_every
from pipeline.warehouse import embedded
from pipeline.warehouse.migrations import migrate

# Examples are found by chance on a desk and are the same ones on every run of CI; a busy machine fails none.
hypothesis.settings.register_profile("desk", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("ci" if "CI" in os.environ else "desk")

CHROMIUM_FLAGS = [
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DEMO_END = date(2025, 12, 1)
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all workers of this run share.

    It is not below pytest's own folder, which every new run closes to other users, the server's among them.
    """
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = Path(tempfile.gettempdir()) / f"wattscape-test-{hashlib.sha256(str(run).encode()).hexdigest()[:12]}"
    folder.mkdir(exist_ok=True)
    atexit.register(remove_if_stopped, folder)  # runs after the handler that stops the server
    return folder


@pytest.fixture(scope="session")
def postgres(run_folder: Path) -> str:
    """Start one embedded server for the run; the last worker to leave stops it."""
    folder = run_folder / "server" / "postgres"
    with one_worker_at_a_time(run_folder):
        server = embedded.start(folder)
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nobody needs it after a loss of power
            execute(server, f"alter system set {setting} = off")
        execute(server, "select pg_reload_conf()")
    return server


@pytest.fixture(scope="session")
def template(postgres: str, run_folder: Path) -> str:
    """Migrate one database that the others are copied from."""
    with one_worker_at_a_time(run_folder):
        if not exists(postgres, "template_empty"):
            execute(postgres, "create database template_being_made")
            with using(with_database(postgres, "template_being_made")):
                migrate()
            execute(postgres, "alter database template_being_made rename to template_empty")
    return "template_empty"


@pytest.fixture
def warehouse(postgres: str, template: str) -> Iterator[str]:
    """Give a fresh migrated database and point the process at it."""
    with database(postgres, template) as url, using(url):
        yield url


@pytest.fixture(scope="module")
def module_warehouse(postgres: str, template: str) -> Iterator[str]:
    """Give the tests of a module a fresh migrated database that they share."""
    with database(postgres, template) as url, using(url):
        yield url


@pytest.fixture(scope="session")
def demo_template(postgres: str, template: str, run_folder: Path) -> str:
    """Load a small demo once: 24 meters of all kinds, in all zones, over the autumn's change of the clocks."""
    with one_worker_at_a_time(run_folder):
        if not exists(postgres, "template_demo"):
            execute(postgres, f"create database template_demo_being_made template {template}")
            with using(with_database(postgres, "template_demo_being_made")):
                load_demo(end=DEMO_END, meters=24, days=90)
            execute(postgres, "alter database template_demo_being_made rename to template_demo")
    return "template_demo"


@pytest.fixture(scope="module")
def demo_warehouse(postgres: str, demo_template: str) -> Iterator[str]:
    """Give the tests of a module a copy of the small demo and point the process at it."""
    with database(postgres, demo_template) as url, using(url):
        yield url


@pytest.fixture(scope="session")
def modelled_template(postgres: str, demo_template: str, run_folder: Path) -> str:
    """Do all steps on the small demo once: bills, forecasts, anomalies, recommendations."""
    with one_worker_at_a_time(run_folder):
        if not exists(postgres, "template_modelled"):
            execute(postgres, f"create database template_modelled_being_made template {demo_template}")
            with using(with_database(postgres, "template_modelled_being_made")):
                failed = [report for report in run_every(lambda _share, _what: None) if report.failed]
            assert not failed
            execute(postgres, "alter database template_modelled_being_made rename to template_modelled")
    return "template_modelled"


@pytest.fixture(scope="module")
def modelled_warehouse(postgres: str, modelled_template: str) -> Iterator[str]:
    """Give the tests of a module a copy of the small demo with all that the models say of it."""
    with database(postgres, modelled_template) as url, using(url):
        yield url


@pytest.fixture(scope="session")
def chromium() -> str:
    """Give the path of Chromium; skip where it is not installed."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Give a browser that asks nothing of the world outside. While it runs, no other test may run an event loop."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of real electricity data beside the checkout; skip where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder of real electricity data, ../shared/data, is not on this machine")
    return SHARED_DATA


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that another user, such as the one a server runs as, can reach."""
    with tempfile.TemporaryDirectory(prefix="wattscape-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def remove_if_stopped(folder: Path) -> None:
    if not (folder / "server" / "postgres" / "postmaster.pid").exists():
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def one_worker_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
