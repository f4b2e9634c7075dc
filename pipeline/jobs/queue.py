"""The queue: what work is called, and how to ask for it in the transaction that adds its row."""

import json

import procrastinate
from sqlalchemy import Connection, text

MAKE_EXPORT, LOAD_UPLOAD, PUBLISH = "wattscape.make_export", "wattscape.load_upload", "wattscape.publish"
SEND_ALERTS, LOOK_FOR_ALERTS = "wattscape.send_alerts", "wattscape.look_for_alerts"
RUN_STEPS, SEND_REPORTS = "wattscape.run_steps", "wattscape.send_reports"
CHECK_EXPORT, CHECK_EXPORTS = "wattscape.check_export", "wattscape.check_exports"
REMOVE_OLD_EXPORTS = "wattscape.remove_old_exports"
DEFER = text(
    "select procrastinate_defer_jobs_v1(array[row(cast('default' as varchar), cast(:task as varchar), 0, null, null, "
    "cast(:arguments as jsonb), null)::procrastinate_job_to_defer_v1])"
)

# One waiting run is enough, however many loads have asked for it.
DEFER_ONCE = text(
    "select procrastinate_defer_jobs_v1(array[row(cast('default' as varchar), cast(:task as varchar), 0, "
    "cast(:task as text), cast(:task as text), cast('{}' as jsonb), null)::procrastinate_job_to_defer_v1]) "
    "where not exists (select from procrastinate_jobs where queueing_lock = :task and status = 'todo')"
)

# Connected by the worker alone: asking for work is a row written in the caller's own transaction.
app = procrastinate.App(connector=procrastinate.PsycopgConnector())


def defer(conn: Connection, task: str, number: int) -> None:
    """Queue a job in the transaction that adds its row: both are there, or neither."""
    conn.execute(DEFER, {"task": task, "arguments": json.dumps({"number": number})})
