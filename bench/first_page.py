"""How long a reader waits for the Overview on the same machine: `python -m bench first_page`.

Starts the application on the warehouse of the settings and opens its first page in headless Chromium with a new profile
each time, so that nothing is in the browser's cache. Software rendering; the budget is usable in under 2 s.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
LOADS, LOADS_QUICK = 5, 2
READY_SECONDS = 120
BUDGET_S = 2.0
VIEWPORT = {"width": 1440, "height": 1000}

# Looks on every frame; a chart counts as drawn when Plotly has put its data (or its sentence) on the page.
WATCH = """
window.seen = {};
window.allSeen = new Promise((resolve) => { window.sawAll = resolve; });
const note = (name, isSeen) => { if (isSeen && !(name in window.seen)) window.seen[name] = performance.now() / 1000; };
const isDrawn = (card) => {
  const plot = card.querySelector(".js-plotly-plot");
  if (!plot || !plot.layout || !plot.querySelector(".main-svg")) return false;
  return (plot.data || []).length > 0 || (plot.layout.annotations || []).length > 0;
};
const look = () => {
  const cards = [...document.querySelectorAll(".chart-card")];
  note("figures", document.querySelector(".kpi-value"));
  note("first chart", cards.some(isDrawn));
  note("all charts", cards.length && cards.every(isDrawn));
  if ("all charts" in window.seen) window.sawAll(window.seen);
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
MOMENTS = ("figures", "first chart", "all charts")


def main(*, quick: bool = False) -> None:
    """Print median and 95th percentile of the moments of the first page."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened(
            browser, address
        )  # fills the server's cache of answers and code, as every reader after the first finds it
        loads = [opened(browser, address) for _ in range(LOADS_QUICK if quick else LOADS)]
        browser.close()
    show(loads)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run the application on a free port until the block ends; give its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    log = folder / "app.log"
    variables = os.environ | {"WATTSCAPE_PORT": str(port), "WATTSCAPE_MODELS": "false"}  # none computes beside it
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_ready(process, log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def opened(browser: Browser, address: str) -> dict[str, float]:
    """Open the page with a new profile; return the seconds from the start of the navigation to each moment."""
    context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]  # a plain dictionary is enough
    page: Page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address, wait_until="commit")
    seen: dict[str, float] = page.evaluate("window.allSeen")  # a promise: the page's policy forbids polling by text
    context.close()
    return seen


def show(loads: list[dict[str, float]]) -> None:
    """Print the table."""
    table = Table(title=f"Overview, {len(loads)} loads with a new profile each: seconds, budget {BUDGET_S:g}")
    for heading in ("moment", "median", "p95", "least", "most"):
        table.add_column(heading, justify="left" if heading == "moment" else "right")
    for moment in MOMENTS:
        seconds = [load[moment] for load in loads]
        columns = [*np.percentile(seconds, [50, 95]), min(seconds), max(seconds)]
        table.add_row(moment, *(f"{value:.2f}" for value in columns))
    Console(width=110).print(table)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while "Wattscape is ready" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"The application does not start:\n{log.read_text()}")
        time.sleep(0.1)
