"""Which rows a selection means: rollup rows of one meter, of one node, or of the topmost nodes of a sector."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, Select, Table, and_, func, literal, select

from pipeline.errors import SelectionError
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.schema import (
    meter,
    meter_day,
    meter_hour,
    meter_month,
    node_day,
    node_hour,
    node_month,
    sector_hour,
    site,
    site_closure,
)

Resolution = Literal["month", "day", "hour", "reading"]
MOST_POINTS = 2000
MOST_DAYS_OF_HOURS = 82  # 1,968 hours, which leaves room for a node that spans time zones
MOST_DAYS_OF_READINGS = 14
MOST_READINGS = 200_000
HOUR_S, DAY_S, MONTH_S = 3600, 86_400, 28 * 86_400


@dataclass(frozen=True)
class Selection:
    """The rows behind the filters.

    ``ids`` are meters or nodes, whose rows add up to the selection; none where the sector does not occur. Of a
    ``sector`` below ``node_id`` there are hours of all of them together. ``compound`` says that the peaks of days do
    not combine by maximum (several nodes, or several time zones below one), so that power must come from the hours;
    ``across_zones`` that those hours may begin at different minutes; ``zones`` counts the time zones of the meters.
    ``step_s`` is the one interval length of all meters, None where they differ; ``finest_s`` the shortest.
    """

    kind: Literal["meter", "node"]
    ids: tuple[int, ...]
    timezone: str
    compound: bool
    across_zones: bool
    zones: int
    meters: int
    step_s: int | None
    finest_s: int | None
    country: str | None
    subdivision: str | None
    node_id: int | None = None
    sector: str | None = None

    @property
    def hours(self) -> Table:
        """Return the rollup by hour."""
        if self.kind == "meter":
            return meter_hour
        return node_hour if self.sector is None else sector_hour

    @property
    def days(self) -> Table:
        """Return the rollup by local day."""
        return meter_day if self.kind == "meter" else node_day

    @property
    def months(self) -> Table:
        """Return the rollup by local month."""
        return meter_month if self.kind == "meter" else node_month

    def owns(self, rollup: Table) -> ColumnElement[bool]:
        """Say whether a row of a rollup belongs to the selection."""
        if rollup is sector_hour:
            return and_(sector_hour.c.site_id == self.node_id, sector_hour.c.sector == self.sector)
        owner = owner_of(rollup)
        return owner == self.ids[0] if len(self.ids) == 1 else owner.in_(self.ids)

    def meter_ids(self) -> Select[tuple[int]]:
        """Select the meters behind the selection, generation included, which no sum of a node holds."""
        if self.kind == "meter":
            return select(meter.c.id).where(meter.c.id.in_(self.ids))
        below = select(site_closure.c.descendant_id).where(site_closure.c.ancestor_id.in_(self.ids))
        return select(meter.c.id).where(meter.c.site_id.in_(below))

    def counts(self) -> ColumnElement[bool]:
        """Say whether a meter is one whose readings are in the selection's sums."""
        summed = meter.c.id.in_(self.meter_ids())
        return summed if self.kind == "meter" else and_(summed, meter.c.direction != "generation")


def owner_of(rollup: Table) -> ColumnElement[int]:
    """Return the column that says whose row it is."""
    return rollup.c.meter_id if "meter_id" in rollup.c else rollup.c.site_id


def within(rollup: Table, period: Period) -> ColumnElement[bool]:
    """Say whether a row of an hour, day or reading table lies in the local days of the period."""
    in_days = and_(rollup.c.day >= period.start, rollup.c.day < period.end)
    return and_(in_days, near(rollup.c.ts, period)) if "ts" in rollup.c else in_days


def near(ts: ColumnElement[datetime], period: Period) -> ColumnElement[bool]:
    """Bound instants by the period and a day around it: more than any zone is off, and what the index can use."""
    return and_(ts >= _midnight_utc(period.start - _A_DAY), ts < _midnight_utc(period.end + _A_DAY))


def resolve(conn: Connection, filters: Filters) -> Selection:
    """Find the rows that the filters mean. Raises SelectionError for a site or meter that does not exist."""
    if filters.meter_id is not None:
        return _of_meter(conn, filters.site_id, filters.meter_id)
    return _of_node(conn, filters)


def resolution(selection: Selection, days: float) -> Resolution:
    """Choose the finest resolution that draws ``days`` well: about 2,000 points, and none finer than the readings.

    Readings up to a fortnight are worth sampling, because a quarter of an hour shows what an hour hides.
    """
    step, finest = selection.step_s, selection.finest_s or HOUR_S
    if step is not None and step < HOUR_S and days * DAY_S / step * selection.meters <= MOST_READINGS:
        fits = days * DAY_S / step <= MOST_POINTS
        if fits or days <= MOST_DAYS_OF_READINGS:
            return "reading"
    if finest < DAY_S and days <= MOST_DAYS_OF_HOURS:
        return "hour"
    if finest < MONTH_S and days <= MOST_POINTS:
        return "day"
    return "month"


_A_DAY = timedelta(days=1)


