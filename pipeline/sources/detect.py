"""What a file is, from its first bytes; its name is not asked."""

import codecs
import json

PARQUET, OLE, ZIP = b"PAR1", b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
CONTROL = bytes(set(range(32)) - {9, 10, 12, 13, 26, 27})
MOST_CONTROL = 0.02
MOST_NUL, LEAST_NUL = 0.8, 0.2


def is_parquet(head: bytes) -> bool:
    """Say whether the content starts as Parquet does."""
    return head.startswith(PARQUET)


def is_workbook(head: bytes) -> bool:
    """Say whether the content is a workbook; other zip archives never come this far."""
    return head.startswith((OLE, ZIP))


def is_json_lines(head: bytes) -> bool:
    """Say whether the first line is a JSON object."""
    first = head.removeprefix(codecs.BOM_UTF8).lstrip().split(b"\n", 1)[0].strip()
    if not first.startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def is_text(head: bytes) -> bool:
    """Say whether the content can be text; a stray NUL byte is allowed, binary junk is not."""
    if head.startswith(BYTE_ORDER_MARKS) or looks_like_utf16(head):
        return True
    control = len(head) - len(head.translate(None, CONTROL))
    return control <= MOST_CONTROL * len(head)


def looks_like_utf16(head: bytes) -> bool:
    """Say whether every other byte is NUL, as in UTF-16 of Western text without a mark."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    return half > 1 and max(even, odd) > MOST_NUL * half and min(even, odd) < LEAST_NUL * half
