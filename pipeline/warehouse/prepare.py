"""Readings of a spill, validated meter by meter together with what is already stored around them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, select, text

from pipeline.flags import ESTIMATED
from pipeline.sources.frame import PeriodTotal
from pipeline.validation.model import Validated
from pipeline.validation.vee import validate
from pipeline.warehouse.engine import connect
from pipeline.warehouse.in_memory import AddedUp, add_up
from pipeline.warehouse.register_ends import RegisterEnds, beside, ends_of, stored_ends
from pipeline.warehouse.schema import meter
from pipeline.warehouse.sites import StoredMeter
from pipeline.warehouse.spill import Part

# What the rules look back at: like days of three weeks.
CONTEXT = pd.Timedelta(days=21)
Bounds = tuple[pd.Timestamp, pd.Timestamp]
READING = pa.schema(
    [
        ("meter_id", pa.int32()),
        ("batch_id", pa.int32()),
        ("ts", pa.timestamp("us", "UTC")),
        ("energy_kwh", pa.float64()),
        ("raw_kwh", pa.float64()),
        ("duration_s", pa.int32()),
        ("flag", pa.int32()),
        ("line", pa.int64()),
    ]
)
# Of a register, differences are stored: they tell nothing about its next reading.
AROUND = """
select r.meter_id, r.ts, r.duration_s, r.energy_kwh, r.raw_kwh, r.flag
from unnest(cast(:ids as int[]), cast(:firsts as timestamptz[]), cast(:lasts as timestamptz[])) g (id, first, last)
join reading r on r.meter_id = g.id
    and (r.ts between g.first - :context and g.first or r.ts between g.last and g.last + :context)
join meter m on m.id = g.id and not m.is_register
where r.ts between :first and :last
order by r.meter_id, r.ts
"""


class Prepared(NamedTuple):
    """Readings ready to be stored, ordered by meter and time; ``overlapping`` meters have others in this period.

    ``added_up`` holds hours and days already, for meters with nothing stored close by where that is simple.
    """

    readings: pa.Table
    overlapping: frozenset[int]
    duplicates: int
    added_up: AddedUp
    registers: tuple[RegisterEnds, ...] = ()


@dataclass(frozen=True)
class Preparer:
    """Validates the parts of a spill for one batch; ``meters`` are in the order of the spill's names."""

    batch_id: int
    meters: list[StoredMeter]
    totals: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def prepared(self, parts: Iterable[Part]) -> Iterator[Prepared]:
        """Validate each part. A meter that comes in several parts sees the end of the part before."""
        tails: dict[int, pd.DataFrame] = {}
        for part in parts:
            series = self._by_meter(part.readings)
            bounds = {known.id: _bounds(readings) for known, readings in series.items()}
            with connect() as conn:
                near = _with_readings(conn, bounds, CONTEXT)
                overlapping = _with_readings(conn, bounds, pd.Timedelta(0))
                around = _stored_around(conn, bounds, near) | _registers_around(conn, series)
            around = _with_tails(around, tails)
            results = {
                known: _validated(readings, known, around.get(known.id), self.totals.get(known.name))
                for known, readings in series.items()
            }
            tails = {} if part.whole else _tails(series, results)
            readings = pa.concat_tables([self._as_table(known, result) for known, result in results.items()])
            registers = [ends_of(known.id, series[known]) for known in series if known.rules.register]
            alone = {known.id: known.rules.timezone for known in series if part.whole and known.id not in near}
            yield Prepared(
                readings,
                frozenset(overlapping),
                sum(result.duplicates for result in results.values()),
                add_up(readings, alone),
                tuple(ends for ends in registers if ends is not None),
            )

    def _by_meter(self, part: pa.Table) -> dict[StoredMeter, pd.DataFrame]:
        """Divide a part by meter, in the order of the meters' numbers."""
        short = np.uint16 if len(self.meters) < 1 << 16 else np.uint32  # sorted in linear time, if it fits
        order = np.argsort(part["meter"].to_numpy().astype(short), kind="stable")
        frame = part.take(pa.array(order)).to_pandas()
        codes, starts = np.unique(frame.pop("meter").to_numpy(), return_index=True)
        ends = [*starts[1:], len(frame)]
        pieces = {self.meters[code]: frame[start:end] for code, start, end in zip(codes, starts, ends, strict=True)}
        return dict(sorted(pieces.items(), key=lambda piece: piece[0].id))

    def _as_table(self, known: StoredMeter, result: Validated) -> pa.Table:
        readings = result.readings
        columns = {name: pa.array(readings[name], from_pandas=True) for name in READING.names[2:]}
        size = len(readings)
        keys = {"meter_id": np.full(size, known.id, np.int32), "batch_id": np.full(size, self.batch_id, np.int32)}
        return pa.table({**keys, **columns}).cast(READING)


