"""Green Button files (ESPI XML): usage points and their interval readings.

A file is gone through twice, first for its entries and their links (``espi``), then for the readings, and is never
held in memory. Costs are not read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from pipeline.errors import FileError
from pipeline.flags import Flag
from pipeline.sources.clock import zone_of
from pipeline.sources.espi import (
    LARGEST_MULTIPLIER,
    LONGEST_S,
    WATT_HOURS,
    Feed,
    Stream,
    elements,
    local,
    read_feed,
    whole,
)
from pipeline.sources.frame import Chunk, Mapping, MeterInfo, Overrides, PeriodTotal, Plan
from pipeline.sources.gathering import Gathering, Run
from pipeline.sources.table import Rejected, printable

BEGINNING = re.compile(rb"\s*<[?!a-zA-Z]")
NAMESPACE = b"naesb.org/espi"
ESTIMATED_QUALITIES = frozenset({"8", "9", "12"})  # by reference day, by line, projected
SECOND = 1_000_000
LATEST = 4_102_444_800  # 2100
RUN_READINGS = 50_000
MULTIPLIER, UNIT = "overallConsumptionLastPeriod.powerOfTenMultiplier", "overallConsumptionLastPeriod.uom"
STATED = ("billingPeriod.start", "billingPeriod.duration", "overallConsumptionLastPeriod.value", MULTIPLIER)
ZONES = {
    (-36000, False): "Pacific/Honolulu",
    (-32400, True): "America/Anchorage",
    (-28800, True): "America/Los_Angeles",
    (-25200, True): "America/Denver",
    (-25200, False): "America/Phoenix",
    (-21600, True): "America/Chicago",
    (-21600, False): "America/Regina",
    (-18000, True): "America/New_York",
    (-18000, False): "America/Panama",
    (-14400, True): "America/Halifax",
    (-14400, False): "America/Puerto_Rico",
    (-12600, True): "America/St_Johns",
}


@dataclass(frozen=True)
class Reading:
    """``start`` and ``duration`` in seconds, ``energy`` in kWh, ``record`` its number in the file."""

    start: int
    duration: int
    energy: float
    flag: int
    record: int


def recognises(path: Path, head: bytes) -> bool:
    """Say whether the content is XML in the namespace of ESPI."""
    del path
    return BEGINNING.match(head.removeprefix(b"\xef\xbb\xbf")) is not None and NAMESPACE in head


def inspect(path: Path, overrides: Overrides) -> Plan:
    """List the streams of a feed and say which are read. Raises FileError."""
    feed = read_feed(path)
    streams = list(dict.fromkeys(feed.streams().values()))
    mapping = overrides.mapping or Mapping(
        value_columns=overrides.columns,
        timezone=overrides.timezone or stated_zone(feed) or "UTC",
        clock="elapsed",
        meter=overrides.meter,
    )
    zone_of(mapping.timezone)
    wanted = [stream for stream in streams if _wanted(stream, mapping)]
    readable = [stream for stream in wanted if stream.kwh is not None]
    if not readable:
        raise FileError(
            f"{path.name} has no electricity in Wh or W to read; it holds {_listed(streams) or 'no readings'}."
        )
    return Plan(
        path=path,
        format="green_button",
        mapping=mapping,
        meters=tuple(_meter(stream, mapping.meter, len(readable)) for stream in readable),
        warnings=tuple(_warnings(feed, [stream for stream in wanted if stream.kwh is None], overrides.timezone)),
        totals=tuple(period_totals(feed, {each: _name(each, mapping.meter, len(readable)) for each in readable})),
        details={"timezone": "Times are seconds since 1970 in UTC; the zone is that of the site."},
    )


def read(plan: Plan) -> Iterator[Chunk]:
    """Yield the readings of the planned streams; unreadable ones are rejected and the rest is read."""
    mapping = plan.mapping or Mapping()
    streams = read_feed(plan.path).streams()
    wanted = {place: each for place, each in streams.items() if each.kwh is not None and _wanted(each, mapping)}
    gathering = Gathering()
    for stream, found in _content(plan.path, wanted):
        _gather(gathering, _name(stream, mapping.meter, len(plan.meters)), stream, found)
        if gathering.full:
            yield gathering.taken()
    yield gathering.taken()


def placed(readings: list[Reading]) -> tuple[list[Reading], list[Reading]]:
    """Give the energy of readings of length 0 to the one that starts, or else ends, at the same instant.

    Feeds in wall-clock time have such readings where clocks are set back, and one of double length where they are set
    forward. Also gives those that have no such neighbour.
    """
    kept = [reading for reading in readings if reading.duration > 0]
    if len(kept) == len(readings):
        return kept, []
    at = {reading.start + reading.duration: number for number, reading in enumerate(kept)}
    at |= {reading.start: number for number, reading in enumerate(kept)}
    lengthless = [reading for reading in readings if reading.duration <= 0]
    for reading in lengthless:
        if reading.start in at:
            host = kept[at[reading.start]]
            flag = host.flag | reading.flag | Flag.CLOCK_CHANGE
            kept[at[reading.start]] = replace(host, energy=host.energy + reading.energy, flag=flag)
    return kept, [reading for reading in lengthless if reading.start not in at]


def stated_zone(feed: Feed) -> str | None:
    """Name the zone with the offset and daylight saving of the feed, in North America; None where not stated."""
    stated = next(iter(feed.by_kind["LocalTimeParameters"]), None)
    if stated is None:
        return None
    offset, saving = (whole(stated.fields.get(name, "")) or 0 for name in ("tzOffset", "dstOffset"))
    whole_hours = f"Etc/GMT{-offset // 3600:+d}" if offset % 3600 == 0 else None
    return ZONES.get((offset, saving != 0), whole_hours)


def period_totals(feed: Feed, readable: dict[Stream, str]) -> Iterator[PeriodTotal]:
    """Give the energy of billing periods that the feed states for the streams that are read; a zero is none stated."""
    for stream, summary in feed.totals():
        number = {name: whole(summary.fields.get(name, "")) for name in STATED}
        start, duration, value = (number[name] for name in STATED[:3])
        multiplier = number[MULTIPLIER] or 0
        if (
            stream in readable
            and summary.fields.get(UNIT) == WATT_HOURS
            and start is not None
            and duration is not None
            and value
            and 0 < duration <= LONGEST_S
            and 0 <= start < LATEST
            and abs(multiplier) <= LARGEST_MULTIPLIER
        ):
            yield PeriodTotal(readable[stream], start, duration, value * 10.0 ** (multiplier - 3))


def _meter(stream: Stream, given: str | None, streams: int) -> MeterInfo:
    return MeterInfo(
        name=_name(stream, given, streams),
        direction=stream.direction,
        unit=stream.unit,
        step_s=stream.step_s,
        register=stream.register,
    )


def _name(stream: Stream, given: str | None, streams: int) -> str:
    if not given:
        return stream.name
    return given if streams == 1 else f"{given} {stream.name}"


def _wanted(stream: Stream, mapping: Mapping) -> bool:
    return not mapping.value_columns or stream.name in mapping.value_columns


def _listed(streams: list[Stream]) -> str:
    return ", ".join(f"{stream.name} ({stream.unit})" for stream in streams)


def _warnings(feed: Feed, skipped: list[Stream], timezone: str | None) -> Iterator[str]:
    if skipped:
        yield f"Not read, because it is not electricity in Wh or W: {_listed(skipped)}."
    if timezone is None and stated_zone(feed) is None:
        yield "The feed states no time zone; days are taken in UTC unless one is given."


def _content(path: Path, streams: dict[int, Stream]) -> Iterator[tuple[Stream, list[Reading | Rejected]]]:
    """Yield the readings of each interval block, long ones in parts."""
    place = record = 0
    found: list[Reading | Rejected] = []
    for element in elements(path):
        kind = local(element)
        if kind == "IntervalReading":
            record += 1
            if place in streams:
                found.append(_reading(element, streams[place], record))
        if found and (kind == "entry" or (len(found) >= RUN_READINGS and kind == "IntervalReading")):
            yield streams[place], found
            found = []
        place += kind == "entry"


def _reading(element: Element, stream: Stream, record: int) -> Reading | Rejected:
    fields = [(local(each), (each.text or "").strip()) for each in element.iter()]
    values = dict(fields)
    start, length = whole(values.get("start", "")), whole(values.get("duration") or str(stream.step_s or 0))
    value = _number(values.get("value", ""))
    if start is None or length is None or value is None or not (0 <= start < LATEST and 0 <= length <= LONGEST_S):
        shown = printable(", ".join(f"{name} {text}" for name, text in fields if text))
        return Rejected(record, shown, "A reading takes a start before 2100, a duration and a value, each a number.")
    hours = length / 3600 if stream.power else 1.0
    estimated = any(name == "quality" and text in ESTIMATED_QUALITIES for name, text in fields)
    return Reading(
        start=start + length if stream.register else start,
        duration=length,
        energy=value * (stream.kwh or 0.0) * hours,
        flag=int(Flag.ESTIMATED_AT_SOURCE) if estimated else 0,
        record=record,
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _gather(gathering: Gathering, name: str, stream: Stream, found: list[Reading | Rejected]) -> None:
    readings = [each for each in found if isinstance(each, Reading)]
    readings, lost = (readings, []) if stream.register else placed(readings)
    for each in found:
        if isinstance(each, Rejected):
            gathering.add(each)
    for reading in lost:
        shown = f"start {reading.start}, duration {reading.duration}, {reading.energy} kWh"
        gathering.add(Rejected(reading.record, shown, "The interval has no length, and no other begins or ends there."))
    if readings:
        gathering.add(_run(name, readings))


def _run(name: str, readings: list[Reading]) -> Run:
    return Run(
        meter=name,
        start=np.array([reading.start for reading in readings], np.int64) * SECOND,
        duration=np.array([reading.duration for reading in readings], np.int64),
        energy=np.array([reading.energy for reading in readings]),
        flag=np.array([reading.flag for reading in readings], np.int32),
        line=np.array([reading.record for reading in readings], np.int64),
    )
