import hashlib
import logging
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import requests
import tableau_held
from defusedxml.ElementTree import fromstring
from pydantic import SecretStr
from tableau_held import MB, Fault, TableauServer
from tableau_packages import APP, TOKEN, account, package, sent

from pipeline.errors import UserError
from pipeline.outputs.tableau.account import Token
from pipeline.outputs.tableau.publishing import publish
from pipeline.outputs.tableau.refusals import RefusedError

RECORDED = Path(__file__).parents[3] / "shared" / "tableau_rest"


def test_a_data_source_is_published_into_a_project_that_is_made(tmp_path: Path, server: TableauServer) -> None:
    path = package(tmp_path)
    seen: list[float] = []

    done = sent(path, server, description="Use of the campus", progress=lambda share, _what: seen.append(share))

    there = server.named("Campus")
    assert there.content == path.read_bytes()
    assert there.description == "Use of the campus"
    assert server.projects[there.project] == ("Wattscape", None)
    assert (done.content_id, done.project, done.bytes) == (there.id, "Wattscape", path.stat().st_size)
    assert done.url == f"{server.url}/#/site/energy/datasources/{there.id}"
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert server.tokens == {}  # signed out


def test_publishing_again_changes_the_data_alone(tmp_path: Path, server: TableauServer) -> None:
    first = sent(package(tmp_path), server)
    newer = package(tmp_path, 3000)

    second = sent(newer, server)

    assert second.content_id == first.content_id
    assert server.named("Campus").content == newer.read_bytes()
    assert len(server.projects) == 2
    assert len([line for line in server.asked if line.startswith("POST") and "/projects" in line]) == 1


def test_a_project_inside_another_is_found_by_its_place_not_its_name(tmp_path: Path, server: TableauServer) -> None:
    server.projects |= {"a": ("Energy", None), "b": ("Campus", None), "c": ("Energy", "b")}

    publish(package(tmp_path), "Use", account(server, project=("Campus", "Energy", "North")))

    (made,) = [name for name, known in server.projects.items() if known[0] == "North"]
    assert server.projects[made] == ("North", "c")
    assert server.named("Use").project == made


def test_a_project_made_by_somebody_else_at_that_moment_is_used(tmp_path: Path, server: TableauServer) -> None:
    server.faults.append(Fault("POST", "/projects", "done by another", "409006"))

    done = sent(package(tmp_path), server)

    assert done.project == "Wattscape"
    assert [name for name, _ in server.projects.values()].count("Wattscape") == 1


def test_a_project_that_may_not_be_made_is_named(tmp_path: Path, server: TableauServer) -> None:
    server.faults.append(Fault("POST", "/projects", "refuse", "403004"))

    with pytest.raises(RefusedError, match="making the project Wattscape"):
        sent(package(tmp_path), server)


def test_rows_are_appended_where_the_data_source_is_there(tmp_path: Path, server: TableauServer) -> None:
    first, more = package(tmp_path), package(tmp_path, 4000, "more.tdsx")

    sent(first, server, mode="append")
    sent(more, server, mode="append")

    assert server.named("Campus").content == first.read_bytes()
    assert server.named("Campus").appended == [more.read_bytes()]


def test_a_connected_app_signs_in_with_the_scopes_that_publishing_needs(tmp_path: Path, server: TableauServer) -> None:
    server.users["u1"] = "analyst@example.org"

    done = publish(package(tmp_path), "Campus", account(server, credentials=APP), viewers=["analyst@example.org"])

    assert done.viewers == 1


@pytest.mark.usefixtures("in_parts")
def test_a_large_file_arrives_in_parts_whole_and_in_order(tmp_path: Path, server: TableauServer) -> None:
    path = package(tmp_path, 10 * MB)

    sent(path, server)

    assert hashlib.sha256(server.named("Campus").content).digest() == hashlib.sha256(path.read_bytes()).digest()
    assert len([line for line in server.asked if line.startswith("PUT") and "fileUploads" in line]) == 4


def test_a_file_above_64_mb_is_sent_in_parts_by_default(tmp_path: Path, server: TableauServer) -> None:
    path = package(tmp_path, 65 * MB)

    sent(path, server)

    assert server.named("Campus").content == path.read_bytes()
    assert len([line for line in server.asked if line.startswith("PUT") and "fileUploads" in line]) == 3


