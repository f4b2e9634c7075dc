from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from builders import Builder
from sqlalchemy import Connection, func, select

from pipeline.errors import UserError
from pipeline.warehouse.engine import begin
from pipeline.warehouse.queries import weather as queries
from pipeline.warehouse.tables.weather import weather
from pipeline.warehouse.weather_stations import Station, ensure_station, last_measured, store_hours

BERLIN, PARIS, SYDNEY = (52.52, 13.405), (48.8566, 2.3522), (-33.87, 151.21)
MIDNIGHT = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def conn(warehouse: str) -> Iterator[Connection]:
    assert warehouse
    with begin() as conn:
        yield conn


def station(
    conn: Connection, name: str, place: tuple[float, float], degrees: list[float], *, generated: bool = False
) -> int:
    number = ensure_station(conn, Station(name, *place, provider="file", generated=generated))
    store_hours(conn, number, hours_of(degrees))
    return number


def hours_of(degrees: list[float], start: datetime = MIDNIGHT) -> pd.DataFrame:
    ts = pd.date_range(start, periods=len(degrees), freq="h", unit="us")
    return pd.DataFrame({"ts": ts, "temperature_c": degrees})


def at(place: tuple[float, float]) -> dict[str, object]:
    return {"latitude": place[0], "longitude": place[1]}


def test_each_site_has_the_station_nearest_by_great_circle(conn: Connection) -> None:
    station(conn, "Berlin", BERLIN, [1.0])
    station(conn, "Paris", PARIS, [2.0])
    build = Builder(conn)
    home, down_under = build.site("Potsdam", **at((52.4, 13.06))), build.site("Sydney", **at(SYDNEY))

    found = queries.stations_of(conn, [home, down_under]).set_index("site_id")

    assert found.loc[home, "station"] == "Berlin"
    assert found.loc[home, "distance_km"] == pytest.approx(26.9, abs=1)
    assert found.loc[home, "share"] == 1
    assert found.loc[down_under, "distance_km"] > queries.FAR_KM


def test_berlin_is_878_km_from_paris(conn: Connection) -> None:
    station(conn, "Berlin", BERLIN, [1.0])
    site = Builder(conn).site("Paris", **at(PARIS))

    assert queries.stations_of(conn, [site])["distance_km"].tolist() == pytest.approx([877.5], abs=1)


def test_a_site_without_coordinates_lies_where_the_nearest_node_above_does(conn: Connection) -> None:
    station(conn, "Berlin", BERLIN, [1.0])
    station(conn, "Paris", PARIS, [2.0])
    build = Builder(conn)
    country = build.site("Europe", **at(PARIS))
    city = build.site("City", parent=country, **at(BERLIN))
    building = build.site("Building", parent=city)

    assert queries.stations_of(conn, [building])["station"].tolist() == ["Berlin"]


