"""The tables of an export, as Arrow batches that are read from the warehouse while they are written."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from sqlalchemy import ColumnElement, Numeric, Select, Table, and_, cast, func, select

from pipeline.outputs import extract_schema as extract
from pipeline.outputs.extract_columns import TableSchema
from pipeline.outputs.rows import Rows
from pipeline.outputs.selected import Selected
from pipeline.warehouse.arrow import Bulk, query_text, stream
from pipeline.warehouse.filters import Period
from pipeline.warehouse.schema import meter_day, meter_hour, reading
from pipeline.warehouse.selection import owner_of
from pipeline.warehouse.valuation import hour_co2_kg, hour_cost, priced
from pipeline.warehouse.valued import VALUES

UTC_INSTANT = pa.timestamp("us", "UTC")
LOCAL_TIME = pa.timestamp("us")
# Some zones put the clocks back across midnight: look a little further, then choose by the local day.
CLOCK_MARGIN = timedelta(hours=3)

WHO = [("site", pa.string()), ("meter", pa.string()), ("sector", pa.string())]
WHEN = [("ts_utc", UTC_INSTANT), ("ts_local", LOCAL_TIME), ("utc_offset_min", pa.int16())]
HOW_MUCH = [("energy_kwh", pa.float64()), ("counted_kwh", pa.float64())]
QUALITY = [("flag", pa.int32()), ("flags", pa.string())]
COVERAGE = [("peak_kw", pa.float64()), ("covered_hours", pa.float64()), ("estimated_hours", pa.float64())]

READINGS = pa.schema(
    [*WHO, *WHEN, ("duration_s", pa.int32()), *HOW_MUCH, ("raw_kwh", pa.float64()), *QUALITY, ("estimated", pa.bool_())]
)
HOURLY = pa.schema([*WHO, *WHEN, ("day", pa.date32()), *HOW_MUCH, *COVERAGE, *QUALITY])
DAILY = pa.schema([*WHO, ("day", pa.date32()), *HOW_MUCH, *COVERAGE, ("peak_ts_utc", UTC_INSTANT), *QUALITY])


@dataclass(frozen=True)
class ExportTable:
    """A table to be written: ``batches`` can be read once; ``query`` is how, where that is by SQL."""

    name: str
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    query: str = ""


@dataclass(frozen=True)
class Part:
    """Rows to be read: local days of some meters of one time zone."""

    zone: str
    owners: Collection[int]
    period: Period


@dataclass(frozen=True)
class Facts:
    """What is read: ``columns`` of ``source``, its cost and CO2 too if ``valued``; and the columns made of it."""

    name: str
    schema: pa.Schema
    source: Table
    columns: str
    valued: bool = False
    ordered: bool = False


_READINGS = Facts("readings", READINGS, reading, "meter_id ts duration_s energy_kwh raw_kwh flag", ordered=True)
_HOURLY = Facts(
    "hourly",
    HOURLY,
    meter_hour,
    "meter_id ts day energy_kwh peak_kw covered_hours estimated_hours flags",
    ordered=True,
)
_DAILY = Facts(
    "daily",
    DAILY,
    meter_day,
    "meter_id day energy_kwh peak_kw covered_hours estimated_hours peak_ts flags",
    ordered=True,
)
CSV_TABLES: Mapping[str, Facts] = {facts.name: facts for facts in (_READINGS, _HOURLY, _DAILY)}


def _of_extract(facts: Facts, schema: TableSchema, *, valued: bool = False) -> Facts:
    return replace(facts, name=schema.name, schema=schema.arrow, valued=valued, ordered=False)


EXTRACT_TABLES: Mapping[str, Facts] = {
    "readings": _of_extract(_READINGS, extract.READINGS),
    "hourly": _of_extract(_HOURLY, extract.HOURLY, valued=True),
    "daily": _of_extract(_DAILY, extract.DAILY, valued=True),
}


def facts_of(bulk: Bulk, selected: Selected, facts: Facts, parts: Collection[Part] | None = None) -> ExportTable:
    """Read all rows whose start lies in the local days selected, or only some ``parts`` of them."""
    chosen = parts if parts is not None else whole(selected)
    query = query_text(_statement(facts, Part(selected.timezone, (), selected.filters.period)))
    return ExportTable(facts.name, facts.schema, _batches(bulk, selected, facts, chosen), query)


def whole(selected: Selected) -> list[Part]:
    """Return all that is selected, by time zone."""
    return [Part(zone, ids, selected.filters.period) for zone, ids in selected.by_zone.items()]


def _batches(bulk: Bulk, selected: Selected, facts: Facts, parts: Collection[Part]) -> Iterator[pa.RecordBatch]:
    for part in parts:
        for rows, batch in described(bulk, selected, facts.schema, part.zone, _statement(facts, part)):
            yield _within(batch, rows, part.period)


def described(
    bulk: Bulk, selected: Selected, schema: pa.Schema, zone: str, statement: Select[*tuple[Any, ...]]
) -> Iterator[tuple[Rows, pa.RecordBatch]]:
    """Read the rows of a statement, all of one time zone, and make the columns of ``schema`` of them."""
    for batch in stream(bulk, statement):
        rows = Rows(selected, batch, zone)
        yield rows, pa.record_batch([rows.column(field) for field in schema], schema=schema)


def _statement(facts: Facts, part: Part) -> Select[*tuple[Any, ...]]:
    source, period = facts.source, part.period
    statement = select(*(source.c[name] for name in facts.columns.split()))
    if facts.valued:
        statement = with_values(statement, source)
    statement = statement.where(owner_of(source).in_(part.owners))
    if "ts" in source.c:
        first, last = _midnight(period.start, part.zone) - CLOCK_MARGIN, _midnight(period.end, part.zone) + CLOCK_MARGIN
        statement = statement.where(source.c.ts >= first, source.c.ts < last)
    else:
        statement = statement.where(source.c.day >= period.start, source.c.day < period.end)
    return statement.order_by(*source.primary_key) if facts.ordered else statement


def with_values(statement: Select[*tuple[Any, ...]], source: Table) -> Select[*tuple[Any, ...]]:
    """Put cost and CO2 beside the rows of a rollup, null where they are not known."""
    if source is meter_hour:
        joined, cost, co2_kg = priced(statement), hour_cost(), hour_co2_kg()
    else:
        values = VALUES[source]
        same = and_(*(source.c[key.name] == key for key in values.primary_key))
        joined, cost, co2_kg = statement.join_from(source, values, same, isouter=True), values.c.cost, values.c.co2_kg
    return joined.add_columns(money(cost).label("cost"), co2_kg.label("co2_kg"))


def money(amount: ColumnElement[Any]) -> ColumnElement[Any]:
    """Round an amount to what the extract keeps."""
    return cast(func.round(amount, 6), Numeric(18, 6))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _within(batch: pa.RecordBatch, rows: Rows, period: Period) -> pa.RecordBatch:
    first, end = ((bound - date(1970, 1, 1)).days for bound in (period.start, period.end))
    inside = (rows.local_day >= first) & (rows.local_day < end)
    return batch if np.all(inside) else batch.filter(pa.array(inside))
