"""What the Exports page does beside making and checking, and the Tableau page, where no Tableau is set."""

from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Page, expect

Check = Callable[[Page], None]


def add(url: str, name: str, state: str, message: str = "") -> None:
    """List an export that no worker will touch."""
    with psycopg.connect(url) as conn:
        conn.execute(
            "insert into export (kind, filters, file_name, state, message, requested_by) "
            "values ('csv', %s, %s, %s, %s, 'test')",
            ['{"site": "1", "start": "2026-01-01", "end": "2026-01-02"}', name, state, message],
        )


def test_an_export_that_waits_is_cancelled(page: Page, demo_warehouse: str) -> None:
    add(demo_warehouse, "waiting-one.csv", "waiting")
    page.goto("/exports")
    row = page.locator("#export-list .ag-row").filter(has_text="waiting-one.csv").first
    expect(row).to_contain_text("waiting")
    row.locator('input[type="checkbox"]').click()

    page.locator("#export-cancel").click()

    expect(row).to_contain_text("cancelled")
    expect(page.locator("#export-chosen")).to_contain_text("Cancelled.")
    expect(page.locator("#export-cancel")).to_be_disabled()


def test_a_file_that_was_kept_long_enough_is_said_to_be_gone(
    page: Page, demo_warehouse: str, accessible: Check
) -> None:
    add(demo_warehouse, "old-one.csv", "removed", "The file is gone, as 30 days are over.")
    page.goto("/exports")
    expect(page.get_by_text("Files are kept for 30 days, their rows for good.")).to_be_visible()
    expect(page.locator("#export-reconciled")).to_contain_text("Every night at 02:30 UTC")
    row = page.locator("#export-list .ag-row").filter(has_text="old-one.csv").first

    row.locator('input[type="checkbox"]').click()

    expect(page.locator("#export-chosen")).to_contain_text("The file is gone, as 30 days are over.")
    expect(row.get_by_role("link")).to_have_count(0)
    expect(page.locator("#export-check")).to_be_disabled()
    accessible(page)


def test_without_a_tableau_the_exports_page_says_what_to_set(page: Page) -> None:
    page.goto("/exports")

    expect(page.get_by_text("No Tableau server is set: set WATTSCAPE_TABLEAU_URL")).to_be_visible()
    expect(page.locator("#export-publish")).to_be_hidden()


@pytest.mark.parametrize(("button", "ending"), [("Starter workbook (.twbx)", "twbx"), ("Data source (.tdsx)", "tdsx")])
def test_without_a_tableau_its_page_explains_and_offers_files(
    page: Page, accessible: Check, button: str, ending: str
) -> None:
    page.goto("/tableau?period=last7")
    expect(page.get_by_text("Settings, Connected Apps, New, Direct Trust")).to_be_visible()
    expect(page.get_by_text("WATTSCAPE_TABLEAU_CLIENT_ID").first).to_be_visible()
    accessible(page)

    page.get_by_role("button", name=button).click()

    link = page.get_by_role("link", name="Download")
    expect(link).to_contain_text(f".{ending}", timeout=60_000)
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(f".{ending}")
