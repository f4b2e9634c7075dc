"""What a selection consists of: its parts in order of size, and the readings behind it."""

from typing import Any

import pandas as pd
from sqlalchemy import (
    Connection,
    DateTime,
    Double,
    Select,
    Subquery,
    Text,
    func,
    literal,
    select,
    true,
    type_coerce,
    union_all,
)

from pipeline.definitions import MeasureKey, additive_of
from pipeline.settings import settings
from pipeline.warehouse import semantic
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.queries.capped import Capped
from pipeline.warehouse.queries.frames import fetch, with_flag_names
from pipeline.warehouse.queries.over_time import whole
from pipeline.warehouse.relations import totals
from pipeline.warehouse.schema import meter, reading, site
from pipeline.warehouse.selection import Selection, near, resolve


def ranking(conn: Connection, filters: Filters, limit: int = 50) -> pd.DataFrame:
    """Parts of the selection: ``kind (site|meter), id, name, value, share``, largest value first.

    The sites right below the node and its own meters (of a sector, its topmost sites; of a meter, itself); ``share``
    is the part of their energy (or cost, or CO2) together. Generation, which is in no sum, is left out.
    """
    selection = resolve(conn, filters)
    parts = _parts(selection, filters)
    additive = parts.c[additive_of(filters.measure)]
    value = semantic.of_row(filters.measure, parts).label("value")
    share = type_coerce(additive / func.nullif(func.sum(additive).over(), 0.0), Double).label("share")
    statement = select(parts.c.kind, parts.c.id, parts.c.name, value, share).order_by(
        value.desc().nulls_last(), parts.c.name
    )
    return fetch(conn, statement.limit(limit))


def rows(conn: Connection, filters: Filters, limit: int = 1000) -> Capped:
    """Read the readings behind the selection, meter by meter, oldest first; at most ``limit`` and the row cap.

    Columns ``meter, time, energy_kwh, raw_kwh, power_kw, flags`` (names, comma separated)``, batch_id, line, utc``;
    ``time`` is local to the meter's site, ``utc`` naive UTC; ``line`` is missing where the value is estimated.
    """
    most = min(limit, settings().row_cap)
    statement = _readings(resolve(conn, filters), filters.period, most + 1)
    frame = with_flag_names(fetch(conn, statement, nullable=("line",)))
    frame = frame[["meter", "time", "energy_kwh", "raw_kwh", "power_kw", "flags", "batch_id", "line", "utc"]]
    return Capped(frame.iloc[:most], most, cut=len(frame) > most)


def _parts(selection: Selection, filters: Filters) -> Subquery:
    period, measure = filters.period, filters.measure
    if selection.kind == "meter":
        return _meters(select(meter.c.id).where(meter.c.id.in_(selection.ids)), period, measure).subquery()
    if selection.ids != (filters.site_id,):
        return _sites(select(site.c.id).where(site.c.id.in_(selection.ids)), period, measure).subquery()
    children = select(site.c.id).where(site.c.parent_id == filters.site_id)
    own = select(meter.c.id).where(meter.c.site_id == filters.site_id, meter.c.direction != "generation")
    return union_all(_sites(children, period, measure), _meters(own, period, measure)).subquery()


def _sites(ids: Select[tuple[int]], period: Period, measure: MeasureKey) -> Select[Any]:
    sums = totals("node", ids, period, [measure])
    return select(literal("site", Text).label("kind"), site.c.name, sums).join_from(site, sums, sums.c.id == site.c.id)


def _meters(ids: Select[tuple[int]], period: Period, measure: MeasureKey) -> Select[Any]:
    sums = totals("meter", ids, period, [measure])
    return select(literal("meter", Text).label("kind"), meter.c.name, sums).join_from(
        meter, sums, sums.c.id == meter.c.id
    )


def _readings(selection: Selection, period: Period, most: int) -> Select[Any]:
    """Read on from meter to meter until there is enough, so that a short table of a large site stays cheap."""
    owners = (
        select(meter.c.id, meter.c.name, site.c.timezone)
        .join_from(meter, site, site.c.id == meter.c.site_id)
        .where(meter.c.id.in_(selection.meter_ids()))
        .order_by(meter.c.name)
        .subquery("owner")
    )
    time = func.timezone(owners.c.timezone, reading.c.ts, type_=DateTime())
    start, end = whole(period)
    found = (
        select(reading, time.label("time"))
        .where(reading.c.meter_id == owners.c.id, near(reading.c.ts, period), time >= start, time < end)
        .order_by(reading.c.ts)
        .limit(most)
        .lateral("found")
    )
    return (
        select(
            owners.c.name.label("meter"),
            found.c.time,
            found.c.energy_kwh,
            found.c.raw_kwh,
            semantic.of_reading("mean_kw", found).label("power_kw"),
            found.c.flag,
            found.c.batch_id,
            found.c.line,
            func.timezone("UTC", found.c.ts, type_=DateTime()).label("utc"),
        )
        .join_from(owners, found, true())
        .order_by(owners.c.name, found.c.ts)
        .limit(most)
    )
