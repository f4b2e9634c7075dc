"""Files that the browser downloads, each by a plain address: what a chart draws, rejected lines, exports."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import pandas as pd
from flask import Blueprint, Response, jsonify, request, send_file, stream_with_context
from sqlalchemy import Connection

from dashboard.data import ask_now, data_version
from dashboard.drawn import frame_of
from dashboard.selection import resolve
from pipeline.errors import SelectionError
from pipeline.jobs import exports
from pipeline.warehouse.engine import connect
from pipeline.warehouse.queries import quality, sites

Cell: TypeAlias = object
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
LINES_AT_ONCE = 1_000
WRITTEN = "%.15g"  # digits enough for every figure, without those that adding in binary leaves behind

blueprint = Blueprint("downloads", __name__)


@blueprint.get("/health")
def health() -> Response:
    """Say that web server and database answer; 503 with the reason where the database does not."""
    return jsonify(status="ok", data_version=ask_now(data_version))


@blueprint.get("/chart.csv")
def chart_csv() -> Response:
    """Send exactly what a chart draws for the selection in the address."""
    chart = request.args.get("chart", "")
    filters = resolve(request.args)
    if filters is None:
        raise SelectionError("Nothing is loaded yet.")
    frame = frame_of(chart, filters, request.args)
    name = ask_now(sites.span, filters.site_id).name
    return _attachment(
        [frame_as_csv(frame)], file_name(chart, name, filters.start.isoformat(), filters.end.isoformat())
    )


@blueprint.get("/exports/<int:number>")
def export_file(number: int) -> Response:
    """Send the file of an export."""
    return send_file(ask_now(exports.export_file, number), as_attachment=True)


@blueprint.get("/exports/<int:number>/manifest")
def export_manifest(number: int) -> Response:
    """Send what was asked, what was written, and how to check it."""
    return send_file(ask_now(exports.export_manifest, number), as_attachment=True)


@blueprint.get("/batches/<int:batch_id>/rejected.csv")
def rejected_csv(batch_id: int) -> Response:
    """Stream the lines that a load could not read, with their numbers and the reasons."""
    report = ask_now(quality.batch_report, batch_id)
    return _attachment(
        stream_with_context(_rejected_lines(batch_id)), file_name("rejected", report.file_name, str(batch_id))
    )


def frame_as_csv(frame: pd.DataFrame) -> str:
    """Write a frame as CSV; text that a spreadsheet would run as a formula is made harmless."""
    texts = frame.select_dtypes(include=["object", "str", "category"]).columns
    return str(
        frame.assign(**{str(name): frame[name].map(harmless) for name in texts}).to_csv(
            index=False, float_format=WRITTEN
        )
    )


def harmless(cell: Cell) -> Cell:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def file_name(*parts: str, ending: str = "csv") -> str:
    """Join parts to a file name that every system takes."""
    return "-".join(filter(None, (re.sub(r"[^A-Za-z0-9._]+", "-", part).strip("-") for part in parts))) + f".{ending}"


def _rejected_lines(batch_id: int) -> Iterator[str]:
    with connect() as connection:
        yield from _csv_lines(("line", "text", "reason"), _rejected(connection, batch_id))


def _rejected(connection: Connection, batch_id: int) -> Iterator[tuple[Cell, ...]]:
    for line, text, reason in quality.rejected_rows(connection, batch_id):
        yield line, harmless(text), reason


def _csv_lines(header: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    for count, row in enumerate(rows, start=1):
        writer.writerow(row)
        if count % LINES_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _attachment(content: Iterable[str], name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype="text/csv", headers=headers)
