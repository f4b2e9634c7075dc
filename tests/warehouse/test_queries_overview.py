"""A fortnight in Berlin with a known answer: an office of 1, 2, 3 … 24 kW each day, a shop of 10 kW, and solar."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import Builder
from sqlalchemy import Connection

from pipeline.errors import SelectionError
from pipeline.flags import Flag
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import overview

MIDNIGHT = datetime(2024, 1, 7, 23, tzinfo=UTC)  # Monday 8 January in Berlin
START, MIDDLE, END = date(2024, 1, 8), date(2024, 1, 15), date(2024, 1, 22)
OFFICE_DAY = [float(hour + 1) for hour in range(24)]
OFFICE_KWH, SHOP_KWH, EXPORT_KWH = 7 * 300.0, 7 * 240.0, 7 * 24.0


@dataclass(frozen=True)
class Portfolio:
    root: int
    region: int
    office: int
    shop: int
    office_meter: int


@pytest.fixture
def portfolio(warehouse: str) -> Portfolio:  # noqa: ARG001 - the database it plants in
    with begin() as conn:
        build = Builder(conn)
        root = build.site("Utility", "Europe/Berlin", kind="organisation", country="DE")
        region = build.site("North", "Europe/Berlin", root, kind="region")
        office = build.site("Office", "Europe/Berlin", region, sector="office", latitude=53.0, longitude=10.0)
        shop = build.site("Shop", "Europe/Berlin", region, sector="shop", latitude=54.0, longitude=9.0)
        office_meter = build.meter(office, "office")
        build.readings(office_meter, MIDNIGHT, OFFICE_DAY * 7)
        build.readings(office_meter, MIDNIGHT + timedelta(days=7), [2 * kwh for kwh in OFFICE_DAY] * 7)
        build.readings(build.meter(shop, "shop"), MIDNIGHT, [10.0] * 24 * 14, flag=Flag.ESTIMATED_LINE)
        build.readings(build.meter(shop, "feed-in", "export"), MIDNIGHT, [1.0] * 24 * 14)
        build.readings(build.meter(shop, "solar", "generation"), MIDNIGHT, [5.0] * 24 * 14)
    return Portfolio(root, region, office, shop, office_meter)


@pytest.fixture
def conn(portfolio: Portfolio) -> Iterator[Connection]:  # noqa: ARG001 - what is asked about
    with connect() as opened:
        yield opened


def test_the_figures_of_a_week_are_those_planted(conn: Connection, portfolio: Portfolio) -> None:
    found = overview.kpis(conn, Filters(portfolio.office, START, MIDDLE))

    assert found.energy_kwh == pytest.approx(OFFICE_KWH)
    assert (found.peak_kw, found.peak_at) == (24.0, datetime(2024, 1, 8, 23))  # noqa: DTZ001 - naive local by contract
    assert found.mean_kw == pytest.approx(12.5)
    assert found.load_factor == pytest.approx(12.5 / 24)
    assert found.base_load_kw == pytest.approx(1.0)
    assert found.share_estimated == 0
    assert found.completeness == pytest.approx(1.0)
    assert found.compare is None
    assert found.change_ratio is None


def test_a_node_nets_what_is_fed_in_and_leaves_generation_out(conn: Connection, portfolio: Portfolio) -> None:
    found = overview.kpis(conn, Filters(portfolio.root, START, MIDDLE))

    assert found.energy_kwh == pytest.approx(OFFICE_KWH + SHOP_KWH - EXPORT_KWH)
    assert found.peak_kw == pytest.approx(24 + 10 - 1)
    assert found.share_estimated == pytest.approx(1 / 3)
    assert found.completeness == pytest.approx(1.0)


def test_figures_are_compared_with_the_same_weekdays_before(conn: Connection, portfolio: Portfolio) -> None:
    found = overview.kpis(conn, Filters(portfolio.office, MIDDLE, END, compare="previous"))

    assert found.compare_energy_kwh == pytest.approx(OFFICE_KWH)
    assert found.change_ratio == pytest.approx(1.0)
    assert found.change("load_factor") == pytest.approx(0.0)
    assert found.compare_value("peak_kw") == pytest.approx(24.0)


def test_hours_after_the_first_reading_are_expected(conn: Connection, portfolio: Portfolio) -> None:
    last_day = Filters(portfolio.office, END - timedelta(days=1), END)

    found = overview.kpis(conn, last_day)
    with begin() as writer:
        build = Builder(writer)
        build.readings(build.meter(portfolio.office, "late"), MIDNIGHT + timedelta(days=13, hours=12), [1.0] * 6)
    with connect() as later:
        afterwards = overview.kpis(later, last_day)

    assert found.completeness == pytest.approx(1.0)
    assert afterwards.completeness == pytest.approx((24 + 6) / (24 + 12))


def test_the_trend_lies_over_the_week_before(conn: Connection, portfolio: Portfolio) -> None:
    hours = overview.trend(conn, Filters(portfolio.office, MIDDLE, END, compare="previous"))
    days = overview.trend(conn, Filters(portfolio.office, START, END + timedelta(days=1), compare="year"))

    assert list(hours.columns) == ["time", "value", "compare_value", "share_estimated"]
    assert len(hours) == 7 * 24
    assert (hours["value"] == 2 * hours["compare_value"]).all()
    assert days["value"].tolist()[:-1] == [300.0] * 7 + [600.0] * 7
    assert days["value"].isna().tolist()[-1]
    assert days["compare_value"].isna().all()


def test_the_map_shows_the_lowest_located_sites(conn: Connection, portfolio: Portfolio) -> None:
    found = overview.site_map(conn, Filters(portfolio.root, START, MIDDLE, measure="peak_kw"))

    assert found["name"].tolist() == ["Office", "Shop"]
    assert found["value"].tolist() == [24.0, 9.0]
    assert found["energy_kwh"].tolist() == [OFFICE_KWH, SHOP_KWH - EXPORT_KWH]
    assert found["share_estimated"].tolist() == [0.0, 0.5]


@pytest.mark.parametrize("by", ["tree", "sector"])
def test_in_the_treemap_every_parent_is_the_sum_of_its_children(
    conn: Connection, portfolio: Portfolio, by: str
) -> None:
    found = overview.breakdown(conn, Filters(portfolio.root, START, MIDDLE), by=by).set_index("id")

    children = found[found["parent"] != ""].groupby("parent")["value"].sum()
    assert children.to_dict() == pytest.approx(found.loc[children.index, "value"].to_dict())
    assert found.loc[str(portfolio.root), "value"] == pytest.approx(OFFICE_KWH + SHOP_KWH - EXPORT_KWH)
    assert found.index.is_unique


def test_the_treemap_shows_meters_of_an_inner_node_and_no_negative_area(warehouse: str) -> None:  # noqa: ARG001
    with begin() as writer:
        build = Builder(writer)
        root = build.site("Campus")
        hall, roof = build.site("Hall", parent=root), build.site("Roof", parent=root)
        build.readings(build.meter(root, "yard"), MIDNIGHT, [5.0] * 48)
        build.readings(build.meter(hall, "hall"), MIDNIGHT, [3.0] * 48)
        build.readings(build.meter(roof, "roof", "export"), MIDNIGHT, [7.0] * 48)

    with connect() as conn:
        found = overview.breakdown(conn, Filters(root, START, START + timedelta(days=1))).set_index("name")

    assert found["value"].to_dict() == {"Campus": 8 * 24.0, "Hall": 3 * 24.0, "Roof": 0.0, "own meters": 5 * 24.0}
    assert found["amount"].to_dict() == {"Campus": 24.0, "Hall": 72.0, "Roof": -168.0, "own meters": 120.0}


def test_the_largest_change_comes_first(conn: Connection, portfolio: Portfolio) -> None:
    found = overview.movers(conn, Filters(portfolio.root, MIDDLE, END))

    assert found["name"].tolist() == ["Office", "Shop"]
    assert found["change"].tolist() == pytest.approx([OFFICE_KWH, 0.0])
    assert found["change_ratio"].tolist() == pytest.approx([1.0, 0.0])


def test_freshness_is_in_the_time_of_the_site(conn: Connection, portfolio: Portfolio) -> None:
    found = overview.freshness(conn, portfolio.root)

    assert found.last_reading_at == datetime(2024, 1, 22)  # noqa: DTZ001 - naive local by contract
    assert found.last_loaded_at is not None
    assert found.data_version >= 4
    assert found.generated is False


def test_a_sector_is_its_sites_and_nothing_else(conn: Connection, portfolio: Portfolio) -> None:
    whole = Filters(portfolio.root, START, MIDDLE)
    office, shop = replace(whole, sector="office"), replace(whole, sector="shop")

    assert overview.kpis(conn, office) == overview.kpis(conn, Filters(portfolio.office, START, MIDDLE))
    assert overview.kpis(conn, shop).energy_kwh == pytest.approx(SHOP_KWH - EXPORT_KWH)
    assert overview.breakdown(conn, shop)["name"].tolist() == ["Utility", "Shop"]
    assert overview.breakdown(conn, shop)["amount"].tolist() == [SHOP_KWH - EXPORT_KWH] * 2
    assert overview.site_map(conn, shop)["name"].tolist() == ["Shop"]


def test_a_meter_is_shown_on_its_site(conn: Connection, portfolio: Portfolio) -> None:
    one = Filters(portfolio.root, START, MIDDLE, meter_id=portfolio.office_meter)

    assert overview.kpis(conn, one).energy_kwh == pytest.approx(OFFICE_KWH)
    assert overview.site_map(conn, one)["name"].tolist() == ["Office"]


@pytest.mark.parametrize("selection", [{"sector": "harbour"}, {"start": date(1990, 1, 1), "end": date(1990, 3, 1)}])
def test_nothing_to_show_is_an_empty_frame(
    conn: Connection, portfolio: Portfolio, selection: dict[str, object]
) -> None:
    nothing = replace(Filters(portfolio.root, START, MIDDLE, compare="year"), **selection)

    for question in (overview.trend, overview.site_map, overview.breakdown, overview.movers):
        assert question(conn, nothing).empty
    assert overview.breakdown(conn, nothing, by="sector").empty
    assert overview.kpis(conn, nothing).energy_kwh is None
    assert overview.kpis(conn, nothing).load_factor is None
    assert overview.kpis(conn, nothing).completeness is None


def test_what_does_not_exist_is_refused(conn: Connection, portfolio: Portfolio) -> None:
    with pytest.raises(SelectionError, match="no site 999"):
        overview.kpis(conn, Filters(999, START, END))
    with pytest.raises(SelectionError, match="no meter"):
        overview.kpis(conn, Filters(portfolio.shop, START, END, meter_id=portfolio.office_meter))
    with pytest.raises(SelectionError, match="no site 999"):
        overview.freshness(conn, 999)
