"""The callbacks of the Bills page, asked as Dash asks them, on the small demo with its bills."""

import json
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from dash import no_update
from dash.exceptions import PreventUpdate
from flask import Flask
from flask.testing import FlaskClient

from dashboard.data import ask
from dashboard.selection import resolve
from pipeline.errors import SelectionError
from pipeline.steps import tariffs as step
from pipeline.warehouse.queries import sites

RATE = {"name": "Tried", "utility": "U", "startdate": 1727762400, "energyratestructure": [[{"rate": 0.2}]]}


@pytest.fixture(scope="module", autouse=True)
def _billed(demo_warehouse: str) -> None:
    del demo_warehouse
    step.run(lambda _share, _what: None)


@pytest.fixture
def page(application: Flask) -> Any:  # noqa: ANN401 - a module
    del application
    return import_module("pages.bills")


def query(name: str = "Meridian Energy", **more: str) -> dict[str, str]:
    tree = ask(sites.tree)
    number = str(tree.loc[tree["name"] == name, "id"].iloc[0])
    filters = resolve({"site": number, "period": "last30"} | more)
    assert filters is not None
    return filters.to_query()


def test_several_currencies_are_offered_and_one_is_shown(page: Any) -> None:  # noqa: ANN401
    options, value, hidden, note = page.offer_currencies(query(), "EUR")

    assert {one["value"] for one in options} == {"EUR", "GBP", "INR"}
    assert (value, hidden) == ("EUR", False)
    assert "3 currencies" in note
    assert page.offer_currencies(query("Allach Works"), "GBP")[1:3] == ("EUR", True)


def test_every_chart_and_table_is_filled(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    monkeypatch.setattr(page, "ctx", SimpleNamespace(triggered_id="selection"))
    allach = query("Allach Works")

    figure, told, options, chosen = page.show_months(allach, "EUR", None, "light")
    rows, note, _ = page.show_lines(chosen, allach, "EUR")
    compared, comparison, _, _ = page.show_comparison(allach, "EUR", "light")

    assert options == {"currency": "EUR"}
    assert "in EUR" in told
    assert (len(figure.data) > 3, chosen) == (True, "2025-11-01")
    assert f"{sum(row['amount'] for row in rows):,.2f} EUR" in note
    assert len(compared) == len(comparison.data[0].x) == 2
    assert page.show_periods(allach, "EUR", "light")[0].data
    assert "%" in page.show_peak(allach, "light")[1]
    assert len(page.show_kpis(allach, "EUR").children) == 4


def test_a_clicked_month_shows_its_lines(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    monkeypatch.setattr(page, "ctx", SimpleNamespace(triggered_id=page.chart_id(page.MONTHS)))

    chosen = page.show_months(query("Allach Works"), "EUR", {"points": [{"x": "2025-10-01"}]}, "light")[3]

    assert chosen == "2025-10-01"
    assert page.show_lines(chosen, query("Allach Works"), "EUR")[1].startswith("October 2025")
    assert page.show_lines("", query(), "GBP")[0] == []


def test_a_site_without_a_tariff_says_what_to_do(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    monkeypatch.setattr(page, "ctx", SimpleNamespace(triggered_id="selection"))
    taylor = query("England and Wales (Taylor 2003)")

    assert "give it a tariff" in str(page.show_kpis(taylor, None))
    assert page.show_months(taylor, None, None, "light")[0].layout.annotations
    assert page.show_comparison(taylor, None, "light")[0] == []
    with pytest.raises(PreventUpdate):
        page.show_kpis(None, None)


def test_an_invoice_is_checked_and_kept(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    check = page.bill_check
    put = Mock()
    monkeypatch.setattr(check, "set_props", put)
    asked = {
        "clicks": 1,
        "query": query("Allach Works"),
        "currency": "EUR",
        "first": "2025-10-01",
        "last": "2025-10-31",
    }
    rows, note, _ = page.show_lines("2025-10-01", asked["query"], "EUR")
    total = sum(row["amount"] for row in rows)

    fits = str(check.answer(**asked, amount=f"{total:,.2f}"))
    over = str(check.answer(**asked, amount=f"{total * 1.5:.2f}".replace(".", ",")))

    assert "Within the tolerance" in fits
    assert "higher than expected" in over
    assert "+50.0 %" in over
    (listed,) = check.list_invoices(asked["query"])
    assert (listed["start_day"], listed["last_day"]) == ("2025-10-01", "2025-10-31")
    assert check.propose_days(None, [listed]) == ("2025-10-01", "2025-10-31")
    assert check.propose_days("2025-02-01", None) == ("2025-02-01", "2025-02-28")
    assert note


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234.5", "1234.5"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("12 345,60", "12345.60"),
        ("12\N{NARROW NO-BREAK SPACE}345,60", "12345.60"),
        ("1'234.00", "1234.00"),
        ("1,234,567", "1234567"),
        ("-0.5", "-0.5"),
    ],
)
def test_amounts_are_read_as_people_write_them(page: Any, text: str, amount: str) -> None:  # noqa: ANN401
    assert page.bill_check._amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"amount": "dear"}, "as a number"),
        ({"amount": "1e99"}, "as a number"),
        ({"amount": "1.2.3"}, "as a number"),
        ({"amount": "1,234"}, "1,234 can be read in two ways"),
        ({"amount": "-12.345"}, "can be read in two ways"),
        ({"first": ""}, "first and the last day"),
        ({"first": "2025-11-01"}, "ends after it begins"),
    ],
)
def test_a_form_that_is_not_filled_in_says_so(page: Any, wrong: dict[str, str], message: str) -> None:  # noqa: ANN401
    asked = {"amount": "1", "first": "2025-10-01", "last": "2025-10-31"} | wrong

    with pytest.raises(SelectionError, match=message):
        page.bill_check.answer(clicks=1, query=query("Allach Works"), currency="EUR", **asked)
    with pytest.raises(PreventUpdate):
        page.bill_check.answer(clicks=None, query=query("Allach Works"), currency="EUR", **asked)


