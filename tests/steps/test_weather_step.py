"""Fetching weather, importing it from files and fitting sites, on small warehouses with known content."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import Builder
from sqlalchemy import Connection, Table, func, select, update
from weather_server import Answer, WeatherServer, open_meteo, weather_server

from pipeline.errors import UserError
from pipeline.settings import Settings, settings
from pipeline.steps import weather as step
from pipeline.steps.site_weather.fetch import fetch
from pipeline.steps.site_weather.import_file import import_weather
from pipeline.warehouse import runs
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.queries import site_weather
from pipeline.warehouse.tables.weather import weather, weather_provider, weather_station
from pipeline.warehouse.weather_state import provider_state
from pipeline.warehouse.weather_stations import Station, ensure_station, store_hours

pytestmark = pytest.mark.usefixtures("warehouse")

BERLIN = {"latitude": 52.52, "longitude": 13.405}
NOW = datetime(2025, 1, 3, 0, 30, tzinfo=UTC)
MIDNIGHT = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 400


def quiet(_share: float, _what: str) -> None:
    return


def counted(conn: Connection, table: Table) -> int:
    return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.fixture
def house() -> int:
    """A site that heats below 15 °C with one kWh an hour and degree, and had a year of weather of its own."""
    hours = DAYS * 24
    degrees = 10 - 12 * np.cos(2 * np.pi * np.arange(hours) / 24 / 365) + 3 * np.sin(np.arange(hours) / 40)
    daily = np.repeat(degrees.reshape(DAYS, 24).mean(axis=1), 24)
    with begin() as conn:
        build = Builder(conn)
        site = build.site("House", country="DE", **BERLIN)
        meter = build.meter(site, "M1")
        build.readings(meter, MIDNIGHT, (5 + np.maximum(15 - daily, 0)).tolist())
        station = ensure_station(conn, Station("Garden", **BERLIN, provider="file"))
        ts = pd.date_range(MIDNIGHT, periods=hours, freq="h", unit="us")
        store_hours(conn, station, pd.DataFrame({"ts": ts, "temperature_c": daily}))
    return site


def bare_house(**details: object) -> int:
    """Add a site of three days without weather."""
    with begin() as conn:
        build = Builder(conn)
        site = build.site("House", **(details or BERLIN))
        build.readings(build.meter(site, "M1"), NOW - timedelta(days=3, minutes=30), [1.0] * 72)
    return site


def asked_of(server: WeatherServer, folder: Path, **more: object) -> Settings:
    options = {"weather_provider": "open-meteo", "weather_url": server.url, "data_folder": folder}
    return Settings(**(options | more))


def test_a_site_is_fitted_and_its_months_are_put_at_typical_weather(house: int) -> None:
    report = step.run(quiet)

    with connect() as conn:
        fits, months, lags = (
            query(conn, house) for query in (site_weather.fits, site_weather.months, site_weather.lags)
        )
    every = fits[fits["day_type"] == "all"].iloc[0]
    assert (report.series, report.failures, report.skipped) == (1, 0, False)
    assert every["kind"] == "3P heating"
    assert every["heating_balance_c"] == pytest.approx(15, abs=0.5)
    assert every["heating_slope"] == pytest.approx(24, rel=0.05)
    assert every["base_kwh"] == pytest.approx(120, rel=0.02)
    assert every["qualified"]
    assert fits["day_type"].tolist() == ["all", "free", "workday"]
    assert months["days"].sum() == DAYS
    assert months["expected_kwh"].sum() == pytest.approx(months["actual_kwh"].sum(), rel=0.01)
    np.testing.assert_allclose(
        months["normalised_kwh"], months["actual_kwh"] - months["expected_kwh"] + months["typical_kwh"]
    )
    assert set(lags["season"]) == {"cold"}  # on warm days the use is constant


def test_a_second_run_does_nothing_and_new_weather_fits_anew(house: int) -> None:
    step.run(quiet)
    assert step.run(quiet).skipped

    with begin() as conn:
        conn.execute(update(weather).values(temperature_c=weather.c.temperature_c + 5))

    assert not step.run(quiet).skipped
    with connect() as conn:
        every = site_weather.fits(conn, house).iloc[0]
        assert every["heating_balance_c"] == pytest.approx(20, abs=0.5)
        assert counted(conn, weather_station) == 1


def test_a_site_without_weather_is_a_failure_with_its_reason() -> None:
    site = bare_house()

    report = step.run(quiet)

    assert (report.series, report.failures) == (0, 1)
    with connect() as conn:
        failure = runs.failures(conn, "weather").iloc[0]
    assert failure["site_id"] == site
    assert "No weather is known here" in failure["reason"]


def test_sites_with_weather_of_other_times_or_few_days_are_refused(tmp_path: Path) -> None:
    bare_house()
    days = pd.date_range("2020-01-01", periods=24, freq="h")
    file = tmp_path / "old.csv"
    pd.DataFrame({"time": days, "temp": 1.0}).to_csv(file, index=False)
    import_weather(file, "Old", 52.5, 13.4, "UTC")
    step.run(quiet)
    with connect() as conn:
        assert "of different times" in runs.failures(conn, "weather")["reason"].iloc[0]

    pd.DataFrame({"time": days + pd.Timedelta(days=1827), "temp": 1.0}).to_csv(file, index=False)
    import_weather(file, "Old", 52.5, 13.4, "UTC")
    step.run(quiet)
    with connect() as conn:
        assert "needs at least 30" in runs.failures(conn, "weather")["reason"].iloc[0]


def test_without_a_provider_nobody_is_asked() -> None:
    bare_house()

    assert fetch(Settings(weather_provider=None), quiet).places == 0
    with connect() as conn:
        assert counted(conn, weather_provider) == 0


def test_the_provider_is_asked_for_the_places_of_sites_once(tmp_path: Path) -> None:
    site = bare_house()
    with begin() as conn:
        build = Builder(conn)
        neighbour = build.site("Next door", latitude=52.5201, longitude=13.4049)
        build.readings(build.meter(neighbour, "M2"), NOW - timedelta(days=1), [1.0] * 24)

    with weather_server(open_meteo) as server:
        fetched = fetch(asked_of(server, tmp_path), quiet, NOW)

    with connect() as conn:
        source, state = site_weather.source(conn, site), provider_state(conn, "open-meteo", NOW.date())
    assert (fetched.places, fetched.notice) == (1, "")
    assert len(server.asked) == 1
    assert source.stations == ("52.52° N, 13.40° E",)
    assert source.measured_until == datetime(2025, 1, 3, tzinfo=UTC)
    assert source.forecast_until == datetime(2025, 1, 4, 23, tzinfo=UTC)
    assert not source.is_far
    assert (state.calls, state.last_success, state.notice) == (1, NOW, "")


def test_a_provider_that_is_down_leaves_the_last_weather_and_a_notice(tmp_path: Path) -> None:
    bare_house()
    with weather_server(open_meteo) as server:
        fetch(asked_of(server, tmp_path), quiet, NOW)
    with connect() as conn:
        before = counted(conn, weather)

    later = NOW + timedelta(hours=3)
    with weather_server(lambda *_: Answer("no", 401)) as server:
        fetched = fetch(asked_of(server, tmp_path), quiet, later)

    with connect() as conn:
        notices = site_weather.notices(conn)
        assert counted(conn, weather) == before
    assert fetched.notice.startswith("Open-Meteo: It refused the key (HTTP 401)")
    assert notices["notice"].tolist() == [fetched.notice]
    assert notices["last_success"].iloc[0] == pd.Timestamp(NOW).tz_localize(None)

    with weather_server(open_meteo) as server:
        fetch(asked_of(server, tmp_path), quiet, later)
    with connect() as conn:
        assert site_weather.notices(conn).empty


def test_the_budget_holds_over_the_runs_of_a_day_and_is_new_the_next(tmp_path: Path) -> None:
    bare_house()
    options: dict[str, object] = {"weather_calls_a_day": 1}
    with weather_server(open_meteo) as server:
        fetch(asked_of(server, tmp_path / "a", **options), quiet, NOW)
        second = fetch(asked_of(server, tmp_path / "b", **options), quiet, NOW + timedelta(hours=1))
        third = fetch(asked_of(server, tmp_path / "c", **options), quiet, NOW + timedelta(days=1))

    assert "The 1 calls that may be made in a day are used up" in second.notice
    assert third.notice == ""
    assert len(server.asked) == 2


def two_houses() -> None:
    with begin() as conn:
        build = Builder(conn)
        for number, (north, east) in enumerate(((52.52, 13.405), (48.14, 11.58))):
            site = build.site(f"House {number}", latitude=north, longitude=east)
            build.readings(build.meter(site, f"M{number}"), NOW - timedelta(days=3, minutes=30), [1.0] * 72)


def test_an_answer_for_one_place_that_cannot_be_used_leaves_the_others_and_is_told(tmp_path: Path) -> None:
    two_houses()

    def broken_in_berlin(path: str, question: dict[str, str]) -> Answer:
        return Answer("{") if question["latitude"] == "52.52" else open_meteo(path, question)

    with weather_server(broken_in_berlin) as server:
        fetched = fetch(asked_of(server, tmp_path), quiet, NOW)

    with connect() as conn:
        assert conn.scalars(select(weather_station.c.name)).all() == ["48.14° N, 11.58° E"]
        assert site_weather.notices(conn)["notice"].tolist() == [fetched.notice]
    assert fetched.places == 1
    assert fetched.notice.startswith("Open-Meteo, 52.52° N, 13.40° E: Its answer is not JSON")


def test_a_budget_for_one_place_serves_two_in_turn(tmp_path: Path) -> None:
    two_houses()
    options: dict[str, object] = {"weather_calls_a_day": 1}
    with weather_server(open_meteo) as server:
        fetch(asked_of(server, tmp_path / "a", **options), quiet, NOW)
        fetch(asked_of(server, tmp_path / "b", **options), quiet, NOW + timedelta(days=1))

    assert {question["latitude"] for _, question in server.asked} == {"52.52", "48.14"}


def test_calls_are_counted_with_the_answer_they_brought_even_if_the_run_dies_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_houses()
    answers = iter([open_meteo])

    def die(*_arguments: object) -> Answer:
        monkeypatch.setattr("pipeline.sources.weather.open_meteo.OpenMeteo.fetch", _killed)
        return next(answers)("/v1/forecast", {})

    with weather_server(die) as server, pytest.raises(KeyboardInterrupt):
        fetch(asked_of(server, tmp_path), quiet, NOW)

    with connect() as conn:
        assert provider_state(conn, "open-meteo", NOW.date()).calls == 1
        assert counted(conn, weather) > 0


def _killed(*_arguments: object) -> None:
    raise KeyboardInterrupt


def test_a_missing_key_is_told_without_asking(tmp_path: Path) -> None:
    bare_house()

    fetched = fetch(Settings(weather_provider="openweathermap", data_folder=tmp_path), quiet, NOW)

    assert "answers nothing without a key: set WATTSCAPE_WEATHER_KEY" in fetched.notice


def test_sites_of_the_demo_and_sites_without_a_place_are_not_asked_for(tmp_path: Path) -> None:
    bare_house(generated=True, **BERLIN)
    with weather_server(open_meteo) as server:
        assert fetch(asked_of(server, tmp_path), quiet, NOW).places == 0
    assert not server.asked


def test_the_step_asks_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare_house()
    with weather_server(open_meteo) as server:
        monkeypatch.setenv("WATTSCAPE_WEATHER_PROVIDER", "open-meteo")
        monkeypatch.setenv("WATTSCAPE_WEATHER_URL", server.url)
        monkeypatch.setenv("WATTSCAPE_DATA_FOLDER", str(tmp_path))
        settings.cache_clear()
        report = step.run(quiet)

    assert "hours of weather for 1 places" in report.message


def test_a_file_becomes_the_weather_of_a_station(tmp_path: Path) -> None:
    file = tmp_path / "roof.csv"
    file.write_text("time,tempF\n2025-01-01 00:00,50\n2025-01-01 01:00,59\n")

    imported = import_weather(file, "Roof", 52.5, 13.4, "Europe/Berlin")
    again = import_weather(file, "Roof", 52.5, 13.4, "Europe/Berlin")

    assert imported == again
    assert (imported.station, imported.hours) == ("Roof", 2)
    assert imported.first == datetime(2024, 12, 31, 23, tzinfo=UTC)
    with connect() as conn:
        assert conn.execute(select(weather.c.temperature_c).order_by(weather.c.ts)).scalars().all() == [10, 15]


@pytest.mark.parametrize(
    ("place", "sentence"), [((None, 13.4), "with --latitude and --longitude"), ((152.5, 13.4), "between -90 and 90")]
)
def test_a_file_from_nowhere_is_refused(tmp_path: Path, place: tuple[float | None, float], sentence: str) -> None:
    file = tmp_path / "roof.csv"
    file.write_text("time,temp\n2025-01-01 00:00,5\n")

    with pytest.raises(UserError, match=sentence):
        import_weather(file, None, *place, "UTC")


def test_degree_days_are_counted_from_means_or_hours_against_the_year_before() -> None:
    with begin() as conn:
        site = Builder(conn).site("House", **BERLIN)
        station = ensure_station(conn, Station("Garden", **BERLIN, provider="file"))
        ts = pd.date_range("2024-03-01", "2025-03-31 23:00", freq="h", tz="UTC", unit="us")
        degrees = np.where(ts.year == 2024, 10.0, 12.0) + np.where(ts.hour < 12, -5.0, 5.0)
        store_hours(conn, station, pd.DataFrame({"ts": ts, "temperature_c": degrees}))
        filters = site_weather.Filters(site, date(2025, 3, 1), date(2025, 4, 1))
        mean = site_weather.degree_days(conn, filters, "mean", 15.5, 15.5).set_index("month").loc["2025-03-01"]
        hourly = site_weather.degree_days(conn, filters, "hourly", 15.5, 15.5).set_index("month").loc["2025-03-01"]

    assert mean[["heating", "cooling"]].tolist() == pytest.approx([31 * 3.5, 0])
    assert mean["heating_before"] == pytest.approx(31 * 5.5)
    assert hourly[["heating", "cooling"]].tolist() == pytest.approx([31 * 8.5 / 2, 31 * 1.5 / 2])
    assert hourly["heating_before"] == pytest.approx(31 * (10.5 + 0.5) / 2)


def test_the_hottest_and_coldest_days_of_the_period_are_listed(house: int) -> None:
    filters = site_weather.Filters(house, date(2024, 6, 1), date(2024, 9, 1))

    with connect() as conn:
        extremes, days = site_weather.extremes(conn, filters), site_weather.days(conn, filters)

    assert extremes["which"].value_counts().to_dict() == {"hottest": 10, "coldest": 10}
    assert extremes["temperature_c"].iloc[0] == days[days["selected"]]["temperature_c"].max()
    assert days["selected"].sum() == 92
    assert set(days["day_type"]) == {"workday", "free"}
    assert site_weather.balance_points(
        pd.DataFrame(columns=["day_type", "heating_balance_c", "cooling_balance_c"])
    ) == (
        15.5,
        18.0,
    )
