"""Starter workbooks on Tableau: what is theirs alone; what they share with data sources is in `test_publishing`."""

from pathlib import Path

import pytest
from tableau_held import MB, Fault, TableauServer
from tableau_packages import APP, account, package, sent

from pipeline.errors import UserError
from pipeline.outputs.tableau.publishing import publish
from pipeline.outputs.tableau.refusals import RefusedError


def workbook(folder: Path, size: int = 2000) -> Path:
    return package(folder, size, "campus.twbx")


def test_a_workbook_is_published_into_a_project_that_is_made(tmp_path: Path, server: TableauServer) -> None:
    path = workbook(tmp_path)

    done = sent(path, server, description="Use of the campus")

    there = server.named("Campus", "workbooks")
    assert there.content == path.read_bytes()
    assert there.description == "Use of the campus"
    assert server.projects[there.project] == ("Wattscape", None)
    assert (done.kind, done.content_id) == ("twbx", there.id)
    assert (
        done.sentence
        == f"Published as the workbook Campus in Wattscape: {server.url}/#/site/energy/workbooks/{there.id}"
    )
    assert server.datasources == {}


def test_a_workbook_and_a_data_source_of_one_name_do_not_meet(tmp_path: Path, server: TableauServer) -> None:
    source, book, newer = package(tmp_path), workbook(tmp_path), None
    first = sent(source, server)

    second = sent(book, server)
    newer = sent(workbook(tmp_path, 3000), server)

    assert server.named("Campus").content == source.read_bytes()
    assert server.named("Campus", "workbooks").content == (tmp_path / "campus.twbx").read_bytes()
    assert newer.content_id == second.content_id != first.content_id


@pytest.mark.usefixtures("in_parts")
def test_a_large_workbook_arrives_in_parts_though_the_connection_drops(tmp_path: Path, server: TableauServer) -> None:
    path = workbook(tmp_path, 10 * MB)
    server.faults.append(Fault("PUT", "fileUploads", "drop midway", after=1))

    sent(path, server)

    assert server.named("Campus", "workbooks").content == path.read_bytes()
    assert len([line for line in server.asked if line.startswith("PUT") and "fileUploads" in line]) >= 4


def test_a_workbook_above_64_mb_is_sent_in_parts_by_default(tmp_path: Path, server: TableauServer) -> None:
    path = workbook(tmp_path, 65 * MB)

    sent(path, server)

    assert server.named("Campus", "workbooks").content == path.read_bytes()
    assert len([line for line in server.asked if line.startswith("PUT") and "fileUploads" in line]) == 3


def test_a_lost_answer_to_a_workbook_is_made_good(tmp_path: Path, server: TableauServer) -> None:
    server.faults.append(Fault("POST", "/workbooks", "drop answer"))
    path = workbook(tmp_path)

    sent(path, server)

    assert [one.content for one in server.workbooks.values()] == [path.read_bytes()]


def test_viewers_may_see_and_filter_it_with_the_scopes_of_a_connected_app(
    tmp_path: Path, server: TableauServer
) -> None:
    server.users["u1"] = "ann"

    done = publish(workbook(tmp_path), "Campus", account(server, credentials=APP), viewers=["ann", "dora"])

    assert (done.viewers, done.unknown_viewers) == (1, ("dora",))
    assert server.named("Campus", "workbooks").permissions == {"u1": {"Read": "Allow", "Filter": "Allow"}}


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("403007", "may not do this at the site energy .* ask its administrator"),
        ("409004", "there already, or is being changed by somebody else"),
        ("413000", "larger than this Tableau or a proxy before it takes"),
    ],
)
def test_a_refused_workbook_is_told_in_plain_words(
    tmp_path: Path, server: TableauServer, code: str, sentence: str
) -> None:
    server.faults.append(Fault("POST", "/workbooks", "refuse", code))

    with pytest.raises(RefusedError, match=sentence):
        sent(workbook(tmp_path), server)


@pytest.mark.parametrize(
    ("name", "mode", "sentence"),
    [
        ("campus.twbx", "append", "not to a workbook: let the workbook be overwritten"),
        ("campus.zip", "overwrite", r"neither a data source \(\.tdsx\) nor a workbook \(\.twbx\)"),
    ],
)
def test_what_cannot_be_published_is_refused_before_anything_is_asked(
    tmp_path: Path, server: TableauServer, name: str, mode: str, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        sent(package(tmp_path, name=name), server, mode=mode)

    assert server.asked == []
