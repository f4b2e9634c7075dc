"""The request with which the browser gets a view of Tableau and the token for it."""

import json
import logging
from collections.abc import Iterator

import jwt
import pytest
from flask.testing import FlaskClient

from dashboard.headers import policy
from pipeline.settings import settings

SECRET = "a-secret-of-more-than-thirty-two-characters"  # noqa: S105 - of these tests alone
TABLEAU = "https://tableau.example.org"
ASKED = "/tableau/viewing"


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    given = {"URL": TABLEAU, "CLIENT_ID": "client-1", "SECRET_ID": "secret-1", "SECRET_VALUE": SECRET, "USER": "viewer"}
    for name, value in given.items():
        monkeypatch.setenv(f"WATTSCAPE_TABLEAU_{name}", value)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("configured")
def test_a_viewing_is_given_to_nobody_else_and_kept_nowhere(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        first, second = (client.post(ASKED, json={"view": "Wattscape/Overview"}) for _ in range(2))

    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in first.headers
    given = [json.loads(answer.text) for answer in (first, second)]
    assert given[0]["src"] == f"{TABLEAU}/views/Wattscape/Overview"
    tokens = [one["token"] for one in given]
    claims = [jwt.decode(text, SECRET, algorithms=["HS256"], audience="tableau") for text in tokens]
    assert claims[0]["jti"] != claims[1]["jti"]
    assert not [record for record in caplog.records if any(text in record.getMessage() for text in tokens)]


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    "body", [{}, [], None, {"view": None}, {"view": 5}, {"view": ["A/B"]}, {"view": "https://elsewhere.example/A/B"}]
)
def test_what_names_no_view_gets_no_token(client: FlaskClient, body: object) -> None:
    answer = client.post(ASKED, json=body)

    assert answer.status_code == 400
    assert "names no view" in answer.text
    assert "token" not in answer.text


@pytest.mark.usefixtures("configured")
def test_another_site_gets_no_token(client: FlaskClient) -> None:
    answer = client.post(ASKED, json={"view": "A/B"}, headers={"Origin": "https://elsewhere.example"})

    assert answer.status_code == 403


@pytest.mark.usefixtures("configured")
def test_an_address_alone_gets_no_token(client: FlaskClient) -> None:
    assert "eyJ" not in client.get(f"{ASKED}?view=A/B").text
    assert client.post(ASKED, data={"view": "A/B"}).status_code == 400


def test_without_a_connected_app_it_says_what_to_set(client: FlaskClient) -> None:
    answer = client.post(ASKED, json={"view": "A/B"})

    assert answer.status_code == 400
    assert "WATTSCAPE_TABLEAU_URL" in answer.text


def test_pages_may_use_no_other_host_where_no_views_are_shown(client: FlaskClient) -> None:
    rules = client.get("/tableau").headers["Content-Security-Policy"]

    assert "://" not in rules
    assert "frame-src" not in rules
    assert policy(["'self'"], None).keys() == {part.split()[0] for part in rules.split("; ")}


def test_pages_may_use_one_other_host_for_what_views_need_alone() -> None:
    closed, opened = policy(["'self'"], None), policy(["'self'", TABLEAU], TABLEAU)

    changed = {name: rule for name, rule in opened.items() if closed.get(name) != rule}

    assert changed == {name: ["'self'", TABLEAU] for name in ("script-src", "connect-src", "frame-src")}
