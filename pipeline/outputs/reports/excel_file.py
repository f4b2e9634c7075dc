"""A report as an Excel workbook: every row of every table, written row by row in bounded memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.errors import SelectionError
from pipeline.outputs.reports.contents import (
    DAILY,
    METERS,
    MONTHLY,
    PARTS,
    RULES,
    Column,
    Figure,
    Kind,
    Report,
    Section,
    cells,
)
from pipeline.outputs.reports.palette import ACTUAL, STRONG

MOST_ROWS = 1_048_576 - 1  # of a sheet, below the headings
SHEETS = {DAILY: "Days", MONTHLY: "Months", PARTS: "Parts", METERS: "Meters", RULES: "Rules"}
SUMMARY, NOTES = "Summary", "Notes"
NUMBER, SHARE, COUNT = "#,##0.0##", "0.0%", "#,##0"
WIDTHS = {"text": 28, "day": 13, "month": 11, "number": 17, "share": 17, "count": 15}


def write_excel(path: Path, report: Report) -> None:
    """Write a report to ``path``. Raises SelectionError where a table has more rows than a sheet takes."""
    for section in report.sections:
        if len(section.frame) > MOST_ROWS:
            raise SelectionError(
                f"The table {section.title!r} has {len(section.frame):,} rows, a sheet of Excel takes {MOST_ROWS:,}: "
                "choose a smaller site or period, or CSV."
            )
    with _workbook(path) as book:
        book.set_properties({"title": f"{report.site}, {report.period}", "author": "Wattscape"})
        _summary(book, report)
        for section in report.sections:
            _sheet(book, section)
        notes = book.add_worksheet(NOTES)
        notes.set_column(0, 0, 110)
        for row, note in enumerate(report.notes):
            notes.write_string(row, 0, note)


@contextmanager
def _workbook(path: Path) -> Iterator[Workbook]:
    """Pack the workbook in memory: a file that is packed on a full disk would complain once more when it is let go."""
    packed = BytesIO()
    book = xlsxwriter.Workbook(packed, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    yield book
    try:
        book.close()
    except FileCreateError as error:  # of the temporary files
        cause = error.args[0] if error.args else None
        raise (cause if isinstance(cause, OSError) else OSError(str(error))) from error
    path.write_bytes(packed.getbuffer())


def _summary(book: Workbook, report: Report) -> None:
    sheet = book.add_worksheet(SUMMARY)
    bold = book.add_format({"bold": True, "font_color": STRONG})
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 24)
    sheet.set_column(2, 3, 30)
    facts = {"Report": report.site, "Period": report.period} | report.origin.head(report.filters)
    for row, (name, text) in enumerate(facts.items()):
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, text)
    row = len(facts) + 1
    for place, heading in enumerate(("Key figure", "Value", "Unit", "Note")):
        sheet.write_string(row, place, heading, bold)
    for figure in report.figures:
        row += 1
        _figure(book, sheet, row, figure)
    _chart(book, sheet, row + 2, report.section(DAILY))


def _figure(book: Workbook, sheet: Worksheet, row: int, figure: Figure) -> None:
    sheet.write_string(row, 0, figure.label)
    if figure.value is not None:
        is_share = not figure.unit and figure.key != "cost"
        sheet.write_number(row, 1, figure.value, book.add_format({"num_format": SHARE if is_share else NUMBER}))
    sheet.write_string(row, 2, figure.unit)
    sheet.write_string(row, 3, figure.note)


def _chart(book: Workbook, sheet: Worksheet, row: int, days: Section) -> None:
    count = len(days.frame)
    if not count:
        return
    name = SHEETS[days.name]
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": "Energy",
            "categories": [name, 1, 0, count, 0],
            "values": [name, 1, 1, count, 1],
            "fill": {"color": ACTUAL},
            "gap": 40,
        }
    )
    chart.set_title({"name": "Energy per day", "name_font": {"size": 11, "color": STRONG}})
    chart.set_y_axis({"name": "kWh", "num_format": "#,##0", "major_gridlines": {"visible": True}})
    chart.set_x_axis({"date_axis": True, "num_format": "d mmm yyyy"})
    chart.set_legend({"none": True})
    chart.set_size({"width": 820, "height": 300})
    sheet.insert_chart(row, 0, chart, {"description": "Energy of each day in kWh"})


def _sheet(book: Workbook, section: Section) -> None:
    sheet = book.add_worksheet(SHEETS[section.name])
    bold = book.add_format({"bold": True, "font_color": STRONG, "bottom": 1})
    formats = [_format(book, column) for column in section.columns]
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(section.columns):
        sheet.set_column(place, place, WIDTHS[column.kind])
        sheet.write_string(0, place, column.heading, bold)
    for row, values in enumerate(cells(section), start=1):
        for place, (column, value) in enumerate(zip(section.columns, values, strict=True)):
            _cell(sheet, (row, place), value, column.kind, formats[place])
    if len(section.frame):
        sheet.autofilter(0, 0, len(section.frame), len(section.columns) - 1)


def _cell(sheet: Worksheet, at: tuple[int, int], value: Any, kind: Kind, form: Format) -> None:  # noqa: ANN401 - of a frame
    match value, kind:
        case None, _:
            return
        case _, "text":
            sheet.write_string(*at, str(value))  # never a formula or a link
        case _, "day" | "month":
            sheet.write_datetime(*at, value.to_pydatetime(), form)
        case _:
            sheet.write_number(*at, value, form)


def _format(book: Workbook, column: Column) -> Format:
    chosen = {"day": "yyyy-mm-dd", "month": "mmm yyyy", "number": NUMBER, "share": SHARE, "count": COUNT}
    return book.add_format({"num_format": chosen.get(column.kind, "General")})