def test_viewers_may_see_and_connect_and_unknown_ones_are_named(tmp_path: Path, server: TableauServer) -> None:
    server.users |= {"u1": "Ann@example.org", "u2": "ben", "u3": "cleo"}

    done = sent(package(tmp_path), server, viewers=["ann@example.org", "cleo", "dora"])

    assert (done.viewers, done.unknown_viewers) == (2, ("dora",))
    assert server.named("Campus").permissions == {
        "u1": {"Read": "Allow", "Connect": "Allow"},
        "u3": {"Read": "Allow", "Connect": "Allow"},
    }


def test_no_secret_and_no_session_is_logged(
    tmp_path: Path, server: TableauServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    sent(package(tmp_path), server)
    publish(package(tmp_path), "Campus", account(server, credentials=APP))
    with pytest.raises(RefusedError):
        publish(package(tmp_path), "Campus", account(server, credentials=Token("wattscape", SecretStr("wr0ng-secret"))))

    for secret in (tableau_held.TOKEN_SECRET, tableau_held.SECRET_VALUE, "wr0ng-secret"):
        assert secret not in caplog.text
        assert secret not in repr(account(server))
    assert "POST" in caplog.text  # there was something to look through


def test_a_file_that_is_not_there_is_named(tmp_path: Path, server: TableauServer) -> None:
    with pytest.raises(UserError, match=r"no file .*none\.tdsx"):
        sent(tmp_path / "none.tdsx", server)

    assert server.asked == []


def shape(node: ET.Element) -> tuple[str, frozenset[str], tuple[object, ...]]:
    """Tell what an answer is made of: names of elements and attributes, each kind of child once."""
    kinds = {}
    for one in node:
        kinds.setdefault(one.tag, shape(one))
    attributes = frozenset(name for name in node.attrib if not name.startswith("{"))
    return node.tag, attributes, tuple(kinds.values())


def assert_same_elements(ours: tuple[str, frozenset[str], tuple[object, ...]], theirs: object) -> None:
    tag, attributes, children = theirs  # type: ignore[misc]  # the same shape
    assert ours[0] == tag
    assert ours[1] <= attributes, f"{tag} has attributes that were never recorded: {ours[1] - attributes}"
    recorded = {one[0]: one for one in children}
    for one in ours[2]:
        assert one[0] in recorded, f"{tag} has {one[0]}, which was never recorded"  # type: ignore[index]
        assert_same_elements(one, recorded[one[0]])  # type: ignore[arg-type, index]


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers, ../shared/tableau_rest, are not here")
def test_the_stand_in_answers_in_the_shapes_recorded_from_tableau(tmp_path: Path, server: TableauServer) -> None:
    answers = all_answers(package(tmp_path), server)

    for name, answer in answers.items():
        assert_same_elements(shape(fromstring(answer)), shape(fromstring((RECORDED / name).read_bytes())))


def all_answers(path: Path, server: TableauServer) -> dict[str, bytes]:
    sent(path, server)
    api = f"{server.url}/api/{server.version}"
    names = ("personalAccessTokenName", "personalAccessTokenSecret")
    wanted = dict(zip(names, (TOKEN.name, TOKEN.secret.get_secret_value()), strict=True))
    right, wrong = ET.Element("tsRequest"), ET.Element("tsRequest")
    ET.SubElement(ET.SubElement(right, "credentials", wanted), "site", {"contentUrl": server.site})
    ET.SubElement(ET.SubElement(wrong, "credentials"), "site", {"contentUrl": server.site})
    signed_in = requests.post(f"{api}/auth/signin", ET.tostring(right), timeout=5).content
    headers = {"X-Tableau-Auth": fromstring(signed_in).find("{*}credentials").get("token")}
    site, pages = f"{api}/sites/{server.site}", {"pageNumber": "1", "pageSize": "100"}
    job = next(iter(server.jobs))
    return {
        "server_info_get.xml": requests.get(f"{api}/serverInfo", timeout=5).content,
        "auth_sign_in.xml": signed_in,
        "auth_sign_in_error.xml": requests.post(f"{api}/auth/signin", ET.tostring(wrong), timeout=5).content,
        "project_get.xml": requests.get(f"{site}/projects", pages, headers=headers, timeout=5).content,
        "datasource_get.xml": requests.get(f"{site}/datasources", pages, headers=headers, timeout=5).content,
        "job_get_by_id_completed.xml": requests.get(f"{site}/jobs/{job}", headers=headers, timeout=5).content,
        "fileupload_initialize.xml": requests.post(f"{site}/fileUploads", headers=headers, timeout=5).content,
    }
