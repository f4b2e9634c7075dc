"""What recommendations need besides load, temperature and prices: bills on other tariffs, sunshine, open events."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from pipeline.warehouse.queries.weather import stations_of
from pipeline.warehouse.schema import meter, node_day, site_closure
from pipeline.warehouse.tables.anomalies import anomaly
from pipeline.warehouse.tables.recommendations import site_power_factor
from pipeline.warehouse.tables.tariffs import bill, tariff
from pipeline.warehouse.tables.weather import weather

OPEN = ("new", "acknowledged")
STILL_GOES_ON_DAYS = 2
MONTHS_COMPARED = 12


def last_days(conn: Connection, site_ids: Sequence[int]) -> dict[int, date]:
    """Return the last local day with data anywhere in the tree of each site; sites of an empty tree are left out."""
    root = site_closure.alias("root")
    above = site_closure.alias("above")
    is_root = ~select(above.c.depth).where(above.c.descendant_id == root.c.ancestor_id, above.c.depth > 0).exists()
    statement = (
        select(root.c.descendant_id, func.max(node_day.c.day))
        .join(node_day, node_day.c.site_id == root.c.ancestor_id)
        .where(root.c.descendant_id.in_(site_ids), is_root)
        .group_by(root.c.descendant_id)
    )
    return {row[0]: row[1] for row in conn.execute(statement)}


def yearly_bills(conn: Connection, site_ids: Sequence[int]) -> pd.DataFrame:
    """Add up the last twelve whole months of bills: ``site_id, name, currency, assigned, total`` (Decimal), ``months``.

    One row for what the site pays and one for each tariff it could be on; tariffs in another currency, or that lack one
    of the months, are left out.
    """
    whole = bill.c.covered_hours > 0
    newest = (
        select(bill.c.site_id, bill.c.month)
        .where(bill.c.site_id.in_(site_ids), bill.c.assigned, whole)
        .distinct()
        .subquery("newest")
    )
    place = func.row_number().over(partition_by=newest.c.site_id, order_by=newest.c.month.desc())
    recent = select(newest, place.label("place")).subquery("recent")
    joined = bill.join(recent, and_(recent.c.site_id == bill.c.site_id, recent.c.month == bill.c.month)).join(
        tariff, tariff.c.id == bill.c.tariff_id
    )
    statement = (
        select(
            bill.c.site_id,
            func.max(tariff.c.name).label("name"),
            bill.c.currency,
            bill.c.assigned,
            func.sum(bill.c.total).label("total"),
            func.count().label("months"),
        )
        .select_from(joined)
        # The newest month has seldom ended, and takes part in no comparison.
        .where(recent.c.place > 1, recent.c.place <= MONTHS_COMPARED + 1)
        .group_by(bill.c.site_id, bill.c.currency, bill.c.assigned, _tariff_if_other())
        .order_by(bill.c.site_id, bill.c.assigned.desc())
    )
    return pd.read_sql(statement, conn, coerce_float=False)


def irradiance(conn: Connection, site_ids: Sequence[int], start: datetime, end: datetime) -> pd.DataFrame:
    """Read ``site_id, ts, solar_w_m2`` (on the level, by UTC hour) at the station nearest to each site with a place."""
    serving = stations_of(conn, site_ids)
    serving = serving[serving["share"] == 1]
    columns = [weather.c.station_id, weather.c.ts, weather.c.solar_w_m2]
    wanted = and_(
        weather.c.station_id.in_(serving["station_id"].unique().tolist()),
        weather.c.solar_w_m2.is_not(None),
        weather.c.ts >= start,
        weather.c.ts < end,
    )
    hours = pd.read_sql(select(*columns).where(wanted), conn)
    hours["ts"] = pd.to_datetime(hours["ts"], utc=True)
    return serving[["site_id", "station_id"]].merge(hours, on="station_id").drop(columns="station_id")


def open_events(conn: Connection, site_ids: Sequence[int], kinds: Sequence[str]) -> pd.DataFrame:
    """List events that still go on: ``site_id, fingerprint, kind, start, end, excess_kwh, confidence, explanation``.

    They were found by the newest run, end within two days of the meter's last reading, took more than expected, and
    nobody and nothing has excused or resolved them.
    """
    end_of_data = meter.c.last_ts - func.make_interval(0, 0, 0, STILL_GOES_ON_DAYS)
    statement = (
        select(
            meter.c.site_id,
            anomaly.c.fingerprint,
            anomaly.c.kind,
            anomaly.c.start_ts.label("start"),
            anomaly.c.end_ts.label("end"),
            (anomaly.c.actual_kwh - anomaly.c.expected_kwh).label("excess_kwh"),
            anomaly.c.confidence,
            anomaly.c.explanation,
        )
        .join(meter, meter.c.id == anomaly.c.meter_id)
        .where(
            meter.c.site_id.in_(site_ids),
            anomaly.c.kind.in_(kinds),
            anomaly.c.found,
            anomaly.c.status.in_(OPEN),
            anomaly.c.holiday.is_(None),
            anomaly.c.planned_event_id.is_(None),
            anomaly.c.end_ts >= end_of_data,
            anomaly.c.actual_kwh > anomaly.c.expected_kwh,
        )
        .order_by(meter.c.site_id, anomaly.c.rank.desc(), anomaly.c.id)
    )
    frame = pd.read_sql(statement, conn)
    return frame.assign(start=pd.to_datetime(frame["start"], utc=True), end=pd.to_datetime(frame["end"], utc=True))


def generating_sites(conn: Connection) -> set[int]:
    """Return the sites with a meter of generation, export or net use: they have panels already."""
    statement = select(meter.c.site_id).where(meter.c.direction.in_(["generation", "export", "net"])).distinct()
    return set(conn.execute(statement).scalars())


def power_factors(conn: Connection) -> Mapping[int, float]:
    """Return the power factors that somebody entered, by site."""
    rows = conn.execute(select(site_power_factor.c.site_id, site_power_factor.c.power_factor))
    return {row[0]: row[1] for row in rows}


def _tariff_if_other() -> ColumnElement[int]:
    """Group what a site pays over all its tariffs, and each other tariff by itself."""
    return case((bill.c.assigned, 0), else_=bill.c.tariff_id)
