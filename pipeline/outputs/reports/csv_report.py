"""A report as one CSV file: a line for every value, with the table, the row and the measure it belongs to."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.outputs.csv_file import RUN_BY_SPREADSHEETS
from pipeline.outputs.reports.contents import Column, Report, Section, cells

HEADINGS = ("table", "item", "field", "unit", "value")
FIGURES, NOTES = "figures", "notes"
_RISKY = re.compile(RUN_BY_SPREADSHEETS)


def write_csv_report(path: Path, report: Report) -> None:
    """Write a report to ``path``: key figures, every row of every table, notes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADINGS)
        writer.writerows(_figures(report))
        for section in report.sections:
            writer.writerows(_lines(section))
        writer.writerows((NOTES, number, "note", "", _plain(note)) for number, note in enumerate(report.notes, start=1))


def _figures(report: Report) -> Iterator[tuple[object, ...]]:
    yield FIGURES, "", "site", "", _plain(report.site)
    yield FIGURES, "", "from", "", report.filters.start
    yield FIGURES, "", "to, not included", "", report.filters.end
    for figure in report.figures:
        yield FIGURES, "", figure.key, figure.unit, "" if figure.value is None else figure.value


def _lines(section: Section) -> Iterator[tuple[object, ...]]:
    first, *others = section.columns
    for item, *values in cells(section):
        name = _written(first, item)
        for column, value in zip(others, values, strict=True):
            yield section.name, name, column.key, column.unit, _written(column, value)


def _written(column: Column, value: Any) -> object:  # noqa: ANN401 - a cell of a frame
    if value is None:
        return ""
    if column.kind in ("day", "month"):
        return value.date().isoformat()
    return _plain(str(value)) if column.kind == "text" else value


def _plain(text: str) -> str:
    return _RISKY.sub(r"'\1", text)
