"""The Weather page in a real browser, with the fits of the small demo."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from pipeline.steps import weather as step
from pipeline.warehouse.engine import connect
from pipeline.warehouse.queries import site_weather
from pipeline.warehouse.queries.model_inputs import places

Check = Callable[[Page], None]


@pytest.fixture(scope="module")
def site(demo_warehouse: str) -> Iterator[int]:
    """Fit the demo before the application starts, and name a site with a model by type of day."""
    assert demo_warehouse
    step.run(lambda _share, _what: None)
    with connect() as conn:
        leaves = places(conn).query("leaf and latitude.notna()")["site_id"]
        yield next(int(number) for number in leaves if len(site_weather.fits(conn, int(number))))


def chart(page: Page, name: str) -> Locator:
    return page.locator(f'[id*=\'"name":"{name}"\'][id*=\'"type":"chart"\']')


def test_the_page_shows_model_degree_days_lag_and_extreme_days(site: int, page: Page, accessible: Check) -> None:
    page.goto(f"/weather?site={site}&period=last30")

    expect(page.locator("#weather-kpis .kpi")).to_have_count(5)
    expect(page.locator("#weather-kpis")).to_contain_text("(demo)")
    expect(page.locator("#weather-notices")).to_contain_text("CalTRACK wants 328")
    for name in ("weather-scatter", "weather-degree-days", "weather-lag"):
        expect(chart(page, name).locator(".main-svg").first).to_be_visible()
    expect(chart(page, "weather-scatter").locator(".scatterlayer .js-line").first).to_be_attached()
    expect(chart(page, "weather-months")).to_contain_text("needs a year of weather")
    page.locator("#weather-extremes").scroll_into_view_if_needed()
    expect(page.locator("#weather-extremes .ag-row").first).to_contain_text("Hottest")
    accessible(page)


def test_the_base_of_degree_days_is_kept_in_the_address_and_in_the_csv(site: int, page: Page) -> None:
    page.goto(f"/weather?site={site}&period=last30")
    expect(page.get_by_text("Below 15.5 °C and above 15.5 °C, from daily means")).to_be_visible()

    page.locator("#weather-base").select_option("18")
    page.locator("#weather-method").get_by_text("Hours", exact=True).click()

    expect(page.get_by_text("Below 18 °C and above 18 °C, from hours")).to_be_visible()
    expect(page).to_have_url(re.compile(r"method=hourly.*base=18|base=18.*method=hourly"))
    link = page.locator('a[id*=\'"name":"weather-degree-days"\']')
    expect(link).to_have_attribute("href", re.compile("base=18"))
    page.reload()
    expect(page.locator("#weather-base")).to_have_value("18")
    expect(page.get_by_text("Below 18 °C and above 18 °C, from hours")).to_be_visible()
