"""Alerts and reports: made and sent when their time has come."""

from datetime import UTC, datetime

from pipeline.jobs.exports import export_file
from pipeline.jobs.making import make_scheduled_report
from pipeline.jobs.queue import LOOK_FOR_ALERTS, SEND_ALERTS, SEND_REPORTS, app, defer
from pipeline.outputs.alerts.rules import ask_for_test
from pipeline.steps import alerts, reporting
from pipeline.steps.alerting.deliver import deliver
from pipeline.warehouse.engine import begin

EVERY_FIVE_MINUTES = "*/5 * * * *"


def request_alert_test(rule: int) -> int:
    """Ask for a test message of an alert rule; returns the message's number. Raises SelectionError for no such rule."""
    with begin() as conn:
        number = ask_for_test(conn, rule)
        defer(conn, SEND_ALERTS, number)
    return number


@app.task(name=SEND_ALERTS)
def send_alerts(*, number: int) -> None:
    """Send the messages that are due, the one that was asked for among them."""
    del number
    deliver(datetime.now(UTC))


@app.periodic(cron=EVERY_FIVE_MINUTES)
@app.task(name=LOOK_FOR_ALERTS, queueing_lock=LOOK_FOR_ALERTS)
def look_for_alerts(timestamp: int) -> None:
    """Tell of what is new, and send what waited for its time or for another try."""
    del timestamp
    alerts.run(lambda _share, _what: None)


@app.periodic(cron=EVERY_FIVE_MINUTES)
@app.task(name=SEND_REPORTS, queueing_lock=SEND_REPORTS)
def send_reports(timestamp: int) -> None:
    """Make and send the reports whose time has come."""
    del timestamp
    reporting.run_reports(datetime.now(UTC), reporting.Exports(make_scheduled_report, export_file))
