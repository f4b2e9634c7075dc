"""Publishing when Tableau refuses, breaks down or is lost on the way."""

from pathlib import Path

import pytest
import tableau_held
from pydantic import SecretStr
from tableau_held import MB, Fault, TableauServer
from tableau_packages import TOKEN, account, package, sent

from pipeline.outputs.tableau.account import Account, ConnectedApp, Token
from pipeline.outputs.tableau.publishing import publish
from pipeline.outputs.tableau.refusals import RefusedError, UnreachableError


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
