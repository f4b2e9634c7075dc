"""The site tree, for pickers and presets."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Integer,
    ScalarSelect,
    Text,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from pipeline.errors import SelectionError
from pipeline.warehouse.queries.frames import fetch
from pipeline.warehouse.schema import meter, node_day, site, site_closure


@dataclass(frozen=True)
class Span:
    """The local days of a node that have data, both included; both None where there is none."""

    site_id: int
    name: str
    timezone: str
    first_day: date | None
    last_day: date | None


def tree(conn: Connection) -> pd.DataFrame:
    """Every node, parents before their children: ``id, parent_id, name, kind, sector, timezone, depth``.

    ``parent_id`` is missing (nullable Int64) for a root; siblings are in order of name.
    """
    names = _path(site.c.id)
    depth = select(func.max(site_closure.c.depth)).where(site_closure.c.descendant_id == site.c.id).scalar_subquery()
    statement = select(
        site.c.id,
        site.c.parent_id,
        site.c.name,
        site.c.kind,
        func.coalesce(site.c.sector, "").label("sector"),
        site.c.timezone,
        cast(depth, Integer).label("depth"),
    ).order_by(names, site.c.id)
    return fetch(conn, statement, nullable=("parent_id",))


def search(conn: Connection, text: str, limit: int = 20) -> pd.DataFrame:
    """Nodes and meters whose name holds ``text``, best first: ``kind, id, site_id, name, path``.

    ``kind`` is "meter" or the kind of the node; ``path`` names the nodes from the root down to the one above. Names
    that begin with the text come first, then shorter names; upper and lower case are the same.
    """
    nodes = select(site.c.kind, site.c.id, site.c.id.label("site_id"), site.c.name, literal(1).label("above"))
    devices = select(
        literal("meter", Text).label("kind"), meter.c.id, meter.c.site_id, meter.c.name, literal(0).label("above")
    )
    both = union_all(nodes, devices).subquery()
    path = func.array_to_string(_path(both.c.site_id, both.c.above), " / ", type_=Text())
    begins = both.c.name.istartswith(text, autoescape=True)
    statement = (
        select(both.c.kind, both.c.id, both.c.site_id, both.c.name, func.coalesce(path, "").label("path"))
        .where(both.c.name.icontains(text, autoescape=True))
        .order_by(begins.desc(), func.length(both.c.name), both.c.name, both.c.id)
        .limit(limit)
    )
    return fetch(conn, statement)


def meters(conn: Connection, site_id: int) -> pd.DataFrame:
    """Meters of a node and of those below it: ``id, name, site_id, site, direction, step_s``, in order of name."""
    statement = (
        select(meter.c.id, meter.c.name, meter.c.site_id, site.c.name.label("site"), meter.c.direction, meter.c.step_s)
        .join_from(meter, site, site.c.id == meter.c.site_id)
        .join(site_closure, site_closure.c.descendant_id == site.c.id)
        .where(site_closure.c.ancestor_id == site_id)
        .order_by(meter.c.name)
    )
    return fetch(conn, statement, nullable=("step_s",))


def sectors(conn: Connection, site_id: int) -> list[str]:
    """Return the sectors that occur in a node, in order of name."""
    statement = (
        select(site.c.sector)
        .join(site_closure, site_closure.c.descendant_id == site.c.id)
        .where(site_closure.c.ancestor_id == site_id, site.c.sector.is_not(None))
        .distinct()
        .order_by(site.c.sector)
    )
    return [sector for sector in conn.scalars(statement) if sector]


def check_sector(conn: Connection, site_id: int, sector: str) -> None:
    """Raise SelectionError for a sector that does not occur in a node."""
    if sector not in sectors(conn, site_id):
        raise SelectionError(f"There is no sector {sector!a} at this site.")


def root(conn: Connection) -> int | None:
    """Return the root with the most nodes below it: where a reader starts. None in an empty warehouse."""
    statement = (
        select(site.c.id)
        .join(site_closure, site_closure.c.ancestor_id == site.c.id)
        .where(site.c.parent_id.is_(None))
        .group_by(site.c.id)
        .order_by(func.count().desc(), site.c.id)
        .limit(1)
    )
    found: int | None = conn.scalar(statement)
    return found


def span(conn: Connection, site_id: int) -> Span:
    """Return zone and days with data of a node, for presets. Raises SelectionError for a site that does not exist."""
    days = node_day.c
    first, last = (
        select(edge(days.day)).where(days.site_id == site.c.id).scalar_subquery() for edge in (func.min, func.max)
    )
    row = conn.execute(
        select(site.c.id, site.c.name, site.c.timezone, first, last).where(site.c.id == site_id)
    ).one_or_none()
    if row is None:
        raise SelectionError(f"There is no site {site_id}.")
    return Span(*row)


def _path(site_id: ColumnElement[int], nearest: ColumnElement[int] | int = 0) -> ScalarSelect[Any]:
    """Select the names from the root down to the node ``nearest`` steps above ``site_id``."""
    up, upper = site_closure.alias(), site.alias()
    return (
        select(func.array_agg(aggregate_order_by(upper.c.name, up.c.depth.desc()), type_=ARRAY(Text)))
        .join_from(up, upper, upper.c.id == up.c.ancestor_id)
        .where(up.c.descendant_id == site_id, up.c.depth >= nearest)
        .scalar_subquery()
    )
