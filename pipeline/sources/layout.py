"""Where the table of a delimited text file lies: separator, preamble, header and units row, from its first lines."""

import csv
import re
from collections import Counter
from itertools import chain, islice
from pathlib import Path

from pipeline.errors import FileError
from pipeline.sources import dates, text, units
from pipeline.sources.delimited import DelimitedTable
from pipeline.sources.frame import Layout
from pipeline.sources.numbers import MISSING
from pipeline.sources.table import unique_names

DELIMITERS = "\t;|,"
SAMPLE_LINES = 300
ROWS_BELOW = 60
HEADER_LINES = 60
FEWEST_LINES_SHARE = 0.5
MOSTLY = 0.6
MOST_COLUMNS = 20_000
LAST_LINE_APART = 2  # blocks: a last line without a line end comes in one of its own
NUMBER = re.compile(r"[-+]?(\d[\d.,' \u00a0\u202f\u2019]*|[.,]\d+)([eE][-+]?\d+)?")
TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")

Row = list[str]


def layout_of(path: Path) -> Layout:
    """Work out the layout of a text file. Raises FileError where no table is in it."""
    with path.open("rb") as stream:
        head = stream.read(text.HEAD_BYTES)
    bare = Layout(encoding=text.encoding_of(head), newline=text.newline_of(head))
    first = b"".join(block.data for block in islice(text.blocks(path, bare, text.HEAD_BYTES), LAST_LINE_APART))
    if not first:
        raise FileError(f"{path.name} has no line of text that can be read as a table.")
    if first.lstrip().startswith((b"{", b"[")):
        raise FileError(f"{path.name} is JSON, but not one object a line nor a list of objects; export it as such.")
    if first.lstrip().startswith(b"<"):
        raise FileError(f"{path.name} is XML or a web page, but no Green Button feed; export the readings as .csv.")
    lines = first.decode(errors="replace").replace("\x00", "").split("\n")[:SAMPLE_LINES]
    delimiter, width = _delimiter_and_width(path, lines)
    rows, numbers = _rows(lines, delimiter)
    header, skip = _header(rows, numbers, width)
    return Layout(bare.encoding, bare.newline, delimiter, '"', skip, unique_names(header))


def header_of(rows: list[Row]) -> tuple[tuple[str, ...], int]:
    """Return the names of the columns of a sheet and how many rows come before the first reading."""
    width = max(map(len, rows))
    header, skip = _header(rows, list(range(1, len(rows) + 1)), width)
    return unique_names(header), skip


def _rows(lines: list[str], delimiter: str) -> tuple[list[Row], list[int]]:
    """Return the records of some lines and how many lines were used up to the end of each."""
    rows, numbers = [], []
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
            numbers.append(reader.line_num)
    except csv.Error:
        pass  # a field longer than the reader takes: what came before it is enough to see the layout
    return rows, numbers


def _delimiter_and_width(path: Path, lines: list[str]) -> tuple[str, int]:
    """Return the separator that most lines agree on; the rarer sign wins where two fit (``1,5;2,5``)."""
    best, agreed, width = "", FEWEST_LINES_SHARE, 0
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in _rows(lines, delimiter)[0] if any(row))
        wide = Counter({size: count for size, count in widths.items() if size > 1})
        if not wide:
            continue
        size, count = wide.most_common(1)[0]
        share = count / widths.total()
        if share > agreed or (best and share >= agreed and size > width and best != "\t"):
            best, agreed, width = delimiter, max(share, agreed), size
    if not best:
        raise FileError(
            f"{path.name} does not hold a table: its lines have no separator in common (comma, semicolon, tab)."
        )
    if width > MOST_COLUMNS:
        raise FileError(f"{path.name} has {width:,} columns; at most {MOST_COLUMNS:,} can be read.")
    return best, width


def _header(rows: list[Row], numbers: list[int], width: int) -> tuple[Row, int]:
    """Return the names of the columns and how many lines come before the first reading."""
    widest = [position for position, row in enumerate(rows) if len(row) == width and any(row)]
    for position, row in enumerate(rows[:HEADER_LINES]):
        if not any(row) or len(row) > width or len(row) < max(2, width - 1):
            continue
        below = [rows[after] for after in widest if after > position][:ROWS_BELOW]
        if _names_columns(_widened(row, below, width), below):
            names, last = _with_units(_widened(row, below, width), rows, position)
            return names, numbers[last]
    first = widest[0]
    return [""] * width, numbers[first - 1] if first else 0


def _widened(row: Row, below: list[Row], width: int) -> Row:
    """Fill up a header that lacks a name: for row names written first, or for separators at the ends of lines."""
    if len(row) == width:
        return row
    trailing = all(not line[-1] for line in below)
    return [*row, ""] if trailing else ["", *row]


def _names_columns(row: Row, below: list[Row]) -> bool:
    """Say whether some cell is a word above a column of numbers or dates, and none is a date above dates."""
    if not below:
        return False
    written = dates.dates_among(chain(row, *below))
    words = [bool(cell) and not _is_data(cell, written) for cell in row]
    columns = list(zip(*below, strict=True))
    filled = [[cell for cell in column if cell not in MISSING] for column in columns]
    data = [bool(cells) and sum(_is_data(cell, written) for cell in cells) >= MOSTLY * len(cells) for cells in filled]
    dated = [cell in written for cell in row]
    below_dates = [bool(cells) and sum(cell in written for cell in cells) >= MOSTLY * len(cells) for cells in filled]
    across = sum(
        date and numbers and not dates_below
        for date, numbers, dates_below in zip(dated, data, below_dates, strict=True)
    )
    named = sum(word and below_is for word, below_is in zip(words, data, strict=True)) + across
    return named > 0 and not any(date and dates_below for date, dates_below in zip(dated, below_dates, strict=True))


def _is_data(cell: str, written: frozenset[str]) -> bool:
    return _is_number(cell) or cell in written or bool(TIME_OF_DAY.fullmatch(cell))


def _is_number(cell: str) -> bool:
    return cell in MISSING or bool(NUMBER.fullmatch(cell))


def open_delimited(path: Path, layout: Layout | None) -> DelimitedTable:
    """Open a delimited text file by the layout found before, or look for it. Raises FileError."""
    return DelimitedTable(path, layout or layout_of(path))


def _with_units(names: Row, rows: list[Row], position: int) -> tuple[Row, int]:
    """Take a row of units under the names (``kWh;kWh``) into the names."""
    if position + 1 >= len(rows) or len(rows[position + 1]) != len(names):
        return names, position
    below = [cell.strip("[]() ") for cell in rows[position + 1]]
    if not any(below) or not all(not cell or units.named(cell) for cell in below):
        return names, position
    return [f"{name} [{unit}]" if unit else name for name, unit in zip(names, below, strict=True)], position + 1
