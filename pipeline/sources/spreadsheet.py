"""Workbooks (xlsx, xlsb, xls, ods) as tables, read with calamine."""

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from pipeline.errors import FileError
from pipeline.sources.frame import Layout
from pipeline.sources.layout import header_of
from pipeline.sources.table import Block, Kinds, printable

BLOCK_ROWS = 50_000
SAMPLE_ROWS = 400
EXACT = 1e15
MOST_CELLS = 50_000_000
MEMORY_BYTES, SECONDS = 4 << 30, 300
# A sheet of two cells in opposite corners takes the memory of all between them, and the reader ends its process for
# want of it. So the sheets are opened in a process of their own first.
TRIAL = """
import resource, sys
most, hard = int(sys.argv[2]), resource.getrlimit(resource.RLIMIT_AS)[1]
resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))
from python_calamine import CalamineError, CalamineWorkbook
try:
    book = CalamineWorkbook.from_path(sys.argv[1])
    print(sum(s.total_height * s.total_width for s in map(book.get_sheet_by_name, book.sheet_names)))
except (CalamineError, OSError, ValueError):
    print(0)
"""


@dataclass(frozen=True)
class SpreadsheetTable:
    """One sheet of a workbook; ``layout.skip`` rows come before the first reading."""

    path: Path
    layout: Layout

    def blocks(self, kinds: Kinds, decimal: str = ".", size: int | None = None) -> Iterator[Block]:  # noqa: ARG002  # cells are typed
        """Yield all rows as text; see ``Table.blocks``."""
        wanted = list(kinds) or list(self.layout.header)
        places = [self.layout.header.index(name) for name in wanted]
        rows = _rows(self.path, self.layout.sheet)[self.layout.skip :]
        for first in range(0, len(rows), BLOCK_ROWS):
            part = rows[first : first + BLOCK_ROWS]
            cells = {
                name: pa.array([as_text(row[place]) for row in part], pa.string())
                for name, place in zip(wanted, places, strict=True)
            }
            lines = np.arange(len(part)) + self.layout.skip + first + 1
            yield Block(pa.table(cells), lines, lambda row, part=part: printable(",".join(map(as_text, part[row]))))  # type: ignore[misc]  # a default binds the rows


def open_spreadsheet(path: Path, layout: Layout | None) -> SpreadsheetTable:
    """Open the sheet chosen before, or the largest one. Raises FileError."""
    if layout is not None:
        return SpreadsheetTable(path, layout)
    _try_out(path)
    sheets = {name: _rows(path, name) for name in _workbook(path).sheet_names}
    sheet, rows = max(sheets.items(), key=lambda item: len(item[1]), default=("", []))
    if not rows:
        raise FileError(f"{path.name} has no sheet with rows.")
    header, skip = header_of([[as_text(cell) for cell in row] for row in rows[:SAMPLE_ROWS]])
    return SpreadsheetTable(path, Layout(skip=skip, header=header, sheet=sheet))


def as_text(cell: Any) -> str:  # noqa: ANN401  # calamine gives what the cell holds
    """Return a cell as text: dates as ISO 8601, whole numbers without a point."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer() and abs(cell) < EXACT:
            return str(int(cell))
        case dt.datetime():
            return cell.isoformat(" ", "seconds")
        case dt.timedelta():
            return str(cell)
        case _:
            return str(cell)


def _try_out(path: Path) -> None:
    """Raise FileError for a workbook that does not fit in memory; what else is wrong shows when it is read."""
    command = [sys.executable, "-I", "-c", TRIAL, str(path), str(MEMORY_BYTES)]
    try:
        trial = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 - our own text
    except subprocess.TimeoutExpired:
        raise FileError(f"{path.name} takes too long to open; save its sheet as .csv.") from None
    if trial.returncode != 0 or int(trial.stdout) > MOST_CELLS:
        raise FileError(
            f"{path.name} has sheets of more than {MOST_CELLS:,} cells, empty ones counted; save the readings as .csv."
        )


def _workbook(path: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError, ValueError) as error:
        raise FileError(
            f"{path.name} cannot be opened as a workbook ({error}); save it again as .xlsx or .csv."
        ) from error


def _rows(path: Path, sheet: str | None) -> list[list[Any]]:
    try:
        return _workbook(path).get_sheet_by_name(sheet or "").to_python(skip_empty_area=False)
    except (CalamineError, ValueError) as error:
        raise FileError(
            f"{path.name}: sheet {sheet} cannot be read ({error}); save it again as .xlsx or .csv."
        ) from error
