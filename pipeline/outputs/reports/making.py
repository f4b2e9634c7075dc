"""A report of a selection into a file, with a manifest beside it."""

import time
from pathlib import Path

from pipeline.errors import UserError
from pipeline.outputs.aside import written_aside
from pipeline.outputs.definitions_used import definitions_used
from pipeline.outputs.export import room_for, source_of
from pipeline.outputs.manifest import Manifest, now, sha256_of
from pipeline.outputs.reports.contents import Report, gather
from pipeline.outputs.reports.csv_report import write_csv_report
from pipeline.outputs.reports.excel_file import write_excel
from pipeline.outputs.reports.kinds import Format, kind_of_format
from pipeline.outputs.reports.pdf_file import write_pdf
from pipeline.outputs.tally import Progress, no_progress
from pipeline.warehouse.filters import Filters

WRITERS = {"pdf": write_pdf, "xlsx": write_excel, "csv": write_csv_report}
GATHERED = 0.6  # share of the work that is done when all is asked


def make_report(path: Path, filters: Filters, form: Format, progress: Progress = no_progress) -> Manifest:
    """Write a report of what ``filters`` select to ``path``, with a manifest beside it, and return the manifest.

    Until all is written there is no file at ``path``, or the one that was there before. Raises SelectionError for a
    site that does not exist or has no reading in the period, UserError where ``path`` is a folder.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder: name a file in it.")
    started = time.perf_counter()
    progress(0.0, "asking")
    report = report_of(filters)
    progress(GATHERED, "writing")
    with room_for(path), written_aside(path) as part:
        WRITERS[form](part, report)
        digest, size = sha256_of(part), part.stat().st_size
    manifest = Manifest(
        file_name=path.name,
        kind=kind_of_format(form),
        origin=report.origin,
        filters=filters.to_query(),
        options={},
        rows=report.rows,
        energy_kwh=report.figure("energy_kwh").value or 0.0,
        energy_kwh_by_table=report.energy_kwh,
        peak_kw=report.figure("peak_kw").value,
        share_estimated=report.figure("share_estimated").value,
        layout="",
        values={},
        queries={},
        definitions=definitions_used(),
        bytes=size,
        sha256=digest,
        seconds=round(time.perf_counter() - started, 3),
        created_at=now(),
    )
    manifest.write_beside(path)
    return manifest


def report_of(filters: Filters) -> Report:
    """Ask for a report in one snapshot of the data. Raises SelectionError for what is not there, or is empty."""
    with source_of(filters) as source:
        return gather(source.conn, filters, source.origin)
