"""Two regions, a currency each, around a change of the clocks: homes and a solar roof in Berlin, a shop in Pune."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from builders import Builder
from sqlalchemy import Connection, delete, func, insert, select

from pipeline.definitions import ValuedKey
from pipeline.errors import UserError
from pipeline.warehouse import cost_rollups
from pipeline.warehouse.emission_series import give_factors, store_factors
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import consumption, costs, emissions, overview
from pipeline.warehouse.schema import meter_hour
from pipeline.warehouse.sites import site_called
from pipeline.warehouse.tables.costs import (
    meter_cost_day,
    meter_cost_month,
    node_cost_day,
    node_cost_hour,
    node_cost_month,
    node_cost_scope,
)
from pipeline.warehouse.tables.tariffs import site_price, site_tariff, tariff

FIRST = datetime(2024, 3, 28, 23, tzinfo=UTC)  # midnight of Friday 29 March in Berlin; the clocks change on the 31st
START, END = date(2024, 3, 29), date(2024, 4, 2)
HOURS = 4 * 24 - 1
PRICE, EXPORT_PRICE, RUPEES = Decimal("0.30"), Decimal("0.08"), Decimal(8)


@dataclass(frozen=True)
class Planted:
    root: int
    bavaria: int
    homes: int
    roof: int
    india: int
    shop: int
    roof_meter: int


@pytest.fixture
def planted(warehouse: str) -> Planted:  # noqa: ARG001 - the database it plants in
    with begin() as conn:
        build = Builder(conn)
        root = build.site("Utility", "Europe/Berlin", kind="organisation")
        bavaria = build.site("Bavaria", "Europe/Berlin", root, kind="region", country="DE")
        homes = build.site("Homes", "Europe/Berlin", bavaria, sector="household", latitude=48.0, longitude=11.0)
        roof = build.site("Roof", "Europe/Berlin", bavaria, sector="office", latitude=48.1, longitude=11.1)
        india = build.site("India", "Asia/Kolkata", root, kind="region", country="IN")
        shop = build.site("Shop", "Asia/Kolkata", india, sector="shop", latitude=18.5, longitude=73.9)
        build.readings(build.meter(homes, "homes"), FIRST, [2.0] * HOURS)
        roof_meter = build.meter(roof, "roof", "net")
        build.readings(roof_meter, FIRST, [3.0, -1.0] * (HOURS // 2) + [3.0])
        build.readings(build.meter(roof, "made", "generation"), FIRST, [9.0] * HOURS)
        build.readings(build.meter(shop, "shop"), FIRST - timedelta(hours=4, minutes=30), [1.0] * 96)
        _prices(conn, [homes, roof], "EUR", PRICE, bavaria)
        _prices(conn, [shop], "INR", RUPEES, india)
        hours = pd.date_range(FIRST - timedelta(days=1), periods=24 * 8, freq="h")
        for kind, level in (("average", 0.4), ("marginal", 0.6)):
            number = store_factors(conn, f"grid {kind}", kind, pd.Series(level, index=hours), source="test")
            give_factors(conn, bavaria, kind, number)
        cost_rollups.refresh(conn)
    return Planted(root, bavaria, homes, roof, india, shop, roof_meter)


def _prices(conn: Connection, sites: Sequence[int], currency: str, price: Decimal, node: int) -> None:
    """Price each hour of the sites' energy, as the tariffs step does."""
    added = insert(tariff).values(name=currency, currency=currency, source="test").returning(tariff.c.id)
    given = {"site_id": node, "valid_from": date(2020, 1, 1), "tariff_id": conn.execute(added).scalar_one()}
    conn.execute(insert(site_tariff).values(given | {"assigned_by": "test"}))
    for site_id in sites:
        counted = cost_rollups._site_imports()
        taken = conn.execute(select(counted.c.ts, counted.c.import_kwh).where(counted.c.site_id == site_id)).all()
        fed_in = dict(
            conn.execute(
                select(meter_hour.c.ts, -meter_hour.c.energy_kwh).where(meter_hour.c.energy_kwh < 0)
            ).all()  # the roof alone feeds in
        )
        rows = [
            {
                "site_id": site_id,
                "ts": row.ts,
                "price": price,
                "export_price": EXPORT_PRICE,
                "period": "",
                "import_kwh": row.import_kwh,
                "export_kwh": fed_in.get(row.ts, 0.0) if row.import_kwh == 0 else 0.0,
            }
            for row in taken
        ]
        conn.execute(insert(site_price), rows)


