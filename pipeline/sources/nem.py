"""NEM12 (interval) and NEM13 (accumulation) meter data files of the Australian electricity market."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from pipeline.errors import FileError, UserError
from pipeline.flags import Flag
from pipeline.sources.clock import zone_of
from pipeline.sources.frame import Chunk, Mapping, MeterInfo, Overrides, Plan
from pipeline.sources.gathering import Gathering, Run
from pipeline.sources.nem_records import Channel, Values, channels_of, content_of
from pipeline.sources.table import Rejected
from pipeline.sources.units import Unit

NEM_TIME = "Australia/Brisbane"
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 -- stamps in the file carry no zone
MIDWINTER = datetime(2020, 7, 1)  # noqa: DTZ001 -- a wall-clock time
BEGINNING = re.compile(rb"\s*(?:100,\s*NEM1[23]\b|200,[A-Z0-9]{10,11},)", re.IGNORECASE)
ESTIMATED, MISSING = ("E", "F", "S"), "N"
MOST_NAMED = 10


def recognises(path: Path, head: bytes) -> bool:
    """Say whether the content begins as NEM12 or NEM13 do; some files come without their header record."""
    del path
    return BEGINNING.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def inspect(path: Path, overrides: Overrides) -> Plan:
    """List the channels of a file and say which are read. Raises FileError, UserError."""
    mapping = overrides.mapping or Mapping(
        value_columns=overrides.columns,
        timezone=overrides.timezone or NEM_TIME,
        clock="standard",
        meter=overrides.meter,
    )
    zone_of(mapping.timezone)
    found = channels_of(path)
    wanted = [channel for channel in found if _wanted(channel, mapping)]
    readable = [channel for channel in wanted if channel.unit]
    if not readable:
        held = f"it holds {_listed(found)}" if found else "no record of details (200 or 250) in it can be read"
        raise FileError(f"{path.name} has no channel of active energy to read: {held}.")
    skipped = [channel for channel in wanted if not channel.unit]
    warning = f"Not read, because it is not active energy: {_listed(skipped)}."
    return Plan(
        path=path,
        format="nem",
        mapping=mapping,
        meters=_meters(path, readable, mapping.meter),
        warnings=(warning,) if skipped else (),
        details={"timezone": "Stamps are standard time without daylight saving, as the format prescribes."},
    )


def read(plan: Plan) -> Iterator[Chunk]:
    """Yield the readings of the planned channels; unreadable records are rejected and the rest is read."""
    mapping = plan.mapping or Mapping(timezone=NEM_TIME)
    offset = standard_offset(mapping.timezone)
    gathering = Gathering()
    for found in content_of(plan.path):
        if isinstance(found, Rejected):
            gathering.add(found)
        elif found.channel.unit and _wanted(found.channel, mapping):
            name = _name(found.channel, mapping.meter, len(plan.meters))
            gathering.add(_run(found, found.channel.unit, name, offset))
        if gathering.full:
            yield gathering.taken()
    yield gathering.taken()


def standard_offset(zone: str) -> timedelta:
    """Offset of a zone's standard time from UTC: the smaller one of the year."""
    info = zone_of(zone)
    offsets = [moment.replace(tzinfo=info).utcoffset() for moment in (MIDWINTER, MIDWINTER + timedelta(days=183))]
    return min(offset for offset in offsets if offset is not None)


def _meters(path: Path, channels: list[Channel], given: str | None) -> tuple[MeterInfo, ...]:
    if given and len({channel.nmi for channel in channels}) > 1:
        raise UserError(f"{path.name} holds several connection points, so one meter name does not do; leave it out.")
    by_name: dict[str, list[Channel]] = {}
    for channel in channels:
        by_name.setdefault(channel.name, []).append(channel)
    return tuple(_meter(_name(same[0], given, len(by_name)), same) for same in by_name.values())


def _meter(name: str, same: list[Channel]) -> MeterInfo:
    directions, steps = {channel.direction for channel in same}, {channel.step_s for channel in same}
    return MeterInfo(
        name=name,
        direction=directions.pop() if len(directions) == 1 else "net",
        unit=same[0].unit.name if same[0].unit else same[0].unit_name,
        step_s=steps.pop() if len(steps) == 1 else None,
    )


def _name(channel: Channel, given: str | None, meters: int) -> str:
    if not given:
        return channel.name
    return given if meters == 1 else f"{given} {channel.suffix}"


def _wanted(channel: Channel, mapping: Mapping) -> bool:
    chosen = mapping.value_columns
    return not chosen or channel.suffix in chosen or channel.name in chosen


def _listed(channels: list[Channel]) -> str:
    names = list(dict.fromkeys(f"{channel.name} ({channel.unit_name})" for channel in channels))
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


def _run(found: Values, unit: Unit, name: str, offset: timedelta) -> Run:
    count, step_s = len(found.values), round(found.step.total_seconds())
    hours = step_s / 3600 if unit.quantity == "power" else 1.0
    first = (found.start - offset - EPOCH) // timedelta(microseconds=1)
    return Run(
        meter=name,
        start=first + np.arange(count, dtype=np.int64) * (step_s * 1_000_000),
        duration=np.full(count, step_s, np.int64),
        energy=np.where(found.quality == MISSING, np.nan, found.values * (unit.factor * hours)),
        flag=np.where(np.isin(found.quality, ESTIMATED), Flag.ESTIMATED_AT_SOURCE, 0).astype(np.int32),
        line=np.full(count, found.line, np.int64),
    )
