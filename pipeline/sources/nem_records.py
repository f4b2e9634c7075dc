"""The records of NEM12 and NEM13 files: channels, and their values with the quality of each.

Source: AEMO, Meter Data File Format Specification NEM12 & NEM13. ``nemreader`` reads the single records; going through
a file, with line numbers and in bounded memory, is done here, as the library holds a whole file and stops at an error.
"""

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
from nemreader.nem_objects import BasicMeterData, EventRecord
from nemreader.nem_reader import parse_200_row, parse_250_row, parse_400_row, parse_datetime

from pipeline.errors import FileError
from pipeline.sources.frame import Direction
from pipeline.sources.table import Floats, Rejected, printable
from pipeline.sources.units import Unit, named

DAY_MINUTES = 24 * 60
YEARS = range(1970, 2100)
QUALITIES = frozenset("AEFNSV")
ACTIVE_ENERGY, TOWARDS_GRID = frozenset("ABCDEF"), frozenset("ABC")
ACCUMULATION_FIELDS = 23
REGISTER_READS = (8, 13)
Row = list[str]


@dataclass(frozen=True)
class Channel:
    """One stream of values of a connection point (NMI); ``unit`` None where it is not active energy or power."""

    nmi: str
    suffix: str
    unit: Unit | None
    unit_name: str
    direction: Direction
    step_s: int | None

    @property
    def name(self) -> str:
        """Name of the meter: connection point and channel."""
        return f"{self.nmi} {self.suffix}"


@dataclass(frozen=True)
class Values:
    """Successive values of a channel in its own unit, with the first letter of the quality of each."""

    channel: Channel
    start: datetime
    step: timedelta
    values: Floats
    quality: npt.NDArray[np.str_]
    line: int


def channels_of(path: Path) -> list[Channel]:
    """Every channel that a details record names, once each."""
    found: dict[Channel, None] = {}
    for _, row in _rows(path):
        with suppress(ValueError, IndexError):
            if row[0] == "200":
                found[_interval_channel(row)] = None
            elif row[0] == "250":
                found[_accumulation(row, 0).channel] = None
    return list(found)


def content_of(path: Path) -> Iterator[Values | Rejected]:
    """Go through the records; a day is given out once the events (400) that may follow it have been seen."""
    channel: Channel | None = None
    day: Values | None = None
    for line, row in _rows(path):
        if day and row[0] != "400":
            yield day
            day = None
        try:
            match row[0]:
                case "200":
                    channel = None
                    channel = _interval_channel(row)
                case "250":
                    yield _accumulation(row, line)
                case "300":
                    day = _day(row, line, channel)
                case "400":
                    day = _with_event(row, day)
                case "100" | "500" | "550" | "900":
                    pass
                case other:
                    raise ValueError(f"There is no record {other[:10]!r} in NEM12 or NEM13.")  # noqa: TRY301
        except (ValueError, IndexError) as error:
            reason = str(error) if isinstance(error, ValueError) else "The record is too short."
            yield Rejected(line, printable(",".join(row)), reason)
    if day:
        yield day


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield the records with their line numbers; empty lines are left out. Raises FileError."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        reader = csv.reader(line.replace("\0", "") for line in stream)
        try:
            for row in reader:
                if row and row[0].strip():
                    yield reader.line_num, [row[0].strip(), *row[1:]]
        except csv.Error as error:
            raise FileError(
                f"{path.name} breaks off as a meter data file after line {reader.line_num} ({error})."
            ) from error


def _interval_channel(row: Row) -> Channel:
    details = parse_200_row(row)
    if details.interval_length <= 0 or DAY_MINUTES % details.interval_length:
        raise ValueError(f"Intervals of {details.interval_length} minutes do not make up a day.")
    return Channel(
        nmi=details.nmi,
        suffix=details.nmi_suffix,
        unit=named(details.uom or ("kWh" if details.nmi_suffix[:1] in ACTIVE_ENERGY else "")),
        unit_name=details.uom or "without unit",
        direction="export" if details.nmi_suffix[:1] in TOWARDS_GRID else "import",
        step_s=details.interval_length * 60,
    )


def _day(row: Row, line: int, channel: Channel | None) -> Values:
    if channel is None or channel.step_s is None:
        raise ValueError("No readable details record (200) comes before this one.")
    count = DAY_MINUTES * 60 // channel.step_s
    start = parse_datetime(row[1])
    if start is None or start.year not in YEARS:
        raise ValueError(f"{row[1][:20]!r} is not a date between 1970 and 2100.")
    if len(row) < count + 3:
        raise ValueError(f"It takes {count} values and their quality; there are {max(len(row) - 3, 0)}.")
    quality = np.full(count, _letter(row[count + 2]))
    return Values(channel, start, timedelta(seconds=channel.step_s), _numbers(row[2 : count + 2]), quality, line)


def _with_event(row: Row, day: Values | None) -> Values:
    if day is None:
        raise ValueError("No readable interval record (300) comes before this one.")
    event = EventRecord(*parse_400_row([*row, "", ""], round(day.step.total_seconds() / 60)))
    quality = day.quality.copy()
    quality[event.start_interval - 1 : event.end_interval] = _letter(event.quality_method)
    return replace(day, quality=quality)


def _accumulation(row: Row, line: int) -> Values:
    """Read a record of accumulated energy (250): the quantity between two readings of a register."""
    filled = row + [""] * (ACCUMULATION_FIELDS - len(row))
    data = parse_250_row([text or "nan" if at in REGISTER_READS else text for at, text in enumerate(filled)])
    start, end = data.previous_register_read_datetime, data.current_register_read_datetime
    if start is None or end is None or end <= start or start.year not in YEARS or end.year not in YEARS:
        raise ValueError("The two register readings are not at two times, one after the other.")
    channel = Channel(data.nmi, data.nmi_suffix, named(data.uom), data.uom, _direction(data), None)
    quality = np.array([_letter(data.current_quality_method)])
    return Values(channel, start, end - start, np.array([data.quantity]), quality, line)


def _direction(data: BasicMeterData) -> Direction:
    """Energy towards the grid is written with either sign: below zero it counts as net."""
    if data.direction_indicator.upper() != "I":
        return "import"
    return "net" if data.quantity < 0 else "export"


def _letter(quality: str) -> str:
    letter = quality.strip()[:1].upper() or "A"
    if letter not in QUALITIES:
        raise ValueError(f"{quality[:20]!r} is not a quality method.")
    return letter


def _numbers(texts: list[str]) -> Floats:
    try:
        return np.array(texts, np.float64)
    except ValueError:
        return np.array([float(text) if text.strip() else np.nan for text in texts])
