"""Rows to the standard frame: wall time to UTC, end stamps to starts, units to kWh, power to energy."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.ahead import one_ahead
from pipeline.flags import Flag
from pipeline.sources import clock, units
from pipeline.sources.dates import DAY
from pipeline.sources.extract import Extractor, Rows, kinds_of
from pipeline.sources.frame import REJECTED_COLUMNS, Chunk, Mapping, MeterInfo
from pipeline.sources.meters import MeterNames
from pipeline.sources.table import Block, Booleans, Integers, Rejected, Table

DEFAULT_STEP = 3600
Durations = npt.NDArray[np.int64]


class Converter:
    """Turns the blocks of a table into chunks; remembers meters, doubled hours and where a meter's values begin."""

    def __init__(self, mapping: Mapping, meters: Sequence[MeterInfo], stem: str) -> None:
        self.mapping = mapping
        self.names = MeterNames(mapping, stem)
        self._extractor = Extractor(mapping, self.names, strict=True)
        self._known_steps = {meter.name: meter.step_s for meter in meters}
        self._steps = np.empty(0, np.int64)
        self._labels: list[str] = []
        self._seen: dict[tuple[int, int], int] = {}
        self._begun = np.zeros(0, bool)
        self._unit = units.unit_of(mapping.unit)

    def chunk(self, block: Block) -> Chunk:
        """Return the readings of a block in the standard frame, and its rejected lines."""
        rows = self._extractor.rows(block)
        self._learn_meters()
        keep = self._begin(rows)
        wall, codes, values = rows.wall[keep], rows.codes[keep], rows.values[keep]  # noqa: PD011  # ours, not a frame
        if self.mapping.midnight_ends_day:
            wall = np.where(wall % DAY == 0, wall + DAY, wall)
        start, duration, moved, stray = self._intervals(wall, rows.dated[keep], codes)
        empty = np.isnan(values)
        flag = rows.estimated[keep].astype(np.int64) * int(Flag.ESTIMATED_AT_SOURCE)
        flag += moved.astype(np.int64) * int(Flag.CLOCK_CHANGE)
        use = ~(empty & (stray | self._skipped(wall))) & ~stray
        lines = block.lines[rows.rows[keep]]
        rejected = [*rows.rejected, *self._strays(block, rows.rows[keep], stray & ~empty)]
        readings = self._frame(start, duration, codes, self._energy(values, duration), flag, lines=lines, use=use)
        return Chunk(readings, rejected_frame(rejected))

    def _learn_meters(self) -> None:
        if len(self._labels) == len(self.names):
            return
        self._labels = self.names.names()
        default = self.mapping.step_s or next((step for step in self._known_steps.values() if step), DEFAULT_STEP)
        self._steps = np.array([self._known_steps.get(name) or default for name in self._labels], np.int64)
        self._begun = np.concatenate((self._begun, np.zeros(len(self._labels) - len(self._begun), bool)))

    def _begin(self, rows: Rows) -> Booleans:
        """Leave out what comes before a meter's first value: a column that starts later is no gap."""
        filled = ~np.isnan(rows.values)
        waiting = ~self._begun[rows.codes]
        if not (waiting & ~filled).any():
            self._begun[rows.codes] = True
            return np.ones(len(filled), bool)
        first = np.full(len(self._begun), len(filled))
        np.minimum.at(first, rows.codes[filled], np.flatnonzero(filled))
        keep = ~waiting | (np.arange(len(filled)) >= first[rows.codes])
        self._begun[rows.codes[filled]] = True
        return keep

    def _intervals(
        self, wall: Integers, dated: Integers, codes: Integers
    ) -> tuple[Integers, Durations, Booleans, Booleans]:
        """Return starts in UTC, durations, readings moved by a clock change, and those that no clock can show."""
        nothing = np.zeros(len(wall), bool)
        steps = self._steps[codes]
        if self.mapping.step_months or (len(steps) and (steps % DAY == 0).all()):
            start, end = self._calendar(wall, steps)
            return start, end - start, nothing, nothing
        back = steps if self.mapping.stamp == "end" and self.mapping.quantity != "register" else np.zeros_like(steps)
        if self.mapping.aware:
            return wall - back, steps, nothing, nothing
        zone = self.mapping.timezone
        match self.mapping.clock:
            case "wall":
                second = self._second(wall, codes)
                return (
                    clock.to_utc(wall, zone, "wall", second) - back,
                    steps,
                    second | clock.is_skipped(wall, zone),
                    nothing,
                )
            case "label":
                begin = wall - back
                second = self._second(begin, codes)
                return clock.to_utc(begin, zone, "wall", second), steps, second | clock.is_skipped(begin, zone), nothing
            case "standard":
                return clock.to_utc(wall - back, zone, "standard"), steps, nothing, nothing
            case "elapsed":
                counted = self.mapping.period_column or (self.mapping.across and self.mapping.time_columns)
                day = dated if counted else wall - back
                beyond = clock.is_beyond_day(wall - back, day, zone)
                return clock.elapsed_to_utc(wall - back, day, zone), steps, nothing, beyond

    def _calendar(self, wall: Integers, steps: Durations) -> tuple[Integers, Integers]:
        """Return start and end of readings of whole local days or months."""
        zone = self.mapping.timezone
        local = clock.to_wall(wall, zone) if self.mapping.aware else wall
        sign = -1 if self.mapping.stamp == "end" and self.mapping.quantity != "register" else 1
        other = (
            _months_later(local, sign * self.mapping.step_months) if self.mapping.step_months else local + sign * steps
        )
        first, last = (local, other) if sign > 0 else (other, local)
        return clock.to_utc(first, zone), clock.to_utc(last, zone)

    def _skipped(self, wall: Integers) -> Booleans:
        local = self.mapping.clock == "wall" and not self.mapping.aware
        return clock.is_skipped(wall, self.mapping.timezone) if local else np.zeros(len(wall), bool)

    def _second(self, wall: Integers, codes: Integers) -> Booleans:
        """Say which readings of a doubled hour are the later ones: by order of appearance, meter by meter."""
        second = np.zeros(len(wall), bool)
        twice = np.flatnonzero(clock.comes_twice(wall, self.mapping.timezone))
        for row in twice.tolist():
            key = (int(codes[row]), int(wall[row]))
            self._seen[key] = self._seen.get(key, 0) + 1
            second[row] = (self._seen[key] > 1) != self.mapping.newest_first
        return second

    def _energy(self, values: npt.NDArray[np.float64], duration: Durations) -> npt.NDArray[np.float64]:
        scaled = values * self._unit.factor if self._unit.factor != 1 else values
        return scaled * (duration / 3600) if self.mapping.quantity == "power" else scaled

    def _strays(self, block: Block, rows: Integers, stray: Booleans) -> list[Rejected]:
        reason = "the local day has no such hour or period, as its clocks changed"
        return [Rejected(int(block.lines[row]), block.text(int(row)), reason) for row in np.unique(rows[stray])]

    def _frame(
        self,
        start: Integers,
        duration: Durations,
        codes: Integers,
        energy: npt.NDArray[np.float64],
        flag: npt.NDArray[np.int64],
        *,
        lines: Integers,
        use: Booleans,
    ) -> pd.DataFrame:
        if not use.all():
            start, duration, codes, flag, lines = (part[use] for part in (start, duration, codes, flag, lines))
            energy = energy[use]
        present = np.flatnonzero(np.bincount(codes, minlength=len(self._labels)))
        position = np.zeros(len(self._labels), np.int32)
        position[present] = np.arange(len(present))
        labels = pd.Index([self._labels[code] for code in present], dtype="str")
        return pd.DataFrame(
            {
                "meter": pd.Categorical.from_codes(position[codes], labels),
                "ts": pd.DatetimeIndex(start.astype("datetime64[s]").astype("datetime64[us]"), tz="UTC"),
                "duration_s": duration.astype(np.int32),
                "energy_kwh": energy,
                "flag": flag.astype(np.int32),
                "line": lines,
            }
        )


def chunks(table: Table, mapping: Mapping, stamps: str, meters: Sequence[MeterInfo], stem: str) -> Iterator[Chunk]:
    """Yield all of a table in the standard frame."""
    converter = Converter(mapping, meters, stem)
    for block in one_ahead(table.blocks(kinds_of(mapping, stamps), mapping.decimal)):
        yield converter.chunk(block)


def rejected_frame(rejected: Sequence[Rejected]) -> pd.DataFrame:
    """Return rejected lines as a frame, each line once."""
    once = {one.line: one for one in reversed(rejected)}
    rows = [(one.line, one.text, one.reason) for _, one in sorted(once.items())]
    return pd.DataFrame(rows, columns=list(REJECTED_COLUMNS)).astype({"line": "int64", "text": "str", "reason": "str"})


def _months_later(wall: Integers, months: int) -> Integers:
    """Move wall times by calendar months; the day of the month stays, cut to the length of the month."""
    stamps = pd.DatetimeIndex(wall.astype("datetime64[s]")) + pd.DateOffset(months=months)
    return np.asarray(stamps.as_unit("s").asi8)
