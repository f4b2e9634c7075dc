"""The Forecast page in a real browser, with one site of the small demo forecast."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import select

from pipeline.steps import forecast as step
from pipeline.warehouse.engine import connect
from pipeline.warehouse.schema import meter

Check = Callable[[Page], None]


@pytest.fixture(scope="module")
def site(demo_warehouse: str) -> int:
    """Forecast one site before the application starts; give its number."""
    assert demo_warehouse
    with connect() as conn:
        hourly = (meter.c.direction == "import", meter.c.step_s == 3600)
        number = int(conn.execute(select(meter.c.site_id).where(*hourly).order_by(meter.c.id).limit(1)).scalar_one())
    step.run(lambda _share, _what: None, site_id=number)
    return number


def chart(page: Page, name: str) -> Locator:
    return page.locator(f'[id*=\'"name":"{name}"\'][id*=\'"type":"chart"\']')


def test_the_fan_the_month_and_the_scores_stand_in_both_themes(site: int, page: Page, accessible: Check) -> None:
    page.goto(f"/forecast?site={site}")
    expect(chart(page, "forecast-fan").locator(".fills path").first).to_be_visible()
    expect(page.locator("#forecast-kpis .kpi")).to_have_count(4)
    expect(page.locator("#forecast-scores .ag-center-cols-container .ag-row").first).to_contain_text("Backtest")
    expect(page.locator("#forecast-headroom")).to_contain_text("Measured as")
    accessible(page)

    page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'dark')")

    accessible(page, colours_alone=True)


def test_what_is_chosen_stays_in_the_address(site: int, page: Page) -> None:
    page.goto(f"/forecast?site={site}")
    expect(chart(page, "forecast-fan").locator(".fills path").first).to_be_visible()

    page.locator("#forecast-horizon").get_by_text("35 days").click()
    expect(chart(page, "forecast-fan").locator(".legend")).to_contain_text("Forecast P50")
    page.locator("#forecast-whatif").select_option("holiday")
    page.locator("#forecast-growth").fill("10")
    page.locator("#forecast-growth").press("Enter")
    expect(chart(page, "forecast-fan").locator(".legend")).to_contain_text("holidays, +10 %")
    expect(page).to_have_url(re.compile(r"horizon=days.*whatif=holiday.*growth=10|growth=10"))
    page.reload()

    expect(page.locator("#forecast-whatif")).to_have_value("holiday")
    expect(page.locator("#forecast-growth")).to_have_value("10")
    expect(chart(page, "forecast-fan").locator(".legend")).to_contain_text("holidays, +10 %")


def test_what_is_chosen_while_the_page_asks_stays_chosen(site: int, page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "forecast-whatif.options" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.goto(f"/forecast?site={site}")
    expect(chart(page, "forecast-fan").locator(".fills path").first).to_be_visible()
    page.route("**/_dash-update-component*", hold)
    with page.expect_request(lambda request: "forecast-whatif.options" in (request.post_data or "")):
        page.locator("#forecast-horizon").get_by_text("35 days").click()

    page.locator("#forecast-whatif").select_option("holiday")
    for route in held:
        route.continue_()

    assert held
    expect(chart(page, "forecast-fan").locator(".legend")).to_contain_text("holidays")
    expect(page.locator("#forecast-whatif")).to_have_value("holiday")


def test_what_was_not_forecast_says_why(site: int, page: Page) -> None:
    assert site
    page.goto("/forecast")

    expect(chart(page, "forecast-fan")).to_contain_text("No forecast has been made since")
    expect(page.locator("#forecast-kpis")).to_contain_text("No forecast by day")


def test_a_phone_needs_no_sideways_scrolling(site: int, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/forecast?site={site}")
    expect(chart(page, "forecast-fan").locator(".fills path").first).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
