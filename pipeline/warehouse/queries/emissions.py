"""Emission factors of sites, by hour."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, select

from pipeline.warehouse.queries.frames import fetch, utc
from pipeline.warehouse.tables.costs import emission_factor
from pipeline.warehouse.valuation import assigned


def hourly_factors(
    conn: Connection, site_ids: Sequence[int], start: datetime | None = None, end: datetime | None = None
) -> pd.DataFrame:
    """Read what a kWh emits at each site: its own series, or those of the nearest node above.

    Columns: ``site_id, ts`` (UTC, start of the hour), ``average_kg_per_kwh, marginal_kg_per_kwh``, by site and time;
    NaN where only the other kind is known. The average is for accounts, the marginal for what one kWh less would
    change.
    """
    kinds = [_of_kind(conn, site_ids, kind, start, end) for kind in ("average", "marginal")]
    both = kinds[0].merge(kinds[1], on=["site_id", "ts"], how="outer")
    return both.sort_values(["site_id", "ts"], ignore_index=True)


def _of_kind(
    conn: Connection, site_ids: Sequence[int], kind: str, start: datetime | None, end: datetime | None
) -> pd.DataFrame:
    """Read each series once, as many sites share one."""
    series, column = assigned(kind), f"{kind}_kg_per_kwh"
    of_site = fetch(conn, select(series.c.site_id, series.c.series_id).where(series.c.site_id.in_(site_ids)))
    statement = select(
        emission_factor.c.series_id, utc(emission_factor.c.ts).label("ts"), emission_factor.c.kg_per_kwh.label(column)
    ).where(emission_factor.c.series_id.in_(of_site["series_id"].unique().tolist()))
    if start is not None:
        statement = statement.where(emission_factor.c.ts >= start)
    if end is not None:
        statement = statement.where(emission_factor.c.ts < end)
    factors = fetch(conn, statement)
    found = of_site.merge(factors.assign(ts=factors["ts"].dt.tz_localize("UTC")), on="series_id")
    return found.drop(columns="series_id")
