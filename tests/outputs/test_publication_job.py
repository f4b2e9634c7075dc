"""Publishing as a job of the worker, and as commands."""

import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import tableau_held
import tableau_server as stand_in
import three_zones as zones
from databases import database, using
from tableau_held import Fault, TableauServer

from pipeline import __main__ as command_line
from pipeline.errors import UserError
from pipeline.jobs import exports, worker
from pipeline.jobs.rows import JobRow
from pipeline.outputs.options import PackageKind
from pipeline.outputs.tableau import publishing
from pipeline.settings import settings
from pipeline.warehouse.engine import connect


@pytest.fixture(scope="module", autouse=True)
def filled(postgres: str, template: str) -> Iterator[None]:
    """Fill one warehouse for all of these tests, each of which adds rows of its own."""
    with database(postgres, template) as url, using(url):
        zones.fill()
        yield


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TableauServer]:
    """Serve, and set where and as whom to publish."""
    monkeypatch.setattr(publishing, "SECONDS_BETWEEN_LOOKS", (0.01, 0.02))
    with stand_in.tableau_server() as held:
        monkeypatch.setenv("WATTSCAPE_TABLEAU_URL", held.url)
        monkeypatch.setenv("WATTSCAPE_TABLEAU_SITE", held.site)
        monkeypatch.setenv("WATTSCAPE_TABLEAU_TOKEN_NAME", tableau_held.TOKEN_NAME)
        monkeypatch.setenv("WATTSCAPE_TABLEAU_TOKEN_SECRET", tableau_held.TOKEN_SECRET)
        settings.cache_clear()
        yield held
    settings.cache_clear()


def request(kind: PackageKind = "tdsx") -> int:
    filters = zones.filters(date(2024, 5, 1), date(2024, 5, 4), place="Kolkata")
    return exports.request_publication(filters, requested_by="analyst", kind=kind)


def listed(number: int) -> pd.Series:
    with connect() as conn:
        return exports.listed(conn).set_index("id").loc[number]


def left_behind(number: int) -> list[str]:
    return [one.name for one in (settings().data_folder / "exports" / str(number)).rglob("*")]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """Run a command as `python -m pipeline` does and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["pipeline", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        command_line.main()
    return int(left.value.code or 0)


def test_a_publication_is_made_followed_and_kept(server: TableauServer) -> None:
    number = request()
    assert listed(number)["state"] == "waiting"

    worker.run_worker(until_idle=True)

    row, there = listed(number), server.named("Kolkata (Wattscape)")
    with connect() as conn:
        path = exports.export_file(conn, number)
    assert (row["state"], row["progress"], row["kind"]) == ("ready", 1.0, "tdsx")
    address = f"{server.url}/#/site/energy/datasources/{there.id}"
    assert row["message"] == f"Published as the data source Kolkata (Wattscape) in Wattscape: {address}"
    assert there.content == path.read_bytes()
    assert row["rows"] > 0


def test_a_workbook_is_made_published_and_kept(server: TableauServer) -> None:
    number = request("twbx")

    worker.run_worker(until_idle=True)

    row, there = listed(number), server.named("Kolkata (Wattscape)", "workbooks")
    with connect() as conn:
        path = exports.export_file(conn, number)
    assert (row["state"], row["kind"], path.suffix) == ("ready", "twbx", ".twbx")
    assert row["message"].startswith("Published as the workbook Kolkata (Wattscape) in Wattscape: http")
    assert there.content == path.read_bytes()


def test_rows_are_not_added_to_a_workbook(server: TableauServer) -> None:
    with pytest.raises(UserError, match="not to a workbook"):
        exports.request_publication(zones.filters(), requested_by="analyst", kind="twbx", mode="append")

    assert server.asked == []


def test_a_refusal_fails_the_job_in_plain_words_and_leaves_no_file(server: TableauServer) -> None:
    server.faults.append(Fault("POST", "/datasources", "refuse", "403007"))
    number = request()

    worker.run_worker(until_idle=True)

    assert listed(number)["state"] == "failed"
    assert "ask its administrator for the right" in listed(number)["message"]
    assert left_behind(number) == []


def test_a_publication_cancelled_midway_publishes_nothing(
    server: TableauServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = request()
    tell = JobRow.tell

    def cancel_first(row: JobRow, share: float, message: str) -> None:
        exports.cancel_export(number)
        tell(row, share, message)

    monkeypatch.setattr(JobRow, "tell", cancel_first)
    worker.run_worker(until_idle=True)

    assert listed(number)["state"] == "cancelled"
    assert server.datasources == {}
    assert left_behind(number) == []


def test_without_a_tableau_it_is_refused_at_once() -> None:
    with pytest.raises(UserError, match="WATTSCAPE_TABLEAU_URL"):
        request()


@pytest.mark.parametrize("kind", ["tdsx", "twbx"])
def test_a_package_is_exported_by_the_worker(kind: PackageKind) -> None:
    filters = zones.filters(date(2024, 5, 1), date(2024, 5, 4))
    number = exports.request_export(filters, kind, requested_by="analyst")

    worker.run_worker(until_idle=True)

    assert (listed(number)["state"], listed(number)["message"]) == ("ready", "")
    with connect() as conn:
        path = exports.export_file(conn, number)
    assert path.name == f"earth-2024-05-01-to-2024-05-04.{kind}"
    assert zipfile.ZipFile(path).testzip() is None


def test_a_data_source_is_exported_and_published_from_the_command_line(
    tmp_path: Path, server: TableauServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "berlin.tdsx"
    period = ("--site", "Berlin", "--from", "2024-05-01", "--to", "2024-05-03", "--json")

    assert run(monkeypatch, "export", "tdsx", "--out", path, *period) == 0
    made = json.loads(capsys.readouterr().out)
    assert run(monkeypatch, "publish", path, "--name", "Use of Berlin", "--json") == 0
    published = json.loads(capsys.readouterr().out)
    assert run(monkeypatch, "publish", *period) == 0
    again = json.loads(capsys.readouterr().out)
    assert run(monkeypatch, "publish", "--workbook", *period) == 0
    book = json.loads(capsys.readouterr().out)

    assert list(made) == ["path", "rows", "energy_kwh", "peak_kw", "sha256", "seconds"]
    assert server.named("Use of Berlin").content == path.read_bytes()
    assert (published["mode"], published["bytes"]) == ("overwrite", path.stat().st_size)
    assert again["content_id"] == server.named("Berlin (Wattscape)").id
    assert (book["kind"], book["content_id"]) == ("twbx", server.named("Berlin (Wattscape)", "workbooks").id)


def test_commands_say_in_one_line_what_is_wrong(
    tmp_path: Path, server: TableauServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {
        ("export", "tdsx", "--out", tmp_path / "x.zip"): "must end in .tdsx",
        ("export", "twbx", "--out", tmp_path / "x.twbx", "--site", "Nowhere"): "no site called 'Nowhere'",
        ("publish", tmp_path / "none.tdsx"): "export it first",
        ("publish", tmp_path / "none.tdsx", "--site", "Berlin"): "not both",
        ("publish", "--workbook", "--append", "--site", "Berlin"): "not to a workbook",
        ("publish", tmp_path / "none.zip"): "neither a data source (.tdsx) nor a workbook (.twbx)",
    }

    for arguments, sentence in wrong.items():
        assert run(monkeypatch, *arguments) == 2
        said = capsys.readouterr().err
        assert sentence in said
        assert said.count("\n") == 1
    assert server.asked == []
    assert list(tmp_path.iterdir()) == []
