"""The newest forecast of a site or meter. Times are naive local times of the site; energy is in kWh per interval."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Double,
    Select,
    Table,
    and_,
    cast,
    func,
    literal,
    not_,
    or_,
    select,
)

from pipeline.warehouse import runs
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.forecasts import BASE, BEST, PARTS, YARDSTICK
from pipeline.warehouse.queries.frames import fetch
from pipeline.warehouse.schema import (
    meter,
    meter_day,
    meter_hour,
    meter_month,
    node_day,
    node_hour,
    node_month,
    reading,
    site,
)
from pipeline.warehouse.selection import owner_of
from pipeline.warehouse.tables.forecasts import forecast, forecast_day, forecast_hour
from pipeline.warehouse.tables.runs import model_failure, model_run

Horizon = Literal["hours", "days", "months"]

STEP = "forecast"
HALF_HOUR = "30min"
HALF_HOUR_S = 1800
COLUMNS = ("time", "actual_kwh", "p10_kwh", "p50_kwh", "p90_kwh", "naive_kwh")
HISTORY: dict[Horizon, timedelta] = {
    "hours": timedelta(days=7),
    "days": timedelta(days=91),
    "months": timedelta(days=762),  # 25 months
}


@dataclass(frozen=True)
class Issue:
    """The newest forecast of a site or meter.

    ``issued_at`` (the end of the readings it knew) and ``trained_from`` are naive local, ``made_at`` naive UTC.
    ``models`` are those that can be drawn, ``scenarios`` the what-ifs that were worked out. ``moved_kwh`` is what was
    added so that the parts add up to the whole, None where nothing was.
    """

    id: int
    horizon: Horizon
    step: str
    timezone: str
    issued_at: datetime
    trained_from: datetime
    made_at: datetime
    model: str
    fallback: str | None
    moved_kwh: float | None
    models: tuple[str, ...]
    scenarios: tuple[str, ...]


def issue(conn: Connection, filters: Filters, horizon: Horizon) -> Issue | None:
    """Find the newest forecast of the selected meter or site; None where there is none: `refusal` says why."""
    after, before = (cast(forecast.c.reconciliation[name].astext, Double) for name in ("after_kwh", "before_kwh"))
    statement = (
        select(
            forecast.c.id,
            forecast.c.horizon,
            forecast.c.step,
            site.c.timezone,
            func.timezone(site.c.timezone, forecast.c.issued_at, type_=DateTime()).label("issued_at"),
            func.timezone(site.c.timezone, forecast.c.trained_from, type_=DateTime()).label("trained_from"),
            func.timezone("UTC", model_run.c.created_at, type_=DateTime()).label("made_at"),
            forecast.c.model,
            forecast.c.fallback,
            (after - before).label("moved_kwh"),
        )
        .join_from(forecast, model_run, model_run.c.id == forecast.c.run_id)
        .outerjoin(meter, meter.c.id == forecast.c.meter_id)
        .join(site, site.c.id == func.coalesce(forecast.c.site_id, meter.c.site_id))
        .where(belongs(filters), forecast.c.horizon == horizon, forecast.c.newest)
        .order_by(forecast.c.id.desc())
        .limit(1)
    )
    row = conn.execute(statement).one_or_none()
    if row is None or _reason(conn, filters, horizon) is not None:
        return None
    points = points_of(horizon).c
    own = points.forecast_id == row.id
    models = conn.scalars(select(points.model).where(own, points.scenario == BASE).distinct())
    what_ifs = conn.scalars(select(points.scenario).where(own, points.model == BEST).distinct())
    return Issue(**row._asdict(), models=tuple(sorted(models)), scenarios=tuple(sorted(what_ifs)))


def refusal(conn: Connection, filters: Filters, horizon: Horizon) -> str:
    """Say why there is no forecast: what the models said, or that none was made yet."""
    if runs.latest(conn, STEP) is None:
        return "No forecast has been made yet: run `python -m pipeline forecast`."
    return _reason(conn, filters, horizon) or (
        "No forecast has been made since this was added: run `python -m pipeline forecast`."
    )


def fan(conn: Connection, filters: Filters, horizon: Horizon, model: str = BEST, scenario: str = BASE) -> pd.DataFrame:
    """Lay out what was measured and what is forecast: ``time, actual_kwh, p10_kwh, p50_kwh, p90_kwh, naive_kwh``.

    ``scenario`` is what the model in use says of other weather or of holidays. Empty without a forecast.
    """
    found = issue(conn, filters, horizon)
    if found is None:
        return pd.DataFrame({name: pd.Series(dtype="datetime64[us]" if name == "time" else float) for name in COLUMNS})
    known = fetch(conn, _history(filters, found))
    used = fetch(conn, _course(found, model, scenario if model == BEST else BASE))
    naive = fetch(conn, _course(found, YARDSTICK, BASE))["p50_kwh"]
    ahead = used.assign(naive_kwh=naive if len(naive) == len(used) else float("nan"))
    return pd.concat([known, ahead], ignore_index=True).reindex(columns=list(COLUMNS))


def drivers(conn: Connection, filters: Filters, horizon: Horizon) -> pd.DataFrame:
    """Tell what each group of inputs adds to the usual level or takes from it: ``time, group, value_kwh``."""
    found = issue(conn, filters, horizon)
    nothing = pd.DataFrame({"time": pd.Series(dtype="datetime64[us]"), "group": [], "value_kwh": []})
    if found is None:
        return nothing
    times = fetch(conn, _course(found, BEST, BASE))["time"]
    groups = conn.scalar(select(forecast.c.contributions).where(forecast.c.id == found.id)) or {}
    parts = [
        pd.DataFrame({"time": times, "group": name, "value_kwh": pd.Series(values, dtype=float)})
        for name, values in groups.items()
    ]
    return pd.concat(parts, ignore_index=True) if parts else nothing


def belongs(filters: Filters) -> ColumnElement[bool]:
    """Say whether a forecast is of what is selected: one meter, or else the site."""
    if filters.meter_id is not None:
        return forecast.c.meter_id == filters.meter_id
    return forecast.c.site_id == filters.site_id


def points_of(horizon: Horizon) -> Table:
    """Return the table of the values of a horizon."""
    return forecast_hour if horizon == "hours" else forecast_day


def actuals(filters: Filters, horizon: Horizon, step: str) -> tuple[Table, ColumnElement[Any], ColumnElement[bool]]:
    """Return what a forecast is compared with: a table of energy, its start of an interval, and which rows."""
    of_meter = filters.meter_id is not None
    tables = {
        "hours": (node_hour, meter_hour),
        "days": (node_day, meter_day),
        "months": (node_month, meter_month),
    }[horizon]
    table = reading if step == HALF_HOUR else tables[of_meter]
    start = table.c["ts" if horizon == "hours" else horizon[:-1]]
    chosen = owner_of(table) == (filters.meter_id if of_meter else filters.site_id)
    return table, start, and_(chosen, table.c.duration_s == HALF_HOUR_S) if table is reading else chosen


def local_start(start: ColumnElement[Any], horizon: Horizon, timezone: str) -> ColumnElement[datetime]:
    """Write the start of an interval as the naive time of the site."""
    return func.timezone(timezone, start, type_=DateTime()) if horizon == "hours" else cast(start, DateTime)


def _history(filters: Filters, found: Issue) -> Select[*tuple[Any, ...]]:
    """Select what was measured before the forecast: ``time, actual_kwh``."""
    table, start, chosen = actuals(filters, found.horizon, found.step)
    time = local_start(start, found.horizon, found.timezone)
    last = found.issued_at
    first = max(last - HISTORY[found.horizon], found.trained_from)  # a month before may be a part of one
    bounds: tuple[ColumnElement[bool], ...] = (time >= first, time < last)
    if found.horizon == "hours":  # for the index; the local times around a change of the clocks are in the bounds above
        near = timedelta(days=2)
        bounds += (start >= cast(literal(first - near), DateTime), start < cast(literal(last + near), DateTime))
    return (
        select(time.label("time"), func.sum(table.c.energy_kwh).label("actual_kwh"))
        .where(chosen, *bounds)
        .group_by(start)
        .order_by(start)
    )


def _course(found: Issue, model: str, scenario: str) -> Select[*tuple[Any, ...]]:
    points = points_of(found.horizon)
    start = points.c["ts" if found.horizon == "hours" else "day"]
    return (
        select(
            local_start(start, found.horizon, found.timezone).label("time"),
            points.c.p10_kwh,
            points.c.p50_kwh,
            points.c.p90_kwh,
        )
        .where(points.c.forecast_id == found.id, points.c.model == model, points.c.scenario == scenario)
        .order_by(start)
    )


def _reason(conn: Connection, filters: Filters, horizon: Horizon) -> str | None:
    """Return what the newest run said of a series that it could not forecast, at all or this far ahead."""
    run = runs.latest(conn, STEP)
    failure = model_failure.c
    of_meter, of_node = failure.meter_id == filters.meter_id, failure.site_id == filters.site_id
    parts = [failure.owner.endswith(f", {part}", autoescape=True) for part in PARTS if part != horizon]
    return conn.scalar(
        select(failure.reason)
        .where(failure.run_id == (run.id if run else -1))
        .where(of_meter if filters.meter_id is not None else and_(of_node, failure.meter_id.is_(None)))
        .where(not_(or_(*parts)))
        .limit(1)
    )
