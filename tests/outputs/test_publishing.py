import hashlib
import logging
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import requests
import tableau_held
import tableau_server as stand_in
from defusedxml.ElementTree import fromstring
from pydantic import SecretStr
from tableau_held import MB, Fault, TableauServer

from pipeline.errors import UserError
from pipeline.outputs.tableau import publishing, uploads
from pipeline.outputs.tableau.account import Account, ConnectedApp, Token, account_of, is_configured
from pipeline.outputs.tableau.publishing import Publication, publish
from pipeline.outputs.tableau.refusals import RefusedError, UnreachableError
from pipeline.settings import Settings

RECORDED = Path(__file__).parents[3] / "shared" / "tableau_rest"
TOKEN = Token(tableau_held.TOKEN_NAME, SecretStr(tableau_held.TOKEN_SECRET))
APP = ConnectedApp(
    tableau_held.CLIENT_ID, tableau_held.SECRET_ID, SecretStr(tableau_held.SECRET_VALUE), "analyst@example.org"
)


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
    monkeypatch.setattr(uploads, "MOST_BYTES_A_PART", 3 * MB)


def account(server: TableauServer, **changes: object) -> Account:
    values = {"url": server.url, "site": server.site, "credentials": TOKEN, "timeout_s": 5.0, "wait_s": 5.0}
    return Account(**(values | changes))  # type: ignore[arg-type]  # each test names what it changes


def package(folder: Path, size: int = 2000, name: str = "campus.tdsx") -> Path:
    """Write a package with incompressible content, so that what arrives can be told from what was sent."""
    path = folder / name
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("campus.tds", "<datasource/>")
        file.writestr("Data/Extracts/campus.hyper", random.Random(size).randbytes(size))  # noqa: S311 - no secret
    return path


def sent(path: Path, server: TableauServer, **options: object) -> Publication:
    return publish(path, "Campus", account(server), **options)  # type: ignore[arg-type]  # as above


def test_a_data_source_is_published_into_a_project_that_is_made(tmp_path: Path, server: TableauServer) -> None:
    path = package(tmp_path)
    seen: list[float] = []

    done = sent(path, server, description="Use of the campus", progress=lambda share, _what: seen.append(share))

    there = server.named("Campus")
    assert there.content == path.read_bytes()
    assert there.description == "Use of the campus"
    assert server.projects[there.project] == ("Wattscape", None)
    assert (done.datasource_id, done.project, done.bytes) == (there.id, "Wattscape", path.stat().st_size)
    assert done.url == f"{server.url}/#/site/energy/datasources/{there.id}"
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert server.tokens == {}  # signed out


def test_publishing_again_changes_the_data_alone(tmp_path: Path, server: TableauServer) -> None:
    first = sent(package(tmp_path), server)
    newer = package(tmp_path, 3000)

    second = sent(newer, server)

    assert second.datasource_id == first.datasource_id
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


def test_an_append_whose_answer_is_lost_is_not_done_twice(tmp_path: Path, server: TableauServer) -> None:
    sent(package(tmp_path), server)
    server.faults.append(Fault("POST", "/datasources", "drop answer"))

    with pytest.raises(UnreachableError, match="look there whether they have arrived"):
        sent(package(tmp_path, 4000), server, mode="append")

    assert len(server.named("Campus").appended) == 1


def test_a_lost_answer_to_an_overwrite_is_made_good(tmp_path: Path, server: TableauServer) -> None:
    server.faults.append(Fault("POST", "/datasources", "drop answer"))
    path = package(tmp_path)

    sent(path, server)

    assert [one.content for one in server.datasources.values()] == [path.read_bytes()]


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


@pytest.mark.usefixtures("in_parts")
@pytest.mark.parametrize("how", ["drop unread", "drop midway", "drop answer", "refuse"])
def test_a_connection_dropped_on_the_way_is_resumed(
    tmp_path: Path, server: TableauServer, how: tableau_held.How
) -> None:
    path = package(tmp_path, 10 * MB)
    server.faults.append(Fault("PUT", "fileUploads", how, after=1))

    sent(path, server)

    assert server.named("Campus").content == path.read_bytes()


@pytest.mark.usefixtures("in_parts")
def test_a_part_that_had_arrived_though_its_answer_was_lost_is_not_kept_twice(
    tmp_path: Path, server: TableauServer
) -> None:
    path = package(tmp_path, 10 * MB)
    server.faults.append(Fault("PUT", "fileUploads", "drop answer", after=2))

    sent(path, server)

    begun = [line for line in server.asked if line.startswith("POST") and "fileUploads" in line]
    assert len(begun) == 2
    assert server.named("Campus").content == path.read_bytes()


@pytest.mark.usefixtures("in_parts")
def test_a_connection_that_always_drops_is_given_up_in_words(tmp_path: Path, server: TableauServer) -> None:
    server.faults.append(Fault("PUT", "fileUploads", "drop midway", times=1000))

    with pytest.raises(UnreachableError, match=r"The connection to .* failed at publishing Campus"):
        sent(package(tmp_path, 4 * MB), server)

    assert server.datasources == {}


def test_a_look_at_the_job_that_fails_is_no_verdict(tmp_path: Path, server: TableauServer) -> None:
    server.looks_a_job = 4
    server.faults.append(Fault("GET", "/jobs/", "drop unread", times=2, after=1))

    assert sent(package(tmp_path), server).name == "Campus"


def test_a_job_that_fails_says_why(tmp_path: Path, server: TableauServer) -> None:
    server.job_failure = "The extract could not be opened"

    with pytest.raises(RefusedError, match=r"failed at publishing Campus: The extract could not be opened\."):
        sent(package(tmp_path), server)


