"""Everything of the demo but its readings: sites, meters, weather, tariffs and the ground truth."""

from datetime import timedelta

from sqlalchemy import Connection, bindparam, delete, insert, update

from pipeline.demo import taylor
from pipeline.demo.generate import Demo
from pipeline.demo.meters import DemoMeter
from pipeline.demo.places import COMPANY
from pipeline.demo.tariffs import add_tariffs
from pipeline.sources.frame import MeterInfo
from pipeline.warehouse.schema import ground_truth, meter
from pipeline.warehouse.sites import ensure_meters, ensure_site, find_meters
from pipeline.warehouse.tables.weather import weather_station
from pipeline.warehouse.weather_stations import Station, ensure_station, store_hours

Place = tuple[str, ...]


def lay_out(conn: Connection, demo: Demo) -> None:
    """Add sites and meters; weather, tariffs and ground truth take the place of those of an unfinished demo."""
    _add_sites(conn, demo.meters)
    _add_weather(conn, demo)
    add_tariffs(conn, demo.end - timedelta(days=demo.days), demo.end)
    _add_truth(conn, demo)


def add_taylor(conn: Connection) -> None:
    """Add the site and meter of the one real series, as large as its country."""
    spot = {"latitude": taylor.LATITUDE, "longitude": taylor.LONGITUDE, "country": "GB", "subdivision": "ENG"}
    site_id = ensure_site(conn, taylor.SITE, timezone=taylor.TIMEZONE, kind="grid", details=spot)
    ensure_meters(conn, site_id, [taylor.METER])


def _add_sites(conn: Connection, meters: list[DemoMeter]) -> None:
    """Add company, regions, cities and sites as far as meters need them."""
    root = ensure_site(conn, COMPANY, timezone="Europe/London", kind="organisation", details={"generated": True})
    places: dict[Place, int] = {}
    members: dict[int, list[DemoMeter]] = {}
    for one in meters:
        parent: int = root
        path: Place = ()
        for kind, name, details in _path_to(one):
            path = (*path, name)
            if path not in places:
                zone = one.region.timezone
                places[path] = ensure_site(conn, name, timezone=zone, parent_id=parent, kind=kind, details=details)
            parent = places[path]
        members.setdefault(parent, []).append(one)
    for site_id, ones in members.items():
        _add_meters(conn, site_id, ones)


def _path_to(one: DemoMeter) -> list[tuple[str, str, dict[str, object]]]:
    """Name the sites from region to place: kind, name and what is known of each."""
    region, city, place = one.region, one.city, one.site
    common: dict[str, object] = {"generated": True, "country": region.country, "subdivision": region.subdivision}
    sized = {"sector": place.sector, "floor_area_m2": place.floor_area_m2}
    return [
        ("region", region.name, common),
        ("city", city.name, common | {"latitude": city.latitude, "longitude": city.longitude}),
        ("site", place.name, common | sized | {"latitude": place.latitude, "longitude": place.longitude}),
    ]


def _add_meters(conn: Connection, site_id: int, ones: list[DemoMeter]) -> None:
    infos = [
        MeterInfo(one.name, one.kind.direction, "kWh", one.kind.step_s, register=one.kind.register) for one in ones
    ]
    stored = ensure_meters(conn, site_id, infos)
    capacities = [{"number": stored[one.name].id, "capacity": one.capacity_kw} for one in ones]
    change = update(meter).where(meter.c.id == bindparam("number")).values(capacity_kw=bindparam("capacity"))
    conn.execute(change, capacities)


def _add_weather(conn: Connection, demo: Demo) -> None:
    """Store the temperature of each city at a station in its middle, marked as generated."""
    cities = {one.city.name: one.city for one in demo.meters}
    conn.execute(delete(weather_station).where(weather_station.c.generated))
    for name, hours in demo.weather().groupby("city"):
        city = cities[str(name)]
        station = Station(f"{city.name} (demo)", city.latitude, city.longitude, provider="demo", generated=True)
        store_hours(conn, ensure_station(conn, station), hours[["ts", "temperature_c"]])


def _add_truth(conn: Connection, demo: Demo) -> None:
    truth = demo.truth()
    stored = find_meters(conn, [one.name for one in demo.meters])
    conn.execute(delete(ground_truth).where(ground_truth.c.meter_id.in_([known.id for known in stored.values()])))
    if len(truth):
        meter_ids = truth.pop("meter").map({name: known.id for name, known in stored.items()})
        rows = truth.assign(meter_id=meter_ids).to_dict("records")
        conn.execute(insert(ground_truth), [{str(name): value for name, value in row.items()} for row in rows])
