"""How complete and how trustworthy the data is, by source, meter, rule and batch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Double,
    Integer,
    Text,
    cast,
    func,
    select,
    type_coerce,
    values,
)
from sqlalchemy import column as named

from pipeline.errors import SelectionError
from pipeline.flags import FLAG_TEXTS, Flag
from pipeline.settings import settings
from pipeline.warehouse import semantic
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries.capped import Capped
from pipeline.warehouse.queries.expected import completeness, hours_of_meter
from pipeline.warehouse.queries.frames import fetch, utc, with_flag_names
from pipeline.warehouse.relations import totals
from pipeline.warehouse.schema import ingest_batch, meter, meter_day, rejected_row, site
from pipeline.warehouse.selection import resolve, within

ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class BatchReport:
    """What one load did; times are naive UTC, ``flags`` counts readings by name of flag."""

    batch_id: int
    file_name: str
    format: str
    state: str
    loaded_at: datetime
    loaded_by: str
    seconds: float | None
    meters: int
    readings: int
    estimated: int
    duplicates: int
    rejected: int
    replaced: int
    energy_kwh: float | None
    first: datetime | None
    last: datetime | None
    plan: Mapping[str, object] = field(default_factory=dict)
    flags: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def sources(conn: Connection) -> pd.DataFrame:
    """One row a format of source, most readings first.

    ``format, batches, readings, estimated, share_estimated, duplicates, rejected, first, last, loaded_at``; naive UTC.
    """
    batch = ingest_batch.c
    readings, estimated = func.sum(batch.readings), func.sum(batch.estimated)
    share = type_coerce(cast(estimated, Double) / func.nullif(readings, 0), Double)
    statement = (
        select(
            batch.format,
            func.count().label("batches"),
            cast(readings, BigInteger).label("readings"),
            cast(estimated, BigInteger).label("estimated"),
            share.label("share_estimated"),
            cast(func.sum(batch.duplicates), BigInteger).label("duplicates"),
            cast(func.sum(batch.rejected), BigInteger).label("rejected"),
            utc(func.min(batch.first_ts)).label("first"),
            utc(func.max(batch.last_ts)).label("last"),
            utc(func.max(batch.created_at)).label("loaded_at"),
        )
        .where(batch.state == "stored")
        .group_by(batch.format)
        .order_by(readings.desc(), batch.format)
    )
    return fetch(conn, statement)


def meters(conn: Connection, filters: Filters) -> pd.DataFrame:
    """One row a meter of the selection, least complete first.

    ``meter_id, meter, site_id, site, direction, step_s, first, last`` (naive local)``, expected_hours, covered_hours,
    completeness, share_estimated, energy_kwh, flags`` (names). Expected are the hours of the period from the meter's
    first reading to the last instant that any meter was read; ``completeness`` is missing where none are.
    """
    selection = resolve(conn, filters)
    sums = totals("meter", selection.meter_ids(), filters.period)
    expected = hours_of_meter(filters.period)
    covered = func.coalesce(sums.c.covered_hours, 0.0)
    complete = completeness(covered, expected)
    statement = (
        select(
            meter.c.id.label("meter_id"),
            meter.c.name.label("meter"),
            meter.c.site_id,
            site.c.name.label("site"),
            meter.c.direction,
            meter.c.step_s,
            func.timezone(site.c.timezone, meter.c.first_ts, type_=DateTime()).label("first"),
            func.timezone(site.c.timezone, meter.c.last_ts, type_=DateTime()).label("last"),
            expected.label("expected_hours"),
            covered.label("covered_hours"),
            complete.label("completeness"),
            semantic.of_row("share_estimated", sums).label("share_estimated"),
            sums.c.energy_kwh,
            func.coalesce(sums.c.flags, 0, type_=Integer()).label("flag"),
        )
        .join_from(meter, site, site.c.id == meter.c.site_id)
        .join(sums, sums.c.id == meter.c.id, isouter=True)
        .where(meter.c.id.in_(selection.meter_ids()))
        .order_by(complete.nulls_first(), meter.c.name)
    )
    return with_flag_names(fetch(conn, statement, nullable=("step_s",))).drop(columns="flag")


def flags_by_rule(conn: Connection, filters: Filters) -> pd.DataFrame:
    """One row a rule that marked something in the selection, most days first.

    ``flag`` (bit)``, name, meaning, meters, meter_days``: a meter's day counts once, however many readings of it.
    """
    selection = resolve(conn, filters)
    days = (
        select(meter_day.c.meter_id, meter_day.c.flags, func.count().label("days"))
        .where(meter_day.c.meter_id.in_(selection.meter_ids()), within(meter_day, filters.period))
        .where(meter_day.c.flags != 0)
        .group_by(meter_day.c.meter_id, meter_day.c.flags)
        .subquery()
    )
    meter_days = cast(func.sum(days.c.days), BigInteger).label("meter_days")
    statement = (
        select(
            _RULES.c.flag,
            _RULES.c.name,
            _RULES.c.meaning,
            func.count(days.c.meter_id.distinct()).label("meters"),
            meter_days,
        )
        .join_from(_RULES, days, days.c.flags.bitwise_and(_RULES.c.flag) != 0)
        .group_by(_RULES.c.flag, _RULES.c.name, _RULES.c.meaning)
        .order_by(meter_days.desc(), _RULES.c.flag)
    )
    return fetch(conn, statement)


def batches(conn: Connection, limit: int = 200) -> Capped:
    """List the loads, newest first; times are naive UTC.

    ``batch_id, file_name, format, state, loaded_at, loaded_by, meters, readings, estimated, duplicates, rejected,
    replaced, energy_kwh, first, last, seconds``.
    """
    most = min(limit, settings().row_cap)
    statement = select(*_batch_columns()).order_by(ingest_batch.c.id.desc()).limit(most + 1)
    frame = fetch(conn, statement)
    return Capped(frame.iloc[:most], most, cut=len(frame) > most)


def batch_report(conn: Connection, batch_id: int) -> BatchReport:
    """Return all that is known of one load. Raises SelectionError where there is none of this number."""
    statement = select(*_batch_columns(), ingest_batch.c.plan, ingest_batch.c.quality).where(
        ingest_batch.c.id == batch_id
    )
    row = conn.execute(statement).mappings().one_or_none()
    if row is None:
        raise SelectionError(f"There is no load {batch_id}.")
    report = dict(row)
    counts, plan = report.pop("quality"), report["plan"]
    return BatchReport(**report, flags=_by_name(counts), warnings=tuple(plan.get("warnings", ())))


def rejected_rows(conn: Connection, batch_id: int) -> Iterator[tuple[int, str, str]]:
    """Stream ``line, text, reason`` of the lines a load could not read, in the order of the file.

    A server-side cursor: keep ``conn`` open until the end.
    """
    statement = (
        select(rejected_row.c.line, rejected_row.c.text, rejected_row.c.reason)
        .where(rejected_row.c.batch_id == batch_id)
        .order_by(rejected_row.c.line)
    )
    for row in conn.execution_options(yield_per=ROWS_AT_ONCE).execute(statement):
        yield row.line, row.text, row.reason


_RULES = values(named("flag", Integer), named("name", Text), named("meaning", Text), name="rule").data(
    [(int(flag), text.name, text.meaning) for flag, text in FLAG_TEXTS.items()]
)


def _batch_columns() -> list[ColumnElement[Any]]:
    batch = ingest_batch.c
    return [
        batch.id.label("batch_id"),
        batch.file_name,
        batch.format,
        batch.state,
        utc(batch.created_at).label("loaded_at"),
        batch.loaded_by,
        batch.meters,
        batch.readings,
        batch.estimated,
        batch.duplicates,
        batch.rejected,
        batch.replaced,
        batch.energy_kwh,
        utc(batch.first_ts).label("first"),
        utc(batch.last_ts).label("last"),
        batch.seconds,
    ]


def _by_name(counts: Mapping[str, int]) -> dict[str, int]:
    """Name the flags; the loader may have counted by bit or by name."""
    return {_flag_name(key): count for key, count in counts.items()}


def _flag_name(key: str) -> str:
    return FLAG_TEXTS[Flag(int(key))].name if key.isdecimal() else key
