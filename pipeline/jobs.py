"""Work that is done aside by a worker: exports, loads, models, alerts. The queue is in PostgreSQL (procrastinate)."""

import asyncio
import json
import logging
import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import procrastinate
from sqlalchemy import Connection, func, insert, make_url, select, text, update
from sqlalchemy.exc import IntegrityError

from pipeline import export_checks
from pipeline.errors import SelectionError, UserError
from pipeline.job_rows import JobRow, Progress, fail_abandoned
from pipeline.outputs.alerts.rules import ask_for_test
from pipeline.outputs.export import export as write_export
from pipeline.outputs.manifest import Manifest, manifest_path
from pipeline.outputs.options import PACKAGES, CsvOptions, HyperOptions, Kind, Options, PackageKind, options_of
from pipeline.outputs.reports.kinds import Format, format_of, is_report, kind_of_format
from pipeline.outputs.reports.making import make_report
from pipeline.outputs.tableau.account import account_of
from pipeline.outputs.tableau.contents import Mode, check_mode
from pipeline.outputs.tableau.exporting import export_package
from pipeline.outputs.tableau.publication import publish_selection
from pipeline.settings import settings
from pipeline.sources.frame import Overrides
from pipeline.sources.plans import overrides_from_json, overrides_to_json
from pipeline.steps import alerts, reporting
from pipeline.steps.alerting.deliver import deliver
from pipeline.steps.every import run_every
from pipeline.warehouse.batches import LoadReport
from pipeline.warehouse.engine import begin, connect, database_url
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.load import load_file
from pipeline.warehouse.schema import export, site, upload

log = logging.getLogger(__name__)

MAKE_EXPORT, LOAD_UPLOAD, PUBLISH = "wattscape.make_export", "wattscape.load_upload", "wattscape.publish"
SEND_ALERTS, LOOK_FOR_ALERTS = "wattscape.send_alerts", "wattscape.look_for_alerts"
RUN_STEPS, SEND_REPORTS = "wattscape.run_steps", "wattscape.send_reports"
CHECK_EXPORT, CHECK_EXPORTS = "wattscape.check_export", export_checks.CHECK_EXPORTS
REMOVE_OLD_EXPORTS = "wattscape.remove_old_exports"
EVERY_NIGHT = "30 2 * * *"
BEFORE_THE_CHECKS = "15 2 * * *"
EVERY_FIVE_MINUTES = "*/5 * * * *"
MOST_LISTED = 200
SECONDS_TO_STOP = 5.0
SECONDS_BETWEEN_LOOKS = 15.0
AT_ONCE = 2  # an export or a load need not wait for the models
KEEP_UPLOADS_SECONDS = 7 * 24 * 3600
ANY_DAY = date(2000, 1, 1)
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

BEING_CHECKED = text(
    "select cast(args ->> 'number' as integer) from procrastinate_jobs "
    "where task_name = :task and status in ('todo', 'doing')"
)

# Connected by `run_worker` alone: asking for work is a row written in the caller's own transaction.
app = procrastinate.App(connector=procrastinate.PsycopgConnector())


def request_export(filters: Filters, kind: Kind, options: Options | None = None, *, requested_by: str) -> int:
    """Ask for an export of what ``filters`` select; returns its number. Raises SelectionError for an unknown site."""
    chosen = options or options_of(kind, None)
    with begin() as conn:
        name = _file_name(conn, filters, kind, chosen)
        row = {"kind": kind, "filters": filters.to_query(), "options": chosen.to_mapping(), "file_name": name}
        return _add_export(conn, row, MAKE_EXPORT, requested_by)


def request_publication(
    filters: Filters,
    *,
    requested_by: str,
    kind: PackageKind = "tdsx",
    name: str | None = None,
    mode: Mode = "overwrite",
) -> int:
    """Ask for a data source or workbook of what ``filters`` select to be made and published to Tableau.

    Returns its number: it is listed, followed and cancelled like an export. Raises SelectionError for an unknown site,
    UserError where no Tableau is set or rows are to be added to a workbook.
    """
    account_of(settings())
    check_mode(kind, mode)
    with begin() as conn:
        file_name = _file_name(conn, filters, kind, HyperOptions())
        options = {"publish": mode, "name": name}
        row = {"kind": kind, "filters": filters.to_query(), "options": options, "file_name": file_name}
        return _add_export(conn, row, PUBLISH, requested_by)


def request_report(filters: Filters, form: Format, *, requested_by: str) -> int:
    """Ask for a report of what ``filters`` select; returns its number, under which it is listed among the exports.

    Raises SelectionError for an unknown site.
    """
    with begin() as conn:
        return _add_export(conn, _report_row(conn, filters, form, "report"), MAKE_EXPORT, requested_by)


