"""Weather at the sites: from the station nearest to each, by great circle.

A site lies where it says, or where the nearest node above it does that says so. A node that no coordinates are known
of (a region, the whole organisation) has the mean of the places below it, each by its own station. A station of the
demo serves the sites of the demo alone.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import BindParameter, Connection, bindparam, text

FAR_KM = 200.0  # beyond, the weather at the station says little of that at the site
AN_HOUR = timedelta(hours=1)
# Haversine on a sphere of the Earth's mean radius, 6371.0088 km (IUGG).
STATIONS_OF = """
with wanted as (
    select id, generated from site where id in :site_ids
),
placed as (
    select distinct on (wanted.id) wanted.id, wanted.generated, upper.latitude, upper.longitude
    from wanted
    join site_closure on site_closure.descendant_id = wanted.id
    join site as upper on upper.id = site_closure.ancestor_id
    where upper.latitude is not null and upper.longitude is not null
    order by wanted.id, site_closure.depth
),
below as (
    select wanted.id, wanted.generated, lower.id as lower_id, lower.latitude, lower.longitude
    from wanted
    join site_closure on site_closure.ancestor_id = wanted.id and site_closure.depth > 0
    join site as lower on lower.id = site_closure.descendant_id
    where lower.latitude is not null and lower.longitude is not null
        and not exists (select from placed where placed.id = wanted.id)
),
topmost as (
    select below.id, below.generated, below.latitude, below.longitude
    from below
    where not exists (
        select from site_closure
        join below as between_them on between_them.lower_id = site_closure.ancestor_id
        where site_closure.descendant_id = below.lower_id and site_closure.depth > 0 and between_them.id = below.id
    )
),
spot as (
    select * from placed union all select * from topmost
)
select
    spot.id as site_id, near.id as station_id, near.name as station, max(near.distance_km) as distance_km,
    count(*) / sum(count(*)) over (partition by spot.id)::double precision as share, near.generated
from spot
cross join lateral (
    select
        station.id, station.name, station.generated,
        2 * 6371.0088 * asin(least(1, sqrt(
            power(sin(radians(station.latitude - spot.latitude) / 2), 2)
            + cos(radians(spot.latitude)) * cos(radians(station.latitude))
            * power(sin(radians(station.longitude - spot.longitude) / 2), 2)
        ))) as distance_km
    from weather_station as station
    where (spot.generated or not station.generated)
        and exists (select from weather where weather.station_id = station.id)
    order by distance_km, station.id
    limit 1
) as near
group by spot.id, near.id, near.name, near.generated
order by spot.id, share desc, near.id
"""
HOURS = """
select station_id, ts, temperature_c
from weather
where station_id in :stations
    and (cast(:start as timestamptz) is null or ts >= :start)
    and (cast(:end as timestamptz) is null or ts < :end)
order by station_id, ts
"""
# A local day begins with the first hour that starts in it; in zones off by half an hour the day is off by as much.
DAYS = """
select weather.station_id, zone.timezone, cast(weather.ts at time zone zone.timezone as date) as day,
    avg(weather.temperature_c) as temperature_c
from weather
cross join (select distinct timezone from site where id in :site_ids) as zone
where weather.station_id in :stations
    and (cast(:start as date) is null or weather.ts >= cast(:start as timestamp) at time zone zone.timezone)
    and (cast(:end as date) is null or weather.ts < cast(:end as timestamp) at time zone zone.timezone)
