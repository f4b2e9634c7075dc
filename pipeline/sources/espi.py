"""The entries of a Green Button feed and how they belong together.

An Atom feed of the Energy Services Provider Interface (NAESB REQ.21) links usage points, meter readings, reading types
and interval blocks, in any order. Documents with a document type are refused, and with it entities and bombs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from pipeline.errors import FileError
from pipeline.sources.frame import Direction
from pipeline.sources.table import unique_names

WATT_HOURS, WATTS = "72", "38"
UNIT_NAMES = {
    "42": "cubic metres",
    "61": "VA",
    "63": "var",
    "71": "VAh",
    "73": "varh",
    "119": "cubic feet",
    "132": "Btu",
    "169": "therms",
}
ELECTRICITY = "0"
REGISTERS = frozenset({"1", "3", "9"})  # bulk quantity, cumulative, summation
DIRECTIONS: dict[str, Direction] = {"4": "net", "19": "export"}
LARGEST_MULTIPLIER = 12
LONGEST_S = 400 * 86_400
WHOLE = re.compile(r"[+-]?\d{1,18}")
FINISHED = frozenset({"IntervalReading", "entry"})
SUMMARIES = ("UsageSummary", "ElectricPowerUsageSummary")  # the second is the name of the first edition
KINDS = frozenset({"UsagePoint", "MeterReading", "ReadingType", "IntervalBlock", "LocalTimeParameters", *SUMMARIES})


@dataclass(frozen=True)
class Entry:
    """An entry of the feed: its kind, its links without the final slash, and the fields of its content."""

    kind: str
    title: str
    own: str
    up: str
    related: tuple[str, ...]
    fields: dict[str, str]


@dataclass(frozen=True)
class Stream:
    """A meter reading in ESPI's sense: one series of a usage point.

    ``kwh`` is the energy of the value 1, or its power in kW where ``power``; None where it is not electricity in Wh
    or W, and then ``unit`` says what it is.
    """

    name: str
    unit: str
    kwh: float | None
    power: bool = False
    register: bool = False
    direction: Direction = "import"
    step_s: int | None = None


@dataclass
class Feed:
    """The entries by kind, in their order; ``blocks`` by their place among all entries."""

    by_kind: dict[str, list[Entry]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    blocks: dict[int, Entry] = field(default_factory=dict)
    reading_before: dict[int, Entry] = field(default_factory=dict)

    def add(self, place: int, entry: Entry) -> None:
        """Take in the entry at a place of the feed."""
        if entry.kind == "IntervalBlock":
            self.blocks[place] = entry
            if self.by_kind["MeterReading"]:
                self.reading_before[place] = self.by_kind["MeterReading"][-1]
        elif entry.kind in KINDS:
            self.by_kind[entry.kind].append(entry)

    def streams(self) -> dict[int, Stream]:
        """Give the stream of each interval block, by the block's place."""
        reading_of = dict(self._readings())
        readings = {reading.own: reading for reading in reading_of.values()}
        named = dict(zip(readings, unique_names([self._name(reading) for reading in readings.values()]), strict=True))
        streams = {own: self._stream(reading, named[own]) for own, reading in readings.items()}
        return {place: streams[reading.own] for place, reading in reading_of.items()}

    def totals(self) -> Iterator[tuple[Stream, Entry]]:
        """Give the summary of each billing period with the streams of its usage point that count the same energy."""
        names = self.streams()
        streams = {reading.own: names[place] for place, reading in self._readings()}
        readings = {reading.own: reading for _, reading in self._readings()}
        for summary in (each for kind in SUMMARIES for each in self.by_kind[kind]):
            point = self._point_of(summary)
            for own, stream in streams.items():
                counts = (
                    stream.kwh is not None and stream.direction == "import" and not (stream.register or stream.power)
                )
                if counts and point is not None and self._point_of(readings[own]) is point:
                    yield stream, summary

    def _readings(self) -> list[tuple[int, Entry]]:
        return [(place, self._reading_of(place, block)) for place, block in self.blocks.items()]

    def _reading_of(self, place: int, block: Entry) -> Entry:
        """Find the meter reading of a block by link, else the one that came last before it."""
        parent = block.up.removesuffix("/IntervalBlock")
        for reading in self.by_kind["MeterReading"]:
            if parent and (reading.own == parent or block.up in reading.related):
                return reading
        return self.reading_before.get(place, Entry("MeterReading", "", parent, "", (), {}))

    def _point_of(self, reading: Entry) -> Entry | None:
        points = self.by_kind["UsagePoint"]
        parent = reading.up.rpartition("/")[0]
        linked = (point for point in points if point.own == parent or reading.up in point.related)
        return next(linked, points[0] if len(points) == 1 else None)

    def _type_of(self, reading: Entry) -> Entry | None:
        types = self.by_kind["ReadingType"]
        linked = (each for each in types if each.own in reading.related)
        return next(linked, types[0] if len(types) == 1 else None)

    def _name(self, reading: Entry) -> str:
        """Name a stream by its usage point; by its own title too where the point has several."""
        point = self._point_of(reading)
        if point is None:
            return reading.title or _tail(reading.own) or "Green Button"
        name = point.title or _tail(point.own)
        siblings = [each for each in self.by_kind["MeterReading"] if self._point_of(each) is point]
        return f"{name} {reading.title or _tail(reading.own)}" if len(siblings) > 1 else name

    def _stream(self, reading: Entry, name: str) -> Stream:
        kind, point = self._type_of(reading), self._point_of(reading)
        if kind is None:
            return Stream(name, "no unit stated", None)
        unit = kind.fields.get("uom", "")
        if unit not in {WATT_HOURS, WATTS} or (point and point.fields.get("kind", ELECTRICITY) != ELECTRICITY):
            return Stream(name, UNIT_NAMES.get(unit, f"unit code {unit or 'missing'}"), None)
        multiplier = whole(kind.fields.get("powerOfTenMultiplier") or "0")
        if multiplier is None or abs(multiplier) > LARGEST_MULTIPLIER:
            return Stream(name, f"power of ten {kind.fields['powerOfTenMultiplier'][:10]!r}", None)
        length = whole(kind.fields.get("intervalLength", ""))
        return Stream(
            name=name,
            unit="Wh" if unit == WATT_HOURS else "W",
            kwh=10.0 ** (multiplier - 3),
            power=unit == WATTS,
            register=unit == WATT_HOURS and kind.fields.get("accumulationBehaviour", "") in REGISTERS,
            direction=DIRECTIONS.get(kind.fields.get("flowDirection", ""), "import"),
            step_s=length if length and 0 < length <= LONGEST_S else None,
        )