def test_a_job_that_takes_too_long_is_named_as_such(tmp_path: Path, server: TableauServer) -> None:
    server.looks_a_job = 1000

    with pytest.raises(UnreachableError, match="WATTSCAPE_TABLEAU_WAIT_MINUTES"):
        publish(package(tmp_path), "Campus", account(server, wait_s=0.2))


REFUSALS = [
    (("POST", "/datasources"), "401002", "Tableau ended the session at publishing Campus"),
    (("GET", "/projects"), "403004", "may not do this at the site energy .* ask its administrator"),
    (("POST", "/datasources"), "403007", "may not do this at the site energy .* ask its administrator"),
    (("POST", "/datasources"), "404005", "is not there: check the names of site and project"),
    (("POST", "/datasources"), "409004", "there already, or is being changed by somebody else"),
    (("POST", "/datasources"), "413000", "larger than this Tableau or a proxy before it takes"),
    (("POST", "/datasources"), "400011", "Tableau refused at publishing Campus"),
]


@pytest.mark.parametrize(("where", "code", "sentence"), REFUSALS)
def test_a_refusal_is_put_in_plain_words_with_what_tableau_said(
    tmp_path: Path, server: TableauServer, where: tuple[str, str], code: str, sentence: str
) -> None:
    server.faults.append(Fault(*where, "refuse", code))

    with pytest.raises(RefusedError, match=sentence) as raised:
        sent(package(tmp_path), server)

    assert f"Because the test says so ({code})" in str(raised.value)
    assert raised.value.status == int(code[:3])
    assert "\n" not in str(raised.value)


BREAKDOWNS = [
    (("html", "413000"), RefusedError, "larger than this Tableau or a proxy"),
    (("html", "502000"), UnreachableError, r"broke down at publishing Campus \(HTTP status 502\)"),
    (("html", "504000"), UnreachableError, "gave up waiting at publishing Campus"),
    (("html", "407000"), RefusedError, "is not Tableau"),
    (("drop unread", ""), UnreachableError, "The connection to the site energy .* failed at publishing Campus"),
    (("slow", ""), UnreachableError, "did not answer in time at publishing Campus"),
]


@pytest.mark.parametrize(("fault", "kind", "sentence"), BREAKDOWNS)
def test_what_lies_between_is_told_from_what_tableau_says(
    tmp_path: Path, server: TableauServer, fault: tuple[tableau_held.How, str], kind: type[Exception], sentence: str
) -> None:
    server.faults.append(Fault("POST", "/datasources", *fault, times=2))

    with pytest.raises(kind, match=sentence):
        publish(package(tmp_path), "Campus", account(server, timeout_s=0.5))


@pytest.mark.parametrize(
    "credentials",
    [Token(tableau_held.TOKEN_NAME, SecretStr("another")), ConnectedApp("c", "s", SecretStr("x" * 32), "u")],
)
def test_a_wrong_secret_is_refused_in_words_that_do_not_tell_it(
    tmp_path: Path, server: TableauServer, credentials: Token | ConnectedApp
) -> None:
    with pytest.raises(RefusedError, match="did not accept the sign-in to the site energy"):
        publish(package(tmp_path), "Campus", account(server, credentials=credentials))


def test_a_site_that_does_not_exist_is_refused(tmp_path: Path, server: TableauServer) -> None:
    with pytest.raises(RefusedError, match="check the name of the site"):
        publish(package(tmp_path), "Campus", account(server, site="elsewhere"))


def test_an_old_tableau_is_refused_before_anything_is_sent(tmp_path: Path, server: TableauServer) -> None:
    server.version = "3.6"

    with pytest.raises(RefusedError, match=r"too old to publish to \(REST API 3.6\)"):
        sent(package(tmp_path), server)

    assert [line.split()[0] for line in server.asked] == ["GET"]


def test_nobody_at_the_address_is_told(tmp_path: Path) -> None:
    nobody = Account("http://127.0.0.1:9", "energy", TOKEN, timeout_s=2)

    with pytest.raises(UnreachableError, match="check WATTSCAPE_TABLEAU_URL"):
        publish(package(tmp_path), "Campus", nobody)


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


SETTINGS = [
    ({}, "WATTSCAPE_TABLEAU_URL"),
    ({"tableau_url": "tableau.example.org"}, "is not an address"),
    ({"tableau_url": "https://t.org"}, "nothing to sign in"),
    ({"tableau_url": "https://t.org", "tableau_token_name": "x"}, "set WATTSCAPE_TABLEAU_TOKEN_SECRET"),
    (
        {"tableau_url": "https://t.org", "tableau_client_id": "x", "tableau_secret_id": "y"},
        "set WATTSCAPE_TABLEAU_SECRET_VALUE and WATTSCAPE_TABLEAU_USER",
    ),
    ({"tableau_url": "https://t.org", "tableau_project": "Energy//Campus"}, "an empty name"),
]


@pytest.mark.parametrize(("values", "sentence"), SETTINGS)
def test_settings_that_are_missing_are_named(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        account_of(Settings(**values))  # type: ignore[arg-type]  # as the environment gives them


def test_an_account_is_read_from_the_settings() -> None:
    settings = Settings(
        tableau_url="https://tableau.example.org/",
        tableau_site="energy",
        tableau_project="Energy / Campus",
        tableau_token_name="t",  # noqa: S106 - the name of a token
        tableau_token_secret=SecretStr("s"),
    )

    found = account_of(settings)

    assert (found.url, found.project) == ("https://tableau.example.org", ("Energy", "Campus"))
    assert found.place == "the site energy of tableau.example.org"
    assert is_configured(settings)
    assert not is_configured(Settings())


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
