"""Scheduled reports over a mail server and an S3 of this machine: each arrives once, whatever breaks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.message import Message as Mail
from pathlib import Path

import boto3
import pandas as pd
import pytest
import three_zones as zones
from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session
from moto.server import ThreadedMotoServer
from sqlalchemy import select, update

from pipeline import jobs
from pipeline.errors import SelectionError, UserError
from pipeline.outputs.alerts.errors import TargetError
from pipeline.outputs.manifest import read_manifest
from pipeline.outputs.reports import schedules
from pipeline.outputs.reports.rhythm import Rhythm
from pipeline.outputs.reports.schedules import NewSchedule
from pipeline.outputs.reports.storage import place_of, store
from pipeline.settings import settings
from pipeline.steps import reporting
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.queries import overview, reports
from pipeline.warehouse.tables.reports import report_delivery, report_schedule

pytestmark = pytest.mark.usefixtures("warehouse")
ADDED = datetime(2024, 5, 6, 12, tzinfo=UTC)  # a Monday
DUE = datetime(2024, 5, 7, 4, tzinfo=UTC)  # 06:00 in Berlin
EXPORTS = reporting.Exports(jobs.make_scheduled_report, jobs.export_file)
BUCKET, SECRET = "wattscape-reports", "not-to-be-told"


@dataclass
class Mailbox:
    """A mail server that keeps what it takes; ``answers`` are what it says to the next messages."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: smtp.SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == "cut":
            self._keep(envelope)
            server.transport.abort()  # taken, but the sender never hears of it
        elif answer.startswith("250"):
            self._keep(envelope)
        return answer

    def _keep(self, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content))


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch, unused_port: int) -> Iterator[Mailbox]:
    box = Mailbox(port=unused_port)
    controller = Controller(box, "127.0.0.1", box.port)
    controller.start()
    monkeypatch.setenv("WATTSCAPE_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("WATTSCAPE_SMTP_PORT", str(box.port))
    monkeypatch.setenv("WATTSCAPE_SMTP_SECURITY", "none")
    settings.cache_clear()
    yield box
    controller.stop()


@pytest.fixture
def unused_port() -> int:
    import socket  # noqa: PLC0415 - of this fixture alone

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


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


@pytest.fixture(autouse=True)
def filled(warehouse: str) -> None:  # noqa: ARG001 - to be there first
    zones.fill()


def add(channel: str = "mail", target: str = "boss@e.example", **more: object) -> int:
    site_id = zones.filters().site_id
    given = {"form": "csv", "rhythm": Rhythm("day", 0, time(6))} | more
    new = NewSchedule(site_id, channel=channel, target=target, **given)  # type: ignore[arg-type]
    with begin() as conn:
        return schedules.add_schedule(conn, new, made_by="analyst", now=ADDED)


def deliveries() -> pd.DataFrame:
    with connect() as conn:
        return pd.read_sql(select(report_delivery).order_by(report_delivery.c.id), conn)


def run(now: datetime = DUE) -> None:
    reporting.run_reports(now, EXPORTS)


def test_a_report_arrives_once_with_the_recipients_own_filters(mailbox: Mailbox) -> None:
    add(form="pdf")
    add(target="plant@e.example", sector="factory", measure="peak_kw", form="xlsx")

    run(DUE - timedelta(seconds=1))
    assert mailbox.mails == []
    for _ in range(3):
        run()

    assert [mail["To"] for mail in mailbox.mails] == ["boss@e.example", "plant@e.example"]
    names = [part.get_filename() for mail in mailbox.mails for part in mail.walk() if part.get_filename()]
    assert [name for name in names if name and not name.endswith(".json")] == [
        "earth-report-1-2024-05-06-to-2024-05-07.pdf",
        "earth-report-2-2024-05-06-to-2024-05-07.xlsx",
    ]
    assert deliveries()["state"].tolist() == ["sent", "sent"]
    with connect() as conn:
        listed = jobs.exports(conn).set_index("id").loc[deliveries()["export_id"]]
        factory = zones.filters(date(2024, 5, 6), date(2024, 5, 7), place="Kolkata")
        manifest = read_manifest(jobs.export_file(conn, int(deliveries()["export_id"].iloc[1])))
        assert manifest.energy_kwh == pytest.approx(overview.kpis(conn, factory).energy_kwh)
    assert listed["state"].tolist() == ["ready", "ready"]
    assert manifest.filters["measure"] == "peak_kw"


def test_runs_that_were_missed_are_made_once(mailbox: Mailbox) -> None:
    add()

    run(DUE + timedelta(days=4, hours=5))
    run(DUE + timedelta(days=4, hours=6))

    assert len(mailbox.mails) == 1
    assert deliveries()["start_day"].tolist() == [date(2024, 5, 10)]
    with connect() as conn:
        upcoming = conn.execute(select(report_schedule.c.next_run_at)).scalar_one()
    assert upcoming == DUE + timedelta(days=5)


def test_a_crash_between_making_and_sending_sends_once(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    add()
    run_into(monkeypatch, "_deliver", _die)
    assert deliveries()["state"].tolist() == ["made"]
    assert mailbox.mails == []

    run(DUE + timedelta(minutes=10))
    run(DUE + timedelta(minutes=20))

    assert len(mailbox.mails) == 1
    with connect() as conn:
        assert len(jobs.exports(conn)) == 1  # the report that had been made is the one that went out
    assert deliveries()["state"].tolist() == ["sent"]


def test_a_crash_after_the_mail_was_taken_does_not_send_it_again(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    add()

    def sends_and_dies(row: object, path: Path) -> str:
        send(row, path)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    send = reporting._send
    run_into(monkeypatch, "_send", sends_and_dies)

    run(DUE + timedelta(hours=1))

    assert len(mailbox.mails) == 1
    assert (deliveries()["state"][0], deliveries()["message"][0]) == ("unclear", reporting.INTERRUPTED)


def test_a_mail_that_may_have_arrived_is_not_sent_again(mailbox: Mailbox) -> None:
    mailbox.answers = ["cut"]
    add()

    run()
    run(DUE + timedelta(hours=1))

    assert len(mailbox.mails) == 1
    assert deliveries()["state"].tolist() == ["unclear"]


def test_a_mail_that_is_refused_for_now_is_sent_later_and_made_once(mailbox: Mailbox) -> None:
    mailbox.answers = ["451 later"]
    add()

    run()
    assert deliveries()["state"].tolist() == ["made"]
    run(DUE + timedelta(minutes=1))
    assert mailbox.mails == []
    run(DUE + timedelta(minutes=6))

    assert len(mailbox.mails) == 1
    with connect() as conn:
        assert len(jobs.exports(conn)) == 1


def test_a_period_without_readings_ends_after_five_tries_with_the_reason() -> None:
    add()
    with begin() as conn:
        conn.execute(update(report_schedule).values(next_run_at=datetime(2030, 1, 1, 5, tzinfo=UTC)))

    for hours in range(8):
        run(datetime(2030, 1, 1, 5, tzinfo=UTC) + timedelta(hours=2 * hours))

    row = deliveries().iloc[0]
    assert (row["state"], row["attempts"]) == ("failed", 5)
    assert "has no reading from 2029-12-31 to 2030-01-01" in row["message"]


def test_without_a_mail_server_it_fails_with_what_to_set() -> None:
    add()

    run()

    assert deliveries()["state"].tolist() == ["failed"]
    assert "WATTSCAPE_SMTP_HOST" in deliveries()["message"][0]


def test_a_report_goes_into_s3_and_a_crash_while_storing_is_repeated(
    bucket: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    add("storage", f"s3://{BUCKET}/monthly/campus/", rhythm=Rhythm("month", 7, time(6)))
    run_into(monkeypatch, "_send", _die)
    assert deliveries()["state"].tolist() == ["sending"]

    run(DUE + timedelta(minutes=10))

    name = "monthly/campus/earth-report-1-2024-04-01-to-2024-05-01.csv"
    found = bucket.list_objects_v2(Bucket=BUCKET)["Contents"]  # type: ignore[attr-defined]
    assert [one["Key"] for one in found] == [name, f"{name}.manifest.json"]
    body = bucket.get_object(Bucket=BUCKET, Key=name)["Body"].read()  # type: ignore[attr-defined]
    with connect() as conn:
        assert body == jobs.export_file(conn, int(deliveries()["export_id"][0])).read_bytes()
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


def test_a_paused_schedule_makes_nothing_and_catches_up_with_nothing(mailbox: Mailbox) -> None:
    number = add()
    with begin() as conn:
        schedules.pause_schedule(conn, number)
    run(DUE + timedelta(days=3))
    with begin() as conn:
        schedules.resume_schedule(conn, number, now=DUE + timedelta(days=3))

    run(DUE + timedelta(days=3))
    assert mailbox.mails == []
    run(DUE + timedelta(days=4))

    assert len(mailbox.mails) == 1
    with connect() as conn:
        row = reports.schedules(conn).iloc[0]
    assert (row["site"], row["state"], row["result"]) == ("Earth", "on", "sent")
    assert row["next_run"] == pd.Timestamp("2024-05-12 06:00")
    assert row["message"] == "Sent to boss@e.example."


def test_schedules_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UserError, match="Give one address of mail"):
        add(target="nobody")
    with pytest.raises(SelectionError, match="There is no sector 'mine' at this site"):
        add(sector="mine")
    with pytest.raises(SelectionError, match="A report goes by one of mail, storage"):
        add("pigeon")
    with begin() as conn:
        for change in (schedules.pause_schedule, schedules.resume_schedule, schedules.remove_schedule):
            with pytest.raises(SelectionError, match="There is no schedule 99"):
                change(conn, 99)


def test_a_removed_schedule_is_gone_with_its_runs() -> None:
    number = add()
    run()

    with begin() as conn:
        schedules.remove_schedule(conn, number)

    assert deliveries().empty


def test_a_report_on_demand_is_made_by_the_worker_listed_and_checked() -> None:
    number = jobs.request_report(zones.filters(date(2024, 5, 1), date(2024, 6, 1)), "csv", requested_by="analyst")

    jobs.run_worker(until_idle=True)
    jobs.request_check(number)
    jobs.run_worker(until_idle=True)

    with connect() as conn:
        row = jobs.exports(conn).set_index("id").loc[number]
        path = jobs.export_file(conn, number)
    assert (row["state"], row["kind"], row["check_state"]) == ("ready", "report-csv", "equal")
    assert path.name == "earth-report-2024-05-01-to-2024-06-01.csv"


def run_into(monkeypatch: pytest.MonkeyPatch, name: str, broken: object) -> None:
    """Run with a part of the step broken, as where the worker dies in it."""
    with monkeypatch.context() as patch:
        patch.setattr(reporting, name, broken)
        with pytest.raises(KeyboardInterrupt):
            run()


def _die(*_given: object, **_more: object) -> str:
    raise KeyboardInterrupt
