"""Sites, meters and weeks of load that forecasts are tried on."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from builders import Builder
from sqlalchemy import Connection, Table, func, select

from pipeline.warehouse.engine import begin
from pipeline.warehouse.tables.forecasts import (
    forecast,
    forecast_day,
    forecast_hour,
)

BERLIN = ZoneInfo("Europe/Berlin")
END = datetime(2025, 6, 12, tzinfo=BERLIN)  # a Thursday
DAYS, LONG = 60, 100  # too short for any model but the yardstick, and long enough for two more
YEAR = (date(2025, 1, 1), date(2026, 1, 1))
LAT_LONG = {"latitude": 52.52, "longitude": 13.405}


def quiet(_share: float, _what: str) -> None:
    """Take the progress and show nothing."""


def load_of(begin_at: datetime, end: datetime, mean_kwh: float) -> list[float | None]:
    """Make a load by the local clock: half as much again at work, with a chance of one per cent."""
    hours = pd.date_range(begin_at.astimezone(UTC), end.astimezone(UTC), freq="h", inclusive="left")
    local = hours.tz_convert(BERLIN)
    at_work = (local.hour >= 8) & (local.hour < 18) & (local.day_of_week < 5)
    chance = 1 + 0.01 * np.random.default_rng(int(mean_kwh)).standard_normal(len(hours))
    found: list[float | None] = (mean_kwh * (1 + 0.5 * at_work) * chance).tolist()
    return found


def plant(end: datetime = END, days: int = DAYS, **details: object) -> dict[str, int]:
    """Make a tree of two sites with a meter each, whose readings end at ``end``; give numbers by name."""
    start = (end - timedelta(days=days)).astimezone(UTC)
    with begin() as conn:
        build = Builder(conn)
        found = {"All": build.site("All", "Europe/Berlin", kind="organisation")}
        for name, mean_kwh in (("North", 10.0), ("South", 40.0)):
            found[name] = build.site(name, "Europe/Berlin", parent=found["All"], country="DE", **details)
            found[f"{name} meter"] = build.meter(found[name], f"{name} meter")
            build.readings(found[f"{name} meter"], start, load_of(start, end, mean_kwh))
    return found


def plant_days(first: datetime) -> dict[str, int]:
    """Make the same tree of meters that are read once a day."""
    days = pd.date_range(first.replace(tzinfo=None), END.replace(tzinfo=None), inclusive="left")
    with begin() as conn:
        build = Builder(conn)
        found = {"All": build.site("All", kind="organisation")}
        for name, mean_kwh in (("North", 100.0), ("South", 400.0)):
            found[name] = build.site(name, parent=found["All"], country="DE")
            found[f"{name} meter"] = build.meter(found[name], f"{name} meter", step_s=86_400)
            chance = 1 + 0.02 * np.random.default_rng(int(mean_kwh)).standard_normal(len(days))
            load = mean_kwh * (1 + 0.5 * (days.day_of_week < 5)) * chance
            build.readings(found[f"{name} meter"], days[0].replace(tzinfo=UTC), load.tolist(), step_s=86_400)
    return found


def add_readings(meter: int, start: datetime, end: datetime, mean_kwh: float) -> None:
    with begin() as conn:
        Builder(conn).readings(meter, start.astimezone(UTC), load_of(start, end, mean_kwh))


def counted(conn: Connection, table: Table) -> int:
    return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


def course(conn: Connection, horizon: str, *, site: int | None = None, meter: int | None = None) -> pd.DataFrame:
    """Read the newest forecast in use, as it stands in the tables."""
    points, start = (forecast_hour, "ts") if horizon == "hours" else (forecast_day, "day")
    owner = forecast.c.site_id == site if meter is None else forecast.c.meter_id == meter
    statement = (
        select(points)
        .join(forecast)
        .where(owner, forecast.c.horizon == horizon, forecast.c.newest)
        .where(points.c.model == "best", points.c.scenario == "base")
        .order_by(points.c[start])
    )
    return pd.read_sql(statement, conn).rename(columns={start: "at"}).set_index("at")
