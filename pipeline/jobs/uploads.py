"""Files that people upload: asked for, listed, loaded."""

from pathlib import Path

import pandas as pd
import procrastinate
from sqlalchemy import Connection, insert, select

from pipeline.errors import UserError
from pipeline.jobs.models import request_steps
from pipeline.jobs.queue import LOAD_UPLOAD, app, defer
from pipeline.jobs.rows import JobRow, Progress
from pipeline.settings import settings
from pipeline.sources.frame import Overrides
from pipeline.sources.plans import overrides_from_json, overrides_to_json
from pipeline.warehouse.batches import LoadReport
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.load import load_file
from pipeline.warehouse.schema import upload

MOST_LISTED = 200


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
        defer(conn, LOAD_UPLOAD, number)
    return number


def listed(conn: Connection) -> pd.DataFrame:
    """List the uploads, newest first: all columns of ``upload``."""
    return pd.read_sql(select(upload).order_by(upload.c.id.desc()).limit(MOST_LISTED), conn)


@app.task(name=LOAD_UPLOAD, pass_context=True)
def load_upload(context: procrastinate.JobContext, *, number: int) -> None:
    """Load the file that a row of ``upload`` names, and remove it once it is stored."""
    JobRow(upload, number, "stored", context.should_abort).run(lambda progress: _load(number, progress))


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
