"""The real application with a small demo, and a browser that fails a test on any console error."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
READY_SECONDS = 90
STOP_SECONDS = 30
MOST_MS = 40_000  # on a busy machine; usually a second
SERIOUS = {"serious", "critical"}
SETTLED = """() => Promise.allSettled(document.getAnimations()
    .filter(each => each.effect.getComputedTiming().endTime < Infinity).map(each => each.finished))"""

PICTURES = {"exclude": [[".main-svg"]]}  # of charts, which their cards tell in words
COLOURS = {"runOnly": ["color-contrast"]}  # all that a theme changes

Problems = list[str]
Check = Callable[..., None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))  # Chromium on a busy machine; the report counts the reruns


@pytest.fixture(scope="module")
def more_settings() -> dict[str, str]:
    """Give what the application of a module is started with beside the usual."""
    return {}


@pytest.fixture(scope="module")
def address(
    chromium: str, demo_warehouse: str, more_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Run `python app.py` on a database with a small demo; give its address."""
    del chromium  # without a browser there is no need to start
    folder, port = tmp_path_factory.mktemp("application"), free_port()
    variables = {
        "WATTSCAPE_DATABASE_URL": demo_warehouse,
        "WATTSCAPE_DATA_FOLDER": str(folder),
        "WATTSCAPE_PORT": str(port),
        "WATTSCAPE_MAX_UPLOAD_MB": "5",
        **more_settings,
    }
    log = folder / "app.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=os.environ | variables, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until_ready(process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


def wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while "Wattscape is ready" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"The application does not start:\n{log.read_text()}")
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Open a tab at the application; at the end there must have been no error on its console."""
    context = browser.new_context(
        base_url=address, viewport={"width": 1440, "height": 1000}, color_scheme="light", accept_downloads=True
    )
    tab = context.new_page()
    tab.set_default_timeout(MOST_MS)
    expect.set_options(timeout=MOST_MS)
    problems: Problems = []
    tab.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: problems.append(str(error)))
    yield tab
    context.close()
    assert not problems


@pytest.fixture(scope="session")
def accessible() -> Check:
    """Check a page with axe: nothing serious may be found; in its second theme ``colours_alone``."""

    def check(tab: Page, *, colours_alone: bool = False) -> None:
        tab.evaluate(SETTLED)  # half-way through a change of theme a colour is neither the old nor the new one
        violations = Axe().run(tab, PICTURES, COLOURS if colours_alone else None)["violations"]
        found = [one for one in violations if one["impact"] in SERIOUS]
        assert not [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]

    return check