def cancel_export(number: int) -> None:
    """Stop an export that waits or runs; one that is over stays as it is."""
    stopped = update(export).where(export.c.id == number, export.c.state.in_(["waiting", "running"]))
    with begin() as conn:
        conn.execute(stopped.values(state="cancelled", message="Cancelled.", finished_at=datetime.now(UTC)))


def exports(conn: Connection) -> pd.DataFrame:
    """List the exports, newest first: all columns of ``export`` but the manifest, and ``checking``: it is under way."""
    columns = [column for column in export.c if column.name != "manifest"]
    frame = pd.read_sql(select(*columns).order_by(export.c.id.desc()).limit(MOST_LISTED), conn)
    return frame.assign(checking=frame["id"].isin(list(conn.scalars(BEING_CHECKED, {"task": CHECK_EXPORT}))))


def export_file(conn: Connection, number: int) -> Path:
    """Return the file of an export that is ready; its manifest is beside it. Raises SelectionError for any other."""
    ready = select(export.c.file_name).where(export.c.id == number, export.c.state == "ready")
    name: str | None = conn.execute(ready).scalar_one_or_none()
    path = _folder(number) / (name or "none")
    if not path.is_file():
        raise SelectionError(f"Export {number} has no file. Make it again.")
    return path


def export_manifest(conn: Connection, number: int) -> Path:
    """Return the manifest of an export that is ready. Raises SelectionError for any other."""
    return manifest_path(export_file(conn, number))


def request_check(number: int) -> None:
    """Ask for an export to be compared with its manifest and the warehouse. Raises SelectionError without a file."""
    with begin() as conn:
        export_file(conn, number)
        _defer(conn, CHECK_EXPORT, number)


def submit_load(path: Path, overrides: Overrides, *, uploaded_by: str) -> int:
    """Ask for an uploaded file, somewhere below the data folder, to be loaded; returns the upload's number.

    Raises UserError for a file anywhere else.
    """
    folder = settings().data_folder.absolute()
    if not path.absolute().is_relative_to(folder):
        raise UserError(f"{path.name} is not below the data folder: upload it first.")
    where = path.absolute().relative_to(folder)
    row = {"file_name": path.name, "path": str(where), "options": overrides_to_json(overrides)}
    with begin() as conn:
        added = insert(upload).values(uploaded_by=uploaded_by, **row).returning(upload.c.id)
        number: int = conn.execute(added).scalar_one()
        _defer(conn, LOAD_UPLOAD, number)
    return number


def uploads(conn: Connection) -> pd.DataFrame:
    """List the uploads, newest first: all columns of ``upload``."""
    return pd.read_sql(select(upload).order_by(upload.c.id.desc()).limit(MOST_LISTED), conn)


def request_alert_test(rule: int) -> int:
    """Ask for a test message of an alert rule; returns the message's number. Raises SelectionError for no such rule."""
    with begin() as conn:
        number = ask_for_test(conn, rule)
        _defer(conn, SEND_ALERTS, number)
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


def make_scheduled_report(filters: Filters, form: Format, schedule: int, failed: int | None = None) -> int:
    """Make a report at once, listed among the exports; returns its number, also where it failed.

    One that ``failed`` before is made again under its own number.
    """
    with begin() as conn:
        row = _report_row(conn, filters, form, f"report-{schedule}")
        number = _to_do_again(conn, failed) or _add_row(conn, row, f"schedule {schedule}")
    JobRow(export, number, "ready").run(lambda progress: _export(number, progress))
    return number


def request_steps() -> None:
    """Ask for the steps that work on stored readings, where the settings want them and none waits already."""
    if not settings().models:
        return
    with suppress(IntegrityError), begin() as conn:  # another process has asked at the same moment
        conn.execute(DEFER_ONCE, {"task": RUN_STEPS})


def steps_are_waiting(conn: Connection) -> bool:
    """Say whether steps have been asked for and are not done yet."""
    busy = text(
        "select exists (select from procrastinate_jobs where task_name = :task and status in ('todo', 'doing'))"
    )
    return bool(conn.execute(busy, {"task": RUN_STEPS}).scalar_one())


@app.task(name=RUN_STEPS)
def run_steps() -> None:
    """Do the steps whose inputs have changed; what came of each is in ``model_run``."""
    for report in run_every(lambda _share, _what: None):
        log.info("%s: %s", report.step, report.message or f"{report.series} series in {report.seconds:.0f} s")


