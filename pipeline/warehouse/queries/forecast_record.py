"""How good forecasts were: the scoreboard of the models, and past forecasts against what then happened."""

from datetime import timedelta

import pandas as pd
from sqlalchemy import Connection, DateTime, Double, and_, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from pipeline.warehouse.filters import Filters
from pipeline.warehouse.forecasts import BASE, BEST, YARDSTICK
from pipeline.warehouse.queries.forecasts import Horizon, actuals, belongs, issue, local_start, points_of
from pipeline.warehouse.queries.frames import fetch
from pipeline.warehouse.tables.forecasts import forecast, forecast_score

SCORES = ("mae_kwh", "wape", "mase", "pinball_kwh", "coverage", "bias", "skill")
OF_PAST = ("time", "actual_kwh", "p10_kwh", "p50_kwh", "p90_kwh", "naive_kwh", "issued_at", "in_retrospect")
PAST: dict[Horizon, timedelta] = {
    "hours": timedelta(days=14),
    "days": timedelta(days=91),
    "months": timedelta(days=762),
}


def scoreboard(conn: Connection, filters: Filters, horizon: Horizon) -> pd.DataFrame:
    """How good each model was: the backtest of the newest forecast, then all that was issued before and has happened.

    Columns: ``evidence`` ("backtest" or "live"), ``model`` ("best" for what was in use), ``selected, mae_kwh, wape,
    mase, pinball_kwh, coverage, bias, skill, origins, seconds``; the one in use first, then by error.
    """
    found = issue(conn, filters, horizon)
    score = forecast_score.c
    tested = (
        select(
            score.evidence,
            score.model,
            score.selected,
            *(score[name] for name in SCORES),
            score.origins,
            cast(score.train_seconds + score.predict_seconds, Double).label("seconds"),
        )
        .where(score.forecast_id == (found.id if found else -1), score.evidence == "backtest")
        .order_by(score.selected.desc(), score.mae_kwh)
    )
    weight = func.sum(score.intervals)
    live = (
        select(
            score.evidence,
            score.model,
            (score.model == BEST).label("selected"),
            *(cast(func.sum(score[name] * score.intervals) / weight, Double).label(name) for name in SCORES),
            func.count().label("origins"),
            cast(func.sum(score.train_seconds), Double).label("seconds"),
        )
        .join_from(forecast_score, forecast, forecast.c.id == score.forecast_id)
        .where(belongs(filters), forecast.c.horizon == horizon, score.evidence == "live")
        .group_by(score.evidence, score.model)
        .order_by(score.model)
    )
    both = [fetch(conn, statement) for statement in (tested, live)]
    return pd.concat([frame for frame in both if len(frame)] or both[:1], ignore_index=True)


def past(conn: Connection, filters: Filters, horizon: Horizon) -> pd.DataFrame:
    """Past forecasts beside what happened: for every interval, what was said last before it.

    Columns: ``time, actual_kwh, p10_kwh, p50_kwh, p90_kwh, naive_kwh, issued_at, in_retrospect``, oldest first. Empty
    until a forecast has become past.
    """
    newest = issue(conn, filters, horizon)
    if newest is None:
        return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in OF_PAST})
    points = points_of(horizon)
    used, naive = points.alias("used"), points.alias("naive")
    name = "ts" if horizon == "hours" else "day"
    start = used.c[name]
    issued = func.timezone(newest.timezone, forecast.c.issued_at, type_=DateTime())
    time = local_start(start, horizon, newest.timezone)
    same = and_(
        naive.c.forecast_id == used.c.forecast_id,
        naive.c[name] == start,
        naive.c.model == YARDSTICK,
        naive.c.scenario == BASE,
    )
    said = (
        select(
            start.label("start"),
            time.label("time"),
            used.c.p10_kwh,
            used.c.p50_kwh,
            used.c.p90_kwh,
            naive.c.p50_kwh.label("naive_kwh"),
            issued.label("issued_at"),
            forecast.c.in_retrospect,
        )
        .ext(distinct_on(start))
        .join_from(used, forecast, forecast.c.id == used.c.forecast_id)
        .outerjoin(naive, same)
        .where(belongs(filters), forecast.c.horizon == horizon, ~forecast.c.newest)
        .where(used.c.model == BEST, used.c.scenario == BASE, time < newest.issued_at)
        .where(time >= newest.issued_at - PAST[horizon])
        .order_by(start, forecast.c.issued_at.desc())
        .subquery()
    )
    table, begins, chosen = actuals(filters, horizon, newest.step)
    happened = (
        select(begins.label("start"), func.sum(table.c.energy_kwh).label("actual_kwh"))
        .where(chosen)
        .group_by(begins)
        .subquery()
    )
    columns = [happened.c[name] if name in happened.c else said.c[name] for name in OF_PAST]
    return fetch(
        conn, select(*columns).join_from(said, happened, happened.c.start == said.c.start).order_by(said.c.start)
    )


def _dtype(name: str) -> str:
    return "datetime64[us]" if name in {"time", "issued_at"} else "bool" if name == "in_retrospect" else "float64"
