"""The Anomalies page in a real browser, with events found in the small demo."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from pipeline.steps import anomalies as step
from pipeline.warehouse.engine import connect
from pipeline.warehouse.queries import anomalies
from pipeline.warehouse.queries.sites import root

Check = Callable[[Page], None]


@pytest.fixture(scope="module")
def events(demo_warehouse: str) -> Iterator[int]:
    """Find the events of the demo before the application starts; give their number."""
    assert demo_warehouse
    step.run(lambda _share, _what: None)
    with connect() as conn:
        assert root(conn) is not None
        yield int(anomalies.precision_by_kind(conn)["events"].sum())


def chart(page: Page, name: str) -> Locator:
    return page.locator(f'[id*=\'"name":"{name}"\'][id*=\'"type":"chart"\']')


def rows(page: Page, table: str) -> Locator:
    return page.locator(f"#{table} .ag-center-cols-container .ag-row")


def test_an_event_is_opened_answered_and_found_again_by_its_address(events: int, page: Page, accessible: Check) -> None:
    assert events
    page.goto("/anomalies?period=all")
    expect(chart(page, "anomalies-timeline").locator(".bars .point path").first).to_be_visible()
    expect(page.locator("#anomalies-kpis .kpi")).to_have_count(4)
    expect(page.locator("#anomaly-detail")).to_be_hidden()

    rows(page, "anomalies-list").first.locator(".ag-selection-checkbox").click()
    expect(page.locator("#anomaly-facts")).to_contain_text("Confidence")
    expect(page).to_have_url(re.compile(r"[?&]anomaly=\d+"))
    expect(chart(page, "anomaly-course").locator(".main-svg").first).to_be_visible()
    expect(chart(page, "anomaly-like-days").locator(".main-svg").first).to_be_visible()
    accessible(page)

    page.locator("#anomaly-status").get_by_text("Expected", exact=True).click()
    page.locator("#anomaly-owner").fill("Ada")
    page.locator("#anomaly-save").click()
    expect(page.locator("#toast")).to_contain_text("The event is expected now")
    expect(rows(page, "anomaly-answers").first).to_contain_text("Ada")
    page.reload()
    expect(page.locator("#anomaly-owner")).to_have_value("Ada")


def test_events_are_narrowed_and_the_choice_stays_in_the_address(events: int, page: Page) -> None:
    assert events
    page.goto("/anomalies?period=all")
    expect(rows(page, "anomalies-list").first).to_be_visible()

    page.locator("#anomalies-status").select_option("resolved")
    expect(chart(page, "anomalies-timeline")).to_contain_text("No anomaly of this choice")
    expect(page).to_have_url(re.compile(r"status=resolved"))
    page.reload()
    expect(page.locator("#anomalies-status")).to_have_value("resolved")
    expect(chart(page, "anomalies-timeline")).to_contain_text("No anomaly of this choice")


def test_a_rule_is_made_and_its_test_message_says_what_is_missing(events: int, page: Page) -> None:
    assert events
    page.goto("/anomalies?period=all")
    page.get_by_text("New rule").click()
    page.locator("#alert-target").fill("energy@example.org")
    page.locator("#alert-add").click()
    expect(rows(page, "alert-rules").first).to_contain_text("energy@example.org")

    rows(page, "alert-rules").first.locator(".ag-selection-checkbox").click()
    page.locator("#alert-test").click()

    expect(rows(page, "alert-messages").first).to_contain_text("No mail server is set")
