"""Numbers as people write them: decimal comma, thousands separators, and words for a missing value."""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.table import Booleans, Floats

_WORDS = (
    "nan",
    "null",
    "none",
    "missing",
    "empty",
    "n/a",
    "na",
    "n.a.",
    "#n/a",
    "#value!",
    "no data",
    "nodata",
    "(null)",
)
MISSING = [
    "",
    "?",
    "-",
    "--",
    "---",
    ".",
    "*",
    "\\N",
    *(form(word) for word in _WORDS for form in (str.lower, str.upper, str.title)),
]
MISSING += ["NaN", "<NA>", "#NA", "-nan"]
SEPARATORS = " '\u2019\u00a0\u202f"
GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*")


@dataclass(frozen=True)
class Parsed:
    """Numbers as ``values`` (NaN where missing) and which cells were neither a number nor a mark for missing."""

    values: Floats
    bad: Booleans


def parse(column: pa.ChunkedArray, decimal: str = ".", thousands: str | None = None) -> Parsed:
    """Return the numbers of a column of any type."""
    if pa.types.is_dictionary(column.type):
        return _by_distinct_text(column, decimal, thousands)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _from_text(column, decimal, thousands)
    if pa.types.is_boolean(column.type) or pa.types.is_temporal(column.type):
        return Parsed(np.full(len(column), np.nan), np.asarray(pc.is_valid(column)))
    values = column.cast(pa.float64(), safe=False).to_numpy()
    bad = np.isinf(values)
    return Parsed(np.where(bad, np.nan, values) if bad.any() else values, bad)


def _by_distinct_text(column: pa.ChunkedArray, decimal: str, thousands: str | None) -> Parsed:
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], column.type)
    distinct = _from_text(whole.dictionary, decimal, thousands)
    codes = whole.indices.fill_null(len(whole.dictionary)).to_numpy(zero_copy_only=False)
    return Parsed(np.append(distinct.values, np.nan)[codes], np.append(distinct.bad, False)[codes])


def _from_text(column: pa.Array | pa.ChunkedArray, decimal: str, thousands: str | None) -> Parsed:
    text = pc.utf8_trim_whitespace(column)
    missing = pc.or_kleene(pc.is_in(text, pa.array(MISSING)), pc.is_null(text)).fill_null(True)
    plain = pc.replace_substring_regex(text, f"[{SEPARATORS}]", "")
    if thousands and thousands not in SEPARATORS:
        plain = pc.replace_substring(plain, thousands, "")
    if decimal != ".":
        plain = pc.replace_substring(plain, decimal, ".")
    number = pc.match_substring_regex(plain, r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?$").fill_null(False)
    digits = pc.if_else(number, pc.utf8_ltrim(plain, "+"), None)
    values = (
        digits.cast(pa.float64()).to_numpy(zero_copy_only=False)
        if isinstance(digits, pa.Array)
        else digits.cast(pa.float64()).to_numpy()
    )
    bad = ~np.asarray(missing) & ~np.asarray(number) | np.isinf(values)
    return Parsed(np.where(np.asarray(missing) | np.isinf(values), np.nan, values), bad)


def separators_of(texts: list[str], delimiter: str) -> tuple[str, str | None, str]:
    """Decide on decimal and thousands separators from the texts of a value column, with the reason in words."""
    marked = [
        text.strip()
        for text in texts
        if any(mark in text for mark in ",." + SEPARATORS) and any(map(str.isdigit, text))
    ]
    spaced = next(
        (
            mark
            for text in marked
            for mark in text
            if mark in SEPARATORS and re.fullmatch(r"[-+]?\d{1,3}(.\d{3})+([.,]\d+)?", text)
        ),
        None,
    )
    commas = [text for text in marked if "," in text]
    points = [text for text in marked if "." in text]
    both = [text for text in commas if "." in text]
    if both:
        decimal = "," if sum(text.rfind(",") > text.rfind(".") for text in both) * 2 > len(both) else "."
        return decimal, "." if decimal == "," else ",", f"{both[0]} holds both marks, the last one is the decimal"
    if (
        commas
        and all(GROUPED.fullmatch(text) for text in commas)
        and (delimiter != ";" or points or _repeated(",", commas))
    ):
        return ".", ",", f"commas group thousands, as in {commas[0]}"
    if commas and not points:
        return ",", spaced, f"decimal comma, as in {commas[0]}"
    if _repeated(".", points):
        return ",", ".", f"points group thousands, as in {points[0]}"
    return ".", spaced, "decimal point" if points else "whole numbers"


def _repeated(mark: str, texts: list[str]) -> bool:
    return any(text.count(mark) > 1 and GROUPED.fullmatch(text) for text in texts)
