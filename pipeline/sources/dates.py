"""Dates and times as people write them, read for whole columns at once."""

# ruff: noqa: E501, PLR2004  # patterns read best on one line; 12 months, 24 hours, 60 minutes and years of two digits need no names

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources import abbreviations
from pipeline.sources.table import Booleans, Integers

DAY, HOUR, MINUTE = 86_400, 3_600, 60
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene jän gen", "feb fev", "mar mär mrt", "apr abr avr", "may mai mag mei maj", "jun giu",
            "jul lug", "aug ago aoû", "sep set", "oct okt out ott", "nov", "dec dez dic déc",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
# 2A:00 and 2B:00 are the two hours of the autumn change, as German market files write them.
TIME = (
    r"(?:(?:\s*[T,;]\s*|\s+)(?P<H>\d{1,2})[AB]?[:.h](?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<p>[AaPp]\.?[Mm]\.?)?\s*(?P<z>Z|z|[A-Z]{3,5}|[+-]\d{2}(?::?\d{2})?)?)?"
    r"(?:\s+(?:-|\x{2013}|to)\s+.*)?$"
)
YEAR, WORD = r"(?P<y>\d{4})", r"(?P<mon>\p{L}{3,9})"
STYLES = {
    "year first": rf"^{YEAR}[-/. ](?P<m>\d{{1,2}})[-/. ](?P<d>\d{{1,2}})" + TIME,
    "parts": r"^(?P<a>\d{1,2})[-/. ](?P<b>\d{1,2})[-/. ](?P<y>\d{4}|\d{2})" + TIME,
    "compact": rf"^{YEAR}(?P<m>\d{{2}})(?P<d>\d{{2}})(?:[ T]?(?P<H>\d{{2}}):?(?P<M>\d{{2}})(?::?(?P<S>\d{{2}}))?(?P<z>Z)?)?$",
    "day and month name": rf"^(?:\p{{L}}{{3,9}},?\s+)?(?P<d>\d{{1,2}})[-/. ]*{WORD}\.?,?[-/. ]*(?P<y>\d{{4}}|\d{{2}})"
    + TIME,
    "month name and day": rf"^(?:\p{{L}}{{3,9}},\s+)?{WORD}\.?[-/ ]*(?P<d>\d{{1,2}}),?[ -/]+{YEAR}" + TIME,
    "month": rf"^{YEAR}[-/.](?P<m>\d{{1,2}})$",
    "month name": rf"^{WORD}\.?[-/ ]*{YEAR}$",
    "time of day": r"^(?P<H>\d{1,2})[AB]?[:.h](?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d+)?)?\s*(?P<p>[AaPp]\.?[Mm]\.?)?(?:\s*(?:-|\x{2013}|to)\s*\d{1,2}[:.]\d{2}.*)?$",
}
QUICK = re.compile(
    r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}\b.*|\d{1,2}[-/. ]\d{1,2}[-/. ](\d{4}|\d{2})\b.*|(19|20)\d{2}[01]\d[0-3]\d([ T]?[0-2]\d.*)?"
    r"|\d{1,2}[-/. ]*[^\W\d]{3,9}[-/. ,]*\d{2,4}\b.*|[^\W\d]{3,9}[-/. ]*\d{1,2}, ?\d{4}.*"
)


@dataclass(frozen=True)
class Order:
    """What a column shows of the order of day and month: how many dates have a part above 12, with an example."""

    first_above: int = 0
    second_above: int = 0
    either: int = 0
    first_example: str = ""
    second_example: str = ""


@dataclass(frozen=True)
class Parsed:
    """Seconds since 1970 by the clock that is written (UTC where ``aware``), and what the column showed of itself."""

    seconds: Integers
    valid: Booleans
    aware: Booleans
    ends_at_24: bool = False
    order: Order = field(default_factory=Order)


def dates_among(texts: Iterable[str]) -> frozenset[str]:
    """Return those texts that are dates. All are read at once: making the patterns ready takes longer than reading."""
    candidates = sorted({text for text in texts if QUICK.fullmatch(text.strip())})
    return frozenset(np.array(candidates, object)[parse(pa.array(candidates, pa.string())).valid].tolist())


