"""What a person does on each page, in a real browser, on the real application."""

import io
import re
from collections.abc import Callable

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

Check = Callable[[Page], None]

ONE_DAY = pd.Timedelta(days=1)
UPLOAD = "time;value (kWh)\n" + "".join(
    f"2025-03-{day:02d} {hour:02d}:00;{hour / 4:.2f}\n" for day in (1, 2, 3) for hour in range(24)
)


def chart(page: Page, name: str) -> Locator:
    return page.locator(f'[id*=\'"name":"{name}"\'][id*=\'"type":"chart"\']')


def drawn(page: Page, name: str) -> Locator:
    """Wait until a chart has its picture."""
    graph = chart(page, name).locator(".main-svg").first
    expect(graph).to_be_visible()
    return chart(page, name)


def click_middle(page: Page, target: Locator, down: float = 0.5) -> None:
    target.wait_for(state="attached")
    box = target.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * down)


def csv_of(page: Page, name: str) -> pd.DataFrame:
    link = page.locator(f'a[id*=\'"name":"{name}"\']')
    expect(link).to_have_attribute("href", re.compile(r"^/chart\.csv\?chart="))
    return pd.read_csv(io.StringIO(page.request.get(link.get_attribute("href") or "").text()))


def selected_site(page: Page) -> Locator:
    return page.locator("#filter-site-label")


def test_overview_follows_a_click_and_back_undoes_it(page: Page, accessible: Check) -> None:
    page.goto("/")
    drawn(page, "overview-trend")
    drawn(page, "overview-movers")
    expect(page.get_by_text("Generated demo data")).to_be_visible()
    whole, everything = page.locator(".kpi-value").first.inner_text(), selected_site(page).inner_text()

    click_middle(page, chart(page, "overview-movers").locator(".bars .point path").first)

    expect(page).to_have_url(re.compile(r"[?&]site=\d+"))
    expect(page.locator(".kpi-value").first).not_to_have_text(whole)
    expect(selected_site(page)).not_to_have_text(everything)
    expect(page.locator("#breadcrumb [aria-current]")).to_have_text(selected_site(page).inner_text())
    accessible(page)

    page.go_back()
    expect(page.locator(".kpi-value").first).to_have_text(whole)
    expect(page.locator("#breadcrumb li")).to_have_count(1)


def test_overview_selects_a_period_by_brush_and_sends_its_csv(page: Page) -> None:
    page.goto("/")
    drawn(page, "overview-trend")
    plot = chart(page, "overview-trend").locator(".nsewdrag").first.bounding_box()
    assert plot is not None

    page.mouse.move(plot["x"] + plot["width"] * 0.3, plot["y"] + 60)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * 0.6, plot["y"] + 60, steps=8)
    page.mouse.up()

    expect(page).to_have_url(re.compile(r"start=\d{4}-\d\d-\d\d&end=\d{4}-\d\d-\d\d"))
    expect(page.locator("#filter-period")).to_have_value("custom")
    expect(page.locator("#filter-chips")).to_contain_text("Reset all")
    days = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    expect(page.locator('a[id*=\'"name":"overview-trend"\']')).to_have_attribute("href", re.compile(days["start"]))
    times = pd.to_datetime(csv_of(page, "overview-trend")["time"])
    assert abs(times.min() - pd.Timestamp(days["start"])) < ONE_DAY  # the days of each site, in the root's zone
    assert abs(times.max() - pd.Timestamp(days["end"])) < ONE_DAY


def test_consumption_reads_finer_when_zoomed_and_leads_back_to_the_line(page: Page, accessible: Check) -> None:
    page.goto("/consumption?period=last30")
    drawn(page, "consumption-series")
    subtitle = page.locator('[id*=\'"name":"consumption-series"\'][id*="subtitle"]')
    expect(subtitle).to_contain_text("hours")
    before = csv_of(page, "consumption-series")
    plot = chart(page, "consumption-series").locator(".nsewdrag").first.bounding_box()
    assert plot is not None

    page.mouse.move(plot["x"] + plot["width"] * 0.5, plot["y"] + 60)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * 0.6, plot["y"] + 60, steps=8)
    page.mouse.up()

    link = page.locator('a[id*=\'"name":"consumption-series"\']')
    expect(link).to_have_attribute("href", re.compile("zoom_start="))
    assert len(csv_of(page, "consumption-series")) < len(before)
    click_middle(page, chart(page, "consumption-carpet").locator(".nsewdrag").first)
    expect(page.locator("#consumption-day")).to_contain_text("Where its readings come from")
    accessible(page)

    page.get_by_text("Where its readings come from").click()
    expect(page.locator("#day-note")).to_contain_text("readings")
    expect(page.locator("#day-readings").get_by_text("demo.generated").first).to_be_visible()


def test_data_shows_a_file_before_it_is_stored_and_then_stores_it(page: Page, accessible: Check) -> None:
    page.goto("/data")
    upload = {"name": "shop.csv", "mimeType": "text/csv", "buffer": UPLOAD.encode()}

    page.locator("#loading-received-file").set_input_files(upload)

    expect(page.locator("#loading-preview")).to_contain_text("shop.csv")
    expect(page.locator("#loading-preview table")).to_be_visible()
    accessible(page)
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.locator("#loading-again").click()
    expect(page.locator("#loading-preview table")).to_contain_text("2025-02-28 23:00")
    page.locator("#loading-store").click()
    expect(page.locator("#loading-jobs")).to_contain_text("72 readings of 1 meter stored", timeout=60_000)
    told = page.locator("#loading-jobs .progress-detail").first.bounding_box()
    assert told is not None
    assert told["width"] > 200
    expect(page.locator("#data-batches")).to_contain_text("shop.csv")


