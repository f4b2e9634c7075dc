"""The Tableau page in a real browser, against a stand-in of the server whose views it shows."""

import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
import tableau_views as stand_in
from playwright.sync_api import Browser, Locator, Page, expect
from tableau_views import Views

Check = Callable[[Page], None]


@pytest.fixture(scope="module")
def views() -> Iterator[Views]:
    """Serve views."""
    with stand_in.tableau_views() as served:
        yield served


@pytest.fixture(autouse=True)
def fresh(views: Views) -> None:
    """Forget what was asked before."""
    views.sign_in = HTTPStatus.OK
    for kept in (views.asked, views.shown, views.tokens, views.claims):
        kept.clear()


@pytest.fixture(scope="module")
def more_settings(views: Views) -> dict[str, str]:
    return {
        "WATTSCAPE_TABLEAU_URL": views.origin,
        "WATTSCAPE_TABLEAU_SITE": stand_in.SITE,
        "WATTSCAPE_TABLEAU_CLIENT_ID": stand_in.CLIENT,
        "WATTSCAPE_TABLEAU_SECRET_ID": stand_in.SECRET_ID,
        "WATTSCAPE_TABLEAU_SECRET_VALUE": stand_in.SECRET,
        "WATTSCAPE_TABLEAU_USER": stand_in.PUBLISHER,
        "WATTSCAPE_TABLEAU_VIEWER": stand_in.VIEWER,
        "WATTSCAPE_TABLEAU_VIEWS": "Wattscape/Wattscape, Wattscape/Forecast",
    }


@pytest.fixture
def refused(browser: Browser, address: str) -> Iterator[Page]:
    """Open a tab where a request is refused, which the console tells; what the page's own rules forbid is no such."""
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 1000})
    tab = context.new_page()
    told: list[str] = []
    tab.on("console", lambda message: told.append(message.text))
    tab.on("pageerror", lambda error: told.append(f"uncaught: {error}"))
    yield tab
    context.close()
    assert not [text for text in told if "Content Security Policy" in text or text.startswith("uncaught")]


def wait_for_views(page: Page, views: Views, count: int) -> None:
    deadline = time.monotonic() + 40
    while len(views.shown) < count and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert len(views.shown) == count


def shown(page: Page) -> Locator:
    return page.locator("tableau-viz iframe")


def test_the_first_view_is_shown_by_the_servers_own_script(page: Page, views: Views, accessible: Check) -> None:
    response = page.goto("/tableau")
    wait_for_views(page, views, 1)

    assert response is not None
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; ") if " " in part)
    assert views.asked[:2] == [stand_in.SCRIPT, stand_in.SIGN_IN]
    assert views.shown[0].startswith("/t/energy/views/Wattscape/Wattscape?")
    for directive in ("script-src", "connect-src", "frame-src"):
        assert policy[directive].split()[:2] == ["'self'", views.origin]
    assert all(views.origin not in policy[name] for name in policy.keys() - {"script-src", "connect-src", "frame-src"})
    frame = page.frame_locator("tableau-viz iframe")
    expect(frame.get_by_role("heading")).to_have_text("/t/energy/views/Wattscape/Wattscape")
    if not views.real_script:  # Tableau's own waits for words from a view that only Tableau can say
        expect(page.locator("#tableau-status")).to_have_text("")
    accessible(page)


def test_each_viewing_has_a_token_of_its_own_and_none_is_in_an_address(page: Page, views: Views) -> None:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.goto("/tableau")
    wait_for_views(page, views, 1)

    page.locator("#tableau-device").select_option("phone")
    wait_for_views(page, views, 2)

    assert "device=phone" in page.url
    assert "device=phone" in views.shown[1].replace("%3A", ":")
    first, second = views.claims
    assert first["jti"] != second["jti"]
    assert {one["sub"] for one in views.claims} == {stand_in.VIEWER}
    assert {tuple(one["scp"]) for one in views.claims} == {("tableau:views:embed",)}
    assert all(one["exp"] - one["iat"] <= 600 for one in views.claims)
    for token in views.tokens:
        assert not [url for url in [*seen, *views.asked, page.url] if token in url or token[-40:] in url]


def test_another_view_is_kept_in_the_address_and_a_hostile_one_is_not_asked_for(refused: Page, views: Views) -> None:
    refused.goto("/tableau?view=Wattscape/Forecast")
    wait_for_views(refused, views, 1)
    assert views.shown[0].startswith("/t/energy/views/Wattscape/Forecast?")
    asked = len(views.asked)

    with refused.expect_response(lambda response: response.status == 400):
        refused.locator("#tableau-path").fill("https://elsewhere.example/views/A/B")
        refused.locator("#tableau-path").press("Enter")

    expect(refused.locator("#tableau-status")).to_contain_text("names no view")
    expect(shown(refused)).to_have_count(0)
    assert len(views.asked) == asked


def test_a_sign_in_that_tableau_refuses_is_said(refused: Page, views: Views) -> None:
    views.sign_in = HTTPStatus.UNAUTHORIZED

    refused.goto("/tableau")

    expect(refused.locator("#tableau-status")).to_contain_text("auth-failed")
    expect(refused.locator("#tableau-status")).to_contain_text("The user is not known here.")
    assert views.shown == []


def test_a_server_that_wants_the_token_in_an_address_does_not_get_it(refused: Page, views: Views) -> None:
    views.sign_in = HTTPStatus.NOT_FOUND

    refused.goto("/tableau")

    expect(refused.locator("#tableau-status")).to_contain_text("A newer version of it is needed")
    refused.wait_for_timeout(300)
    assert views.asked == [stand_in.SCRIPT, stand_in.SIGN_IN]


def test_a_workbook_of_the_selection_is_made_and_downloaded(page: Page, tmp_path: Path) -> None:
    page.goto("/tableau?period=last7")

    page.get_by_role("button", name="Starter workbook").click()

    link = page.locator("#tableau-made a.btn")
    expect(link).to_contain_text(".twbx", timeout=120_000)
    with page.expect_download() as started:
        link.click()
    started.value.save_as(tmp_path / "workbook.twbx")
    assert (tmp_path / "workbook.twbx").read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_view_fits_the_page_in_both_themes(
    page: Page, views: Views, accessible: Check, theme: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/tableau")
    wait_for_views(page, views, 1)
    if theme == "dark":
        page.locator("#theme-switch").click()
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    frame = shown(page).bounding_box()

    assert frame is not None
    assert frame["x"] >= 0
    assert frame["x"] + frame["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert len(views.shown) == 1
    accessible(page)
