"""Forecasts into the warehouse: the record of each, its values by COPY, and its scores when actuals arrive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection, and_, delete, insert, or_, select, text, update

from pipeline.warehouse.copy import copy_into
from pipeline.warehouse.tables.forecasts import (
    forecast,
    forecast_day,
    forecast_hour,
    forecast_month_end,
    forecast_score,
)

Courses = Mapping[tuple[str, str], NDArray[np.float64]]

BEST, YARDSTICK, BASE = "best", "seasonal_naive", "base"
HOURS, DAYS, MONTHS = "hours", "days", "months"
QUANTILES = ("p10", "p50", "p90")
MONTH_END, SUM = "end of the month", "sum of its parts"
PARTS = (HOURS, DAYS, MONTHS, MONTH_END, SUM)  # what one failure of a series may be of: ``Main building, hours``


@dataclass(frozen=True)
class NewForecast:
    """A forecast to be stored.

    ``site_id`` is set for a node, ``meter_id`` for a meter; ``courses`` hold P10, P50, P90 in kWh at ``index`` (UTC
    instants or naive local days), shape (intervals, 3), by model ("best" for what is used) and scenario. ``scores`` are
    rows of the backtest, ``month_end`` is the row of the month in progress.
    """

    site_id: int | None
    meter_id: int | None
    horizon: str
    step: str
    issued_at: datetime
    trained_from: datetime
    model: str
    index: pd.DatetimeIndex
    courses: Courses
    fallback: str | None = None
    in_retrospect: bool = False
    newest: bool = True
    contributions: Mapping[str, object] = field(default_factory=dict)
    reconciliation: Mapping[str, object] = field(default_factory=dict)
    scores: Sequence[Mapping[str, object]] = ()
    month_end: Mapping[str, object] | None = None


RECORD = (
    "site_id",
    "meter_id",
    "horizon",
    "step",
    "issued_at",
    "trained_from",
    "model",
    "fallback",
    "in_retrospect",
    "contributions",
    "reconciliation",
    "newest",
)


def store(conn: Connection, run_id: int, forecasts: Sequence[NewForecast]) -> None:
    """Write forecasts under a run, in place of those that were issued at the same instant for the same owners."""
    if not forecasts:
        return
    ids = _new_ids(conn, len(forecasts))
    numbered = list(zip(ids, forecasts, strict=True))
    records = [
        {"id": number, "run_id": run_id} | {name: getattr(one, name) for name in RECORD} for number, one in numbered
    ]
    conn.execute(insert(forecast), records)
    for table, column, horizons in (
        ("forecast_hour", "ts", {HOURS}),
        ("forecast_day", "day", {DAYS, MONTHS}),
    ):
        rows = _rows([(number, one) for number, one in numbered if one.horizon in horizons], column)
        if rows.num_rows:
            copy_into(conn, table, rows)
    scores = [
        {"forecast_id": number, "evidence": "backtest"} | dict(row) for number, one in numbered for row in one.scores
    ]
    if scores:
        conn.execute(insert(forecast_score), scores)
    months = [{"forecast_id": number} | dict(one.month_end) for number, one in numbered if one.month_end]
    if months:
        conn.execute(insert(forecast_month_end), months)
    _drop_replaced(conn, run_id)


def _new_ids(conn: Connection, count: int) -> list[int]:
    numbers = text("select nextval(pg_get_serial_sequence('forecast', 'id')) from generate_series(1, :count)")
    return list(conn.scalars(numbers, {"count": count}))


def _rows(forecasts: Sequence[tuple[int, NewForecast]], column: str) -> pa.Table:
    """Lay the courses of all forecasts below each other."""
    courses = [
        (number, *names, one.index, course) for number, one in forecasts for names, course in one.courses.items()
    ]
    sizes = [len(index) for *_, index, _ in courses]
    values = np.concatenate([course for *_, course in courses] or [np.empty((0, len(QUANTILES)))])
    return pa.table(
        {
            "forecast_id": pa.array(np.repeat([number for number, *_ in courses], sizes), pa.int32()),
            "model": _repeated([model for _, model, *_ in courses], sizes),
            "scenario": _repeated([scenario for _, _, scenario, *_ in courses], sizes),
            column: _moments([index for *_, index, _ in courses], column),
        }
        | {f"{name}_kwh": pa.array(values[:, place]) for place, name in enumerate(QUANTILES)}
    )


def _repeated(names: Sequence[str], sizes: Sequence[int]) -> pa.Array:
    return pa.array(np.repeat(np.array(names, dtype=object), sizes), pa.string())


def _moments(indexes: Sequence[pd.DatetimeIndex], column: str) -> pa.Array:
    """Write instants as UTC, days as dates."""
    naive = [index if index.tz is None else index.tz_convert(None) for index in indexes]
    moments = np.concatenate([index.to_numpy("datetime64[us]") for index in naive] or [np.empty(0, "datetime64[us]")])
    if column == "day":
        return pa.array(moments.astype("datetime64[D]"), pa.date32())
    return pa.array(moments, pa.timestamp("us", tz="UTC"))


def _drop_replaced(conn: Connection, run_id: int) -> None:
    """Forget forecasts that were issued anew from the same instant, and of older ones what nobody will ask again.

    Kept of every older forecast: what was used and the seasonal naive, as they were issued, with all scores.
    """
    new, old = forecast.alias("new"), forecast.alias("old")
    same_owner = or_(old.c.site_id == new.c.site_id, old.c.meter_id == new.c.meter_id)
    later = and_(new.c.run_id == run_id, old.c.run_id != run_id, old.c.horizon == new.c.horizon, same_owner)
    anew = select(old.c.id).join(new, and_(later, old.c.issued_at == new.c.issued_at))
    conn.execute(delete(forecast).where(forecast.c.id.in_(anew)))
    overtaken = select(old.c.id).join(new, and_(later, new.c.newest)).where(old.c.newest)
    numbers = list(
        conn.scalars(update(forecast).where(forecast.c.id.in_(overtaken)).values(newest=False).returning(forecast.c.id))
    )
    for table in (forecast_hour, forecast_day):
        kept = and_(table.c.scenario == BASE, table.c.model.in_((BEST, YARDSTICK)))
        conn.execute(delete(table).where(table.c.forecast_id.in_(numbers), ~kept))
