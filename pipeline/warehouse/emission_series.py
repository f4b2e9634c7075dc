"""Storing emission factors by hour, and giving them to sites."""

from typing import Literal, get_args

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.errors import UserError
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.copy import copy_into
from pipeline.warehouse.tables.costs import emission_factor, emission_series, site_emission

FactorKind = Literal["average", "marginal"]
KINDS: tuple[FactorKind, ...] = get_args(FactorKind)


def store_factors(
    conn: Connection, name: str, kind: FactorKind, factors: pd.Series, *, source: str, generated: bool = False
) -> int:
    """Replace a series: kg CO2 per kWh as float, indexed by the UTC instants of hours; returns its number.

    Raises UserError where the series of that name is of the other kind.
    """
    values = {"name": name, "kind": kind, "source": source, "generated": generated}
    changed = {"source": source, "generated": generated, "changed_at": func.clock_timestamp()}
    added = upsert(emission_series).values(values).on_conflict_do_update(index_elements=["name"], set_=changed)
    number, stored = conn.execute(added.returning(emission_series.c.id, emission_series.c.kind)).one()
    if stored != kind:
        raise UserError(f"The series {name} holds {stored} factors, not {kind} ones: choose another name.")
    conn.execute(delete(emission_factor).where(emission_factor.c.series_id == number))
    columns = {
        "series_id": pa.array([number] * len(factors), pa.int32()),
        "ts": pa.array(pd.DatetimeIndex(factors.index).as_unit("us"), pa.timestamp("us", "UTC")),
        "kg_per_kwh": pa.array(factors.to_numpy(dtype="float64"), pa.float64()),
    }
    copy_into(conn, "emission_factor", pa.table(columns))
    raise_version(conn)
    return int(number)


def give_factors(conn: Connection, site_id: int, kind: FactorKind, series_id: int) -> None:
    """Let a site, and those below it that have none of their own, use a series."""
    row = {"site_id": site_id, "kind": kind, "series_id": series_id}
    given = upsert(site_emission).values(row)
    conn.execute(given.on_conflict_do_update(index_elements=["site_id", "kind"], set_={"series_id": series_id}))
    raise_version(conn)


def state_of_factors(conn: Connection) -> list[tuple[object, ...]]:
    """Say which series there are, when each changed and which site has which, to see whether any of it did."""
    series = select(emission_series.c.id, emission_series.c.changed_at).order_by(emission_series.c.id)
    given = select(site_emission).order_by(site_emission.c.site_id, site_emission.c.kind)
    return [tuple(row) for statement in (series, given) for row in conn.execute(statement)]