def test_a_node_above_all_coordinates_has_the_mean_of_the_places_below(conn: Connection) -> None:
    station(conn, "Berlin", BERLIN, [0.0, 10.0])
    station(conn, "Paris", PARIS, [3.0])
    build = Builder(conn)
    root = build.site("Company")
    for number in range(2):
        city = build.site(f"Berlin {number}", parent=root, **at(BERLIN))
        build.site(f"House {number}", parent=city, **at(PARIS))  # below a place that is counted already
    build.site("Paris", parent=root, **at(PARIS))

    found = queries.stations_of(conn, [root])
    hours = queries.hourly_temperature(conn, [root])

    assert found["station"].tolist() == ["Berlin", "Paris"]
    assert found["share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert hours["temperature_c"].tolist() == pytest.approx([1.0, 10.0])


def test_the_weather_of_the_demo_is_not_taken_for_that_of_a_real_site(conn: Connection) -> None:
    station(conn, "Berlin (demo)", BERLIN, [1.0], generated=True)
    build = Builder(conn)
    real, demo = build.site("Real", **at(BERLIN)), build.site("Demo", generated=True, **at(BERLIN))

    assert queries.stations_of(conn, [real, demo])["site_id"].tolist() == [demo]


def test_a_station_without_hours_serves_no_site(conn: Connection) -> None:
    ensure_station(conn, Station("Empty", *BERLIN, provider="file"))
    site = Builder(conn).site("Berlin", **at(BERLIN))

    assert queries.stations_of(conn, [site]).empty
    assert queries.hourly_temperature(conn, [site]).columns.tolist() == ["site_id", "ts", "temperature_c"]
    assert queries.daily_temperature(conn, [site]).columns.tolist() == ["site_id", "day", "temperature_c"]
    assert queries.daily_temperature(conn, []).empty


def test_days_are_those_of_the_site_on_the_days_the_clocks_change_too(conn: Connection) -> None:
    start = datetime(2025, 3, 28, 23, tzinfo=UTC)  # midnight in Berlin, two days before the clocks go forward
    degrees = [1.0] * 24 + [2.0] * 23 + [3.0] * 24
    number = ensure_station(conn, Station("Berlin", *BERLIN, provider="file"))
    store_hours(conn, number, hours_of(degrees, start))
    site = Builder(conn).site("Home", zone="Europe/Berlin", **at(BERLIN))

    days = queries.daily_temperature(conn, [site])
    one = queries.daily_temperature(conn, [site], date(2025, 3, 30), date(2025, 3, 31))

    assert days["day"].dt.date.tolist() == [date(2025, 3, day) for day in (29, 30, 31)]
    assert days["temperature_c"].tolist() == pytest.approx([1.0, 2.0, 3.0])
    assert one["temperature_c"].tolist() == pytest.approx([2.0])


def test_a_period_of_hours_is_half_open(conn: Connection) -> None:
    station(conn, "Berlin", BERLIN, [1.0, 2.0, 3.0])
    site = Builder(conn).site("Berlin", **at(BERLIN))

    found = queries.hourly_temperature(conn, [site], MIDNIGHT + timedelta(hours=1), MIDNIGHT + timedelta(hours=2))

    assert found["temperature_c"].tolist() == [2.0]


def test_a_measured_hour_replaces_a_forecast_and_never_the_other_way_round(conn: Connection) -> None:
    number = ensure_station(conn, Station("Berlin", *BERLIN, provider="file"))
    store_hours(conn, number, hours_of([1.0, 1.0]), is_forecast=True)
    store_hours(conn, number, hours_of([2.0]), is_forecast=False)
    store_hours(conn, number, hours_of([3.0, 3.0]), is_forecast=True)

    rows = conn.execute(select(weather.c.temperature_c, weather.c.is_forecast).order_by(weather.c.ts)).all()

    assert rows == [(2.0, False), (3.0, True)]
    assert last_measured(conn, "Berlin") == pd.Timestamp(MIDNIGHT)


def test_what_an_hour_does_not_bring_stays_as_it_was(conn: Connection) -> None:
    number = ensure_station(conn, Station("Berlin", *BERLIN, provider="file"))
    store_hours(conn, number, hours_of([1.0]).assign(humidity_percent=80.0))
    store_hours(conn, number, hours_of([1.5]))

    assert conn.execute(select(weather.c.temperature_c, weather.c.humidity_percent)).one() == (1.5, 80.0)


def test_hours_without_temperature_are_left_out(conn: Connection) -> None:
    number = ensure_station(conn, Station("Berlin", *BERLIN, provider="file"))

    assert store_hours(conn, number, hours_of([float("nan"), 1.0])) == 1
    assert store_hours(conn, number, hours_of([float("nan")])) == 0
    assert conn.execute(select(func.count()).select_from(weather)).scalar_one() == 1


def test_a_real_station_cannot_take_the_name_of_one_of_the_demo(conn: Connection) -> None:
    ensure_station(conn, Station("Berlin", *BERLIN, provider="demo", generated=True))

    with pytest.raises(UserError, match="'Berlin' is a station of the demo"):
        ensure_station(conn, Station("Berlin", *BERLIN, provider="file"))


def test_hours_are_those_of_the_clock_where_it_is_off_by_half_an_hour(conn: Connection) -> None:
    pune = (18.52, 73.86)
    station(conn, "Pune", pune, [10.0, 20.0, 40.0])
    build = Builder(conn)
    here, there = build.site("Pune", zone="Asia/Kolkata", **at(pune)), build.site("UTC", **at(pune))

    found = queries.hourly_temperature(conn, [here, there], None, MIDNIGHT + timedelta(hours=2))
    rows = [(row.site_id, row.ts.strftime("%H:%M"), row.temperature_c) for row in found.itertuples()]

    assert rows == [
        (here, "00:30", 15.0),
        (here, "01:30", 30.0),
        (there, "00:00", 10.0),
        (there, "01:00", 20.0),
    ]
