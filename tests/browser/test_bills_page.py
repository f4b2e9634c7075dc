"""Bills in the real application: a month's lines, an invoice, an imported tariff."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from pipeline.steps import tariffs
from pipeline.warehouse.engine import connect

RATE = {"name": "Tried here", "utility": "Test", "startdate": 1727762400, "energyratestructure": [[{"rate": 0.2}]]}
CHARTS = ("bills-months", "bills-periods", "bills-comparison", "bills-peak")


@pytest.fixture(scope="module", autouse=True)
def _billed(demo_warehouse: str) -> None:
    del demo_warehouse
    tariffs.run(lambda _share, _what: None)


def chart(name: str) -> str:
    return f'[id*=\'"name":"{name}"\'][id*=\'"type":"chart"\']'


def number_of(name: str) -> int:
    with connect() as conn:
        return int(conn.execute(text("select id from site where name = :name"), {"name": name}).scalar_one())


def test_a_click_on_a_month_shows_its_lines_and_an_invoice_is_checked(
    page: Page, accessible: Callable[[Page], None]
) -> None:
    page.goto("/bills")
    expect(page.locator("#bills-currency-note")).to_contain_text("3 currencies")
    for name in CHARTS:
        expect(page.locator(chart(name)).locator(".main-svg").first).to_be_visible()
    page.locator("#bills-currency").select_option("EUR")
    expect(page.locator("#bills-lines-note")).to_contain_text("EUR, the sum of the lines")
    page.goto(f"/bills?site={number_of('Allach Works')}")
    bar = page.locator(chart("bills-months")).locator(".bars .point path").nth(1)
    bar.wait_for()
    expect(page.locator("#bills-lines-note")).to_contain_text("November 2025")

    box = bar.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    expect(page.locator("#bills-lines-note")).to_contain_text("October 2025")
    expect(page.locator("#invoice-first")).to_have_value("2025-10-01")
    page.locator("#invoice-amount").fill("1,00")
    page.locator("#invoice-check").click()
    expect(page.locator("#invoice-answer")).to_contain_text("lower than expected")
    accessible(page)


def test_a_tariff_is_imported_and_given(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "rate.json"
    file.write_text(json.dumps(RATE))
    page.goto(f"/bills?site={number_of('Leith Homes')}")
    expect(page.locator("#tariff-list")).to_contain_text("Albion Home")

    page.locator("#tariff-received-file").set_input_files(file)

    expect(page.locator("#tariff-preview")).to_contain_text("Test: Tried here, USD")
    expect(page.locator("#tariff-choice option:checked")).to_have_text("Tried here (USD)")
    page.locator("#tariff-assign").click()
    expect(page.locator("#tariff-assigned")).to_contain_text("Leith Homes has it from")
    expect(page.locator("#tariff-list")).to_contain_text("Tried here")


def test_bills_fit_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/bills")

    expect(page.locator(".kpi-value").first).to_be_visible()
    expect(page.locator(chart("bills-months")).locator(".main-svg").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
