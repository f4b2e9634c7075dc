"""Storing tariffs, giving them to sites, and hourly prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.errors import SelectionError, UserError
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.copy import copy_into
from pipeline.warehouse.schema import site
from pipeline.warehouse.tables.tariffs import price_series, site_tariff, tariff, tariff_version

LONGEST_NAME = 200


@dataclass(frozen=True)
class StoredVersion:
    """A dated version of a tariff as it is stored; ``definition`` is the JSON of `pipeline.analytics.tariffs`."""

    name: str
    currency: str
    valid_from: date
    definition: Mapping[str, object]
    valid_to: date | None = None
    utility: str = ""
    country: str | None = None
    sector: str | None = None
    source: str = "urdb"
    source_label: str = ""
    generated: bool = False
    warnings: Sequence[str] = field(default_factory=tuple)


def store_version(conn: Connection, version: StoredVersion) -> int:
    """Add a version, or replace the one of the same name and day; returns the number of the tariff.

    Raises UserError for a name without letters or too long, or where the tariff is in another currency.
    """
    if not version.name.strip() or len(version.name) > LONGEST_NAME:
        raise UserError(f"A tariff needs a name of at most {LONGEST_NAME} characters.")
    kept = ("name", "currency", "utility", "country", "sector", "source", "source_label", "generated")
    row = {name: getattr(version, name) for name in kept}
    described = {name: row[name] for name in kept[2:]}
    added = upsert(tariff).values(row).on_conflict_do_update(index_elements=["name"], set_=described)
    number, currency = conn.execute(added.returning(tariff.c.id, tariff.c.currency)).one()
    if currency != version.currency:
        raise UserError(f"The tariff {version.name} is in {currency}, not {version.currency}: choose another name.")
    values = {
        "valid_to": version.valid_to,
        "definition": dict(version.definition),
        "warnings": list(version.warnings),
    }
    dated = {"tariff_id": number, "valid_from": version.valid_from} | values
    conn.execute(
        upsert(tariff_version)
        .values(dated)
        .on_conflict_do_update(index_elements=["tariff_id", "valid_from"], set_=values)
    )
    raise_version(conn)
    return int(number)


def assign(conn: Connection, site_id: int, tariff_id: int, valid_from: date, *, assigned_by: str) -> None:
    """Give a site, and those below it that have none of their own, a tariff from a local day on.

    Raises SelectionError for a site or tariff that does not exist.
    """
    for table, number, what in ((site, site_id, "site"), (tariff, tariff_id, "tariff")):
        if conn.execute(select(table.c.id).where(table.c.id == number)).first() is None:
            raise SelectionError(f"There is no {what} {number}.")
    given = {"tariff_id": tariff_id, "assigned_by": assigned_by}
    row = {"site_id": site_id, "valid_from": valid_from} | given
    conn.execute(
        upsert(site_tariff).values(row).on_conflict_do_update(index_elements=["site_id", "valid_from"], set_=given)
    )
    raise_version(conn)


def store_prices(conn: Connection, name: str, prices: pd.Series) -> None:
    """Replace an hourly price series: Decimal prices per kWh, indexed by UTC instants."""
    conn.execute(delete(price_series).where(price_series.c.name == name))
    columns = {
        "name": pa.array([name] * len(prices), pa.string()),
        "ts": pa.array(pd.DatetimeIndex(prices.index).as_unit("us"), pa.timestamp("us", "UTC")),
        "price": pa.array(list(prices), pa.decimal128(18, 8)),
    }
    copy_into(conn, "price_series", pa.table(columns))
    raise_version(conn)
