"""What holds for every page: readable for everybody in both themes, and on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

PAGES = [
    "/",
    "/consumption",
    "/anomalies",
    "/recommendations",
    "/weather",
    "/bills",
    "/data",
    "/exports",
    "/day",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_readable_in_both_themes_and_fits_a_phone(
    page: Page, accessible: Callable[..., None], path: str
) -> None:
    page.goto(path)
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    accessible(page)

    page.locator("#theme-switch").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    accessible(page, colours_alone=True)

    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    expect(page.locator("#freshness")).to_contain_text("Data to")
    if path != "/day":  # which is reached from other pages alone
        expect(page.locator(".side-nav .active")).to_be_in_viewport(ratio=1)