group by 1, 2, 3
having count(*) >= 12
"""


def stations_of(conn: Connection, site_ids: Sequence[int]) -> pd.DataFrame:
    """Name the station nearest to each site: ``site_id, station_id, station, distance_km, share, generated``.

    A site has one row with a ``share`` of 1. A node without coordinates has a row for each station of the places below,
    ``share`` being that of the places it serves, the largest first. Sites without any station in reach have no row;
    a distance above FAR_KM deserves a warning.
    """
    if not site_ids:
        return pd.DataFrame(columns=["site_id", "station_id", "station", "distance_km", "share", "generated"])
    statement = text(STATIONS_OF).bindparams(bindparam("site_ids", expanding=True))
    return pd.read_sql(statement, conn, params={"site_ids": list(site_ids)})


def hourly_temperature(
    conn: Connection, site_ids: Sequence[int], start: datetime | None = None, end: datetime | None = None
) -> pd.DataFrame:
    """Read the temperature at sites: ``site_id, ts`` (UTC, start of the hour) and ``temperature_c``, by site and time.

    Hours are those of the site's clock, as in the rollups: where that is off UTC by half an hour, they begin at half
    past and hold the mean of two. Forecast hours are there too; an hour without weather has no row.
    """
    serving = stations_of(conn, site_ids)
    around = {"start": None if start is None else start - AN_HOUR, "end": None if end is None else end + AN_HOUR}
    hours = _read(conn, HOURS, serving, around)
    hours["ts"] = pd.to_datetime(hours["ts"], utc=True)
    found = _on_the_clock(_at_sites(serving, hours, ["station_id"], "ts"), _zones(conn, site_ids))
    inside = pd.Series(data=True, index=found.index)
    if start is not None:
        inside &= found["ts"] >= pd.Timestamp(start)
    if end is not None:
        inside &= found["ts"] < pd.Timestamp(end)
    return found[inside].reset_index(drop=True)


def daily_temperature(
    conn: Connection, site_ids: Sequence[int], start: date | None = None, end: date | None = None
) -> pd.DataFrame:
    """Read the mean temperature of each site's local days: ``site_id, day, temperature_c``, by site and day.

    ``end`` is the first day that is left out. A day with fewer than 12 hours of weather has no row.
    """
    serving = stations_of(conn, site_ids)
    zones = _zones(conn, site_ids)
    days = _read(conn, DAYS, serving, {"start": start, "end": end, "site_ids": list(site_ids)}, "site_ids")
    days["day"] = pd.to_datetime(days["day"])
    return _at_sites(serving.merge(zones, on="site_id"), days, ["station_id", "timezone"], "day")


def _read(
    conn: Connection, query: str, serving: pd.DataFrame, values: Mapping[str, object], *lists: str
) -> pd.DataFrame:
    """Ask for the stations that serve any site, each of them once."""
    several: list[BindParameter[object]] = [bindparam(name, expanding=True) for name in ("stations", *lists)]
    stations = serving["station_id"].unique().tolist() or [-1]
    return pd.read_sql(text(query).bindparams(*several).bindparams(stations=stations, **values), conn)


def _zones(conn: Connection, site_ids: Sequence[int]) -> pd.DataFrame:
    statement = text("select id as site_id, timezone from site where id in :ids").bindparams(
        bindparam("ids", expanding=True)
    )
    return pd.read_sql(statement, conn, params={"ids": list(site_ids) or [-1]})


def _on_the_clock(hours: pd.DataFrame, zones: pd.DataFrame) -> pd.DataFrame:
    """Move the hours of sites in zones of half or quarter hours to where their clocks strike."""
    parts = [hours]
    for site_id, zone in zones.itertuples(index=False):
        offset = hours["ts"].iloc[-1].tz_convert(zone).utcoffset() if len(hours) else timedelta()
        late = -offset % AN_HOUR
        if late:
            here = parts[0]["site_id"] == site_id
            moved, parts[0] = parts[0][here], parts[0][~here]
            share = late / AN_HOUR
            follows = moved["ts"].shift(-1) - moved["ts"] == AN_HOUR
            degrees = moved["temperature_c"] * (1 - share) + moved["temperature_c"].shift(-1) * share
            parts.append(moved.assign(ts=moved["ts"] + late, temperature_c=degrees)[follows])
    if len(parts) == 1:
        return hours
    return pd.concat(parts).sort_values(["site_id", "ts"], ignore_index=True)


def _at_sites(serving: pd.DataFrame, measured: pd.DataFrame, keys: list[str], when: str) -> pd.DataFrame:
    """Give each site the temperature of its station, or the mean of its stations by their shares."""
    merged = serving[["site_id", "share", *keys[1:], "station_id"]].merge(measured, on=keys)
    several = merged["share"] < 1
    alone = merged.loc[~several, ["site_id", when, "temperature_c"]]
    weighted = merged[several].assign(weighed=lambda rows: rows["temperature_c"] * rows["share"])
    sums = weighted.groupby(["site_id", when], as_index=False)[["weighed", "share"]].sum()
    means = sums.assign(temperature_c=sums["weighed"] / sums["share"])[["site_id", when, "temperature_c"]]
    everything = [part for part in (alone, means) if len(part)] or [alone]
    return pd.concat(everything).sort_values(["site_id", when], ignore_index=True)