def _midnight_utc(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _of_meter(conn: Connection, site_id: int, meter_id: int) -> Selection:
    statement = (
        select(site.c.timezone, meter.c.step_s, *_calendar(meter.c.site_id))
        .join_from(meter, site)
        .join(site_closure, site_closure.c.descendant_id == meter.c.site_id)
        .where(meter.c.id == meter_id, site_closure.c.ancestor_id == site_id)
    )
    row = conn.execute(statement).one_or_none()
    if row is None:
        raise SelectionError(f"There is no meter {meter_id} in site {site_id}.")
    return Selection(
        kind="meter",
        ids=(meter_id,),
        timezone=row.timezone,
        compound=False,
        across_zones=False,
        zones=1,
        meters=1,
        step_s=row.step_s,
        finest_s=row.step_s,
        country=row.country,
        subdivision=row.subdivision,
    )


def _of_node(conn: Connection, filters: Filters) -> Selection:
    statement = select(site.c.timezone, _sector_of(site.c.id).label("sector"), *_calendar(site.c.id)).where(
        site.c.id == filters.site_id
    )
    node = conn.execute(statement).one_or_none()
    if node is None:
        raise SelectionError(f"There is no site {filters.site_id}.")
    if filters.sector is None or filters.sector == node.sector:
        return _of_nodes(conn, (filters.site_id,), node)
    ids: tuple[int, ...] = tuple(conn.scalars(topmost_of_sector(filters.site_id, filters.sector)))
    return replace(_of_nodes(conn, ids, node), node_id=filters.site_id, sector=filters.sector)


def _of_nodes(conn: Connection, ids: tuple[int, ...], node: Row[tuple[str, str, str, str]]) -> Selection:
    """Describe what lies below the nodes: time zones and lengths of interval (generation is not in their sums)."""
    below = (
        select(
            func.coalesce(func.array_agg(site.c.timezone.distinct()), literal([])).label("zones"),
            func.count(meter.c.id).label("meters"),
            func.count(meter.c.step_s).label("steady"),
            func.min(meter.c.step_s).label("finest_s"),
            func.max(meter.c.step_s).label("coarsest_s"),
        )
        .join_from(site_closure, site, site.c.id == site_closure.c.descendant_id)
        .join(meter, and_(meter.c.site_id == site.c.id, meter.c.direction != "generation"))
        .where(site_closure.c.ancestor_id.in_(ids))
    )
    found = conn.execute(below).one()
    across_zones = any(zone != node.timezone for zone in found.zones)
    same = found.meters and found.meters == found.steady and found.finest_s == found.coarsest_s
    return Selection(
        kind="node",
        ids=ids,
        timezone=node.timezone,
        compound=len(ids) > 1 or across_zones,
        across_zones=across_zones,
        zones=len(found.zones),
        meters=found.meters,
        step_s=found.finest_s if same else None,
        finest_s=found.finest_s,
        country=node.country,
        subdivision=node.subdivision,
    )


def zone_of(conn: Connection, site_id: int) -> str:
    """Return the time zone of a node. Raises SelectionError for a site that does not exist."""
    zone: str | None = conn.scalar(select(site.c.timezone).where(site.c.id == site_id))
    if zone is None:
        raise SelectionError(f"There is no site {site_id}.")
    return zone


def topmost_of_sector(site_id: int, sector: str) -> Select[tuple[int]]:
    """Select the nodes below ``site_id`` that are of a sector and lie in no other node of it."""
    inside, above, upper = site_closure.alias("inside"), site_closure.alias("above"), site.alias("upper")
    covered = (
        select(upper.c.id)
        .join(above, above.c.ancestor_id == upper.c.id)
        .join(inside, inside.c.descendant_id == upper.c.id)
        .where(above.c.descendant_id == site.c.id, above.c.depth > 0)
        .where(inside.c.ancestor_id == site_id, upper.c.sector == sector)
        .correlate(site)
    )
    return (
        select(site.c.id)
        .join(site_closure, site_closure.c.descendant_id == site.c.id)
        .where(site_closure.c.ancestor_id == site_id, site.c.sector == sector)
        .where(~covered.exists())
        .order_by(site.c.id)
    )


def _sector_of(site_id: ColumnElement[int]) -> ScalarSelect[str]:
    return nearest(site_id, "sector")


def nearest(site_id: ColumnElement[int], column: str, needs: str | None = None) -> ScalarSelect[str]:
    """Select a property of the node itself, or of the nearest one above that has it (or has ``needs``)."""
    up, upper = site_closure.alias(), site.alias()
    return (
        select(upper.c[column])
        .join(up, up.c.ancestor_id == upper.c.id)
        .where(up.c.descendant_id == site_id, upper.c[needs or column].is_not(None))
        .order_by(up.c.depth)
        .limit(1)
        .scalar_subquery()
    )


def _calendar(site_id: ColumnElement[int]) -> tuple[ColumnElement[str], ColumnElement[str]]:
    country = nearest(site_id, "country").label("country")
    return country, nearest(site_id, "subdivision", needs="country").label("subdivision")
