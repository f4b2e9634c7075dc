"""Gives the demo's countries generated emission factors."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, Select, func, or_, select

from pipeline.demo.emission_factors import factors
from pipeline.warehouse.emission_series import KINDS, give_factors, store_factors
from pipeline.warehouse.schema import meter, site, site_closure
from pipeline.warehouse.tables.costs import emission_factor, emission_series

SOURCE = "demo"
AHEAD = timedelta(days=60)  # for the CO2 of what is forecast


def ensure_demo_factors(conn: Connection) -> None:
    """Store factors for each country of the demo over the span of its readings, where they are not there yet.

    Readings that came later make a series longer; what it held stays the same.
    """
    nodes = conn.execute(_topmost_of_a_country()).all()
    for country in sorted({node.country for node in nodes}):
        _ensure(conn, country, [node for node in nodes if node.country == country])


def _ensure(conn: Connection, country: str, nodes: Sequence[Row[Any]]) -> None:
    first = pd.Timestamp(min(node.first for node in nodes)).floor("h")
    hours = pd.date_range(first, max(node.last for node in nodes) + AHEAD, freq="h", tz="UTC")
    names = {kind: f"{country}, {kind}, generated" for kind in KINDS}
    if all(_hours_of(conn, name) >= len(hours) for name in names.values()):
        return
    made = factors(country, nodes[0].timezone, hours)
    for kind, name in names.items():
        number = store_factors(conn, name, kind, made[kind], source=SOURCE, generated=True)
        for node in nodes:
            give_factors(conn, node.id, kind, number)


def _topmost_of_a_country() -> Select[Any]:
    """Select the generated nodes that say their country under one that does not, with the span of their readings."""
    upper, below = site.alias("upper"), site_closure.alias("below")
    return (
        select(
            site.c.id,
            site.c.country,
            site.c.timezone,
            func.min(meter.c.first_ts).label("first"),
            func.max(meter.c.last_ts).label("last"),
        )
        .join_from(site, upper, upper.c.id == site.c.parent_id, isouter=True)
        .join(below, below.c.ancestor_id == site.c.id)
        .join(meter, meter.c.site_id == below.c.descendant_id)
        .where(site.c.generated, site.c.country.is_not(None))
        .where(or_(upper.c.id.is_(None), upper.c.country.is_(None)))
        .group_by(site.c.id)
        .having(func.count(meter.c.first_ts) > 0)
        .order_by(site.c.id)
    )


def _hours_of(conn: Connection, name: str) -> int:
    counted = select(func.count()).select_from(emission_factor.join(emission_series))
    return conn.execute(counted.where(emission_series.c.name == name)).scalar_one()