def test_a_tariff_is_imported_and_given_to_the_site(
    page: Any,  # noqa: ANN401
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    part = page.bill_tariffs
    told_page = Mock()
    monkeypatch.setattr(part, "set_props", told_page)
    received = client.post("/uploads?name=rate.json", data=json.dumps(RATE).encode()).json
    broken = client.post("/uploads?name=rate.json", data=b"\xff\xfe").json

    shown, stored = part.take(received)
    told, _ = part.give(1, query("Leith Homes"), str(stored), "2025-10-01")

    assert "U: Tried, USD" in str(shown)
    assert "Leith Homes has it from 1 Oct 2025" in told
    rows, options = part.show_tariffs(query("Leith Homes"), stored, 1)
    assert rows[0]["tariff"] == "Tried"
    assert str(stored) in {one["value"] for one in options}
    told_page.assert_any_call("tariff-choice", {"value": str(stored)})
    assert "not a text file" in str(part.take(broken)[0])
    assert "too large" in str(part.take({"error": "too large"})[0])
    assert part.follow(1, query()) in {True, False}


def test_a_tariff_and_a_day_are_proposed_and_never_written_over_what_is_chosen(page: Any) -> None:  # noqa: ANN401
    part, asked = page.bill_tariffs, query("Leith Homes")
    options = part.show_tariffs(asked, None, None)[1]

    proposed = part.propose(options, None, None, asked)

    assert proposed == (options[0]["value"], f"{asked['start'][:7]}-01")
    assert part.propose(options, "7", "2025-10-02", asked) == (no_update, no_update)
    assert part.propose([], None, "2025-10-02", asked) == (None, no_update)


def test_a_choice_that_makes_no_sense_is_refused(page: Any) -> None:  # noqa: ANN401
    part = page.bill_tariffs

    with pytest.raises(SelectionError, match="Choose a tariff"):
        part.give(1, query(), None, "2025-10-01")
    with pytest.raises(SelectionError, match="first day"):
        part.give(1, query(), "1", "")
    with pytest.raises(PreventUpdate):
        part.give(None, query(), "1", "")
    with pytest.raises(PreventUpdate):
        part.take(None)


def test_the_csv_of_a_chart_is_what_it_draws(client: FlaskClient) -> None:
    address = "/chart.csv?" + "&".join(f"{key}={value}" for key, value in query("Allach Works").items())

    months = client.get(f"{address}&chart=bills-months&currency=EUR")
    wrong = client.get(f"{address}&chart=bills-months&currency=XXX")

    assert months.text.startswith("month,kind,amount")
    assert wrong.status_code == 400


def test_the_peak_of_the_whole_organisation_is_a_sentence_and_its_csv_has_no_rows(
    client: FlaskClient,
    page: Any,  # noqa: ANN401
) -> None:
    figures, texts = zip(
        *(page.show_peak(query(name), "light") for name in ("Meridian Energy", "Allach Works")), strict=True
    )
    addresses = (
        "/chart.csv?chart=bills-peak&" + "&".join(f"{key}={value}" for key, value in query(name).items())
        for name in ("Meridian Energy", "Allach Works")
    )
    whole, part = (client.get(address).text.strip().splitlines() for address in addresses)

    assert "choose a site" in figures[0].layout.annotations[0].text
    assert not texts[0]
    assert len(whole) == 1
    assert len(part) == 1 + len(figures[1].data[0].x)
