"""JSON as tables: one object a line or a list of objects; what is nested in an object gets names with dots."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.errors import FileError
from pipeline.sources import text
from pipeline.sources.frame import Layout
from pipeline.sources.json_list import is_json_list, list_blocks
from pipeline.sources.table import Block, Kinds, Rejected, printable

SAMPLE_BYTES = 1 << 20


@dataclass(frozen=True)
class JsonLinesTable:
    """A file of JSON objects; ``layout.header`` names the keys that were seen in its first megabyte."""

    path: Path
    layout: Layout

    def blocks(self, kinds: Kinds, decimal: str = ".", size: int | None = None) -> Iterator[Block]:  # noqa: ARG002  # JSON has points
        """Yield all rows as text; see ``Table.blocks``."""
        wanted = list(kinds) or list(self.layout.header)
        for block in _blocks(self.path, self.layout, size or text.BLOCK_BYTES):
            yield _block(block, wanted)


def open_json_lines(path: Path, layout: Layout | None) -> JsonLinesTable:
    """Open a file of JSON lines, or of a list of objects. Raises FileError where no object is in it."""
    if layout is not None:
        return JsonLinesTable(path, layout)
    with path.open("rb") as stream:
        head = stream.read(text.HEAD_BYTES)
    bare = Layout(encoding=text.encoding_of(head), newline=text.newline_of(head))
    keys: dict[str, None] = {}
    for block in islice(_blocks(path, bare, SAMPLE_BYTES), 1):
        for line in block.data.split(b"\n"):
            keys |= dict.fromkeys(_flat(_parsed(line) or {}))
    if not keys:
        raise FileError(f"{path.name} has no line that is a JSON object; write one object a line, or a list of them.")
    return JsonLinesTable(path, Layout(bare.encoding, bare.newline, header=tuple(keys)))


def _blocks(path: Path, layout: Layout, size: int) -> Iterator[text.TextBlock]:
    with path.open("rb") as stream:
        listed = is_json_list(stream.read(text.HEAD_BYTES))
    return list_blocks(path, size) if listed else text.blocks(path, layout, size)


def _block(block: text.TextBlock, wanted: list[str]) -> Block:
    lines = block.data.split(b"\n")
    objects = [(position, _parsed(line)) for position, line in enumerate(lines) if line.strip()]
    rejected = [
        Rejected(
            block.first_line + position,
            printable(lines[position].decode(errors="replace")),
            "the line is not a JSON object",
        )
        for position, found in objects
        if found is None
    ]
    rows = [(position, _flat(found)) for position, found in objects if found is not None]
    columns = {name: pa.array([_as_text(row.get(name)) for _, row in rows], pa.string()) for name in wanted}
    positions = np.array([position for position, _ in rows], np.int64)
    return Block(
        pa.table(columns),
        positions + block.first_line,
        lambda row: printable(lines[positions[row]].decode(errors="replace")),
        rejected,
    )


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _flat(nested: dict[str, Any]) -> dict[str, Any]:
    """Name what is inside an object by its path: ``{"meter": {"id": 1}}`` has ``meter.id``."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": deep for inner, deep in value.items() if not isinstance(deep, dict | list)}
        elif not isinstance(value, list):
            flat[key] = value
    return flat


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
