"""How sites compare with their peers, and the shapes of their days."""

import pandas as pd
from sqlalchemy import Connection, Double, cast, func, select

from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries.frames import fetch
from pipeline.warehouse.queries.recommendations import below
from pipeline.warehouse.schema import site
from pipeline.warehouse.tables.recommendations import load_shape, site_profile


def compared(conn: Connection, filters: Filters, indicator: str) -> pd.DataFrame:
    """Place sites by an indicator among all of their sector: ``site_id, site, sector, value, best, peers, selected``.

    ``best`` is the best fifth of the site's own peers (NaN without enough), ``peers`` how many they are, ``selected``
    whether the site lies below the selected node. Sectors without a selected site are left out; by sector and value.
    """
    value = cast(site_profile.c.indicators[indicator].astext, Double)
    inside = below(site.c.id, filters)
    sectors = select(site.c.sector).join(site_profile, site_profile.c.site_id == site.c.id).where(inside)
    statement = (
        select(
            site.c.id.label("site_id"),
            site.c.name.label("site"),
            site.c.sector,
            value.label("value"),
            cast(site_profile.c.best[indicator].astext, Double).label("best"),
            func.jsonb_array_length(site_profile.c.peers).label("peers"),
            inside.label("selected"),
        )
        .join(site_profile, site_profile.c.site_id == site.c.id)
        .where(value.is_not(None), site.c.sector.in_(sectors))
        .order_by(site.c.sector, value, site.c.id)
    )
    return pd.read_sql(statement, conn)


def shapes(conn: Connection) -> pd.DataFrame:
    """Return the mean day of each group: ``shape, name, share, hour, value`` (1 is the day's mean), largest first."""
    statement = select(load_shape.c.shape, load_shape.c.name, load_shape.c.share, load_shape.c.profile)
    rows = conn.execute(statement.order_by(load_shape.c.shape)).all()
    return pd.DataFrame(
        [(row.shape, row.name, row.share, hour, value) for row in rows for hour, value in enumerate(row.profile)],
        columns=["shape", "name", "share", "hour", "value"],
    )


def members(conn: Connection, filters: Filters) -> pd.DataFrame:
    """List the sites below a node by the group of most of their days: ``shape, name, site_id, site, sector, share``."""
    statement = (
        select(
            load_shape.c.shape,
            load_shape.c.name,
            site.c.id.label("site_id"),
            site.c.name.label("site"),
            func.coalesce(site.c.sector, "").label("sector"),
            cast(site_profile.c.shape_share, Double).label("share"),
        )
        .join(site_profile, site_profile.c.shape == load_shape.c.shape)
        .join(site, site.c.id == site_profile.c.site_id)
        .where(below(site.c.id, filters))
        .order_by(load_shape.c.shape, site.c.name)
    )
    return fetch(conn, statement)