@pytest.fixture
def conn(planted: Planted) -> Iterator[Connection]:  # noqa: ARG001 - what is asked about
    with connect() as opened:
        yield opened


HOMES_COST = HOURS * 2 * PRICE
ROOF_COST = 48 * 3 * PRICE - 47 * EXPORT_PRICE
BAVARIA_CO2 = (HOURS * 2 + 48 * 3) * 0.4


def totals(conn: Connection, site_id: int) -> list[tuple[Decimal, float]]:
    tables = (node_cost_hour, node_cost_day, node_cost_month)
    return [
        tuple(conn.execute(select(func.sum(t.c.cost), func.sum(t.c.co2_kg)).where(t.c.site_id == site_id)).one())
        for t in tables
    ]


def test_every_resolution_has_the_same_cost_to_the_last_digit(conn: Connection, planted: Planted) -> None:
    by_hour, by_day, by_month = totals(conn, planted.bavaria)

    assert by_hour[0] == by_day[0] == by_month[0] == HOMES_COST + ROOF_COST
    assert [found[1] for found in (by_hour, by_day, by_month)] == pytest.approx([BAVARIA_CO2] * 3)


def test_feeding_in_earns_money_but_takes_no_co2_off(conn: Connection, planted: Planted) -> None:
    cost, co2_kg = totals(conn, planted.roof)[0]

    assert cost == ROOF_COST
    assert co2_kg == pytest.approx(48 * 3 * 0.4)


def test_two_currencies_do_not_add_up_but_each_region_has_its_own(conn: Connection, planted: Planted) -> None:
    assert totals(conn, planted.root)[0][0] is None
    assert totals(conn, planted.india)[0][0] == 96 * RUPEES
    now, _ = costs.amounts(conn, Filters(planted.root, START, END))
    assert (now.cost, now.currency) == (None, None)
    assert now.by_currency == {"EUR": HOMES_COST + ROOF_COST, "INR": 96 * RUPEES}
    reach = costs.scope(conn, Filters(planted.root, START, END))
    assert reach.currencies == ("EUR", "INR")
    assert reach.currency is None
    assert "billed in EUR and INR, which do not add up" in str(reach.why_none("cost"))
    assert reach.short_note("cost") == "several: EUR, INR"


def test_co2_says_how_many_sites_it_covers(conn: Connection, planted: Planted) -> None:
    reach = costs.scope(conn, Filters(planted.root, START, END))

    assert reach.why_none("co2_kg") is None
    assert reach.note("co2_kg") == "2 of 3 sites"
    assert reach.short_note("co2_kg") == "of 2 of 3 sites"
    assert costs.scope(conn, Filters(planted.shop, START, END)).why_none("co2_kg") == costs.NO_FACTORS
    assert reach.why_none("energy_kwh") is None


def test_hours_from_before_the_tariff_have_co2_but_no_cost(planted: Planted) -> None:
    with begin() as conn:
        early = site_price.c.ts < FIRST + timedelta(hours=24)
        conn.execute(delete(site_price).where(site_price.c.site_id == planted.homes, early))
        cost_rollups.refresh(conn)

        assert [cost for cost, _ in totals(conn, planted.homes)] == [(HOURS - 24) * 2 * PRICE] * 3
        assert [co2 for _, co2 in totals(conn, planted.homes)] == pytest.approx([HOURS * 2 * 0.4] * 3)
        assert [co2 for _, co2 in totals(conn, planted.bavaria)] == pytest.approx([BAVARIA_CO2] * 3)


def test_meters_by_day_and_month_add_up_to_their_site(conn: Connection, planted: Planted) -> None:
    for table in (meter_cost_day, meter_cost_month):
        found = conn.execute(select(table.c.cost).where(table.c.meter_id == planted.roof_meter)).scalars()
        assert sum(found, Decimal(0)) == ROOF_COST


