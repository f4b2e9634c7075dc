"""Tells whether what values energy has changed: prices by month, and emission factors."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import BigInteger, Connection, Date, Numeric, Text, cast, func, select

from pipeline.warehouse.emission_series import state_of_factors
from pipeline.warehouse.schema import site
from pipeline.warehouse.tables.tariffs import site_price

FACTORS = "factors"


def state_of_values(conn: Connection, site_ids: Collection[int]) -> dict[str, str]:
    """Digest the prices of the sites by their local month (its first day, ISO 8601), and all ``factors``."""
    local = func.timezone(site.c.timezone, site_price.c.ts)
    month = cast(func.date_trunc("month", local), Date).label("month")
    named = (site_price.c[name] for name in ("site_id", "ts", "price", "export_price"))
    row = func.hashtextextended(func.concat_ws(" ", *named, type_=Text()), 0, type_=BigInteger())
    statement = (
        select(month, func.sum(cast(row, Numeric)))
        .join_from(site_price, site, site.c.id == site_price.c.site_id)
        .where(site_price.c.site_id.in_(site_ids))
        .group_by(month)
        .order_by(month)
    )
    factors = hashlib.sha256(repr(state_of_factors(conn)).encode()).hexdigest()[:16]
    return {FACTORS: factors} | {first.isoformat(): f"{int(digest):x}" for first, digest in conn.execute(statement)}


def months_revalued(before: Mapping[str, str], now: Mapping[str, str]) -> frozenset[date] | None:
    """Return the months whose prices differ between two states; None where factors do, which may reach any month."""
    if before.get(FACTORS) != now.get(FACTORS):
        return None
    months = (set(before) | set(now)) - {FACTORS}
    return frozenset(date.fromisoformat(month) for month in months if before.get(month) != now.get(month))
