"""Why a period differs from the one before, from planted readings, weather, fits and prices to the chart's steps."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from builders import Builder
from flask.testing import FlaskClient
from sqlalchemy import insert

from dashboard.explained_change import change_in_steps, explained_change
from pipeline.warehouse import cost_rollups, runs
from pipeline.warehouse.engine import begin
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.tables.tariffs import site_price, site_tariff, tariff
from pipeline.warehouse.tables.weather import site_temperature_fit
from pipeline.warehouse.weather_stations import Station, ensure_station, store_hours

# A week with Ascension Day (Thursday 29 May 2025, a public holiday in Germany), and the week before it.
BEFORE, NOW = datetime(2025, 5, 19, tzinfo=UTC), datetime(2025, 5, 26, tzinfo=UTC)
WEEK = Filters(1, date(2025, 5, 26), date(2025, 6, 2))
WORKDAY_KW, FREE_KW = 10.0, 4.0
HEATING, MILD_C, COLD_C = 10.0, 15.0, 12.0  # kWh a day for each degree below 15
PRICE_BEFORE, PRICE_NOW = Decimal("0.20"), Decimal("0.30")


@pytest.fixture
def office(warehouse: str, client: FlaskClient) -> int:  # noqa: ARG001 - the database it plants in, and its cache
    """An office that follows calendar and weather exactly; returns the organisation."""
    with begin() as conn:
        build = Builder(conn)
        root = build.site("Firm")
        site = build.site("Office", parent=root, country="DE", subdivision="BY", latitude=48.0, longitude=11.0)
        meter = build.meter(site, "office")
        build.readings(meter, BEFORE, _week(holiday=None, heating=0.0))
        build.readings(meter, NOW, _week(holiday=3, heating=HEATING * (MILD_C - COLD_C)))
        _weather(build)
        _fits(build, site)
        _prices(build, root, site)
        cost_rollups.refresh(conn)
    return root


def _week(holiday: int | None, heating: float) -> list[float | None]:
    days = [FREE_KW if day in {5, 6, holiday} else WORKDAY_KW for day in range(7)]
    return [kw + heating / 24 for kw in days for _ in range(24)]


def _weather(build: Builder) -> None:
    station = ensure_station(build.conn, Station("Field", 48.0, 11.0, provider="file"))
    ts = pd.date_range(BEFORE, periods=14 * 24, freq="h", unit="us")
    store_hours(build.conn, station, pd.DataFrame({"ts": ts, "temperature_c": [MILD_C] * 168 + [COLD_C] * 168}))


def _fits(build: Builder, site: int) -> None:
    run_id = runs.record(build.conn, runs.Outcome("weather", "x", 1, 0.0))
    common = {
        "site_id": site,
        "run_id": run_id,
        "kind": "3P heating",
        "heating_slope": HEATING,
        "heating_balance_c": MILD_C,
        "r2_adjusted": 1.0,
        "n": 365,
        "qualified": True,
        "first_day": date(2024, 5, 1),
        "last_day": date(2025, 4, 30),
    }
    kinds = [("workday", 24 * WORKDAY_KW), ("free", 24 * FREE_KW)]
    rows = [common | {"day_type": name, "base_kwh": base} for name, base in kinds]
    build.conn.execute(insert(site_temperature_fit), rows)


def _prices(build: Builder, root: int, *sites: int) -> None:
    added = insert(tariff).values(name="Flat", currency="EUR", source="test").returning(tariff.c.id)
    number = build.conn.execute(added).scalar_one()
    given = {"site_id": root, "valid_from": date(2020, 1, 1), "tariff_id": number, "assigned_by": "test"}
    build.conn.execute(insert(site_tariff).values(given))
    loads = {BEFORE: _week(None, 0.0), NOW: _week(3, HEATING * (MILD_C - COLD_C))}
    hours = [
        {
            "site_id": site,
            "ts": start + timedelta(hours=hour),
            "price": PRICE_BEFORE if start == BEFORE else PRICE_NOW,
            "export_price": Decimal(0),
            "period": "",
            "import_kwh": kwh,
            "export_kwh": 0.0,
        }
        for site in sites
        for start, load in loads.items()
        for hour, kwh in enumerate(load)
    ]
    build.conn.execute(insert(site_price), hours)


def steps(filters: Filters) -> dict[str, float]:
    frame = change_in_steps(filters)
    return {key: amount for key, amount in zip(frame["key"], frame["amount"], strict=True) if amount}


def test_a_holiday_and_a_cold_week_explain_an_office_to_the_last_watt_hour(office: int) -> None:
    found = explained_change(replace(WEEK, site_id=office))

    before, now = 5 * 240 + 2 * 96, 4 * 240 + 3 * 96 + 7 * 30
    assert steps(replace(WEEK, site_id=office)) == {
        "before": before,
        "calendar": 96 - 240,
        "weather": 7 * HEATING * (MILD_C - COLD_C),
        "now": now,
    }
    assert found is not None
    assert (found.sites, found.fitted_sites) == (1, 1)


def test_in_money_the_quantities_cost_what_they_did_and_the_price_is_apart(office: int) -> None:
    found = steps(replace(WEEK, site_id=office, measure="cost"))

    before, now = 1392 * 0.2, 1458 * 0.3
    assert found == {
        "before": pytest.approx(before),
        "calendar": pytest.approx(-144 * 0.2),
        "weather": pytest.approx(210 * 0.2),
        "price": pytest.approx(1458 * 0.1),
        "now": pytest.approx(now),
    }


def test_sites_that_came_and_went_are_apart_and_their_base_load_is_not_that_of_the_others(office: int) -> None:
    """The office burns 20 kW more for five hours of four workdays: no base load, though the organisation's rose."""
    with begin() as conn:
        build = Builder(conn)
        new, old = (build.site(name, parent=office) for name in ("New", "Old"))
        build.readings(build.meter(new, "new"), NOW, [5.0] * 168)
        build.readings(build.meter(old, "old"), BEFORE, [2.0] * 168)
        extra = build.meter(build.site("Office", parent=office), "extra")
        build.readings(extra, NOW, [20.0 if 9 <= hour % 24 < 14 and hour < 72 else 0.0 for hour in range(168)])

    found = steps(replace(WEEK, site_id=office))

    assert found == {
        "before": 1392 + 336,
        "added": 840,
        "removed": -336,
        "calendar": -144,
        "weather": 210,
        "remainder": 3 * 5 * 20,
        "now": 1458 + 840 + 300,
    }


def test_what_runs_around_the_clock_now_is_base_load(office: int) -> None:
    with begin() as conn:
        build = Builder(conn)
        build.readings(build.meter(build.site("Office", parent=office), "pump"), NOW, [1.5] * 168)

    found = steps(replace(WEEK, site_id=office))

    # The near-base load rose by 1.5 kW of the pump and by the heating of a cold day, which weather has explained.
    assert found["base_load"] == pytest.approx(1.5 * 168)
    assert "remainder" not in found
