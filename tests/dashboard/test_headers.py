import base64
import hashlib
import re

import pytest
from flask.testing import FlaskClient

from dashboard.headers import MOST_BYTES

INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>(.*?)</script>", re.DOTALL)


def script_sources(client: FlaskClient) -> list[str]:
    policy = client.get("/").headers["Content-Security-Policy"]
    return next(part.split()[1:] for part in policy.split("; ") if part.startswith("script-src"))


def test_scripts_run_from_our_own_files_or_by_hash_and_nowhere_else(client: FlaskClient) -> None:
    sources = script_sources(client)

    assert sources[0] == "'self'"
    assert sources[1:]
    assert all(source.startswith("'sha256-") for source in sources[1:])


def test_every_inline_script_of_the_page_is_allowed_by_its_hash(client: FlaskClient) -> None:
    sources = script_sources(client)

    scripts = INLINE_SCRIPT.findall(client.get("/").text)

    assert scripts
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in sources


def test_plain_http_is_not_told_to_become_https(client: FlaskClient) -> None:
    response = client.get("/")

    assert response.status_code == 200
    assert "Strict-Transport-Security" not in response.headers


def test_https_is_told_to_stay_so(client: FlaskClient) -> None:
    response = client.get("/", base_url="https://energy.example")

    assert "max-age" in response.headers["Strict-Transport-Security"]


def test_the_page_asks_no_other_host_for_anything(client: FlaskClient) -> None:
    page = client.get("/").text

    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/uploads?name=a.csv", "/_dash-update-component"])
def test_changes_from_another_site_are_refused(client: FlaskClient, headers: dict[str, str], path: str) -> None:
    response = client.post(path, data=b"x", headers=headers)

    assert response.status_code == 403


@pytest.mark.parametrize(
    "body", ["[]", "1", "null", "{}", '{"output": 5}', '{"output": "x.y"}', '{"output": "breadcrumb.children"}', "{"]
)
def test_what_is_no_callback_is_a_bad_request(client: FlaskClient, body: str) -> None:
    response = client.post("/_dash-update-component", data=body, content_type="application/json")

    assert response.status_code == 400


def test_a_body_that_would_fill_the_memory_is_refused(client: FlaskClient) -> None:
    body = '{"output": "' + "x" * MOST_BYTES + '"}'

    response = client.post("/_dash-update-component", data=body, content_type="application/json")

    assert response.status_code == 413


def test_a_file_whose_address_names_its_version_is_kept_for_good(client: FlaskClient) -> None:
    with client.get("/assets/theme.js?m=1") as named, client.get("/assets/mark.svg") as plain:
        kept = [response.headers["Cache-Control"] for response in (named, plain)]

    assert kept == ["max-age=31536000", "max-age=3600"]


def test_pages_and_missing_files_are_not_kept(client: FlaskClient) -> None:
    assert "max-age" not in client.get("/").headers.get("Cache-Control", "")
    assert "max-age" not in client.get("/assets/none.js?m=1").headers.get("Cache-Control", "")