def parse(
    texts: pa.Array,
    *,
    day_first: bool | None = None,
    strict: bool = False,
    swapped: frozenset[int] = frozenset(),
    zone: str = "UTC",
) -> Parsed:
    """Read dates with or without time of day; months first where ``day_first`` is False.

    A date that only makes sense the other way round is read so, unless ``strict``. ``swapped`` are days since 1970
    that the file writes with day and month exchanged. ``zone`` says what abbreviations such as CST mean.
    """
    plain = pc.utf8_trim_whitespace(texts.cast(pa.string()))
    result = _Columns(len(plain), day_first=day_first, strict=strict, zone=zone)
    waiting = np.ones(len(plain), bool)
    for style, pattern in STYLES.items():
        if style == "time of day" or not waiting.any():
            continue
        rows = np.flatnonzero(waiting)
        parts = pc.extract_regex(plain.take(pa.array(rows)), pattern)
        found = np.asarray(pc.is_valid(parts))
        if found.any():
            rows = rows[found]
            result.fill(rows, parts.filter(pa.array(found)), style)
            waiting[rows] = False
    return result.parsed(plain, swapped)


def parse_time_of_day(texts: pa.Array) -> Parsed:
    """Read times of the day as seconds after midnight; 24:00 is the end of the day."""
    parts = pc.extract_regex(pc.utf8_trim_whitespace(texts.cast(pa.string())), STYLES["time of day"])
    found = np.asarray(pc.is_valid(parts))
    seconds, valid, ends = _time_of_day(parts, _names("time of day"))
    return Parsed(np.where(found, seconds, 0), found & valid, np.zeros(len(texts), bool), bool((ends & found).any()))


def days_of(year: Integers, month: Integers, day: Integers) -> tuple[Integers, Booleans]:
    """Return days since 1970 and whether there is such a day in the calendar."""
    plausible = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = ((year - 1970) * 12 + np.where(plausible, month, 1) - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64) + day - 1
    return days, plausible & (days < (months + 1).astype("datetime64[D]").astype(np.int64))


def swapped_day(days: Integers) -> Integers:
    """Exchange day and month of days since 1970; days that cannot be exchanged stay."""
    stamps = days.astype("datetime64[D]")
    months = stamps.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (stamps - months.astype("datetime64[D]")).astype(np.int64) + 1
    exchanged, valid = days_of(year, day, month)
    return np.where(valid, exchanged, days)


def even_steps(days: Integers) -> int:
    """Return the median distance between days in the order of the file, to compare two ways to read dates."""
    gaps = [abs(after - before) for before, after in pairwise(days.tolist()) if after != before]
    return int(np.median(gaps)) if gaps else 0


class _Columns:
    """Collects what was read style by style."""

    def __init__(self, size: int, *, day_first: bool | None, strict: bool, zone: str) -> None:
        self.zone = zone
        self.day_first = day_first
        self.strict = strict and day_first is not None
        self.days = np.zeros(size, np.int64)
        self.seconds = np.zeros(size, np.int64)
        self.offset = np.zeros(size, np.int64)
        self.valid = np.zeros(size, bool)
        self.aware = np.zeros(size, bool)
        self.first = np.zeros(size, np.int64)
        self.second = np.zeros(size, np.int64)
        self.ends_at_24 = False

    def fill(self, rows: Integers, parts: pa.Array, style: str) -> None:
        names = _names(style)
        year = _number(parts, "y")
        short = np.asarray(pc.less_equal(pc.utf8_length(parts.field("y")), 2))
        year = np.where(short, year + np.where(year < 70, 2000, 1900), year)
        if style == "parts":
            first, second = _number(parts, "a"), _number(parts, "b")
            self.first[rows], self.second[rows] = first, second
            leads = self._day_leads(first, second)
            day, month = np.where(leads, first, second), np.where(leads, second, first)
        else:
            day = _number(parts, "d") if "d" in names else np.ones(len(rows), np.int64)
            month = _month_of_name(parts) if "mon" in names else _number(parts, "m")
        self.days[rows], valid = days_of(year, month, day)
        seconds, on_clock, ends = _time_of_day(parts, names)
        self.seconds[rows], self.valid[rows] = seconds, valid & on_clock
        self.ends_at_24 |= bool((ends & valid).any())
        if "z" in names:
            self.offset[rows], self.aware[rows], understood = _offset(parts, self.zone)
            self.valid[rows] &= understood

    def _day_leads(self, first: Integers, second: Integers) -> Booleans:
        if self.strict:
            return np.full(len(first), bool(self.day_first))
        return (first > 12) | ((second <= 12) & (self.day_first is not False))

    def parsed(self, texts: pa.Array, swapped: frozenset[int]) -> Parsed:
        days = self.days
        if swapped:
            hit = np.isin(days, list(swapped)) & (self.first > 0)
            days = np.where(hit, swapped_day(days), days)
        return Parsed(
            days * DAY + self.seconds - self.offset, self.valid, self.aware, self.ends_at_24, self._order(texts)
        )

    def _order(self, texts: pa.Array) -> Order:
        usable = self.valid & (self.first > 0)
        by_first, by_second = usable & (self.first > 12), usable & (self.second > 12)
        either = usable & ~by_first & ~by_second & (self.first != self.second)
        return Order(
            int(by_first.sum()),
            int(by_second.sum()),
            int(either.sum()),
            _example(texts, by_first),
            _example(texts, by_second),
        )


