"""What is known of the weather as a whole: how far it goes, and how the provider of it is doing."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import BigInteger, Connection, cast, func, select, text
from sqlalchemy.dialects.postgresql import insert

from pipeline.warehouse.tables.weather import weather, weather_provider

# Sites of their own (not the demo's) with meters, where they lie or the nearest node above does, and since when.
SITES = """
select site.id as site_id, place.latitude, place.longitude, min(meter.first_ts) as first_ts
from site
join meter on meter.site_id = site.id and meter.first_ts is not null
cross join lateral (
    select upper.latitude, upper.longitude
    from site_closure
    join site as upper on upper.id = site_closure.ancestor_id
    where site_closure.descendant_id = site.id and upper.latitude is not null and upper.longitude is not null
    order by site_closure.depth
    limit 1
) as place
where not site.generated
group by site.id, place.latitude, place.longitude
order by site.id
"""


@dataclass(frozen=True)
class ProviderState:
    """How a provider is doing; ``notice`` is empty while all is well."""

    name: str
    calls: int = 0
    last_success: datetime | None = None
    notice: str = ""


def provider_state(conn: Connection, name: str, today: date | None = None) -> ProviderState:
    """Return the state of a provider; calls are those of today (UTC)."""
    row = conn.execute(select(weather_provider).where(weather_provider.c.name == name)).one_or_none()
    if row is None:
        return ProviderState(name)
    calls = row.calls if row.calls_on == (today or datetime.now(UTC).date()) else 0
    return ProviderState(name, calls, row.last_success, row.notice)


def keep_provider_state(conn: Connection, state: ProviderState, today: date | None = None) -> None:
    """Store the state of a provider; a last success is kept where the new state has none."""
    values = {
        "name": state.name,
        "calls_on": today or datetime.now(UTC).date(),
        "calls": state.calls,
        "last_success": state.last_success,
        "notice": state.notice,
        "changed_at": func.now(),
    }
    statement = insert(weather_provider).values(values)
    last = func.coalesce(statement.excluded.last_success, weather_provider.c.last_success)
    changed = {name: statement.excluded[name] for name in ("calls_on", "calls", "notice", "changed_at")}
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed | {"last_success": last}))


@dataclass(frozen=True)
class SiteSpot:
    """Where a site lies, and when its readings begin."""

    site_id: int
    latitude: float
    longitude: float
    first_ts: datetime


def sites_to_ask_for(conn: Connection) -> list[SiteSpot]:
    """List the sites that a provider may be asked about: those that are real, have readings and lie somewhere."""
    return [SiteSpot(*row) for row in conn.execute(text(SITES))]


def fingerprint(conn: Connection) -> tuple[object, ...]:
    """Return what changes whenever measured weather does: hours and sums by station."""
    thousandths = cast(func.round(weather.c.temperature_c * 1000), BigInteger)  # a sum of floats depends on its order
    measured = (
        select(weather.c.station_id, func.count(), func.max(weather.c.ts), func.sum(thousandths))
        .where(~weather.c.is_forecast)
        .group_by(weather.c.station_id)
        .order_by(weather.c.station_id)
    )
    return tuple(tuple(row) for row in conn.execute(measured))
