"""Exports, publications and reports: asked for, listed, cancelled, and where their files are."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection, insert, select, text, update

from pipeline.errors import SelectionError
from pipeline.jobs.queue import CHECK_EXPORT, MAKE_EXPORT, PUBLISH, defer
from pipeline.outputs.manifest import manifest_path
from pipeline.outputs.options import CsvOptions, HyperOptions, Kind, Options, PackageKind, options_of
from pipeline.outputs.reports.kinds import Format, kind_of_format
from pipeline.outputs.tableau.account import account_of
from pipeline.outputs.tableau.contents import Mode, check_mode
from pipeline.settings import settings
from pipeline.warehouse.engine import begin
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.schema import export, site

MOST_LISTED = 200
BEING_CHECKED = text(
    "select cast(args ->> 'number' as integer) from procrastinate_jobs "
    "where task_name = :task and status in ('todo', 'doing')"
)


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
        return _add_export(conn, report_row(conn, filters, form, "report"), MAKE_EXPORT, requested_by)


def request_check(number: int) -> None:
    """Ask for an export to be compared with its manifest and the warehouse. Raises SelectionError without a file."""
    with begin() as conn:
        export_file(conn, number)
        defer(conn, CHECK_EXPORT, number)


def cancel_export(number: int) -> None:
    """Stop an export that waits or runs; one that is over stays as it is."""
    stopped = update(export).where(export.c.id == number, export.c.state.in_(["waiting", "running"]))
    with begin() as conn:
        conn.execute(stopped.values(state="cancelled", message="Cancelled.", finished_at=datetime.now(UTC)))


def listed(conn: Connection) -> pd.DataFrame:
    """List the exports, newest first: all columns of ``export`` but the manifest, and ``checking``: it is under way."""
    columns = [column for column in export.c if column.name != "manifest"]
    frame = pd.read_sql(select(*columns).order_by(export.c.id.desc()).limit(MOST_LISTED), conn)
    return frame.assign(checking=frame["id"].isin(list(conn.scalars(BEING_CHECKED, {"task": CHECK_EXPORT}))))


def export_file(conn: Connection, number: int) -> Path:
    """Return the file of an export that is ready; its manifest is beside it. Raises SelectionError for any other."""
    ready = select(export.c.file_name).where(export.c.id == number, export.c.state == "ready")
    name: str | None = conn.execute(ready).scalar_one_or_none()
    path = folder_of(number) / (name or "none")
    if not path.is_file():
        raise SelectionError(f"Export {number} has no file. Make it again.")
    return path


def export_manifest(conn: Connection, number: int) -> Path:
    """Return the manifest of an export that is ready. Raises SelectionError for any other."""
    return manifest_path(export_file(conn, number))


def folder_of(number: int) -> Path:
    """Return where the files of an export are."""
    return settings().data_folder.absolute() / "exports" / str(number)


def report_row(conn: Connection, filters: Filters, form: Format, what: str) -> dict[str, object]:
    """Describe a report as a row of ``export``. Raises SelectionError for an unknown site."""
    name = f"{_plain_name(conn, filters)}-{what}-{filters.start}-to-{filters.end}.{form}"
    return {"kind": kind_of_format(form), "filters": filters.to_query(), "file_name": name}


def _add_export(conn: Connection, row: Mapping[str, object], task: str, requested_by: str) -> int:
    number = add_row(conn, row, requested_by)
    defer(conn, task, number)
    return number


def add_row(conn: Connection, row: Mapping[str, object], requested_by: str) -> int:
    """Add a row to ``export``; returns its number."""
    added = insert(export).values(requested_by=requested_by, **row).returning(export.c.id)
    number: int = conn.execute(added).scalar_one()
    return number


def _file_name(conn: Connection, filters: Filters, kind: Kind, options: Options) -> str:
    what = f"-{options.table}" if isinstance(options, CsvOptions) else ""
    return f"{_plain_name(conn, filters)}{what}-{filters.start}-to-{filters.end}.{kind}"


def _plain_name(conn: Connection, filters: Filters) -> str:
    name = conn.execute(select(site.c.name).where(site.c.id == filters.site_id)).scalar_one_or_none()
    if name is None:
        raise SelectionError(f"There is no site {filters.site_id}.")
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "site"
