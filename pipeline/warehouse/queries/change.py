"""What the explanation of a change reads: the days of the lowest sites in both periods, and their response."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from sqlalchemy import Connection, Double, Select, cast, func, select

from pipeline.definitions import additive_of
from pipeline.warehouse.day_types import public_holidays
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.queries.frames import fetch
from pipeline.warehouse.queries.overview import below, lowest
from pipeline.warehouse.queries.weather import daily_temperature
from pipeline.warehouse.relations import hourly
from pipeline.warehouse.schema import meter, site
from pipeline.warehouse.selection import Selection, nearest, owner_of, resolve
from pipeline.warehouse.semantic import base_load
from pipeline.warehouse.tables.weather import site_temperature_fit
from pipeline.warehouse.valued import beside, is_valued

SATURDAY = 5
DAYS = ("site_id", "period", "place", "day_type", "energy_kwh", "value", "temperature_c")


def compared(filters: Filters) -> Filters:
    """Return the filters with a comparison: with the weeks before where none was chosen."""
    return filters if filters.compare != "none" else replace(filters, compare="previous")


def days(conn: Connection, filters: Filters) -> pd.DataFrame:
    """Read the days of the lowest sites of a selection, or of its meter, in the period and in that compared with.

    Columns: ``site_id, period`` (now, before), ``place`` (number of the day in its period), ``day_type`` (workday, or
    free: weekends and holidays), ``energy_kwh, value`` (of the measure where it adds up, else the energy),
    ``temperature_c`` (mean of the day, NaN where not known). Days without a value have no row.
    """
    asked = compared(filters)
    selection = resolve(conn, asked)
    periods = {"now": asked.period, "before": asked.compare_period or asked.period}
    found = [_of_period(conn, selection, asked, name, period) for name, period in periods.items()]
    return pd.concat(found, ignore_index=True)[list(DAYS)]


def fits(conn: Connection, filters: Filters) -> pd.DataFrame:
    """Read how the use of the lowest sites follows the temperature; nothing for a single meter.

    Columns: ``site_id, day_type, base_kwh, heating_slope, heating_balance_c, cooling_slope, cooling_balance_c``.
    """
    table = site_temperature_fit
    names = ("heating_slope", "heating_balance_c", "cooling_slope", "cooling_balance_c")
    statement = select(table.c.site_id, table.c.day_type, table.c.base_kwh, *(table.c[name] for name in names))
    wanted = table.c.site_id.in_(lowest(below(resolve(conn, filters), filters)))
    return fetch(conn, statement.where(wanted if filters.meter_id is None else table.c.site_id < 0))


def base_loads(conn: Connection, filters: Filters, site_ids: Sequence[int]) -> tuple[float | None, float | None]:
    """Return the near-base load (kW) of some of the lowest sites together, in the period and in that compared with."""
    asked = compared(filters)
    together = replace(resolve(conn, asked), ids=tuple(site_ids), sector=None, across_zones=True)
    hours = [hourly(together, period) for period in (asked.period, asked.compare_period or asked.period)]
    now, before = (conn.scalar(select(base_load(of_period))) for of_period in hours)
    return now, before


def _of_period(conn: Connection, selection: Selection, filters: Filters, name: str, period: Period) -> pd.DataFrame:
    frame = fetch(conn, _days(selection, filters, period))
    places = frame[["site_id", "country", "subdivision"]].drop_duplicates()
    free = {
        int(site_id): _free_days(str(country), str(subdivision), period)
        for site_id, country, subdivision in places.itertuples(index=False)
    }
    of_day = zip(frame["site_id"], frame["day"], strict=True)
    is_free = [day.day_of_week >= SATURDAY or day in free[site_id] for site_id, day in of_day]
    temperatures = daily_temperature(conn, places["site_id"].tolist(), period.start, period.end)
    frame = frame.merge(temperatures.astype({"day": frame["day"].dtype}), on=["site_id", "day"], how="left")
    return frame.assign(
        period=name,
        place=(frame["day"] - pd.Timestamp(period.start)).dt.days,
        day_type=["free" if one else "workday" for one in is_free],
    )


def _days(selection: Selection, filters: Filters, period: Period) -> Select[tuple[object, ...]]:
    rollup, key = selection.days, additive_of(filters.measure)
    rows, value = beside(rollup, key) if is_valued(key) else (rollup, rollup.c.energy_kwh)
    owner = owner_of(rollup)
    place = owner if selection.kind == "node" else meter.c.site_id
    if selection.kind == "node":
        wanted = owner.in_(lowest(below(selection, filters)))
    else:
        rows, wanted = rows.join(meter, meter.c.id == owner), owner.in_(selection.ids)
    return (
        select(
            place.label("site_id"),
            rollup.c.day,
            rollup.c.energy_kwh,
            cast(value, Double).label("value"),
            func.coalesce(nearest(site.c.id, "country"), "").label("country"),
            func.coalesce(nearest(site.c.id, "subdivision", needs="country"), "").label("subdivision"),
        )
        .select_from(rows.join(site, site.c.id == place))
        .where(wanted, rollup.c.day >= period.start, rollup.c.day < period.end, value.is_not(None))
        .order_by("site_id", rollup.c.day)
    )


def _free_days(country: str, subdivision: str, period: Period) -> set[pd.Timestamp]:
    return {pd.Timestamp(day) for day in public_holidays(country or None, subdivision or None, period)}
