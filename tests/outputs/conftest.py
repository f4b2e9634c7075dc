"""A Tableau Server to publish to, which answers at once, and a mail server."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest
import tableau_server as stand_in
from aiosmtpd.controller import Controller
from mail_stand_in import Mailbox
from tableau_held import MB, TableauServer
from tableauserverclient.server.endpoint import workbooks_endpoint

from pipeline.outputs.tableau import publishing, uploads
from pipeline.settings import settings


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TableauServer]:
    monkeypatch.setattr(publishing, "SECONDS_BETWEEN_LOOKS", (0.01, 0.02))
    monkeypatch.setattr(uploads, "FIRST_PAUSE_S", 0.01)
    with stand_in.tableau_server() as held:
        yield held


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send anything from 1 MB in parts of 3 MB."""
    monkeypatch.setenv("TSC_FILESIZE_LIMIT_MB", "1")
    monkeypatch.setattr(workbooks_endpoint, "FILESIZE_LIMIT", MB)  # the library's own, which no variable sets
    monkeypatch.setattr(uploads, "MOST_BYTES_A_PART", 3 * MB)


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch, unused_port: int) -> Iterator[Mailbox]:
    box = Mailbox(port=unused_port)
    controller = Controller(box, "127.0.0.1", box.port)
    controller.start()
    monkeypatch.setenv("WATTSCAPE_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("WATTSCAPE_SMTP_PORT", str(box.port))
    monkeypatch.setenv("WATTSCAPE_SMTP_SECURITY", "none")
    settings.cache_clear()
    yield box
    controller.stop()


@pytest.fixture
def unused_port() -> int:
    import socket  # noqa: PLC0415 - of this fixture alone

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def may_mount() -> None:
    """Skip where this user may not mount anything in a namespace of its own."""
    tried = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    if not shutil.which("unshare") or subprocess.run(tried, capture_output=True, check=False).returncode:  # noqa: S603 - our own
        pytest.skip("this user may not mount a tmpfs")
