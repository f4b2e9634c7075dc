"""Storing how the use of each site follows the temperature; each run takes the place of the one before."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, delete, insert

from pipeline.warehouse.copy import copy_into
from pipeline.warehouse.tables.weather import site_temperature_fit, site_temperature_lag, site_weather_month

MONTHS = pa.schema(
    [
        ("site_id", pa.int32()),
        ("month", pa.date32()),
        ("run_id", pa.int32()),
        ("actual_kwh", pa.float64()),
        ("expected_kwh", pa.float64()),
        ("typical_kwh", pa.float64()),
        ("days", pa.int16()),
    ]
)
LAGS = pa.schema(
    [
        ("site_id", pa.int32()),
        ("season", pa.string()),
        ("lag_hours", pa.int16()),
        ("run_id", pa.int32()),
        ("correlation", pa.float64()),
        ("hours", pa.int32()),
    ]
)


def replace_fits(
    conn: Connection, run_id: int, fits: Sequence[dict[str, object]], months: pd.DataFrame, lags: pd.DataFrame
) -> None:
    """Store what is known of all sites: rows of ``site_temperature_fit``, and frames for the other two tables."""
    for table in (site_temperature_fit, site_weather_month, site_temperature_lag):
        conn.execute(delete(table))
    if fits:
        conn.execute(insert(site_temperature_fit), [{"run_id": run_id} | row for row in fits])
    _copy(conn, "site_weather_month", months.assign(run_id=run_id), MONTHS)
    _copy(conn, "site_temperature_lag", lags.assign(run_id=run_id), LAGS)


def _copy(conn: Connection, name: str, rows: pd.DataFrame, schema: pa.Schema) -> None:
    if len(rows):
        copy_into(conn, name, pa.Table.from_pandas(rows, schema=schema, preserve_index=False))
