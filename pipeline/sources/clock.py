"""Wall clocks and UTC: whole columns at once, with the hours that the change of clocks doubles or drops.

Four ways in which files stamp the days on which clocks change (``Mapping.clock``):

- ``wall``: as the clock on the wall shows; in autumn an hour appears twice, in spring one is missing.
- ``label``: each interval is named by the wall time at which it starts, plus its length (hour ending 1 to 24).
- ``standard``: the clocks never change in the file; all year is standard time.
- ``elapsed``: time since local midnight (settlement periods 1 to 46, 48 or 50).

Seconds since 1970 throughout. A wall time that the spring change skips is read with the offset before the change, as
in RFC 5545 and PEP 495, so that 02:30 becomes 03:30.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from pipeline.errors import UserError
from pipeline.sources.dates import DAY
from pipeline.sources.frame import Clock
from pipeline.sources.table import Booleans, Integers

FIRST_YEAR, LAST_YEAR = 1970, 2100
OF_THE_MACHINE = {"localtime", "Factory"}  # in its folder of zones, but no zones that the database knows


def zone_of(name: str) -> ZoneInfo:
    """Return the zone with an IANA name. Raises UserError."""
    if name not in _names():
        raise UserError(f"There is no time zone {name[:40]!r}; use a name such as Europe/London or Asia/Kolkata.")
    return ZoneInfo(name)


@cache
def _names() -> set[str]:
    return available_timezones() - OF_THE_MACHINE


@dataclass(frozen=True)
class Changes:
    """The changes of a zone's offset: the instants, and the offsets from UTC before, between and after them."""

    instants: Integers
    offsets: Integers

    @property
    def before(self) -> Integers:
        """The offset that each change ends."""
        return self.offsets[:-1]

    @property
    def after(self) -> Integers:
        """The offset that each change begins."""
        return self.offsets[1:]

    def offset_of_wall(self, wall: Integers, *, second: bool = False) -> Integers:
        """Return the offset that a wall time has: at its first or ``second`` appearance where it comes twice."""
        turn = np.minimum(self.before, self.after) if second else np.maximum(self.before, self.after)
        return self.offsets[np.searchsorted(self.instants + turn, wall, side="right")]

    def offset_of_instant(self, instant: Integers) -> Integers:
        """Return the offset in force at each instant."""
        return self.offsets[np.searchsorted(self.instants, instant, side="right")]


@cache
def changes(name: str) -> Changes:
    """Find the changes of a zone by bisection between the first of each month, 1970 to 2100."""
    zone = zone_of(name)
    months = np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR}-01", dtype="datetime64[M]").astype("datetime64[s]")
    probes = [int(second) for second in months.astype(np.int64)]
    known = [_offset(zone, second) for second in probes]
    instants, offsets = [], [known[0]]
    for left, right, before, after in zip(probes, probes[1:], known, known[1:], strict=False):
        if before != after:
            instants.append(_bisect(zone, left, right, before))
            offsets.append(after)
    return Changes(np.array(instants, np.int64), np.array(offsets, np.int64))


def to_utc(wall: Integers, name: str, clock: Clock = "wall", second: Booleans | None = None) -> Integers:
    """Return the instants of wall times; ``second`` marks the later one of two with the same wall time.

    For periods that are counted on beyond 24 hours see `elapsed_to_utc`.
    """
    found = changes(name)
    if len(found.instants) == 0:
        only: Integers = wall - found.offsets[0]
        return only
    if clock == "standard":
        return wall - _standard_offset(found, wall)
    if clock == "elapsed":
        return elapsed_to_utc(wall, wall, name)
    instants = wall - found.offset_of_wall(wall)
    if second is None or not second.any():
        return instants
    return np.where(second, wall - found.offset_of_wall(wall, second=True), instants)


def elapsed_to_utc(wall: Integers, dated: Integers, name: str) -> Integers:
    """Return the instants of times counted from the midnight of the day that ``dated`` lies in."""
    return wall - changes(name).offset_of_wall(dated - dated % DAY)


def to_wall(instants: Integers, name: str) -> Integers:
    """Return what the clock on the wall shows at each instant."""
    return instants + changes(name).offset_of_instant(instants)


def comes_twice(wall: Integers, name: str) -> Booleans:
    """Say which wall times come twice."""
    found = changes(name)
    return found.offset_of_wall(wall) > found.offset_of_wall(wall, second=True)


def is_skipped(wall: Integers, name: str) -> Booleans:
    """Say which wall times the spring change skips."""
    found = changes(name)
    return found.offset_of_wall(wall) < found.offset_of_wall(wall, second=True)


def is_beyond_day(wall: Integers, dated: Integers, name: str) -> Booleans:
    """Say which times counted from the midnight of a day lie after the end of that local day (``elapsed``)."""
    found = changes(name)
    next_midnight = dated - dated % DAY + DAY
    beyond: Booleans = elapsed_to_utc(wall, dated, name) >= next_midnight - found.offset_of_wall(next_midnight)
    return beyond


def _standard_offset(found: Changes, wall: Integers) -> Integers:
    """Return the offset of standard time: the smaller one of January and July of the same year."""
    year = wall.astype("datetime64[s]").astype("datetime64[Y]")
    january = year.astype("datetime64[s]").astype(np.int64)
    july = (year.astype("datetime64[M]") + 6).astype("datetime64[s]").astype(np.int64)
    return np.minimum(found.offset_of_wall(january), found.offset_of_wall(july))


def _offset(zone: ZoneInfo, second: int) -> int:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    offset = instant.astimezone(zone).utcoffset() or timedelta()
    return int(offset.total_seconds())


def _bisect(zone: ZoneInfo, left: int, right: int, before: int) -> int:
    while right - left > 1:
        middle = (left + right) // 2
        left, right = (middle, right) if _offset(zone, middle) == before else (left, middle)
    return right
