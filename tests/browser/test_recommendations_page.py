"""The Recommendations page, on a small demo of which the step was run."""

import re

import pytest
from playwright.sync_api import Page, expect

from pipeline.steps import recommend


@pytest.fixture(scope="module", autouse=True)
def recommended(demo_warehouse: str) -> None:
    """Run the step once, before the application is asked."""
    del demo_warehouse
    recommend.run(lambda _share, _what: None)


def test_a_card_is_opened_accepted_and_found_again_by_its_address(page: Page) -> None:
    page.goto("/recommendations")
    first = page.locator(".recommendation").first
    what = first.locator(".recommendation-kind").text_content() or ""
    first.get_by_role("button", name="Why, and decide").click()
    expect(page.locator(".recommendation.is-open .js-plotly-plot")).to_be_visible()
    expect(page).to_have_url(re.compile("recommendation="))

    page.get_by_role("button", name="Accept", exact=True).click()

    expect(page.locator(".recommendation-kind", has_text=what)).to_have_count(0)
    page.locator("#recommendations-state").get_by_text("Accepted").click()
    expect(page.locator(".recommendation-kind").first).to_have_text(what)
    page.reload()
    expect(page.locator(".recommendation.is-open .recommendation-kind")).to_have_text(what)


def test_a_dismissal_needs_a_reason(page: Page) -> None:
    page.goto("/recommendations")
    page.locator(".recommendation-toggle").first.click()
    page.get_by_role("button", name="Dismiss", exact=True).click()
    expect(page.get_by_text("Say in a few words why")).to_be_visible()

    page.get_by_label("Reason").fill("It is a listed building.")
    page.get_by_role("button", name="Dismiss", exact=True).click()
    page.locator("#recommendations-state").get_by_text("Dismissed").click()

    expect(page.locator(".mark-note").first).to_have_text("dismissed: It is a listed building.")


def test_the_page_is_accessible_and_fits_a_phone(page: Page, accessible: object) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/recommendations")
    page.locator(".recommendation-toggle").first.click()
    expect(page.locator(".recommendation.is-open .js-plotly-plot")).to_be_visible()

    accessible(page)  # type: ignore[operator] - a fixture that is a function
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