def totals_by_meter(totals: Iterable[PeriodTotal]) -> dict[str, pd.DataFrame]:
    """Give what a source states of longer periods as `validate` takes it, by the meter's name."""
    stated = pd.DataFrame([asdict(total) for total in totals], columns=[each.name for each in fields(PeriodTotal)])
    stated["ts"] = pd.to_datetime(stated.pop("start_s"), unit="s", utc=True).dt.as_unit("us")
    return {str(name): periods for name, periods in stated.groupby("meter")}


def _validated(
    readings: pd.DataFrame, known: StoredMeter, around: pd.DataFrame | None, totals: pd.DataFrame | None
) -> Validated:
    """Validate a meter's new readings with those around them, and return only what is new."""
    if totals is not None:  # of a period that is here in part, the readings say nothing of the whole
        first, last = _bounds(readings)
        totals = totals[(totals["ts"] >= first) & (_ends(totals) <= last)]
    if around is None:
        return validate(readings, known.rules, totals)
    if known.rules.register:
        return validate(pd.concat([around, readings], ignore_index=True), known.rules)
    first, last = _bounds(readings)
    before, after = around[around["ts"] < first], around[around["ts"] >= last]
    both = pd.concat([_as_new(before), readings, _as_new(after)], ignore_index=True)
    result = validate(both, known.rules, totals)
    since = _ends(before).max() if len(before) else first
    until = after["ts"].min() if len(after) else last
    new = result.readings
    return replace(result, readings=new[(new["ts"] >= min(since, first)) & (new["ts"] < until)])


def _as_new(stored: pd.DataFrame) -> pd.DataFrame:
    """Give stored readings as if they came again: the raw values of those that were measured."""
    measured = stored[stored["raw_kwh"].notna() & (stored["flag"] & int(ESTIMATED) == 0)]
    return measured[["ts", "duration_s"]].assign(energy_kwh=measured["raw_kwh"], flag=np.int32(0), line=0)


def _tails(series: dict[StoredMeter, pd.DataFrame], results: dict[StoredMeter, Validated]) -> dict[int, pd.DataFrame]:
    """Keep what the next part of the same meter needs: its last weeks, or the last state of its register."""
    tails = {}
    for known, readings in series.items():
        if known.rules.register:
            tails[known.id] = readings.dropna(subset="energy_kwh").nlargest(1, "ts")
        else:
            stored = results[known].readings
            tails[known.id] = stored[stored["ts"] >= stored["ts"].max() - CONTEXT]
    return tails


def _with_tails(around: dict[int, pd.DataFrame], tails: dict[int, pd.DataFrame]) -> dict[int, pd.DataFrame]:
    """Put the end of the part before in front of what is stored after this one."""
    after = {
        known: stored[stored["ts"] > tails[known]["ts"].max()] for known, stored in around.items() if known in tails
    }
    return around | {
        known: pd.concat([tail, after[known]]) if known in after else tail for known, tail in tails.items()
    }


def _registers_around(conn: Connection, series: Mapping[StoredMeter, pd.DataFrame]) -> dict[int, pd.DataFrame]:
    """Return the readings of registers that were stored before or after the new ones."""
    registers = {known.id: readings["ts"] for known, readings in series.items() if known.rules.register}
    found = stored_ends(conn, registers) if registers else {}
    return {known: beside(ends, registers[known].min(), registers[known].max()) for known, ends in found.items()}


def _bounds(readings: pd.DataFrame) -> Bounds:
    return readings["ts"].min(), _ends(readings).max()


def _ends(readings: pd.DataFrame) -> pd.Series:
    return readings["ts"] + pd.to_timedelta(readings["duration_s"], unit="s")


def _with_readings(conn: Connection, bounds: Mapping[int, Bounds], margin: pd.Timedelta) -> list[int]:
    """Return the meters whose stored period comes within ``margin`` of the given bounds."""
    statement = select(meter.c.id, meter.c.first_ts, meter.c.last_ts)
    rows = conn.execute(statement.where(meter.c.id.in_(list(bounds)), meter.c.first_ts.is_not(None)))
    return [
        row.id for row in rows if row.first_ts < bounds[row.id][1] + margin and row.last_ts > bounds[row.id][0] - margin
    ]


def _stored_around(conn: Connection, bounds: Mapping[int, Bounds], ids: list[int]) -> dict[int, pd.DataFrame]:
    """Return what is stored of the meters ``ids`` in the weeks before and after their new readings."""
    if not ids:
        return {}
    firsts = [bounds[meter_id][0].to_pydatetime() for meter_id in ids]
    lasts = [bounds[meter_id][1].to_pydatetime() for meter_id in ids]
    context = CONTEXT.to_pytimedelta()
    period = {"first": min(firsts) - context, "last": max(lasts) + context}
    frame = pd.read_sql(
        text(AROUND), conn, params={"ids": ids, "firsts": firsts, "lasts": lasts, "context": context, **period}
    )
    return {meter_id: frame[frame["meter_id"] == meter_id] for meter_id in frame["meter_id"].unique().tolist()}
