"""The part of the Bills page that checks an invoice against the bill worked out for the same days."""

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from components import tables
from components.cards import panel
from components.controls import labelled
from dashboard.data import ask, ask_now, change, reader
from dashboard.selection import selected
from pages.wording import day_text
from pipeline.analytics.tariffs.invoice_check import TOLERANCE, Check, check
from pipeline.definitions import format_change, format_share
from pipeline.errors import SelectionError
from pipeline.steps.billing.any_days import bills_of_days
from pipeline.warehouse.invoices import Invoice, enter_invoice
from pipeline.warehouse.queries import bills

Query: TypeAlias = dict[str, str] | None
Rows: TypeAlias = list[dict[str, Any]]

ONE_DAY = timedelta(days=1)
SPACES = re.compile(r"[\s'\u2019]+")  # between thousands: any space, or an apostrophe
EITHER = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3}){2,}|[+-]?\d{1,3}(\.\d{3}){2,}")
COLUMNS = [
    tables.column("start_day", "From", width=120),
    tables.column("last_day", "To", width=120),
    tables.column("amount", "Invoice", number=",.2f", width=140),
    tables.column("currency", "In", width=75),
    tables.column("entered_by", "By", flex=1),
]


def section() -> html.Section:
    """Lay out the form, the answer and the invoices entered so far."""
    form = html.Div(
        [
            labelled("Amount", dbc.Input(id="invoice-amount", type="text", inputmode="decimal", size="sm")),
            labelled("First day", dbc.Input(id="invoice-first", type="date", size="sm")),
            labelled("Last day", dbc.Input(id="invoice-last", type="date", size="sm")),
            dbc.Button("Check", id="invoice-check", color="primary", size="sm"),
        ],
        className="control-row",
    )
    return panel(
        "Check an invoice",
        form,
        dcc.Loading(html.Div(id="invoice-answer", role="status"), delay_show=300),
        tables.table(
            "invoice-list",
            COLUMNS,
            label="Invoices entered",
            height="short",
            select="single",
            empty="No invoice entered yet.",
        ),
        subtitle=(
            f"Against the bill for the same days, with a tolerance of {format_share(float(TOLERANCE))}. "
            "Choose a site with meters."
        ),
    )


@callback(
    Output("invoice-first", "value"),
    Output("invoice-last", "value"),
    Input("bills-month", "data"),
    Input("invoice-list", "selectedRows"),
)
def propose_days(month: str | None, rows: Rows | None) -> tuple[str, str]:
    """Propose the chosen month, or the days of an invoice from the list."""
    if rows:
        return rows[0]["start_day"][:10], rows[0]["last_day"][:10]
    if not month:
        raise PreventUpdate
    first = date.fromisoformat(month)
    return first.isoformat(), ((first + timedelta(days=32)).replace(day=1) - ONE_DAY).isoformat()


@callback(
    Output("invoice-answer", "children"),
    inputs={"clicks": Input("invoice-check", "n_clicks")},
    state={
        "query": State("selection", "data"),
        "currency": State("bills-currency", "value"),
        "amount": State("invoice-amount", "value"),
        "first": State("invoice-first", "value"),
        "last": State("invoice-last", "value"),
    },
    prevent_initial_call=True,
)
def answer(
    *, clicks: int | None, query: Query, currency: str | None, amount: str | None, first: str | None, last: str | None
) -> Component:
    """Work out the bill of the invoice's days, compare, and keep the invoice."""
    if not clicks:
        raise PreventUpdate
    filters, (start, end), invoiced = selected(query), _days(first, last), _amount(amount)
    paid = currency or next(iter(ask(bills.currencies, filters.site_id)), "")
    made = ask(bills_of_days, filters.site_id, start, end, paid)
    if not made:
        raise SelectionError("There is no bill for these days: the site has no tariff or no readings then.")
    change(enter_invoice, Invoice(filters.site_id, start, end, paid, invoiced), entered_by=reader())
    set_props("invoice-list", {"rowData": list_invoices(query)})
    return _told(check(made, invoiced), start, end)


@callback(Output("invoice-list", "rowData"), Input("selection", "data"))
def list_invoices(query: Query) -> Rows:
    """List the invoices of the selected site."""
    entered = ask_now(bills.invoices, selected(query).site_id)
    return [
        row
        | {
            "start_day": row["start_day"].isoformat(),
            "last_day": (row["end_day"] - ONE_DAY).isoformat(),
            "end_day": row["end_day"].isoformat(),
            "amount": float(row["amount"]),
        }
        for row in tables.records(entered)
    ]


def _told(found: Check, start: date, end: date) -> Component:
    """Say how the invoice compares, and what may be the reason where it does not fit."""
    days = f"{day_text(start)} to {day_text(end - ONE_DAY)}"
    off = "" if found.ratio is None else f" ({format_change(float(found.ratio))})"
    sums = (
        f"Billed here {found.billed:,.2f} {found.currency}, invoiced {found.invoiced:,.2f}: "
        f"difference {found.difference:+,.2f}{off}, {days}."
    )
    if found.within:
        within: Component = dbc.Alert([html.Strong("Within the tolerance. "), sums], color="success")
        return within
    over = "higher" if found.difference > 0 else "lower"
    reasons = html.Ul([html.Li(reason) for reason in found.reasons])
    off_told: Component = dbc.Alert(
        [html.Strong(f"The invoice is {over} than expected. "), sums, reasons], color="warning"
    )
    return off_told


def _amount(text: str | None) -> Decimal:
    """Read an amount with a point or a comma before the cents, and the other between thousands. Raises SelectionError.

    What may be either, as in 1,234, is asked about: it is wrong by a factor of a thousand if it is guessed wrong.
    """
    plain = SPACES.sub("", text or "")
    if EITHER.fullmatch(plain):
        raise SelectionError(f"{plain} can be read in two ways: write the amount with its cents, such as 1234.00.")
    if "," in plain and "." in plain:
        thousands = "," if plain.rindex(".") > plain.rindex(",") else "."
        plain = plain.replace(thousands, "")
    elif THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "").replace(".", "")
    try:
        amount = Decimal(plain.replace(",", "."))
    except InvalidOperation:
        raise SelectionError("Give the amount of the invoice as a number, such as 1234.56.") from None
    if not amount.is_finite() or abs(amount) >= Decimal("1e12"):
        raise SelectionError("Give the amount of the invoice as a number, such as 1234.56.")
    return amount


def _days(first: str | None, last: str | None) -> tuple[date, date]:
    try:
        return date.fromisoformat(first or ""), date.fromisoformat(last or "") + ONE_DAY
    except (ValueError, OverflowError):
        raise SelectionError("Give the first and the last day of the invoice.") from None
