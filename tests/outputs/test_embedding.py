"""Views of Tableau inside a page: which are shown, from where, and what lets a viewing in."""

import time
from typing import Any

import jwt
import pytest

from pipeline.errors import SelectionError, UserError
from pipeline.outputs.tableau.embedding import embedding_of, embedding_origin, viewing
from pipeline.settings import Settings

SECRET = "a-secret-of-more-than-thirty-two-characters"  # noqa: S105 - of these tests alone
GIVEN: dict[str, Any] = {
    "tableau_url": "https://tableau.example.org/#/site/energy/home",
    "tableau_site": "energy",
    "tableau_client_id": "client-1",
    "tableau_secret_id": "secret-1",
    "tableau_secret_value": SECRET,
    "tableau_user": "publisher@example.org",
}


def given(**changed: str | None) -> Settings:
    return Settings(**GIVEN | changed)


def test_a_viewing_is_one_view_of_the_configured_site_and_server() -> None:
    found = viewing(embedding_of(given()), "Wattscape/Overview")

    assert found.src == "https://tableau.example.org/t/energy/views/Wattscape/Overview"
    assert found.script == "https://tableau.example.org/javascripts/api/tableau.embedding.3.latest.min.js"


def test_the_default_site_has_no_name_in_the_address() -> None:
    found = viewing(embedding_of(given(tableau_site=None)), "/views/Wattscape/Übersicht")

    assert found.src == "https://tableau.example.org/views/Wattscape/%C3%9Cbersicht"


def test_the_token_says_who_may_do_what_for_how_long() -> None:
    began = int(time.time())

    text = viewing(embedding_of(given()), "Wattscape/Overview").token

    claims = jwt.decode(text, SECRET, algorithms=["HS256"], audience="tableau", issuer="client-1")
    header = jwt.get_unverified_header(text)
    assert claims.keys() == {"iss", "sub", "aud", "iat", "exp", "jti", "scp"}
    assert claims["sub"] == "publisher@example.org"
    assert claims["scp"] == ["tableau:views:embed"]
    assert began < claims["exp"] <= time.time() + 600
    assert header == {"alg": "HS256", "typ": "JWT", "kid": "secret-1", "iss": "client-1"}


def test_no_token_is_given_twice() -> None:
    embedding = embedding_of(given())

    found = [jwt.decode(viewing(embedding, "A/B").token, options={"verify_signature": False}) for _ in range(20)]

    assert len({claims["jti"] for claims in found}) == len(found)


def test_views_are_shown_as_the_viewer_where_there_is_one() -> None:
    text = viewing(embedding_of(given(tableau_viewer="viewer@example.org")), "A/B").token

    assert jwt.decode(text, options={"verify_signature": False})["sub"] == "viewer@example.org"


@pytest.mark.parametrize(
    "view",
    [
        "",
        "Wattscape",
        "Wattscape/",
        "/Wattscape/Overview",
        "//elsewhere.example/views/A/B",
        "https://elsewhere.example/views/A/B",
        "https://tableau.example.org/views/A/B",
        "javascript:alert(1)",
        "javascript:alert(1)/x",
        "../../admin/A",
        "views/../A",
        "A/..",
        "./B",
        "A/.hidden",
        "A/B/../../C",
        "A/B/C",
        "A%2f..%2fB/C",
        "A\\B/C",
        "A/B?:token=x",
        "A/B#x",
        "A/B;x=1",
        "A@elsewhere.example/B",
        "user:pass@elsewhere/B",
        "A/B\r\nSet-Cookie: x=1",
        "A /B",
        "A/<script>",
        'A/"onload="x',
        "A/\u202eB",
        "A/B\x00",
        "A/" + "B" * 200,
    ],
)
def test_what_names_no_view_is_refused(view: str) -> None:
    with pytest.raises(SelectionError, match="names no view"):
        viewing(embedding_of(given()), view)


def test_the_views_offered_are_checked_like_those_that_readers_name() -> None:
    assert embedding_of(given(tableau_views=" A/B, views/C/D ,")).views == ("A/B", "C/D")
    with pytest.raises(UserError, match="names no view"):
        embedding_of(given(tableau_views="A/B, https://elsewhere.example/C/D"))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"tableau_url": None}, "No Tableau server is set"),
        ({"tableau_url": "tableau.example.org"}, "is not an address"),
        ({"tableau_url": "ftp://tableau.example.org"}, "is not an address"),
        ({"tableau_url": "https://tableau.example.org;script-src *"}, "is not an address"),
        ({"tableau_url": "https://tableau.example.org 'unsafe-eval'"}, "is not an address"),
        ({"tableau_url": "https://*"}, "is not an address"),
        ({"tableau_url": "https://user:secret@tableau.example.org"}, "is not an address"),
        ({"tableau_url": "http://tableau.example.org"}, "must begin with https://"),
        ({"tableau_client_id": None}, "set WATTSCAPE_TABLEAU_CLIENT_ID"),
        ({"tableau_secret_value": None, "tableau_user": None}, "SECRET_VALUE, WATTSCAPE_TABLEAU_USER"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_opens_nothing(changed: dict[str, str | None], reason: str) -> None:
    settings = given(**changed)

    with pytest.raises(UserError, match=reason):
        embedding_of(settings)
    assert embedding_origin(settings) is None


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://tableau.example.org/", "https://tableau.example.org"),
        ("https://tableau.example.org:8443/x?y", "https://tableau.example.org:8443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_pages_may_load_from_one_origin(url: str, origin: str) -> None:
    assert embedding_origin(given(tableau_url=url)) == origin


def test_secrets_are_in_no_text_of_it() -> None:
    assert SECRET not in repr(embedding_of(given()))
    assert viewing(embedding_of(given()), "A/B").token not in repr(viewing(embedding_of(given()), "A/B"))