@app.task(name=CHECK_EXPORT)
def check_export(*, number: int) -> None:
    """Compare one export with its manifest and the warehouse, and keep what came of it."""
    with connect() as conn:
        path = export_file(conn, number)
    export_checks.check(number, path)


@app.periodic(cron=EVERY_NIGHT)
@app.task(name=CHECK_EXPORTS, queueing_lock=CHECK_EXPORTS)
def check_exports(timestamp: int) -> None:
    """Compare every export that is kept, the newest first."""
    del timestamp
    with connect() as conn:
        ready = select(export.c.id, export.c.file_name).where(export.c.state == "ready").order_by(export.c.id.desc())
        kept = [(row.id, _folder(row.id) / row.file_name) for row in conn.execute(ready)]
    for number, path in kept:
        export_checks.check(number, path)


@app.periodic(cron=BEFORE_THE_CHECKS)
@app.task(name=REMOVE_OLD_EXPORTS, queueing_lock=REMOVE_OLD_EXPORTS)
def remove_old_exports(timestamp: int) -> None:
    """Remove the files of exports that have been kept long enough; their rows stay and say so."""
    del timestamp
    days = settings().export_days
    oldest = datetime.now(UTC) - timedelta(days=days)
    said = func.concat_ws(" ", func.nullif(export.c.message, ""), f"The file is gone, as {days} days are over.")
    old = update(export).where(export.c.state == "ready", export.c.finished_at < oldest)
    with begin() as conn:
        conn.execute(old.values(state="removed", message=said))
    with connect() as conn:
        removed = list(conn.scalars(select(export.c.id).where(export.c.state == "removed")))
    for number in removed:  # of earlier nights too, should one have ended half-way
        shutil.rmtree(_folder(number), ignore_errors=True)


@app.task(name=MAKE_EXPORT, pass_context=True)
def make_export(context: procrastinate.JobContext, *, number: int) -> None:
    """Write the export that a row of ``export`` asks for."""
    JobRow(export, number, "ready", context.should_abort).run(lambda progress: _export(number, progress))


@app.task(name=LOAD_UPLOAD, pass_context=True)
def load_upload(context: procrastinate.JobContext, *, number: int) -> None:
    """Load the file that a row of ``upload`` names, and remove it once it is stored."""
    JobRow(upload, number, "stored", context.should_abort).run(lambda progress: _load(number, progress))


@app.task(name=PUBLISH, pass_context=True)
def publish(context: procrastinate.JobContext, *, number: int) -> None:
    """Make the data source or workbook that a row of ``export`` asks for, and publish it."""
    JobRow(export, number, "ready", context.should_abort).run(lambda progress: _publish(number, progress))


def run_worker(*, until_idle: bool = False) -> None:
    """Do jobs until told to stop; with ``until_idle`` until there are none left."""
    clear_abandoned()
    if not until_idle:
        request_steps()
    url = make_url(database_url()).set(drivername="postgresql").render_as_string(hide_password=False)
    with app.replace_connector(procrastinate.PsycopgConnector(conninfo=url)):
        asyncio.run(_work(until_idle=until_idle))


def clear_abandoned() -> None:
    """Mark as failed what a worker that died had begun, remove what it left, and files that nobody came to load."""
    for number in fail_abandoned(export):
        shutil.rmtree(_folder(number), ignore_errors=True)
    fail_abandoned(upload)
    oldest = time.time() - KEEP_UPLOADS_SECONDS
    for folder in (settings().data_folder.absolute() / "uploads").glob("*"):
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


async def _work(*, until_idle: bool) -> None:
    async with app.open_async():
        await release_stalled()
        released = asyncio.create_task(_keep_releasing())
        try:
            await app.run_worker_async(
                wait=not until_idle, shutdown_graceful_timeout=SECONDS_TO_STOP, concurrency=AT_ONCE
            )
        finally:
            released.cancel()


async def release_stalled() -> None:
    """Give up the jobs of workers that died, which would keep others of their kind waiting for good."""
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.finish_job(job, procrastinate.jobs.Status.FAILED, delete_job=False)
        log.warning("%s %s was left behind by a worker that died", job.task_name, job.id)
        if job.task_name == RUN_STEPS:
            request_steps()


async def _keep_releasing() -> None:
    """Look again now and then: whoever starts right after a crash finds the dead worker's last sign of life fresh."""
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        with suppress(procrastinate.exceptions.ConnectorException):  # the database is away for a moment
            await release_stalled()


def _defer(conn: Connection, task: str, number: int) -> None:
    """Queue a job in the transaction that adds its row: both are there, or neither."""
    conn.execute(DEFER, {"task": task, "arguments": json.dumps({"number": number})})