def test_data_refuses_what_is_no_electricity_data_in_a_sentence(page: Page) -> None:
    page.goto("/data")
    page.locator("#loading-received-file").set_input_files(
        {"name": "poem.txt", "mimeType": "text/plain", "buffer": b"Roses are red\nviolets are blue\n"}
    )

    expect(page.locator("#loading-preview .alert")).to_contain_text("poem.txt")
    expect(page.locator("#loading-store")).to_be_disabled()


def test_data_says_at_once_when_a_file_is_too_large(page: Page) -> None:
    page.goto("/data")
    page.locator("#loading-received-file").set_input_files(
        {"name": "huge.csv", "mimeType": "text/csv", "buffer": b"x" * 5_100_000}
    )

    expect(page.locator("#loading-preview")).to_contain_text("larger than 5 MB")


def test_a_reading_can_be_corrected_and_restored(page: Page, accessible: Check) -> None:
    page.goto("/day")
    grid = page.locator("#day-readings")
    grid.locator('.ag-row[row-index="0"] input[type="checkbox"]').click()
    expect(page.locator("#day-correction")).to_be_visible()

    page.locator("#day-value").fill("123.5")
    page.locator("#day-edit").click()
    expect(page.locator("#toast")).to_contain_text("needs a reason")
    page.wait_for_timeout(7000)  # the next notice must not go with the one before
    page.locator("#day-reason").fill("Read off the meter")
    page.locator("#day-edit").click()

    expect(page.locator("#toast")).to_contain_text("123.500 kWh")
    page.wait_for_timeout(3000)
    expect(page.locator("#toast")).to_contain_text("123.500 kWh")
    expect(page.locator("#day-edits")).to_contain_text("Read off the meter")
    expect(grid.locator('.ag-row[row-index="0"]')).to_contain_text("edited")
    accessible(page)
    grid.locator('.ag-row[row-index="0"] input[type="checkbox"]').click()
    page.locator("#day-restore").click()
    expect(page.locator("#toast")).to_contain_text("as it was before")


@pytest.mark.parametrize(("kind", "ending"), [("CSV", "csv"), ("Tableau extract", "hyper")])
def test_exports_are_made_listed_and_downloaded(page: Page, accessible: Check, kind: str, ending: str) -> None:
    page.goto("/exports?period=last7")
    page.locator("#export-kind").get_by_text(kind).click()
    expect(page.locator("#export-what")).to_contain_text("Meridian Energy")

    page.locator("#export-make").click()

    first = page.locator('#export-list .ag-row[row-index="0"]')
    expect(first).to_contain_text(f".{ending}")
    expect(first).to_contain_text("ready", timeout=60_000)
    first.locator('input[type="checkbox"]').click()
    expect(page.locator("#export-chosen")).to_contain_text("SHA-256")
    accessible(page)
    page.locator("#export-check").click()
    expect(page.locator("#export-chosen")).to_contain_text("Equal", timeout=60_000)
    assert page.request.get(first.get_by_role("link", name="manifest").get_attribute("href") or "").json()["sha256"]
    with page.expect_download() as download:
        first.get_by_role("link", name=f".{ending}").first.click()
    assert download.value.suggested_filename.endswith(f".{ending}")
    assert download.value.path().stat().st_size > 1_000


def test_an_address_that_leads_nowhere_leads_back(page: Page, accessible: Check) -> None:
    page.goto("/nowhere")

    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Go to the overview").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


def test_a_selection_that_makes_no_sense_is_said_and_nothing_breaks(page: Page) -> None:
    page.goto("/?site=999999")

    expect(page.locator("#nothing-loaded")).to_contain_text("There is no site 999999.")
    expect(page.locator(".kpi-row, .chart-card").first).to_be_hidden()
    page.get_by_role("button", name="Select everything").click()
    expect(page.locator(".kpi-value").first).to_be_visible()
    expect(page).not_to_have_url(re.compile("site="))


def test_the_selection_goes_along_to_other_pages_and_into_links(page: Page) -> None:
    page.goto("/?period=last7&measure=peak_kw")
    expect(page.locator("#filter-period")).to_have_value("last7")

    page.locator(".side-nav").get_by_text("Consumption").click()

    expect(page).to_have_url(re.compile(r"/consumption\?.*period=last7.*measure=peak_kw"))
    expect(page.locator('[id*=\'"name":"consumption-series"\'][id*="subtitle"]')).to_contain_text("Peak power")


def test_choices_made_in_haste_all_count(page: Page) -> None:
    page.goto("/")
    expect(page.locator(".kpi-value").first).to_be_visible()
    expect(page.locator("#filter-period")).to_have_value("last30")

    page.locator("#filter-period").select_option("yesterday")
    page.locator("#filter-period").select_option("last7")
    page.locator("#filter-measure").get_by_text("Peak power").click()
    page.locator("#filter-compare").select_option("year")

    for choice in ("period=last7", "measure=peak_kw", "compare=year"):
        expect(page).to_have_url(re.compile(choice))
    expect(page.locator("#filter-period")).to_have_value("last7")
    expect(page.locator("#filter-compare")).to_have_value("year")


def test_the_theme_changes_without_asking_the_server(page: Page) -> None:
    page.goto("/")
    drawn(page, "overview-movers")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.locator("#theme-switch").click()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.wait_for_timeout(500)
    assert not [url for url in asked if "/assets/" not in url]


def test_the_bar_of_the_selection_takes_one_row_on_a_usual_screen(page: Page) -> None:
    page.goto("/exports")
    controls = page.locator(".filter-controls > .control")
    expect(controls).to_have_count(5)

    assert len({box["y"] for box in map(Locator.bounding_box, controls.all()) if box}) == 1
