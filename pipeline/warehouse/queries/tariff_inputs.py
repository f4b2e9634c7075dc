"""What bills are made from: tariffs, which site has which and when, hourly prices, and the load of each site."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Integer,
    Select,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
    type_coerce,
    union_all,
)

from pipeline.warehouse.arrow import Bulk, stream
from pipeline.warehouse.schema import meter, meter_hour, node_hour, reading, site_closure
from pipeline.warehouse.tables.tariffs import price_series, site_tariff, tariff, tariff_version

HOUR_S = 3600


def versions(conn: Connection) -> pd.DataFrame:
    """List all versions of all tariffs, oldest first.

    Columns: ``tariff_id, name, currency, country, sector, valid_from, valid_to`` (dates), ``definition`` (JSON).
    """
    statement = (
        select(
            tariff.c.id.label("tariff_id"),
            *(tariff.c[name] for name in ("name", "currency", "country", "sector")),
            *(tariff_version.c[name] for name in ("valid_from", "valid_to", "definition")),
        )
        .join_from(tariff, tariff_version)
        .order_by(tariff.c.id, tariff_version.c.valid_from)
    )
    return _frame(conn, statement)


def assignments(conn: Connection) -> pd.DataFrame:
    """List which tariff every site has from which day: ``site_id, depth, valid_from, tariff_id``.

    ``depth`` says how far above the site the node is that was given the tariff; the nearest counts.
    """
    statement = (
        select(
            site_closure.c.descendant_id.label("site_id"),
            site_closure.c.depth,
            site_tariff.c.valid_from,
            site_tariff.c.tariff_id,
        )
        .join_from(site_tariff, site_closure, site_closure.c.ancestor_id == site_tariff.c.site_id)
        .order_by(site_closure.c.descendant_id, site_closure.c.depth, site_tariff.c.valid_from)
    )
    return _frame(conn, statement)


def state_of_prices(conn: Connection) -> list[tuple[object, ...]]:
    """Sum up the price series, to see whether one has changed: name, hours, first, last and sum."""
    ts, price = price_series.c.ts, price_series.c.price
    statement = select(price_series.c.name, func.count(), func.min(ts), func.max(ts), func.sum(price))
    return [tuple(row) for row in conn.execute(statement.group_by(price_series.c.name).order_by(price_series.c.name))]


def prices(conn: Connection) -> dict[str, pd.Series]:
    """Read the hourly price series by name: per kWh as float, indexed by UTC instants."""
    statement = select(
        price_series.c.name, price_series.c.ts, cast(price_series.c.price, Double).label("price")
    ).order_by(price_series.c.name, price_series.c.ts)
    rows = _frame(conn, statement)
    return {
        str(name): pd.Series(
            group["price"].to_numpy(dtype="float64"), index=pd.DatetimeIndex(pd.to_datetime(group["ts"], utc=True))
        )
        for name, group in rows.groupby("name")
    }


def hourly(bulk: Bulk, site_ids: Sequence[int]) -> pd.DataFrame:
    """Read the hours of the own meters of sites without any site below, from the rollup of the tree.

    Columns: ``site_id, ts`` (UTC), ``import_kwh, export_kwh, covered_hours, estimated_hours`` (of meters). What meters
    generate is in neither. An hour may have several rows, which add up: the sites' sums are net, so what was exported
    is added to both ways.
    """
    zero: ColumnElement[float] = literal_column("0.0::float8")
    net = select(
        node_hour.c.site_id,
        node_hour.c.ts,
        node_hour.c.energy_kwh.label("import_kwh"),
        zero.label("export_kwh"),
        node_hour.c.covered_hours,
        node_hour.c.estimated_hours,
    ).where(node_hour.c.site_id.in_(site_ids))
    exported = _both_ways(meter_hour.c.energy_kwh)[1].label("exported")
    both = select(meter.c.site_id, meter_hour.c.ts, exported, exported, zero, zero)
    out = both.where(meter.c.site_id.in_(site_ids), meter.c.direction.in_(["export", "net"]))
    return _table(bulk, select(union_all(net, _of_meters(out)).subquery()))


def hourly_of_meters(bulk: Bulk, site_ids: Sequence[int], *, only_fine: bool = False) -> pd.DataFrame:
    """Add up the hours of the sites' own meters, or of those alone that are read more often than hourly.

    Columns as those of `hourly`.
    """
    covered = (func.sum(meter_hour.c[name]).label(name) for name in ("covered_hours", "estimated_hours"))
    statement = select(meter.c.site_id, meter_hour.c.ts, *_both_ways(meter_hour.c.energy_kwh), *covered)
    chosen = statement.where(meter.c.site_id.in_(site_ids), meter.c.direction != "generation")
    return _table(bulk, _of_meters(chosen.where(meter.c.step_s < HOUR_S) if only_fine else chosen))


def fine(bulk: Bulk, site_ids: Sequence[int], minutes: int) -> pd.DataFrame:
    """Add up the readings of meters read more often than hourly, over windows of the clock.

    Columns: ``site_id, ts`` (UTC), ``import_kwh, export_kwh``, by site and time. A reading that covers several windows
    or reaches over the end of one is spread evenly.
    """
    piece_s = func.gcd(reading.c.duration_s, minutes * 60, type_=Integer)
    parts = func.greatest(reading.c.duration_s / piece_s, 1, type_=Integer)
    place = func.generate_series(0, parts - 1).table_valued("number", name="place").render_derived().lateral()
    starts = func.date_bin(
        literal_column(f"interval '{minutes:d} minutes'"),
        reading.c.ts + place.c.number * piece_s * literal_column("interval '1 second'"),
        literal_column("timestamptz '2000-01-01 00:00+00'"),
    ).label("ts")
    statement = (
        select(meter.c.site_id, starts, *_both_ways(type_coerce(reading.c.energy_kwh / cast(parts, Double), Double)))
        .select_from(reading)
        .join(meter, meter.c.id == reading.c.meter_id)
        .join(place, true())
        .where(meter.c.site_id.in_(site_ids), meter.c.direction != "generation", meter.c.step_s < HOUR_S)
        .group_by(meter.c.site_id, starts)
        .order_by(meter.c.site_id, starts)
    )
    return _table(bulk, statement)


def _of_meters(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    hours = statement.select_from(meter_hour).join(meter, meter.c.id == meter_hour.c.meter_id)
    return hours.group_by(meter.c.site_id, meter_hour.c.ts)


def _both_ways(energy: ColumnElement[float]) -> list[ColumnElement[float]]:
    """Split energy by the direction of its meter into what was imported and what was exported."""
    imported = case(
        (meter.c.direction == "export", 0.0), (meter.c.direction == "net", func.greatest(energy, 0.0)), else_=energy
    )
    exported = case(
        (meter.c.direction == "export", energy), (meter.c.direction == "net", func.greatest(-energy, 0.0)), else_=0.0
    )
    return [func.sum(imported).label("import_kwh"), func.sum(exported).label("export_kwh")]


def _table(bulk: Bulk, statement: Select[*tuple[Any, ...]]) -> pd.DataFrame:
    batches = list(stream(bulk, statement))
    if not batches:
        return pd.DataFrame(columns=[str(column.name) for column in statement.selected_columns])
    frame: pd.DataFrame = pa.Table.from_batches(batches).to_pandas()
    return frame


def _frame(conn: Connection, statement: Select[*tuple[object, ...]]) -> pd.DataFrame:
    rows = conn.execute(statement).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=[str(one.name) for one in statement.selected_columns])
