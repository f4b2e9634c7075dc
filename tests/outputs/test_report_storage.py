"""Scheduled reports into a folder, and into an S3 of this machine."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import time, timedelta
from pathlib import Path

import boto3
import pytest
import three_zones as zones
from moto.server import ThreadedMotoServer
from report_runs import DUE, add, deliveries, killed_when, run

from pipeline.jobs import exports
from pipeline.outputs.alerts.errors import TargetError
from pipeline.outputs.reports.rhythm import Rhythm
from pipeline.outputs.reports.storage import place_of, store
from pipeline.settings import settings
from pipeline.warehouse.engine import connect

pytestmark = pytest.mark.usefixtures("warehouse")
BUCKET, SECRET = "wattscape-reports", "not-to-be-told"


@pytest.fixture(autouse=True)
def filled(warehouse: str) -> None:  # noqa: ARG001 - to be there first
    zones.fill()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    for name, value in {
        "S3_ENDPOINT_URL": address, "S3_KEY": "a-key", "S3_SECRET": SECRET, "REPORT_BUCKETS": f"other, {BUCKET}",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"WATTSCAPE_{name}", value)
    settings.cache_clear()
    client = boto3.client(
        "s3", endpoint_url=address, aws_access_key_id="a-key", aws_secret_access_key=SECRET, region_name="us-east-1"
    )
    client.create_bucket(Bucket=BUCKET)
    yield client
    client.close()
    server.stop()


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    base = tmp_path / "reports"
    monkeypatch.setenv("WATTSCAPE_REPORT_FOLDER", str(base))
    settings.cache_clear()
    return base


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Listen, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def reached(listening: socket.socket) -> bool:
    with suppress(BlockingIOError):
        listening.accept()[0].close()
        return True
    return False


def test_a_report_goes_into_s3_also_where_the_worker_was_killed_while_storing_it(
    bucket: object, silent: socket.socket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    add("storage", f"s3://{BUCKET}/monthly/campus/", rhythm=Rhythm("month", 7, time(6)))
    with monkeypatch.context() as patch:
        patch.setenv("WATTSCAPE_S3_ENDPOINT_URL", "http://{}:{}".format(*silent.getsockname()))
        with killed_when(lambda: reached(silent)):
            pass
    assert deliveries()["state"].tolist() == ["sending"]

    run(DUE + timedelta(minutes=10))

    name = "monthly/campus/earth-report-1-2024-04-01-to-2024-05-01.csv"
    found = bucket.list_objects_v2(Bucket=BUCKET)["Contents"]  # type: ignore[attr-defined]
    assert [one["Key"] for one in found] == [name, f"{name}.manifest.json"]
    body = bucket.get_object(Bucket=BUCKET, Key=name)["Body"].read()  # type: ignore[attr-defined]
    with connect() as conn:
        assert body == exports.export_file(conn, int(deliveries()["export_id"][0])).read_bytes()
    assert deliveries()["message"][0] == f"Stored as s3://{BUCKET}/{name}."
    assert SECRET not in caplog.text


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_said_without_its_keys(caplog: pytest.LogCaptureFixture) -> None:
    add("storage", "s3://other/reports")

    run()

    assert deliveries()["state"].tolist() == ["made"]
    assert deliveries()["message"][0].startswith("The storage s3://other/reports did not take the report:")
    assert SECRET not in caplog.text + deliveries()["message"][0]


def test_a_report_goes_into_a_folder_whole(folder: Path) -> None:
    add("storage", "campus/monthly")

    run()
    run(DUE + timedelta(days=1))

    names = sorted(path.name for path in (folder / "campus" / "monthly").iterdir())
    assert names == [
        f"earth-report-1-2024-05-0{day}-to-2024-05-0{day + 1}.csv{ending}"
        for day in (6, 7)
        for ending in ("", ".manifest.json")
    ]


def test_a_folder_that_cannot_be_written_keeps_no_part(folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    (folder / "taken").write_text("a file")
    report = tmp_path / "r.csv"
    report.write_text("x")

    with pytest.raises(Exception, match="The storage taken did not take the report"):
        store(report, "taken", settings())

    assert [path.name for path in folder.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("../elsewhere", "is not below the folder for reports"),
        ("/etc", "is not below the folder for reports"),
        ("link/x", "is not below the folder for reports"),
        ("", "Give a folder, or s3://bucket/folder"),
        ("s3://secret-bucket/x", "The bucket secret-bucket is not allowed"),
        ("s3://wattscape-reports/../x", "has no empty parts, and no dots alone"),
        ("file:///etc", "File storage is a folder like"),
        ("http://169.254.169.254/x", "File storage is a folder like"),
    ],
)
def test_only_storage_that_the_operator_allows_is_reached(folder: Path, target: str, sentence: str) -> None:
    folder.mkdir()
    (folder / "link").symlink_to("/tmp")  # noqa: S108 - a place outside

    with pytest.raises(TargetError, match=sentence):
        place_of(target, settings().model_copy(update={"report_buckets": BUCKET}))


def test_without_a_folder_none_is_reached() -> None:
    with pytest.raises(TargetError, match="an operator sets WATTSCAPE_REPORT_FOLDER"):
        place_of("monthly", settings())
