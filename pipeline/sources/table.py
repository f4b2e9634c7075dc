"""What tables of every format have in common: blocks of rows with named columns and the line each row came from."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.sources.frame import Layout

# How a column is wanted: ``stamp`` without and ``instant`` with an offset from UTC are ISO 8601; where a block does not
# keep to it, all its columns come as text.
Kind = Literal["text", "number", "stamp", "instant"]
Kinds = Mapping[str, Kind]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

LONGEST_TEXT = 500


@dataclass(frozen=True)
class Rejected:
    """A line that cannot be used, as it stands in the source, and why."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class Block:
    """Some rows: ``columns``, the source ``lines`` they came from, and how to get the text of row number i."""

    columns: pa.Table
    lines: Integers
    text: Callable[[int], str]
    rejected: list[Rejected] = field(default_factory=list)


class Table(Protocol):
    """A table of any format."""

    @property
    def layout(self) -> Layout:
        """Where the table lies and how its columns are called."""

    def blocks(self, kinds: Kinds, decimal: str = ".", size: int | None = None) -> Iterator[Block]:
        """Yield all rows in the order of the source; only the columns in ``kinds``, or all where it is empty."""


def printable(text: str) -> str:
    """Return text as it may be stored and shown: without NUL, not endless."""
    shown = text.replace("\x00", "\N{SYMBOL FOR NULL}").rstrip("\r\n")
    return shown if len(shown) <= LONGEST_TEXT else shown[:LONGEST_TEXT] + " …"


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Give every column a name of its own: empty ones by position, repeated ones by a number."""
    seen: dict[str, int] = {}
    unique = []
    for position, given in enumerate(names, 1):
        name = " ".join(given.split()) or f"column {position}"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(unique)
