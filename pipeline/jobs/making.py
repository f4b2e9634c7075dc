"""Exports, publications and reports: made, compared with the warehouse every night, and removed when they are old."""

import shutil
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import procrastinate
from sqlalchemy import Connection, func, select, update

from pipeline.jobs import checks
from pipeline.jobs.exports import add_row, export_file, folder_of, report_row
from pipeline.jobs.queue import CHECK_EXPORT, CHECK_EXPORTS, MAKE_EXPORT, PUBLISH, REMOVE_OLD_EXPORTS, app
from pipeline.jobs.rows import JobRow, Progress
from pipeline.outputs.export import export as write_export
from pipeline.outputs.manifest import Manifest
from pipeline.outputs.options import PACKAGES, HyperOptions, options_of
from pipeline.outputs.reports.kinds import Format, format_of, is_report
from pipeline.outputs.reports.making import make_report
from pipeline.outputs.tableau.account import account_of
from pipeline.outputs.tableau.exporting import export_package
from pipeline.outputs.tableau.publication import publish_selection
from pipeline.settings import settings
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.schema import export

EVERY_NIGHT = "30 2 * * *"
BEFORE_THE_CHECKS = "15 2 * * *"
ANY_DAY = date(2000, 1, 1)


@app.task(name=MAKE_EXPORT, pass_context=True)
def make_export(context: procrastinate.JobContext, *, number: int) -> None:
    """Write the export that a row of ``export`` asks for."""
    JobRow(export, number, "ready", context.should_abort).run(lambda progress: _export(number, progress))


@app.task(name=PUBLISH, pass_context=True)
def publish(context: procrastinate.JobContext, *, number: int) -> None:
    """Make the data source or workbook that a row of ``export`` asks for, and publish it."""
    JobRow(export, number, "ready", context.should_abort).run(lambda progress: _publish(number, progress))


def make_scheduled_report(filters: Filters, form: Format, schedule: int, failed: int | None = None) -> int:
    """Make a report at once, listed among the exports; returns its number, also where it failed.

    One that ``failed`` before is made again under its own number.
    """
    with begin() as conn:
        row = report_row(conn, filters, form, f"report-{schedule}")
        number = _to_do_again(conn, failed) or add_row(conn, row, f"schedule {schedule}")
    JobRow(export, number, "ready").run(lambda progress: _export(number, progress))
    return number


@app.task(name=CHECK_EXPORT)
def check_export(*, number: int) -> None:
    """Compare one export with its manifest and the warehouse, and keep what came of it."""
    with connect() as conn:
        path = export_file(conn, number)
    checks.check(number, path)


@app.periodic(cron=EVERY_NIGHT)
@app.task(name=CHECK_EXPORTS, queueing_lock=CHECK_EXPORTS)
def check_exports(timestamp: int) -> None:
    """Compare every export that is kept, the newest first."""
    del timestamp
    with connect() as conn:
        ready = select(export.c.id, export.c.file_name).where(export.c.state == "ready").order_by(export.c.id.desc())
        kept = [(row.id, folder_of(row.id) / row.file_name) for row in conn.execute(ready)]
    for number, path in kept:
        checks.check(number, path)


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
        shutil.rmtree(folder_of(number), ignore_errors=True)


def _to_do_again(conn: Connection, number: int | None) -> int | None:
    """Let an export that failed wait once more; None where there is no such."""
    again = update(export).where(export.c.id == number, export.c.state == "failed").returning(export.c.id)
    found: int | None = conn.scalar(again.values(state="waiting", progress=0, message="", finished_at=None))
    return found


def _export(number: int, progress: Progress) -> dict[str, object]:
    with connect() as conn:
        row = conn.execute(select(export).where(export.c.id == number)).one()
    filters, path = Filters.from_query(row.filters, ANY_DAY), folder_of(number) / row.file_name
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
    filters, path = Filters.from_query(row.filters, ANY_DAY), folder_of(number) / row.file_name
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


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
