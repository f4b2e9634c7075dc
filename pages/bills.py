"""What electricity costs: bills line by line, tariffs compared on the true load, periods, and the common peak."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeAlias

import dash_bootstrap_components as dbc
import pandas as pd
import plotly.graph_objects as go
from dash import Input, Output, State, callback, ctx, dcc, html, register_page
from dash.development.base_component import Component

from components import cards, charts, tables
from components.cards import panel
from components.chart_card import chart_card, chart_id, subtitle_id
from components.shell import page_header
from components.states import empty_state
from dashboard.data import ask
from dashboard.drawn import currency_of, frame_of
from dashboard.selection import selected
from pages import bill_check, bill_tariffs
from pages.grid import grid
from pages.wording import period_text
from pipeline.definitions import MEASURES, format_share, format_value
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import bills

register_page(__name__, path="/bills", name="Bills", order=8, icon="bills")

Query: TypeAlias = dict[str, str] | None
Clicked: TypeAlias = Mapping[str, Any] | None
Rows: TypeAlias = list[dict[str, Any]]
Draw: TypeAlias = Callable[[pd.DataFrame, str, str], go.Figure]

MONTHS, PERIODS, COMPARISON, PEAK = "bills-months", "bills-periods", "bills-comparison", "bills-peak"
NEARLY_ALL = 0.9999
NO_BILLS = "There is no bill yet for this site: give it a tariff below, and the bills follow."
LEGIBLE = {"minWidth": 170}  # on a phone, too
MONEY, QUANTITY = ",.2f", ",.3~f"
LINES = [
    tables.column("label", "Line", flex=3) | LEGIBLE,
    tables.column("quantity", "Quantity", number=QUANTITY, width=140),
    tables.column("unit", "Unit", width=105),
    tables.column("price", "Price", number=",.6~f", width=115),
    tables.column("amount", "Amount", number=MONEY, width=135),
    tables.column("kind", "Charge", width=105),
    tables.column("sites", "Sites", number="d", width=80),
]
COMPARED = [
    tables.column("site", "Site", flex=2) | LEGIBLE,
    tables.column("tariff", "Tariff", flex=2) | LEGIBLE,
    tables.column("months", "Months", number="d", width=90),
    tables.column("energy_kwh", "Energy kWh", number=",.0f", width=125),
    tables.column("cost", "Cost", number=MONEY, width=140),
    tables.column("difference", "Against own", number="+,.2f", width=135),
    tables.column("change", "Change", number="+.1%", width=95),
]


def layout(**_query: str) -> html.Div:
    """Draw the skeleton; the callbacks fill it."""
    currency = dbc.Select(id="bills-currency", options=[], size="sm")
    chosen = html.Label([html.Span("Currency", className="control-label"), currency], className="control")
    return html.Div(
        [
            page_header("Bills", "What it cost, line by line, and what it would cost on other tariffs."),
            html.Div([chosen, html.Span(id="bills-currency-note")], id="bills-currencies", className="control-row"),
            html.Div(cards.kpi_placeholder(4), id="bills-kpis"),
            chart_card(MONTHS, "Bill by month"),
            panel(
                "Lines of the bill",
                html.P(id="bills-lines-note", className="card-subtitle"),
                tables.table("bills-lines", LINES, label="Lines of the bill", empty="No bill for this month."),
                html.Ul(id="bills-notes", className="warnings"),
            ),
            grid(
                (6, chart_card(PERIODS, "Cost by tariff period")),
                (6, chart_card(PEAK, "Coincident peak")),
            ),
            chart_card(COMPARISON, "Tariffs compared", height="tall"),
            panel(
                "Comparison in figures",
                tables.table("bills-compared", COMPARED, label="Cost under each tariff", empty="Nothing to compare."),
                subtitle="The same load under each tariff, up to twelve months; prices of each tariff's own time.",
            ),
            bill_check.section(),
            bill_tariffs.section(),
            dcc.Store(id="bills-month"),
            *(dcc.Store(id={"type": "chart-options", "name": name}) for name in (MONTHS, PERIODS, COMPARISON)),
        ]
    )


@callback(
    Output("bills-currency", "options"),
    Output("bills-currency", "value"),
    Output("bills-currencies", "hidden"),
    Output("bills-currency-note", "children"),
    Input("selection", "data"),
    State("bills-currency", "value"),
)
def offer_currencies(query: Query, before: str | None) -> tuple[list[dict[str, str]], str | None, bool, str]:
    """Offer the currencies that are paid here; amounts of several are never added up."""
    paid = ask(bills.currencies, selected(query).site_id)
    note = f"Sites here pay in {len(paid)} currencies, which are shown one at a time."
    options = [{"label": one, "value": one} for one in paid]
    return options, before if before in paid else next(iter(paid), None), len(paid) < 2, note  # noqa: PLR2004


@callback(Output("bills-kpis", "children"), Input("selection", "data"), Input("bills-currency", "value"))
def show_kpis(query: Query, currency: str | None) -> Component:
    """Sum up the last twelve months."""
    filters, paid = _asked(query, currency)
    months = ask(bills.totals, bills.over_a_year(filters), paid)
    if months.empty:
        return panel("No bills", empty_state(NO_BILLS))
    total, energy = months["total"].sum(), months["energy_kwh"].sum()
    newest = months.iloc[-1]
    share = (months["share_estimated"] * months["energy_kwh"]).sum() / energy if energy else 0.0
    where = format_value(MEASURES["energy_kwh"], energy)
    where += f" at {newest['sites']} sites" if newest["sites"] > 1 else ""
    return cards.kpi_row(
        [
            cards.kpi_card(
                f"{len(months)} months",
                f"{total:,.0f} {paid}",
                note=where,
            ),
            cards.kpi_card(
                f"{newest['month']:%B %Y}",
                f"{newest['total']:,.0f} {paid}",
                note=_before(months, paid),
                trend=months["total"].tolist(),
            ),
            cards.kpi_card(
                "Mean price", f"{total / energy:.4f} {paid}/kWh" if energy else "", note="all charges by energy"
            ),
            cards.kpi_card("Share estimated", format_share(share, decimals=1), note="of the energy billed"),
        ]
    )


@callback(
    Output(chart_id(MONTHS), "figure"),
    Output(subtitle_id(MONTHS), "children"),
    Output({"type": "chart-options", "name": MONTHS}, "data"),
    Output("bills-month", "data"),
    Input("selection", "data"),
    Input("bills-currency", "value"),
    Input(chart_id(MONTHS), "clickData"),
    State("theme", "data"),
)
def show_months(
    query: Query, currency: str | None, clicked: Clicked, theme: str
) -> tuple[go.Figure, str, dict[str, str], str]:
    """Draw the bills of the months, and say which of them is chosen: the clicked one, at first the newest."""
    filters, paid = _asked(query, currency)
    options = {"currency": paid}
    frame = frame_of(MONTHS, filters, options)
    months = sorted({f"{month:%Y-%m-%d}" for month in frame["month"]})
    wanted = str(clicked["points"][0]["x"])[:10] if clicked and ctx.triggered_id == chart_id(MONTHS) else ""
    chosen = wanted if wanted in months else (months[-1] if months else "")
    figure = charts.bill_months(frame, paid, theme, chosen=chosen)
    return figure, f"By kind of charge, in {paid}. Click a month for its lines.", options, chosen


@callback(
    Output("bills-lines", "rowData"),
    Output("bills-lines-note", "children"),
    Output("bills-notes", "children"),
    Input("bills-month", "data"),
    State("selection", "data"),
    State("bills-currency", "value"),
)
def show_lines(month: str | None, query: Query, currency: str | None) -> tuple[Rows, str, list[html.Li]]:
    """List the lines of the chosen month; they add up to its total."""
    filters, paid = _asked(query, currency)
    if not month:
        return [], NO_BILLS, []
    day = date.fromisoformat(month)
    listed = ask(bills.lines, filters.site_id, day, paid)
    notes = ask(bills.notes, filters.site_id, day, paid)
    said = [html.Li(f"{note} {_of_sites(sites['site'])}".strip()) for note, sites in notes.groupby("note")]
    text = f"{day:%B %Y}: {listed['amount'].sum():,.2f} {paid}, the sum of the lines."
    return tables.records(listed), text, said


@callback(
    Output(chart_id(PEAK), "figure"),
    Output(subtitle_id(PEAK), "children"),
    Input("selection", "data"),
    State("theme", "data"),
)
def show_peak(query: Query, theme: str) -> tuple[go.Figure, str]:
    """Draw when the site peaked, and what it used when the whole organisation peaked."""
    frame = frame_of(PEAK, selected(query), {})
    part = frame["share"].mean() if len(frame) else 1.0
    text = (
        f"On average {format_share(part, decimals=1)} of the organisation's monthly peak comes from here"
        if part < NEARLY_ALL
        else ""
    )
    return charts.coincident_peak(frame, theme), text


@callback(
    Output("bills-compared", "rowData"),
    Output(chart_id(COMPARISON), "figure"),
    Output(subtitle_id(COMPARISON), "children"),
    Output({"type": "chart-options", "name": COMPARISON}, "data"),
    Input("selection", "data"),
    Input("bills-currency", "value"),
    State("theme", "data"),
)
def show_comparison(query: Query, currency: str | None, theme: str) -> tuple[Rows, go.Figure, str, dict[str, str]]:
    """Compare tariffs: costs of one site, or what the cheapest would change at each of several."""
    filters, paid = _asked(query, currency)
    options = {"currency": paid}
    frame = frame_of(COMPARISON, filters, options)
    rows = frame.assign(change=frame["difference"] / frame["paid"].where(frame["paid"] != 0))
    several = len(frame) and (frame["site_id"] != frame["site_id"].iloc[0]).any()
    told = "Cheapest other tariff of each site, against its own" if several else "Cost of the same load on each tariff"
    figure = charts.tariff_comparison(frame, paid, theme)
    return tables.records(rows), figure, f"{told}, {paid}, up to twelve months", options


@callback(
    Output(chart_id(PERIODS), "figure"),
    Output(subtitle_id(PERIODS), "children"),
    Output({"type": "chart-options", "name": PERIODS}, "data"),
    Input("selection", "data"),
    Input("bills-currency", "value"),
    State("theme", "data"),
)
def show_periods(query: Query, currency: str | None, theme: str) -> tuple[go.Figure, str, dict[str, str]]:
    """Draw what the energy cost in each period of the tariffs."""
    filters, paid = _asked(query, currency)
    options = {"currency": paid}
    figure = charts.tariff_periods(frame_of(PERIODS, filters, options), paid, theme)
    return figure, f"Energy with its taxes, {period_text(filters)}", options


def _asked(query: Query, currency: str | None) -> tuple[Filters, str]:
    """Read the selection; a currency of the site before is not asked of the next one."""
    filters = selected(query)
    paid = ask(bills.currencies, filters.site_id)
    return filters, currency_of(filters, {"currency": currency} if currency in paid and currency else {})


def _before(months: pd.DataFrame, currency: str) -> str:
    """Name the month before the newest, which is often not over yet."""
    if len(months) < 2:  # noqa: PLR2004 - there is none before
        return ""
    before = months.iloc[-2]
    return f"{before['month']:%B}: {before['total']:,.0f} {currency}"


def _of_sites(sites: pd.Series) -> str:
    names = list(sites.unique())
    if len(names) == 1:
        return f"({names[0]})"
    return f"({names[0]} and {len(names) - 1} more)"
