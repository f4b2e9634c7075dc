import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from dashboard.uploads import LONGEST_NAME, safe_name, uploaded
from pipeline.errors import FileError
from pipeline.settings import settings

MEGABYTE = 1_000_000


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("WATTSCAPE_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("WATTSCAPE_MAX_UPLOAD_MB", "1")
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_a_file_arrives_whole(client: FlaskClient) -> None:
    content = bytes(range(256)) * 3_000

    answer = client.post("/uploads?name=load.csv", data=content)

    assert answer.status_code == 201
    stored = uploaded(answer.json["token"], answer.json["name"])
    assert stored.read_bytes() == content
    assert answer.json["bytes"] == len(content)


def test_two_files_of_one_name_do_not_meet(client: FlaskClient) -> None:
    first = client.post("/uploads?name=a.csv", data=b"first").json
    second = client.post("/uploads?name=a.csv", data=b"second").json

    assert uploaded(first["token"], "a.csv").read_bytes() == b"first"
    assert uploaded(second["token"], "a.csv").read_bytes() == b"second"


def test_a_file_that_says_it_is_too_large_is_refused_unread(client: FlaskClient, data_folder: Path) -> None:
    answer = client.post("/uploads?name=big.csv", data=b"x" * (MEGABYTE + 1))

    assert answer.status_code == 413
    assert "big.csv is larger than 1 MB" in answer.text
    assert not list(data_folder.rglob("*.csv"))


def test_a_file_that_hides_its_size_is_stopped_and_removed(client: FlaskClient, data_folder: Path) -> None:
    endless = io.BytesIO(b"x" * (3 * MEGABYTE))

    answer = client.post(
        "/uploads?name=sly.csv", input_stream=endless, environ_overrides={"wsgi.input_terminated": True}
    )

    assert answer.status_code == 413
    assert not list(data_folder.rglob("sly*"))


def test_a_file_that_breaks_off_is_refused_and_removed(client: FlaskClient, data_folder: Path) -> None:
    half = {"CONTENT_LENGTH": "1000"}

    answer = client.post("/uploads?name=half.csv", input_stream=io.BytesIO(b"x" * 500), environ_overrides=half)

    assert answer.status_code == 400
    assert not list((data_folder / "uploads").iterdir())


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..\\..\\boot.ini", "..", "", ".bashrc", "a/../../b.csv", "\x00.csv"]
)
def test_no_name_leaves_the_folder(client: FlaskClient, data_folder: Path, name: str) -> None:
    answer = client.post("/uploads", query_string={"name": name}, data=b"x")

    stored = uploaded(answer.json["token"], answer.json["name"])
    assert stored.resolve().is_relative_to((data_folder / "uploads").resolve())
    assert not stored.name.startswith(".")


@given(st.text())
def test_safe_names_are_plain_and_stay_the_same_when_made_safe_again(name: str) -> None:
    safe = safe_name(name)

    assert 0 < len(safe) <= LONGEST_NAME
    assert "/" not in safe
    assert "\\" not in safe
    assert safe_name(safe) == safe


def test_the_ending_of_a_long_name_is_kept() -> None:
    assert safe_name("x" * 500 + ".csv.gz").endswith(".csv.gz")


@pytest.mark.parametrize("token", ["", "..", "../uploads", "0" * 31, "0" * 32, "g" * 32, "A" * 32])
def test_an_unknown_token_opens_nothing(token: str) -> None:
    with pytest.raises(FileError, match="Choose the file again"):
        uploaded(token, "a.csv")
