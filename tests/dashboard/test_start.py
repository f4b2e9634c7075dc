import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from dashboard import start
from pipeline.warehouse.engine import connect
from pipeline.warehouse.queries import sites

ROOT = Path(__file__).parents[2]
SECONDS = 90


@pytest.fixture
def application(warehouse: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    variables = {
        "WATTSCAPE_DATABASE_URL": warehouse,
        "WATTSCAPE_DATA_FOLDER": str(tmp_path),
        "WATTSCAPE_PORT": str(port),
        "WATTSCAPE_DEMO": "false",
    }
    process = subprocess.Popen(
        [sys.executable, "-u", "app.py"],
        cwd=ROOT,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process, f"http://127.0.0.1:{port}"
    if process.poll() is None:
        process.kill()
    assert process.stdout is not None
    process.stdout.close()
    process.wait()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_application_says_where_it_is_answers_and_stops(
    application: tuple[subprocess.Popen[str], str], how: signal.Signals
) -> None:
    process, address = application
    assert process.stdout is not None

    assert process.stdout.readline() == f"Wattscape is ready: {address}\n"
    connection = HTTPConnection(address.removeprefix("http://"), timeout=SECONDS)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()

    os.killpg(process.pid, how)
    assert process.wait(SECONDS) == 0
    assert not process_group_lives(process.pid)


def process_group_lives(group: int) -> bool:
    time.sleep(0.5)
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_empty_warehouse_gets_the_demo_and_a_filled_one_stays(
    warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del warehouse
    loaded: list[bool] = []
    monkeypatch.setattr(start, "_load_demo", lambda: loaded.append(True))

    start.prepare_warehouse()

    assert loaded == [True]


def test_without_the_demo_an_empty_warehouse_stays_empty(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    del warehouse
    monkeypatch.setenv("WATTSCAPE_DEMO", "false")
    start.settings.cache_clear()

    start.prepare_warehouse()

    with connect() as connection:
        assert sites.root(connection) is None
