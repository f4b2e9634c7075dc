"""What detectors look at: every reading of some meters, and what forecasts had said of them."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from pipeline.warehouse.arrow import same_snapshot, stream
from pipeline.warehouse.forecasts import BASE, BEST, HOURS
from pipeline.warehouse.schema import reading
from pipeline.warehouse.tables.forecasts import forecast, forecast_hour


def readings(conn: Connection, meter_ids: Sequence[int]) -> pd.DataFrame:
    """Read all readings of some meters, by meter and time; an interval without one has no row.

    Columns: ``meter_id, ts`` (UTC, start of the interval)``, energy_kwh, raw_kwh`` (missing where nothing came)``,
    flags`` (bits of `pipeline.flags`).
    """
    columns = (reading.c.energy_kwh, reading.c.raw_kwh, reading.c.flag.label("flags"))
    statement: Select[*tuple[object, ...]] = (
        select(reading.c.meter_id, reading.c.ts, *columns)
        .where(reading.c.meter_id.in_(meter_ids))
        .order_by(reading.c.meter_id, reading.c.ts)
    )
    with same_snapshot(conn) as bulk:
        batches = list(stream(bulk, statement))
    if not batches:
        return pd.DataFrame(
            {"meter_id": [], "ts": pd.DatetimeIndex([], tz="UTC"), "energy_kwh": [], "raw_kwh": [], "flags": []}
        )
    frame: pd.DataFrame = pa.Table.from_batches(batches).to_pandas()
    return frame.assign(ts=frame["ts"].dt.tz_convert("UTC"))


def forecasts(conn: Connection, meter_ids: Sequence[int]) -> pd.DataFrame:
    """Read what was forecast of each UTC hour of some meters before it began, by the forecast issued last.

    Columns: ``meter_id, ts, p10, p50, p90`` in kWh, by meter and time; the quantiles of half hours are added up.
    """
    hour = func.date_trunc("hour", forecast_hour.c.ts, "UTC").label("ts")
    sums = [func.sum(forecast_hour.c[f"{name}_kwh"]).label(name) for name in ("p10", "p50", "p90")]
    by_hour = (
        select(forecast.c.meter_id, forecast.c.issued_at, hour, *sums)
        .join_from(forecast, forecast_hour, forecast_hour.c.forecast_id == forecast.c.id)
        .where(forecast.c.meter_id.in_(meter_ids), forecast.c.horizon == HOURS)
        .where(forecast_hour.c.model == BEST, forecast_hour.c.scenario == BASE)
        .where(forecast_hour.c.ts >= forecast.c.issued_at)
        .group_by(forecast.c.meter_id, forecast.c.id, hour)
        .subquery()
    )
    statement = (
        select(by_hour.c.meter_id, by_hour.c.ts, by_hour.c.p10, by_hour.c.p50, by_hour.c.p90)
        .ext(distinct_on(by_hour.c.meter_id, by_hour.c.ts))
        .order_by(by_hour.c.meter_id, by_hour.c.ts, by_hour.c.issued_at.desc())
    )
    frame = pd.read_sql(statement, conn)
    return frame.assign(ts=pd.to_datetime(frame["ts"], utc=True))