@pytest.mark.parametrize(("measure", "expected"), [("cost", float(HOMES_COST + ROOF_COST)), ("co2_kg", BAVARIA_CO2)])
def test_every_chart_of_a_measure_has_the_same_total(
    conn: Connection, planted: Planted, measure: ValuedKey, expected: float
) -> None:
    asked = Filters(planted.bavaria, START, END, measure=measure, compare="previous")

    assert overview.trend(conn, asked)["value"].sum() == pytest.approx(expected)
    assert overview.site_map(conn, asked)["value"].sum() == pytest.approx(expected)
    assert overview.breakdown(conn, asked)["amount"].iloc[0] == pytest.approx(expected)
    assert overview.movers(conn, asked)["amount"].sum() == pytest.approx(expected)
    assert consumption.series(conn, asked).frame["value"].sum() == pytest.approx(expected)
    assert consumption.series(conn, asked).resolution == "hour"
    assert consumption.ranking(conn, asked)["value"].sum() == pytest.approx(expected)
    assert consumption.overlay(conn, asked)["value"].sum() == pytest.approx(expected)
    assert consumption.carpet(conn, asked)["value"].sum() == pytest.approx(expected)
    assert not consumption.profile(conn, asked).empty
    now, before = costs.amounts(conn, asked)
    assert now.value(measure) == pytest.approx(expected)
    assert before is not None
    assert before.value(measure) is None


def test_a_meter_and_a_sector_have_their_hours_too(conn: Connection, planted: Planted) -> None:
    meter = Filters(planted.roof, START, END, meter_id=planted.roof_meter, measure="cost")
    sector = Filters(planted.root, START, END, sector="office", measure="cost")

    for asked in (meter, sector):
        assert consumption.series(conn, asked).frame["value"].sum() == pytest.approx(float(ROOF_COST))
        assert costs.scope(conn, asked).currency == "EUR"
        assert costs.amounts(conn, asked)[0].cost == ROOF_COST


def test_factors_come_from_the_nearest_node_that_has_some(conn: Connection, planted: Planted) -> None:
    found = emissions.hourly_factors(conn, [planted.homes, planted.shop], FIRST, FIRST + timedelta(hours=2))

    assert found["site_id"].tolist() == [planted.homes] * 2
    assert found["average_kg_per_kwh"].tolist() == [0.4, 0.4]
    assert found["marginal_kg_per_kwh"].tolist() == [0.6, 0.6]
    assert list(emissions.hourly_factors(conn, [planted.shop]).columns) == list(found.columns)


def test_a_zone_off_by_half_an_hour_takes_the_factor_of_the_hour_in_which_its_own_begins(planted: Planted) -> None:
    with begin() as conn:
        hours = pd.date_range(FIRST - timedelta(days=1), periods=24 * 8, freq="h")
        number = store_factors(conn, "india", "average", pd.Series(0.7, index=hours), source="test")
        give_factors(conn, planted.india, "average", number)
        cost_rollups.refresh(conn)

        assert totals(conn, planted.shop)[0][1] == pytest.approx(96 * 0.7)


def test_before_the_first_run_it_says_what_to_do(conn: Connection, planted: Planted) -> None:
    del conn
    with begin() as other:
        other.execute(delete(node_cost_scope))
        assert costs.scope(other, Filters(planted.root, START, END)).why_none("cost") == costs.NOT_COMPUTED


def test_meters_right_at_a_node_of_several_currencies_count_in_their_own(planted: Planted) -> None:
    with begin() as conn:
        build = Builder(conn)
        build.readings(build.meter(planted.root, "head office"), FIRST, [4.0] * HOURS)
        _prices(conn, [planted.root], "GBP", PRICE, planted.root)
        cost_rollups.refresh(conn)
        now, _ = costs.amounts(conn, Filters(planted.root, START, END))

    assert now.by_currency == {"EUR": HOMES_COST + ROOF_COST, "GBP": HOURS * 4 * PRICE, "INR": 96 * RUPEES}


def test_a_series_keeps_its_kind_and_a_site_its_one_name(planted: Planted) -> None:
    hours = pd.date_range(FIRST, periods=2, freq="h")
    with begin() as conn:
        assert site_called(conn, "Homes") == planted.homes
        with pytest.raises(UserError, match="no site called"):
            site_called(conn, "Nowhere")
        with pytest.raises(UserError, match="holds average factors"):
            store_factors(conn, "grid average", "marginal", pd.Series(0.5, index=hours), source="test")
