"""What forecasts are made of, in bulk: load by hour, half hour and day of every meter and node, as Arrow brings it."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import pyarrow as pa
from sqlalchemy import Column, Connection, Double, Select, Table, cast, func, select

from pipeline.warehouse.arrow import same_snapshot, stream
from pipeline.warehouse.queries.model_inputs import Owner
from pipeline.warehouse.schema import meter_day, meter_hour, node_day, node_hour, reading

HALF_HOUR_S = 1800


def hours(conn: Connection, owner: Owner, ids: Sequence[int], start: datetime) -> pd.DataFrame:
    """Read the load by UTC hour from ``start`` on: ``owner_id, at, energy_kwh, covered_hours``, by owner and time.

    ``at`` is naive UTC. An hour that two local days share (a node across time zones) is one row.
    """
    rollup = meter_hour if owner == "meter" else node_hour
    key = _key(rollup)
    chosen = (key.in_(ids), rollup.c.ts >= start)
    if owner == "meter":
        columns = (rollup.c.ts.label("at"), rollup.c.energy_kwh, rollup.c.covered_hours)
        statement: Select[*tuple[object, ...]] = select(key.label("owner_id"), *columns).where(*chosen)
    else:
        sums = [func.sum(cast(rollup.c[name], Double)).label(name) for name in ("energy_kwh", "covered_hours")]
        statement = (
            select(key.label("owner_id"), rollup.c.ts.label("at"), *sums).where(*chosen).group_by(key, rollup.c.ts)
        )
    return _read(conn, statement.order_by(key, rollup.c.ts))


def half_hours(conn: Connection, ids: Sequence[int], start: datetime) -> pd.DataFrame:
    """Read the half-hourly readings of meters from ``start`` on: ``owner_id, at`` (naive UTC) ``, energy_kwh``."""
    statement = (
        select(reading.c.meter_id.label("owner_id"), reading.c.ts.label("at"), reading.c.energy_kwh)
        .where(reading.c.meter_id.in_(ids), reading.c.ts >= start, reading.c.duration_s == HALF_HOUR_S)
        .order_by(reading.c.meter_id, reading.c.ts)
    )
    return _read(conn, statement)


def days(conn: Connection, owner: Owner, ids: Sequence[int]) -> pd.DataFrame:
    """Read the load by local day: ``owner_id, at`` (naive), ``energy_kwh, covered_hours``, by owner and day."""
    rollup = meter_day if owner == "meter" else node_day
    key = _key(rollup)
    columns = (rollup.c.day.label("at"), rollup.c.energy_kwh, rollup.c.covered_hours)
    return _read(conn, select(key.label("owner_id"), *columns).where(key.in_(ids)).order_by(key, rollup.c.day))


def _key(rollup: Table) -> Column[int]:
    key: Column[int] = rollup.c.meter_id if "meter_id" in rollup.c else rollup.c.site_id
    return key


def _read(conn: Connection, statement: Select[*tuple[object, ...]]) -> pd.DataFrame:
    with same_snapshot(conn) as bulk:
        batches = list(stream(bulk, statement))
    if not batches:
        return pd.DataFrame({column.name: [] for column in statement.selected_columns}, dtype=float).astype(
            {"owner_id": int, "at": "datetime64[us]"}
        )
    frame: pd.DataFrame = pa.Table.from_batches(batches).to_pandas(date_as_object=False)
    at = pd.DatetimeIndex(frame["at"]).as_unit("us")
    return frame.assign(at=at if at.tz is None else at.tz_convert(None))