def _example(texts: pa.Array, hits: Booleans) -> str:
    return str(texts[int(np.argmax(hits))]) if hits.any() else ""


def _names(style: str) -> frozenset[str]:
    return frozenset(re.findall(r"\?P<(\w+)>", STYLES[style]))


def _number(parts: pa.Array, name: str) -> Integers:
    cells = parts.field(name)
    number: Integers = (
        pc.if_else(pc.equal(cells, ""), "0", cells).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    )
    return number


def _month_of_name(parts: pa.Array) -> Integers:
    names = pc.utf8_slice_codeunits(pc.utf8_lower(parts.field("mon")), 0, 3).dictionary_encode()
    numbers = np.array([MONTHS.get(name, 0) for name in names.dictionary.to_pylist()] + [0], np.int64)
    month: Integers = numbers[names.indices.fill_null(len(numbers) - 1).to_numpy(zero_copy_only=False)]
    return month


def _time_of_day(parts: pa.Array, names: frozenset[str]) -> tuple[Integers, Booleans, Booleans]:
    """Return seconds after midnight, whether a clock can show them, and where 24:00 ends the day."""
    if "H" not in names:
        nothing = np.zeros(len(parts), np.int64)
        return nothing, nothing == 0, nothing > 0
    hour, minute, second = (_number(parts, name) for name in "HMS")
    on_clock = (minute < 60) & (second < 60) & ((hour < 24) | ((hour == 24) & (minute + second == 0)))
    if "p" in names:
        half = pc.utf8_lower(pc.utf8_slice_codeunits(parts.field("p"), 0, 1)).fill_null("")
        am, pm = np.asarray(pc.equal(half, "a")), np.asarray(pc.equal(half, "p"))
        on_clock &= ~(am | pm) | ((hour >= 1) & (hour <= 12))
        hour = np.where(am | pm, hour % 12 + np.where(pm, 12, 0), hour)
    return hour * HOUR + minute * MINUTE + second, on_clock, hour == 24


def _offset(parts: pa.Array, zone: str) -> tuple[Integers, Booleans, Booleans]:
    """Return seconds east of UTC, where one is written, and where what is written is understood."""
    marks = parts.field("z").dictionary_encode()
    texts = [*marks.dictionary.to_pylist(), ""]
    found = [_offset_of(text or "", zone) for text in texts]
    codes = marks.indices.fill_null(len(texts) - 1).to_numpy(zero_copy_only=False)
    known = np.array([offset or 0 for offset in found], np.int64)
    written, understood = np.array([bool(text) for text in texts]), np.array([offset is not None for offset in found])
    return known[codes], written[codes], understood[codes]


def _offset_of(text: str, zone: str) -> int | None:
    if text.upper() in ("", "Z"):
        return 0
    if text.isalpha():
        return abbreviations.seconds_east(zone).get(text)
    digits = re.sub(r"\D", "", text)
    seconds = int(digits[:2]) * HOUR + int(digits[2:] or 0) * MINUTE
    return -seconds if text.startswith("-") else seconds