def _add_export(conn: Connection, row: Mapping[str, object], task: str, requested_by: str) -> int:
    number = _add_row(conn, row, requested_by)
    _defer(conn, task, number)
    return number


def _add_row(conn: Connection, row: Mapping[str, object], requested_by: str) -> int:
    added = insert(export).values(requested_by=requested_by, **row).returning(export.c.id)
    number: int = conn.execute(added).scalar_one()
    return number


def _to_do_again(conn: Connection, number: int | None) -> int | None:
    """Let an export that failed wait once more; None where there is no such."""
    again = update(export).where(export.c.id == number, export.c.state == "failed").returning(export.c.id)
    found: int | None = conn.scalar(again.values(state="waiting", progress=0, message="", finished_at=None))
    return found


def _export(number: int, progress: Progress) -> dict[str, object]:
    with connect() as conn:
        row = conn.execute(select(export).where(export.c.id == number)).one()
    filters, path = Filters.from_query(row.filters, ANY_DAY), _folder(number) / row.file_name
    try:
        if row.kind in PACKAGES:
            manifest = export_package(path, filters, row.kind, HyperOptions.from_mapping(row.options), progress)
        elif is_report(row.kind):
            manifest = make_report(path, filters, format_of(row.kind), progress)
        else:
            manifest = write_export(path, filters, row.kind, options_of(row.kind, row.options), progress)
        progress(1.0, "")
    finally:
        _remove_if_empty(path.parent)
    return _results(manifest)


def _publish(number: int, progress: Progress) -> dict[str, object]:
    """Publish, and keep the file that was published; none stays where publishing fails."""
    with connect() as conn:
        row = conn.execute(select(export).where(export.c.id == number)).one()
    filters, path = Filters.from_query(row.filters, ANY_DAY), _folder(number) / row.file_name
    account, asked = account_of(settings()), row.options
    try:
        done = publish_selection(
            path, filters, account, kind=row.kind, name=asked["name"], mode=asked["publish"], progress=progress
        )
        progress(1.0, "")
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
    found = _results(done.manifest)
    published = {"publication": asdict(done.publication)}
    return found | {"manifest": done.manifest.to_mapping() | published, "message": done.publication.sentence}


def _results(manifest: Manifest) -> dict[str, object]:
    return {
        "rows": sum(manifest.rows.values()),
        "energy_kwh": manifest.energy_kwh,
        "peak_kw": manifest.peak_kw,
        "bytes": manifest.bytes,
        "sha256": manifest.sha256,
        "manifest": manifest.to_mapping(),
        "finished_at": datetime.now(UTC),
        "message": "",
    }


def _load(number: int, progress: Progress) -> dict[str, object]:
    with connect() as conn:
        row = conn.execute(select(upload).where(upload.c.id == number)).one()
    path = settings().data_folder / row.path
    reports = load_file(path, overrides_from_json(row.options), loaded_by=row.uploaded_by, progress=progress)
    path.unlink()
    request_steps()
    return {"batch_id": reports[-1].batch, "message": _summary(reports)}


def _summary(reports: list[LoadReport]) -> str:
    readings, rejected = sum(one.readings for one in reports), sum(one.rejected for one in reports)
    meters = sum(one.meters for one in reports)
    stored = f"{readings:,} readings of {meters:,} {'meter' if meters == 1 else 'meters'} stored"
    lines = f", {rejected:,} {'line' if rejected == 1 else 'lines'} rejected" if rejected else ""
    warnings = dict.fromkeys(warning for one in reports for warning in one.warnings)
    return " ".join([f"{stored}{lines}.", *warnings])


def _folder(number: int) -> Path:
    return settings().data_folder.absolute() / "exports" / str(number)


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _file_name(conn: Connection, filters: Filters, kind: Kind, options: Options) -> str:
    what = f"-{options.table}" if isinstance(options, CsvOptions) else ""
    return f"{_plain_name(conn, filters)}{what}-{filters.start}-to-{filters.end}.{kind}"


def _report_row(conn: Connection, filters: Filters, form: Format, what: str) -> dict[str, object]:
    name = f"{_plain_name(conn, filters)}-{what}-{filters.start}-to-{filters.end}.{form}"
    return {"kind": kind_of_format(form), "filters": filters.to_query(), "file_name": name}


def _plain_name(conn: Connection, filters: Filters) -> str:
    name = conn.execute(select(site.c.name).where(site.c.id == filters.site_id)).scalar_one_or_none()
    if name is None:
        raise SelectionError(f"There is no site {filters.site_id}.")
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "site"
