"""The Weather page asked as Dash asks it: what it says with weather, without, and when a provider is down."""

from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType

import pandas as pd
import pytest
from dash.exceptions import PreventUpdate
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, select

from dashboard.degree_days import bases_of, degree_days_of
from dashboard.selection import resolve
from pipeline.errors import SelectionError
from pipeline.steps import weather as step
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.engine import begin
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries.site_weather import Source
from pipeline.warehouse.schema import site
from pipeline.warehouse.tables.weather import site_temperature_fit, weather_provider


@pytest.fixture(scope="module")
def fitted(demo_warehouse: str) -> str:
    step.run(lambda _share, _what: None)
    return demo_warehouse


@pytest.fixture
def page(application: Flask, fitted: str) -> ModuleType:
    assert application
    assert fitted
    return import_module("pages.weather")


@pytest.fixture
def filters(fitted: str) -> Filters:
    assert fitted
    with begin() as conn:
        number = conn.execute(select(site.c.id).where(site.c.kind == "site").order_by(site.c.id).limit(1)).scalar_one()
    found = resolve({"period": "last30", "site": str(number)})
    assert found is not None
    return found


def text_of(component: object) -> str:
    return str(component)


def test_the_page_says_what_the_model_found_and_where_the_weather_is_from(page: ModuleType, filters: Filters) -> None:
    notices, cards = page.show_source(filters.to_query())

    assert "(demo)" in text_of(cards)
    assert "Explained by temperature" in text_of(cards)
    assert "CalTRACK wants 328" in text_of(notices)


def test_every_chart_of_the_page_is_drawn(page: ModuleType, filters: Filters) -> None:
    query = filters.to_query()

    scatter, said = page.show_scatter(query, "dark")
    degree_days, bases, options = page.show_degree_days(query, "hourly", "site", "light")
    rows, note = page.show_extremes(query)

    assert {trace.mode for trace in scatter.data} == {"markers", "lines"}
    assert "model of" in said
    assert degree_days.data
    assert bases.endswith("from hours")
    assert options == {"method": "hourly", "base": "site"}
    assert {row["which"] for row in rows} == {"Hottest", "Coldest"}
    assert note.startswith("Of ")


@pytest.mark.parametrize("chart", ["weather-scatter", "weather-degree-days", "weather-lag", "weather-months"])
def test_every_chart_of_the_page_has_its_csv(client: FlaskClient, filters: Filters, chart: str) -> None:
    answer = client.get("/chart.csv", query_string={"chart": chart} | filters.to_query())

    assert answer.status_code == 200
    assert len(answer.text.splitlines()[0].split(",")) >= 4


def test_nothing_is_drawn_before_there_is_a_selection(page: ModuleType) -> None:
    with pytest.raises(PreventUpdate):
        page.show_source(None)


def test_an_address_decides_how_degree_days_are_counted(page: ModuleType) -> None:
    assert '"hourly"' in text_of(page.layout(method="hourly", base="18")).replace("'", '"')
    assert text_of(page.layout(method="no", base="'; drop table site")) == text_of(page.layout())


@pytest.mark.parametrize("options", [{"base": "warm"}, {"base": "90"}, {"method": "weekly"}])
def test_degree_days_that_make_no_sense_are_refused(filters: Filters, options: dict[str, str]) -> None:
    with pytest.raises(SelectionError):
        degree_days_of(filters, options)


def test_a_base_is_degrees_or_that_of_the_site(filters: Filters) -> None:
    assert bases_of(filters.site_id, {"base": "18.3"}) == (18.3, 18.3)
    heating, cooling = bases_of(filters.site_id, {"base": "site"})
    assert -1 <= heating <= 32
    assert -1 <= cooling <= 32


def test_what_is_wrong_is_said_in_words(page: ModuleType) -> None:
    assert page
    cards = import_module("pages.weather_cards")
    none, far = Source((), None, False, None, None), Source(("Far",), 350.0, False, None, None)
    nothing = pd.DataFrame({"day_type": [], "reasons": []})
    down = pd.DataFrame({"name": ["x"], "notice": ["X: It has a fault."], "last_success": [pd.Timestamp(2025, 1, 2)]})

    assert "No weather is known here" in text_of(cards.notices(none, down, nothing))
    said = text_of(cards.notices(far, down, nothing))
    assert "Far, 350 km away: beyond 200 km" in said
    assert "It has a fault. The last weather came on 2 Jan 2025" in said
    assert "Nothing is fitted for this site yet" in said
    assert "none beyond 1 km" in text_of(cards.cards(Source(("A", "B"), 1.0, False, None, None), nothing))


def test_the_notice_of_a_provider_comes_from_the_warehouse(page: ModuleType, filters: Filters) -> None:
    with begin() as conn:
        values = {"name": "open-meteo", "calls_on": datetime.now(UTC).date(), "notice": "Open-Meteo: It is down."}
        conn.execute(insert(weather_provider).values(values))
        raise_version(conn)

    notices, _ = page.show_source(filters.to_query())

    assert "Open-Meteo: It is down." in text_of(notices)


def test_a_site_without_a_fit_still_shows_its_days(page: ModuleType, filters: Filters) -> None:
    with begin() as conn:
        conn.execute(delete(site_temperature_fit).where(site_temperature_fit.c.site_id == filters.site_id))
        raise_version(conn)

    figure, said = page.show_scatter(filters.to_query(), "light")

    assert {trace.mode for trace in figure.data} == {"markers"}
    assert "no model yet" in said
