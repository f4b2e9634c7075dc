"""Scheduled reports when the worker is killed in the middle: nothing is lost, and nothing is sent twice."""

from datetime import timedelta

import pytest
import three_zones as zones
from mail_stand_in import Mailbox
from report_runs import DUE, add, deliveries, killed_when, run
from sqlalchemy import text

from pipeline.jobs import exports, worker
from pipeline.steps import reporting
from pipeline.warehouse.engine import begin, connect

pytestmark = pytest.mark.usefixtures("warehouse")


@pytest.fixture(autouse=True)
def filled(warehouse: str) -> None:  # noqa: ARG001 - to be there first
    zones.fill()


def state_of_report() -> list[str]:
    with connect() as conn:
        return [str(state) for state in exports.listed(conn)["state"]]


def test_a_worker_killed_while_it_makes_a_report_leaves_it_to_the_next(mailbox: Mailbox) -> None:
    add()
    with begin() as conn:  # so that making it cannot end before the worker is killed
        conn.execute(text("lock table data_version in access exclusive mode"))
        with killed_when(lambda: state_of_report() == ["running"]):
            pass
    assert (deliveries()["state"].tolist(), mailbox.mails) == (["waiting"], [])

    worker.clear_abandoned()
    run(DUE + timedelta(minutes=10))
    run(DUE + timedelta(minutes=20))

    assert len(mailbox.mails) == 1
    assert deliveries()["state"].tolist() == ["sent"]
    assert sorted(state_of_report()) == ["failed", "ready"]


def test_a_worker_killed_while_the_mail_is_taken_does_not_send_it_again(mailbox: Mailbox) -> None:
    mailbox.answers = ["wait"]
    add()
    with killed_when(mailbox.busy.is_set):
        pass

    run(DUE + timedelta(hours=1))

    assert len(mailbox.mails) == 1
    assert (deliveries()["state"][0], deliveries()["message"][0]) == ("unclear", reporting.INTERRUPTED)
    assert state_of_report() == ["ready"]
