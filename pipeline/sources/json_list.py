"""A JSON list of objects, ``[{…}, {…}]``, as blocks of JSON lines: an object's line is its number in the list."""

import codecs
import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import FileError
from pipeline.sources.text import BLOCK_BYTES, HEAD_BYTES, LONGEST_LINE, TextBlock, encoding_of

BETWEEN = " \t\r\n,"
DECODER = json.JSONDecoder()


def is_json_list(head: bytes) -> bool:
    """Say whether the content begins as a list of objects does."""
    plain = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return plain.startswith(b"[") and plain[1:].lstrip().startswith(b"{")


def list_blocks(path: Path, size: int = BLOCK_BYTES) -> Iterator[TextBlock]:
    """Yield the objects of a list, about ``size`` bytes at a time. Raises FileError where the list breaks off."""
    lines: list[str] = []
    first = waiting = 0
    for number, found in enumerate(_objects(path), 1):
        lines.append(json.dumps(found))
        waiting += len(lines[-1])
        if waiting >= size:
            yield TextBlock("\n".join(lines).encode(), first + 1)
            lines, first, waiting = [], number, 0
    if lines:
        yield TextBlock("\n".join(lines).encode(), first + 1)


def _objects(path: Path) -> Iterator[Any]:
    text, begun = "", False
    with path.open("rb") as stream:
        decoder = codecs.getincrementaldecoder(encoding_of(stream.read(HEAD_BYTES)))("replace")
        stream.seek(0)
        while True:
            part = stream.read(BLOCK_BYTES)
            text += decoder.decode(part, final=not part)
            text = yield from _whole(text if begun else text.lstrip().removeprefix("["))
            begun = True
            if text.startswith("]"):
                return
            if not part or len(text) > LONGEST_LINE:
                raise FileError(f"{path.name} is a JSON list that breaks off at {text[:40]!r}; export it again.")


def _whole(text: str) -> Generator[Any, None, str]:
    """Yield the objects that are there as a whole; returns the rest of the text."""
    place = 0
    while True:
        while place < len(text) and text[place] in BETWEEN:
            place += 1
        try:
            found, place = DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            return text[place:]
        yield found
