"""The tree of sites and their meters: adding, finding, moving and renaming."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, literal, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.errors import SelectionError, UserError
from pipeline.sources.clock import zone_of
from pipeline.sources.frame import MeterInfo
from pipeline.validation.model import MeterRules
from pipeline.warehouse import rollups
from pipeline.warehouse.changes import raise_version, take_turn
from pipeline.warehouse.schema import meter, site, site_closure

ROOT, ORGANISATION = "My organisation", "organisation"


@dataclass(frozen=True)
class StoredMeter:
    """A meter of the warehouse: its number, and what validation needs to know of it."""

    id: int
    name: str
    rules: MeterRules


def ensure_site(
    conn: Connection,
    name: str,
    *,
    timezone: str,
    parent_id: int | None = None,
    kind: str = "site",
    details: Mapping[str, object] | None = None,
) -> int:
    """Return the number of the site ``name`` below ``parent_id``, added if it is not there.

    ``details``: more columns of ``site`` for a new one. Raises UserError for an unknown time zone.
    """
    zone_of(timezone)
    parent = site.c.parent_id == parent_id if parent_id is not None else site.c.parent_id.is_(None)
    found: int | None = conn.execute(select(site.c.id).where(parent, site.c.name == name)).scalar_one_or_none()
    if found is not None:
        return found
    values = {"name": name, "timezone": timezone, "parent_id": parent_id, "kind": kind, **(details or {})}
    added: int = conn.execute(insert(site).values(values).returning(site.c.id)).scalar_one()
    _connect_to_ancestors(conn, added, parent_id)
    return added


def site_for_load(conn: Connection, name: str, timezone: str) -> int:
    """Return the one site called ``name``, or add it below the organisation's root; for meters not seen before.

    Raises UserError where several sites bear the name.
    """
    found: Sequence[int] = conn.execute(select(site.c.id).where(site.c.name == name)).scalars().all()
    if len(found) > 1:
        raise UserError(
            f"{len(found)} sites are called {name!r}: rename one, so that a file can be given to the other."
        )
    if found:
        return found[0]
    own = (site.c.parent_id.is_(None), site.c.generated.is_(False), site.c.kind == ORGANISATION)
    roots = conn.execute(select(site.c.id).where(*own).order_by(site.c.id)).scalars()
    root = next(iter(roots), None) or ensure_site(conn, ROOT, timezone=timezone, kind=ORGANISATION)
    return ensure_site(conn, name, timezone=timezone, parent_id=root)


def ensure_meters(conn: Connection, site_id: int, meters: Iterable[MeterInfo]) -> dict[str, StoredMeter]:
    """Return the stored meters by name, adding those not seen before to ``site_id``; known ones stay where they are."""
    wanted = sorted(meters, key=lambda info: info.name)
    rows = [
        {
            "site_id": site_id,
            "name": info.name,
            "direction": info.direction,
            "unit": info.unit,
            "step_s": info.step_s,
            "is_register": info.register,
        }
        for info in wanted
    ]
    if rows:
        conn.execute(upsert(meter).on_conflict_do_nothing(index_elements=[meter.c.name]), rows)
    return find_meters(conn, [info.name for info in wanted])


def find_meters(conn: Connection, names: Iterable[str]) -> dict[str, StoredMeter]:
    """Return those of the meters ``names`` that are stored."""
    statement = select(meter, site.c.timezone, site.c.country, site.c.subdivision).join(
        site, site.c.id == meter.c.site_id
    )
    rows = conn.execute(statement.where(meter.c.name.in_(list(names)))).mappings()
    return {
        row["name"]: StoredMeter(
            row["id"],
            row["name"],
            MeterRules(
                timezone=row["timezone"],
                direction=row["direction"],
                step_s=row["step_s"],
                register=row["is_register"],
                capacity_kw=row["capacity_kw"],
                country=row["country"],
                subdivision=row["subdivision"],
            ),
        )
        for row in rows
    }


def rename_site(conn: Connection, site_id: int, name: str) -> None:
    """Give a site another name. Raises UserError where a sister already has it."""
    parent_id = conn.execute(select(site.c.parent_id).where(site.c.id == site_id)).scalar_one()
    taken = select(site.c.id).where(site.c.parent_id.is_not_distinct_from(parent_id), site.c.name == name)
    if conn.execute(taken.where(site.c.id != site_id)).first() is not None:
        raise UserError(f"There is already a site called {name!r} beside this one: choose another name.")
    conn.execute(update(site).where(site.c.id == site_id).values(name=name))
    raise_version(conn)


def move_site(conn: Connection, site_id: int, parent_id: int) -> None:
    """Hang a site, with all below it, under another parent. Raises SelectionError where that is below itself."""
    take_turn(conn)
    before = ancestors(conn, site_id)
    below = select(site_closure.c.descendant_id).where(site_closure.c.ancestor_id == site_id)
    if parent_id in conn.execute(below).scalars().all():
        raise SelectionError("A site cannot be moved below itself: choose a parent outside of it.")
    conn.execute(
        delete(site_closure).where(
            site_closure.c.descendant_id.in_(below), site_closure.c.ancestor_id.in_(set(before) - {site_id})
        )
    )
    conn.execute(update(site).where(site.c.id == site_id).values(parent_id=parent_id))
    upper, lower = site_closure.alias("upper"), site_closure.alias("lower")
    pairs = (
        select(upper.c.ancestor_id, lower.c.descendant_id, upper.c.depth + lower.c.depth + 1)
        .select_from(upper.join(lower, true()))
        .where(upper.c.descendant_id == parent_id)
        .where(lower.c.ancestor_id == site_id)
    )
    conn.execute(insert(site_closure).from_select(["ancestor_id", "descendant_id", "depth"], pairs))
    rollups.rebuild_nodes(conn, {*before, *ancestors(conn, site_id)} - {site_id})
    raise_version(conn)


def move_meter(conn: Connection, meter_id: int, site_id: int) -> None:
    """Give a meter to another site; its days become those of that site's zone."""
    take_turn(conn)
    before = conn.execute(select(meter.c.site_id).where(meter.c.id == meter_id)).scalar_one()
    conn.execute(update(meter).where(meter.c.id == meter_id).values(site_id=site_id))
    rollups.rebuild_meter(conn, meter_id)
    rollups.rebuild_nodes(conn, {*ancestors(conn, before), *ancestors(conn, site_id)})
    raise_version(conn)


def site_called(conn: Connection, name: str) -> int:
    """Return the number of the one site of this name. Raises UserError where there is none, or several."""
    found = conn.scalars(select(site.c.id).where(site.c.name == name)).all()
    if len(found) != 1:
        raise UserError(f"There {'is no site' if not found else f'are {len(found)} sites'} called {name!r}.")
    return int(found[0])


def ancestors(conn: Connection, site_id: int) -> list[int]:
    """Return the site itself and all above it, up to the root."""
    statement = select(site_closure.c.ancestor_id).where(site_closure.c.descendant_id == site_id)
    return list(conn.execute(statement.order_by(site_closure.c.depth)).scalars())


def _connect_to_ancestors(conn: Connection, site_id: int, parent_id: int | None) -> None:
    above = select(site_closure.c.ancestor_id, literal(site_id), site_closure.c.depth + 1)
    columns = ["ancestor_id", "descendant_id", "depth"]
    conn.execute(
        insert(site_closure).from_select(columns, above.where(site_closure.c.descendant_id == parent_id)),
    )
    conn.execute(insert(site_closure).values(ancestor_id=site_id, descendant_id=site_id, depth=0))
