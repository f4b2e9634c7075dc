"""The private server: shared by processes, stopped with the last one, back after a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from pipeline.errors import WarehouseError
from pipeline.warehouse import embedded

# Starts the server, says so, and stays until its input ends.
USER = """
import sys
from pathlib import Path
from pipeline.warehouse import embedded

print(embedded.start(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


class User:
    """Another process that uses the server in a folder."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", USER, str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def test_the_server_lives_as_long_as_its_last_user(open_folder: Path) -> None:
    folder = open_folder / "data" / "postgres"
    first, second = User(folder), User(folder)
    assert first.url == second.url

    first.leave()
    assert answers(second.url)

    second.leave()
    assert not is_running(folder)


def test_a_killed_user_does_not_keep_the_server_up(open_folder: Path) -> None:
    folder = open_folder / "data" / "postgres"
    killed, other = User(folder), User(folder)
    killed.kill()

    other.leave()

    assert not is_running(folder)


def test_a_killed_server_starts_again_with_its_data(open_folder: Path) -> None:
    folder = open_folder / "data" / "postgres"
    user = User(folder)
    with psycopg.connect(user.url) as conn:
        conn.execute("create table kept (n int)")
    user.kill()
    server = int((folder / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGKILL)
    wait_until_gone(server)

    again = User(folder)

    with psycopg.connect(again.url) as conn:
        assert conn.execute("select count(*) from kept").fetchone() == (0,)
        assert conn.execute("show wal_level").fetchone() == ("minimal",)
        assert conn.execute("show fsync").fetchone() == ("on",)
    again.leave()


def test_a_folder_that_cannot_hold_a_server_is_named(open_folder: Path) -> None:
    folder = open_folder / "postgres"
    folder.mkdir()
    (folder / "something").write_text("else")

    with pytest.raises(WarehouseError, match="does not start"):
        embedded.start(folder)


def test_a_long_recovery_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "postgresql.conf").write_text("# as made\n")
    (tmp_path / "postmaster.pid").write_text("1\nstarting\n")
    tries = iter([subprocess.TimeoutExpired("pg_ctl", 10), None])

    def start() -> None:
        error = next(tries)
        if error is not None:
            raise error

    def recover(_seconds: float) -> None:
        (tmp_path / "postmaster.pid").write_text("1\nready\n")

    monkeypatch.setattr(time, "sleep", recover)

    embedded._start(SimpleNamespace(pgdata=tmp_path, ensure_pgdata_inited=lambda: None, start=start))

    assert next(tries, "both tries were made") == "both tries were made"


def test_a_server_that_gives_up_while_recovering_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="stopped while recovering"):
        embedded._wait_until_ready(tmp_path)


def test_a_recovery_without_end_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "postmaster.pid").write_text("1\nstarting\n")
    monkeypatch.setattr(embedded, "RECOVERY_SECONDS", 0)

    with pytest.raises(RuntimeError, match="still recovers"):
        embedded._wait_until_ready(tmp_path)


def answers(url: str) -> bool:
    with psycopg.connect(url) as conn:
        return conn.execute("select true").fetchone() == (True,)


def is_running(folder: Path) -> bool:
    return (folder / "postmaster.pid").exists()


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 15
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