def read_feed(path: Path) -> Feed:
    """Go through a feed once for its entries. Raises FileError."""
    feed, place = Feed(), 0
    for element in elements(path):
        if local(element) == "entry":
            feed.add(place, _entry(element))
            place += 1
    return feed


def elements(path: Path) -> Iterator[Element]:
    """Yield each element as it ends, and forget readings and entries afterwards. Raises FileError."""
    ancestors: list[Element] = []
    try:
        with path.open("rb") as stream:
            for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
                if event == "start":
                    ancestors.append(element)
                    continue
                ancestors.pop()
                yield element
                if ancestors and local(element) in FINISHED:
                    ancestors[-1].remove(element)
    except DefusedXmlException as error:
        raise FileError(
            f"{path.name} declares a document type or entities, which no Green Button file needs."
        ) from error
    except (ParseError, LookupError, ValueError) as error:
        raise FileError(f"{path.name} is not well-formed XML ({error}); download it again.") from error


def local(element: Element) -> str:
    """Name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def whole(text: str) -> int | None:
    """Read a whole number; None where it is none."""
    return int(text) if WHOLE.fullmatch(text) else None


def _entry(element: Element) -> Entry:
    links = [each for each in element if local(each) == "link"]
    content = next((each for each in element.iter() if local(each) in KINDS), None)
    fields = _fields(content) if content is not None else {}
    return Entry(
        kind=local(content) if content is not None else "",
        title=next((" ".join((each.text or "").split()) for each in element if local(each) == "title"), ""),
        own=_first(links, "self"),
        up=_first(links, "up"),
        related=tuple(_hrefs(links, "related")),
        fields=fields,
    )


def _fields(content: Element) -> dict[str, str]:
    """Give the texts of the content by name; in a summary, whose names repeat, by ``parent.name``."""
    if local(content) not in SUMMARIES:
        return {local(each): (each.text or "").strip() for each in content.iter()}
    return {f"{local(part)}.{local(each)}": (each.text or "").strip() for part in content for each in part}


def _first(links: list[Element], relation: str) -> str:
    return next(iter(_hrefs(links, relation)), "")


def _hrefs(links: list[Element], relation: str) -> list[str]:
    return [link.get("href", "").rstrip("/") for link in links if link.get("rel") == relation]


def _tail(href: str) -> str:
    """Last kind and number of a link: ``UsagePoint 01``."""
    return " ".join(href.split("/")[-2:])
