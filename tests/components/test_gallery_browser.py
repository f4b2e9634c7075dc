"""The components in a real browser, under the security policy of the product."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from gallery import create_gallery
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from dashboard.headers import protect

PICTURES = {"exclude": [[".main-svg"]]}  # of charts, which their cards tell in words
PATIENCE_S = 120  # sixteen charts on a busy machine
pytestmark = [
    pytest.mark.browser,
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = create_gallery()
    protect(app)
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def opened(browser: Browser, address: str, *, theme: str = "light", width: int = 1440) -> tuple[Page, list[str]]:
    """Open the gallery and collect what the console complains about."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page, complaints = context.new_page(), []
    page.set_default_timeout(PATIENCE_S * 1000)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    until(page, "document.querySelector('.ag-row') !== null")
    until(page, "document.querySelectorAll('.js-plotly-plot').length > 15")
    until(page, "document.querySelector('#filter-site-label').textContent === 'East Campus'")
    return page, complaints


def until(page: Page, condition: str) -> None:
    """Wait for a condition; Playwright's own ``wait_for_function`` needs eval, which our policy forbids."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(100)


def first_chart(page: Page, expression: str) -> object:
    return page.evaluate(f"document.querySelector('.js-plotly-plot').{expression}")


@pytest.mark.parametrize(
    ("theme", "width", "rules"),
    [
        ("light", 1440, {}),
        ("light", 390, {}),
        ("dark", 1440, {"runOnly": ["color-contrast"]}),  # all that a theme changes
    ],
)
def test_nothing_serious_is_wrong_for_screen_readers_or_in_the_console(
    browser: Browser, address: str, theme: str, width: int, rules: dict[str, list[str]]
) -> None:
    page, complaints = opened(browser, address, theme=theme, width=width)

    found = Axe().run(page, PICTURES, rules or None)["violations"]

    assert [violation["id"] for violation in found if violation["impact"] in {"serious", "critical"}] == []
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.context.close()


def test_the_theme_switch_changes_page_and_charts_and_is_kept(browser: Browser, address: str) -> None:
    page, complaints = opened(browser, address)
    light = first_chart(page, "_fullLayout.font.color")

    page.click("#theme-switch")
    until(page, f"document.querySelector('.js-plotly-plot')._fullLayout.font.color !== '{light}'")
    page.reload()
    page.wait_for_selector(".js-plotly-plot .main-svg")

    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert first_chart(page, "_fullLayout.font.color") != light
    assert complaints == []
    page.context.close()


def test_a_dark_system_gets_dark_charts_from_the_server(browser: Browser, address: str) -> None:
    page, _ = opened(browser, address, theme="dark")

    assert first_chart(page, "layout.template.layout.font.color") == "#a9bac0"
    page.context.close()


def test_a_site_is_found_and_chosen_with_the_keyboard_alone(browser: Browser, address: str) -> None:
    page, _ = opened(browser, address)

    page.focus("#filter-site-button")
    page.keyboard.press("Enter")
    page.keyboard.type("harb")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#filter-site-label').textContent === 'Harbour'")

    assert page.is_hidden("#filter-site-panel")
    assert page.evaluate("document.activeElement.id") == "filter-site-button"
    page.context.close()


def test_the_tree_is_open_down_to_the_chosen_site(browser: Browser, address: str) -> None:
    page, _ = opened(browser, address)

    page.click("#filter-site-button")

    assert page.locator("[aria-selected=true] > .site-row .site-name").text_content() == "East Campus"
    assert page.locator("[aria-selected=true]").is_visible()
    assert page.locator(".site-tree").get_attribute("aria-label") == "Sites"
    page.context.close()


def test_a_branch_of_the_tree_opens_and_closes_with_the_arrow_keys(browser: Browser, address: str) -> None:
    page, _ = opened(browser, address)
    page.click("#filter-site-button")

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")

    assert page.locator(".site-item:visible").count() == 1
    page.keyboard.press("ArrowRight")
    assert page.locator(".site-item:visible").count() > 1
    page.keyboard.press("Escape")
    assert page.is_hidden("#filter-site-panel")
    page.context.close()


def test_a_chart_is_saved_as_picture_and_fills_the_screen(browser: Browser, address: str, tmp_path: Path) -> None:
    page, complaints = opened(browser, address)
    card = page.locator(".chart-card").first

    with page.expect_download() as download:
        card.locator('[data-chart-action="png"]').click()
    download.value.save_as(tmp_path / "trend.png")
    card.locator('[data-chart-action="full"]').click()
    until(page, "document.querySelector('.js-plotly-plot').clientHeight > 700")
    page.keyboard.press("Escape")
    until(page, "document.querySelector('.js-plotly-plot').clientHeight < 320")

    assert download.value.suggested_filename == "trend.png"
    assert (tmp_path / "trend.png").read_bytes().startswith(b"\x89PNG")
    assert complaints == []
    page.context.close()


def test_maps_are_drawn_from_our_own_outlines(browser: Browser, address: str) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))

    page.goto(address)
    until(page, "document.querySelectorAll('.geolayer .coastlines path').length > 0")

    assert f"{address}/assets/geo/world_50m.json" in asked
    assert all(url.startswith((address, "data:", "blob:")) for url in asked)
    page.close()


def test_on_a_phone_the_filters_unfold(browser: Browser, address: str) -> None:
    page, _ = opened(browser, address, width=390)
    assert page.is_hidden("#filter-period")

    page.click(".filter-fold")

    assert page.is_visible("#filter-period")
    page.context.close()
