"""The standard frame: what every source is turned into before anything else looks at it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import pandas as pd

Quantity = Literal["energy", "power", "register"]
Stamp = Literal["start", "end"]
Direction = Literal["import", "export", "generation", "net"]
Clock = Literal["wall", "label", "standard", "elapsed"]
TimeCode = Literal["text", "excel", "s", "ms", "us", "ns"]

# ``meter`` category of str; ``ts`` datetime64[us, UTC], start of the half-open interval; ``duration_s`` int32, its
# length; ``energy_kwh`` float64, NaN where the source marks a value as missing (for a register: its reading in kWh);
# ``flag`` int32, what the source itself says about quality; ``line`` int64, 1-based line or record of the source.
STANDARD_COLUMNS = ("meter", "ts", "duration_s", "energy_kwh", "flag", "line")
REJECTED_COLUMNS = ("line", "text", "reason")


@dataclass(frozen=True)
class Chunk:
    """Part of a source: ``readings`` in the standard frame, ``rejected`` lines with text and reason."""

    readings: pd.DataFrame
    rejected: pd.DataFrame


@dataclass(frozen=True)
class MeterInfo:
    """What a source says about one of its meters."""

    name: str
    direction: Direction = "import"
    unit: str = "kWh"
    step_s: int | None = None
    register: bool = False


@dataclass(frozen=True)
class Mapping:
    """How the columns of a table are read; every field can be overridden by the user before anything is stored.

    ``day_first`` is None where no date is ambiguous. ``midnight_ends_day`` says that 00:00 stamped with a date closes
    that day. ``period_column`` holds a settlement period (1 to 48 or so) or an hour beside a date; ``across`` names
    the columns that are times of the day (or dates), one reading each. ``step_s`` None means that the step differs by
    meter or reading; ``step_months`` is set where readings are calendar months. ``clock`` says what the stamps do when
    the clocks change (see ``clock.py``), ``aware`` that they carry their own offset from UTC. ``time_code`` tells
    numbers apart: Excel days, or seconds and parts of seconds since 1970. ``swapped_dates`` are the dates that the
    file writes with day and month exchanged. ``meter`` replaces the file's name in the names of meters.
    """

    time_columns: tuple[str, ...] = ()
    value_columns: tuple[str, ...] = ()
    entity_columns: tuple[str, ...] = ()
    quantity: Quantity = "energy"
    unit: str = "kWh"
    timezone: str = "UTC"
    stamp: Stamp = "start"
    step_s: int | None = None
    day_first: bool | None = None
    period_column: str | None = None
    period_first: int = 1
    midnight_ends_day: bool = False
    decimal: str = "."
    thousands: str | None = None
    step_months: int | None = None
    clock: Clock = "wall"
    aware: bool = False
    time_code: TimeCode = "text"
    newest_first: bool = False
    across: tuple[str, ...] = ()
    estimated_column: str | None = None
    swapped_dates: tuple[str, ...] = ()
    meter: str | None = None


@dataclass(frozen=True)
class Layout:
    """Where the table of a text file or workbook lies: found by looking, kept so that it is read the same way again.

    ``skip`` physical lines come before the first reading; ``header`` names every column.
    """

    encoding: str = "utf-8"
    newline: str = "\n"
    delimiter: str = ","
    quote: str = '"'
    skip: int = 0
    header: tuple[str, ...] = ()
    sheet: str | None = None


@dataclass(frozen=True)
class Overrides:
    """What the user gave by hand; None leaves the guess.

    ``columns``, ``times`` and ``entities`` name the columns of values, times and meters. ``mapping`` is followed as it
    stands; ``changes`` are single fields of it, and the rest is worked out from those.
    ``register`` says whether values are readings of a register.
    """

    format: str | None = None
    timezone: str | None = None
    unit: str | None = None
    meter: str | None = None
    columns: tuple[str, ...] = ()
    mapping: Mapping | None = None
    times: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    changes: dict[str, object] = field(default_factory=dict)
    register: bool | None = None


@dataclass(frozen=True)
class PeriodTotal:
    """Energy of a longer period that a source states beside its intervals, as read off the register.

    ``start_s`` in seconds since 1970 (UTC), ``energy_kwh`` of the whole period of ``duration_s``.
    """

    meter: str
    start_s: int
    duration_s: int
    energy_kwh: float


@dataclass(frozen=True)
class Plan:
    """What a source holds and how it will be read: shown for preview, then kept with the batch.

    ``member`` is the file inside an archive. ``details`` gives a short reason in words for each decision.
    """

    path: Path
    format: str
    mapping: Mapping | None
    meters: tuple[MeterInfo, ...] = ()
    warnings: tuple[str, ...] = ()
    details: dict[str, object] = field(default_factory=dict)
    member: str | None = None
    layout: Layout | None = None
    totals: tuple[PeriodTotal, ...] = ()


class Source(Protocol):
    """An adapter for one family of formats; each is a module with these functions."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether the content is of this format; ``head`` is the first 64 KiB, unpacked."""

    def inspect(self, path: Path, overrides: Overrides) -> Plan:
        """Look through the whole file and say how it will be read. Raises FileError."""

    def read(self, plan: Plan) -> Iterator[Chunk]:
        """Yield the content in chunks of bounded size, in the order of the source."""
