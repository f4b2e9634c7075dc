"""Scheduled reports over a mail server and an S3 of this machine: each arrives once, whatever breaks."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
import three_zones as zones
from mail_stand_in import Mailbox
from report_runs import DUE, add, deliveries, run
from sqlalchemy import delete, insert, select, update

from pipeline.errors import SelectionError, UserError
from pipeline.jobs import exports, worker
from pipeline.outputs.manifest import read_manifest
from pipeline.outputs.reports import schedules
from pipeline.settings import settings
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.queries import overview, reports
from pipeline.warehouse.schema import meter_day
from pipeline.warehouse.tables.reports import report_schedule

pytestmark = pytest.mark.usefixtures("warehouse")


@pytest.fixture(autouse=True)
def filled(warehouse: str) -> None:  # noqa: ARG001 - to be there first
    zones.fill()


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
        listed = exports.listed(conn).set_index("id").loc[deliveries()["export_id"]]
        factory = zones.filters(date(2024, 5, 6), date(2024, 5, 7), place="Kolkata")
        manifest = read_manifest(exports.export_file(conn, int(deliveries()["export_id"].iloc[1])))
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
        assert len(exports.listed(conn)) == 1


def test_a_period_without_readings_ends_after_five_tries_with_the_reason() -> None:
    add()
    with begin() as conn:
        conn.execute(update(report_schedule).values(next_run_at=datetime(2030, 1, 1, 5, tzinfo=UTC)))

    for hours in range(8):
        run(datetime(2030, 1, 1, 5, tzinfo=UTC) + timedelta(hours=2 * hours))

    row = deliveries().iloc[0]
    assert (row["state"], row["attempts"]) == ("failed", 5)
    assert "has no reading from 2029-12-31 to 2030-01-01" in row["message"]
    assert row["message"].endswith("(attempt 5 of 5)")
    with connect() as conn:
        listed = exports.listed(conn)
    assert listed["id"].tolist() == [row["export_id"]]
    assert listed["state"].tolist() == ["failed"]


def test_a_report_that_failed_at_first_is_made_under_its_own_number(mailbox: Mailbox) -> None:
    add()
    with begin() as conn:  # readings of that day come later
        hours = conn.execute(delete(meter_day).where(meter_day.c.day == date(2024, 5, 6)).returning(meter_day)).all()
    run()
    (failed,) = deliveries()["export_id"]
    with begin() as conn:
        conn.execute(insert(meter_day), [dict(row._mapping) for row in hours])

    run(DUE + timedelta(minutes=6))

    assert (deliveries()["state"][0], deliveries()["export_id"][0]) == ("sent", failed)
    assert len(mailbox.mails) == 1
    with connect() as conn:
        assert exports.listed(conn)["state"].tolist() == ["ready"]


@pytest.mark.parametrize(
    ("address", "where"),
    [(None, "on the Exports page as export 1"), ("https://w.example/", "at https://w.example/exports/1")],
)
def test_a_report_too_large_for_mail_is_named_with_its_place(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, address: str | None, where: str
) -> None:
    monkeypatch.setenv("WATTSCAPE_REPORT_MAIL_MB", "0.001")
    if address is not None:
        monkeypatch.setenv("WATTSCAPE_PUBLIC_URL", address)
    settings.cache_clear()
    add()

    run()

    (sent,) = mailbox.mails
    names = [part.get_filename() for part in sent.walk() if part.get_filename()]
    assert names == ["earth-report-1-2024-05-06-to-2024-05-07.csv.manifest.json"]
    text = next(part for part in sent.walk() if part.get_content_type() == "text/plain").get_payload(decode=True)
    said = f"more than the 0.001 MB that are attached to a mail: it lies {where} for 30 days."
    assert said in " ".join(bytes(text).decode().split())
    assert deliveries()["state"].tolist() == ["sent"]
    assert said in deliveries()["message"][0]


def test_without_a_mail_server_it_fails_with_what_to_set() -> None:
    add()

    run()

    assert deliveries()["state"].tolist() == ["failed"]
    assert "WATTSCAPE_SMTP_HOST" in deliveries()["message"][0]


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
    number = exports.request_report(zones.filters(date(2024, 5, 1), date(2024, 6, 1)), "csv", requested_by="analyst")

    worker.run_worker(until_idle=True)
    exports.request_check(number)
    worker.run_worker(until_idle=True)

    with connect() as conn:
        row = exports.listed(conn).set_index("id").loc[number]
        path = exports.export_file(conn, number)
    assert (row["state"], row["kind"], row["check_state"]) == ("ready", "report-csv", "equal")
    assert path.name == "earth-report-2024-05-01-to-2024-06-01.csv"
