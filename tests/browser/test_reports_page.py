"""The Reports page in a real browser: a report made now, and a schedule added, paused and removed."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from pypdf import PdfReader

Check = Callable[[Page], None]


def test_a_report_is_made_and_downloaded(page: Page, accessible: Check) -> None:
    page.goto("/reports?period=last7")
    expect(page.locator("#report-what")).to_contain_text("as selected above")

    page.get_by_role("button", name="Make the report").click()

    link = page.get_by_role("link", name="Download").first
    expect(link).to_be_visible()
    with page.expect_download() as download:
        link.click()
    path = download.value.path()
    assert download.value.suggested_filename.endswith(".pdf")
    assert f"page 1 of {len(PdfReader(path).pages)}" in PdfReader(path).pages[0].extract_text()
    accessible(page)


def test_a_schedule_is_added_paused_resumed_and_removed(page: Page, accessible: Check) -> None:
    page.goto("/reports?period=last7")
    expect(page.locator("#report-site")).to_contain_text("and all below it")
    page.get_by_text("New schedule", exact=True).click()
    page.locator("#report-every").select_option("week")
    page.locator("#report-day").fill("1")
    page.locator("#report-target").fill("boss@example.org")
    accessible(page)

    page.get_by_role("button", name="Keep schedule").click()

    row = page.locator("#report-schedules .ag-row").first
    expect(row).to_contain_text("Mondays, 06:00")
    row.locator(".ag-selection-checkbox").click()
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(row).to_contain_text("paused")
    row.locator(".ag-selection-checkbox").click()
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(row).not_to_contain_text("paused")
    row.locator(".ag-selection-checkbox").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator("#report-schedules")).to_contain_text("No schedule yet.")


def test_what_is_wrong_is_said_in_a_sentence(page: Page) -> None:
    page.goto("/reports")
    expect(page.locator("#report-site")).to_contain_text("and all below it")

    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("#toast")).to_contain_text("Select a schedule in the table first.")
    page.get_by_text("New schedule", exact=True).click()
    page.locator("#report-target").fill("nobody")
    page.get_by_role("button", name="Keep schedule").click()

    expect(page.locator("#toast")).to_contain_text("Give one address of mail")
