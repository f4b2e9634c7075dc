"""What the models read: places with their calendar, and the load by hour or day in bulk."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import pandas as pd
from sqlalchemy import Connection, Select, func, select

from pipeline.warehouse.schema import meter, meter_day, meter_hour, node_day, node_hour, site, site_closure
from pipeline.warehouse.selection import nearest

Owner = Literal["meter", "node"]


def places(conn: Connection) -> pd.DataFrame:
    """List the nodes of the tree, parents first.

    Columns: ``site_id, parent_id, name, kind, timezone, country, subdivision, sector, floor_area_m2, latitude,
    longitude, leaf`` (no node below), ``meters`` (in the node itself, generation left out). Country, subdivision and
    sector come from the nearest node above where the node has none of its own.
    """
    below = site.alias("below")
    depth = select(func.max(site_closure.c.depth)).where(site_closure.c.descendant_id == site.c.id).scalar_subquery()
    counted = (
        select(func.count()).where(meter.c.site_id == site.c.id, meter.c.direction != "generation").scalar_subquery()
    )
    statement = select(
        site.c.id.label("site_id"),
        site.c.parent_id,
        site.c.name,
        site.c.kind,
        site.c.timezone,
        nearest(site.c.id, "country").label("country"),
        nearest(site.c.id, "subdivision", needs="country").label("subdivision"),
        nearest(site.c.id, "sector").label("sector"),
        site.c.floor_area_m2,
        site.c.latitude,
        site.c.longitude,
        (~select(below.c.id).where(below.c.parent_id == site.c.id).exists()).label("leaf"),
        counted.label("meters"),
    ).order_by(depth, site.c.id)
    return pd.read_sql(statement, conn)


def meters(conn: Connection) -> pd.DataFrame:
    """List the meters: ``meter_id, site_id, name, direction, step_s, longest_s, capacity_kw, first_ts, last_ts``."""
    names = ("site_id", "name", "direction", "step_s", "longest_s", "capacity_kw", "first_ts", "last_ts")
    columns = [meter.c[name] for name in names]
    return pd.read_sql(select(meter.c.id.label("meter_id"), *columns).order_by(meter.c.id), conn)


def hourly_load(
    conn: Connection, owner: Owner, ids: Sequence[int], start: datetime | None = None, end: datetime | None = None
) -> pd.DataFrame:
    """Read the load by UTC hour of some meters or nodes, ordered by owner and time; hours without data have no row.

    Columns: ``owner_id, ts`` (UTC, start of the hour), ``energy_kwh``, ``share_estimated`` (0 to 1), ``covered_hours``,
    ``flags`` (bits of `pipeline.flags`). An hour that two local days share (a node across zones) is one row.
    """
    rollup = meter_hour if owner == "meter" else node_hour
    key = rollup.c["meter_id" if owner == "meter" else "site_id"]
    statement: Select[tuple[object, ...]] = select(
        key.label("owner_id"),
        rollup.c.ts,
        func.sum(rollup.c.energy_kwh).label("energy_kwh"),
        (func.sum(rollup.c.estimated_hours) / func.nullif(func.sum(rollup.c.covered_hours), 0.0)).label(
            "share_estimated"
        ),
        func.sum(rollup.c.covered_hours).label("covered_hours"),
        func.bit_or(rollup.c.flags).label("flags"),
    ).where(key.in_(ids))
    if start is not None:
        statement = statement.where(rollup.c.ts >= start)
    if end is not None:
        statement = statement.where(rollup.c.ts < end)
    return pd.read_sql(statement.group_by(key, rollup.c.ts).order_by(key, rollup.c.ts), conn)


def daily_load(
    conn: Connection, owner: Owner, ids: Sequence[int], start: date | None = None, end: date | None = None
) -> pd.DataFrame:
    """Read the load by local day: ``owner_id, day, energy_kwh, peak_kw, covered_hours, hours``, by owner and day."""
    rollup = meter_day if owner == "meter" else node_day
    key = rollup.c["meter_id" if owner == "meter" else "site_id"]
    columns = [rollup.c[name] for name in ("day", "energy_kwh", "peak_kw", "covered_hours", "hours")]
    statement = select(key.label("owner_id"), *columns).where(key.in_(ids))
    if start is not None:
        statement = statement.where(rollup.c.day >= start)
    if end is not None:
        statement = statement.where(rollup.c.day < end)
    return pd.read_sql(statement.order_by(key, rollup.c.day), conn, parse_dates=["day"])
