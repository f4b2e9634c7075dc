"""Text files as blocks of whole lines in UTF-8, whatever their encoding and line ends, in bounded memory."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.sources.detect import looks_like_utf16
from pipeline.sources.frame import Layout

BLOCK_BYTES = 8 << 20
LONGEST_LINE = 16 << 20
HEAD_BYTES = 1 << 19
STEPS_BACK = 1000


@dataclass(frozen=True)
class TextBlock:
    """Whole lines; ``first_line`` is the number of the first in the file, ``too_long`` says that it was dropped."""

    data: bytes
    first_line: int
    too_long: bool = False


def encoding_of(head: bytes) -> str:
    """Name the encoding by its mark or, without one, by its NUL bytes; else UTF-8, checked block by block."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):  # the first begins as that of UTF-16 does
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if looks_like_utf16(head):
        return "utf-16-be" if head[:1] == b"\x00" else "utf-16-le"
    return "utf-8"


def newline_of(head: bytes) -> str:
    """Return the line end: a bare carriage return where most lines end so."""
    return "\r" if head.count(b"\r") - head.count(b"\r\n") > head.count(b"\n") else "\n"


def blocks(path: Path, layout: Layout, size: int = BLOCK_BYTES) -> Iterator[TextBlock]:
    """Yield the lines of a file after the ``layout.skip`` first ones, about ``size`` bytes at a time."""
    rest, line = b"", 1
    for part in _lines_marked_by_feeds(path, layout, size):
        rest += part
        cut = _end_of_last_line(rest)
        if cut == 0 and len(rest) > LONGEST_LINE:
            rest = rest[:1]
            yield TextBlock(b"", line, too_long=True)
            continue
        if cut:
            block, rest = rest[:cut], rest[cut:]
            yield from _after(block, line, layout.skip)
            line += block.count(b"\n")
    if rest:
        yield from _after(rest, line, layout.skip)


def to_utf8(data: bytes) -> bytes:
    """Return text as UTF-8; what is not valid UTF-8 is read as Windows Latin (a superset of Latin-1 here)."""
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace").encode()
    return data


def _lines_marked_by_feeds(path: Path, layout: Layout, size: int) -> Iterator[bytes]:
    decoder = None if layout.encoding.startswith("utf-8") else codecs.getincrementaldecoder(layout.encoding)("replace")
    with path.open("rb") as stream:
        if layout.encoding == "utf-8-sig":
            stream.seek(len(codecs.BOM_UTF8))
        while part := stream.read(size):
            plain = part if decoder is None else decoder.decode(part).encode()
            yield plain.replace(b"\r", b"\n") if layout.newline == "\r" else plain


def _end_of_last_line(data: bytes) -> int:
    """Return where the last line ends that is not inside quotes."""
    cut = data.rfind(b"\n") + 1
    if b'"' not in data:
        return cut
    quotes, end = data.count(b'"', 0, cut), cut
    for _ in range(STEPS_BACK):
        if quotes % 2 == 0 or end == 0:
            break
        before = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    return end if quotes % 2 == 0 and end else (cut if len(data) > LONGEST_LINE else 0)


def _after(block: bytes, line: int, skip: int) -> Iterator[TextBlock]:
    """Leave out the lines of ``block`` that come before line ``skip`` + 1."""
    start, number = 0, line
    while number <= skip:
        feed = block.find(b"\n", start)
        if feed < 0:
            return
        start, number = feed + 1, number + 1
    if start < len(block):
        yield TextBlock(to_utf8(block[start:]), number)
