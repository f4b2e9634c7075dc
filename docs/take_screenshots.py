"""Take the pictures of the README and the user guide from the running app: `make run`, then `make screenshots`.

Makes two exports where the list is still empty; nothing else is changed. The pictures keep 256 colours, which makes
them small enough for the repository.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect, sync_playwright

IMAGES = Path(__file__).parent / "images"
PAGES = {
    "overview": "/",
    "consumption": "/consumption",
    "forecast": "/forecast",
    "anomalies": "/anomalies",
    "recommendations": "/recommendations",
    "weather": "/weather",
    "bills": "/bills",
    "data": "/data",
    "exports": "/exports",
    "reports": "/reports",
    "tableau": "/tableau",
}
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SCREENS = {"": (1440, 1000), "-phone": (390, 844)}
ON_PHONES = ("overview",)
COLOURS = 256
SETTLED_MS = 1500
LONGEST_WAIT_MS = 120_000  # on a busy machine; usually a second
NOTHING_STICKS = ".top-bar, .filter-bar, .side-nav { position: static !important; }"
MADE_UP = "Time;Active energy [kWh]\n" + "".join(
    f"{day:02d}.03.2026 {minutes // 60:02d}:{minutes % 60:02d};{3 + minutes % 97 // 40},{minutes % 89:02d}\n"
    for day in range(1, 29)
    for minutes in range(0, 1440, 15)
)


def main() -> None:
    """Take one picture of each page and screen size in each of the themes asked for."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=LONGEST_WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for theme in options.theme:
            for suffix, (width, height) in SCREENS.items():
                with _window(browser, theme, width, height) as page:
                    ending = f"{suffix}{'-dark' if theme == 'dark' else ''}.png"
                    _make_exports(page, options.url)
                    for name, path in PAGES.items():
                        if suffix and name not in ON_PHONES:
                            continue
                        page.goto(options.url + path)
                        _settle(page)
                        _keep(page.screenshot(full_page=options.full), options.out / f"{name}{ending}")
                    for name, show in () if suffix else DETAILS.items():
                        part = show(page, options.url)
                        page.add_style_tag(content=NOTHING_STICKS)
                        _keep(part.screenshot(), options.out / f"{name}{ending}")
        browser.close()


def _keep(picture: bytes, path: Path) -> None:
    few = Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


@contextmanager
def _window(browser: Browser, theme: str, width: int, height: int) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(LONGEST_WAIT_MS)
    yield page
    context.close()


def _make_exports(page: Page, url: str) -> None:
    """Fill the list of exports, so that its picture shows some."""
    page.goto(f"{url}/exports")
    _settle(page)
    rows = page.locator("#export-list .ag-center-cols-container .ag-row")
    if rows.count():
        return
    for number, kind in enumerate(("CSV", "Tableau extract"), start=1):
        page.locator("#export-kind").get_by_text(kind).click()
        page.locator("#export-make").click()
        expect(rows).to_have_count(number)
        expect(rows.first).to_contain_text("ready")


def _mapping(page: Page, url: str) -> Locator:
    """Show how a made-up file would be read; it is not loaded."""
    page.goto(f"{url}/data")
    made_up: FilePayload = {"name": "main-building.csv", "mimeType": "text/csv", "buffer": MADE_UP.encode()}
    page.locator("#loading-received-file").set_input_files(made_up)
    expect(page.locator("#loading-store")).to_be_visible()
    _settle(page)
    return page.get_by_role("region", name="Load a file")


def _day(page: Page, url: str) -> Locator:
    """Show the readings of a day, one of them about to be corrected."""
    page.goto(f"{url}/day")
    page.locator('#day-readings .ag-row[row-index="0"] input[type="checkbox"]').click()
    expect(page.locator("#day-correction")).to_be_visible()
    _settle(page)
    return page.locator("#_pages_content")


DETAILS: dict[str, Callable[[Page, str], Locator]] = {"mapping": _mapping, "day": _day}


def _settle(page: Page) -> None:
    """Wait for every answer; scroll through once, because tables draw their rows when they come into view."""
    page.wait_for_load_state("networkidle")
    while page.evaluate("scrollY + innerHeight < document.documentElement.scrollHeight - 1"):  # it grows meanwhile
        page.evaluate("scrollBy(0, innerHeight)")  # the mouse wheel would scroll a table that it is over
        page.wait_for_timeout(SETTLED_MS // 2)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(SETTLED_MS)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8050")
    parser.add_argument("--out", type=Path, default=IMAGES)
    parser.add_argument("--theme", choices=["light", "dark"], nargs="+", default=["light"])
    parser.add_argument("--full", action="store_true", help="whole pages, not only the first screen")
    return parser.parse_args()


if __name__ == "__main__":
    main()
