"""A Tableau Server to publish to, which answers at once."""

from collections.abc import Iterator

import pytest
import tableau_server as stand_in
from tableau_held import MB, TableauServer
from tableauserverclient.server.endpoint import workbooks_endpoint

from pipeline.outputs.tableau import publishing, uploads


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
