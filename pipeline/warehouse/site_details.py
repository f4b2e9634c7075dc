"""What an organisation says of its sites: where they are, how large, of what kind, and which meters they have."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import holidays
from sqlalchemy import Connection, select, update

from pipeline.errors import UserError
from pipeline.sources.clock import zone_of
from pipeline.warehouse import rollups, sites
from pipeline.warehouse.changes import raise_version, take_turn
from pipeline.warehouse.schema import meter, site

NORTH_POLE, DATE_LINE = 90.0, 180.0


@dataclass(frozen=True)
class SiteDetails:
    """Columns of ``site`` to set; None leaves one as it is. Coordinates in degrees, area in square metres."""

    kind: str | None = None
    timezone: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    floor_area_m2: float | None = None
    sector: str | None = None
    country: str | None = None
    subdivision: str | None = None

    def given(self) -> dict[str, object]:
        """Return those that are set. Raises UserError for one that cannot be."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        _check_place(self.latitude, self.longitude)
        if self.floor_area_m2 is not None and not 0 < self.floor_area_m2 < float("inf"):
            raise UserError(f"A floor area of {self.floor_area_m2} m2 cannot be: give a number above zero.")
        if self.timezone is not None:
            zone_of(self.timezone)
        if self.country is not None and self.country not in holidays.list_supported_countries():
            raise UserError(f"No holidays are known for the country {self.country!r}: give its code, such as DE or IN.")
        return {name: value for name, value in values.items() if value is not None}


def describe_site(
    conn: Connection, name: str, details: SiteDetails, *, parent: str | None = None, meters: Sequence[str] = ()
) -> int:
    """Set what is known of the site ``name``, added if it is not there, and give it ``meters``; returns its number.

    A change of zone, sector or meters computes the rollups of all that is concerned anew. Raises UserError for names
    that are not there or not unique.
    """
    take_turn(conn)
    values = details.given()
    moved = [_one_meter(conn, each) for each in meters]
    above = sites.site_called(conn, parent) if parent is not None else None
    site_id = sites.site_for_load(conn, name, details.timezone or "UTC")
    before = _what_rollups_depend_on(conn, site_id)
    if values:
        conn.execute(update(site).where(site.c.id == site_id).values(values))
    if _what_rollups_depend_on(conn, site_id) != before:
        _add_up_anew(conn, site_id)
    if above is not None:
        sites.move_site(conn, site_id, above)
    for meter_id in moved:
        sites.move_meter(conn, meter_id, site_id)
    raise_version(conn)
    return site_id


def _what_rollups_depend_on(conn: Connection, site_id: int) -> tuple[object, ...]:
    return tuple(conn.execute(select(site.c.timezone, site.c.sector).where(site.c.id == site_id)).one())


def _add_up_anew(conn: Connection, site_id: int) -> None:
    for meter_id in conn.execute(select(meter.c.id).where(meter.c.site_id == site_id)).scalars().all():
        rollups.rebuild_meter(conn, meter_id)
    rollups.rebuild_nodes(conn, sites.ancestors(conn, site_id))


def _one_meter(conn: Connection, name: str) -> int:
    found: int | None = conn.execute(select(meter.c.id).where(meter.c.name == name)).scalar_one_or_none()
    if found is None:
        raise UserError(f"There is no meter called {name!r}: the Data page lists them.")
    return found


def _check_place(latitude: float | None, longitude: float | None) -> None:
    if latitude is not None and not -NORTH_POLE <= latitude <= NORTH_POLE:
        raise UserError(f"A latitude of {latitude} cannot be: it lies between -90 and 90 degrees.")
    if longitude is not None and not -DATE_LINE <= longitude <= DATE_LINE:
        raise UserError(f"A longitude of {longitude} cannot be: it lies between -180 and 180 degrees.")
