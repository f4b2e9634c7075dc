"""What was unusual: when, where, what it cost, and what people make of it."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import dash_bootstrap_components as dbc
import pandas as pd
import plotly.graph_objects as go
from dash import (
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    ctx,
    dcc,
    html,
    register_page,
)
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from components import cards, charts, tables
from components.attributes import attributes
from components.cards import panel
from components.chart_card import chart_card, chart_id, subtitle_id
from components.controls import labelled, segmented, select
from components.shell import page_header
from dashboard.data import ask, ask_now
from dashboard.selection import selected
from pages import alerting, anomaly_detail, anomaly_upkeep
from pages.grid import grid
from pages.wording import DASH, day_text, kind_text, period_text
from pipeline.definitions import format_share
from pipeline.warehouse import runs
from pipeline.warehouse.queries import anomalies

register_page(__name__, path="/anomalies", name="Anomalies", order=5, icon="anomalies")

Query: TypeAlias = dict[str, str] | None
Rows: TypeAlias = list[dict[str, Any]]

TIMELINE = "anomalies-timeline"
STATUSES = {
    "open": "Open: new and acknowledged",
    "new": "New",
    "acknowledged": "Acknowledged",
    "expected": "Expected",
    "resolved": "Resolved",
    "excused": "Excused by a holiday or plan",
    "all": "All",
}
CONFIDENCES = {"0": "Any", "0.5": "50 % and more", "0.7": "70 % and more", "0.9": "90 % and more"}
LANES = {"site": "Sites", "meter": "Meters", "kind": "Kinds"}
MOST_REASONS = 20
KIND = re.compile(r"[a-z_]{1,40}")
EVERY_KIND = "all"
COLUMNS = [
    tables.column("kind_text", "Kind", width=125),
    tables.column("site", "Site", width=145),
    tables.column("meter", "Meter", width=220),
    tables.column("start", "Start", to_the_minute=True, width=146),
    tables.column("hours", "Hours", number=",.1~f", width=85),
    tables.column("deviation_kwh", "Deviation kWh", number="+,.0f", width=125),
    tables.column("cost", "Cost", number="+,.0f", width=100),
    tables.column("currency", "In", width=70),
    tables.column("confidence", "Confidence", number=".0%", width=110),
    tables.column("rank", "Rank", number=".2f", width=85),
    tables.column("status", "Status", width=120),
    tables.column("owner", "Owner", width=110),
    tables.column("explanation", "What happened", width=420),
]


def layout(**query: str) -> html.Div:
    """Draw the skeleton, narrowed as the address says; the callbacks fill it."""
    anomaly = query.get("anomaly", "")
    opened = int(anomaly) if re.fullmatch(r"[0-9]{1,9}", anomaly, re.ASCII) else None
    return html.Div(
        [
            page_header("Anomalies", "Start at the top of the list: rank weighs how sure it is, and what it costs."),
            html.Div(id="anomalies-notice"),
            html.Div(cards.kpi_placeholder(4), id="anomalies-kpis"),
            _narrowing(query),
            chart_card(TIMELINE, "When it happened", height="tall"),
            panel(
                "Events",
                html.P(id="anomalies-note", className="card-subtitle", role="status"),
                tables.table(
                    "anomalies-list",
                    COLUMNS,
                    label="Anomalies, what to look at first on top",
                    select="single",
                    empty="No anomaly of this choice in this period.",
                ),
            ),
            anomaly_detail.section(),
            grid((6, anomaly_upkeep.precision()), (6, anomaly_upkeep.plans())),
            alerting.section(),
            dcc.Store(id="anomalies-chosen", data=opened),
            dcc.Store(id="anomalies-clicks", data=0),
            dcc.Store(id="anomalies-changes", data=0),
            dcc.Store(id={"type": "chart-options", "name": TIMELINE}),
        ]
    )


@callback(
    Output("anomalies-kpis", "children"),
    Output("anomalies-notice", "children"),
    Input("selection", "data"),
    Input("anomalies-changes", "data"),
)
def show_kpis(query: Query, _changes: int) -> tuple[html.Div, Component | None]:
    """Show what is open, what it costs, how much was answered, and how good the finds have been."""
    filters = selected(query)
    found, run = ask(anomalies.summary, filters), ask_now(anomalies.last_run)
    shown = [
        cards.kpi_card("Open events", f"{found.open:,}", note=_excused(found.excused)),
        cards.kpi_card("Cost above the usual", *_first_cost(found), note=_other_costs(found)),
        cards.kpi_card("Answered", _share(found.answered, found.events), note=f"of {found.events:,} events"),
        cards.kpi_card("Live precision", format_share(found.precision), note=_judged(found)),
    ]
    return cards.kpi_row(shown), _notice(run)


@callback(Output("anomalies-kind", "options"), Input("selection", "data"), State("anomalies-kind", "value"))
def offer_kinds(_query: Query, chosen: str | None) -> list[dict[str, str]]:
    """List the kinds that there are; what a link asked for stays a choice."""
    found = sorted({*ask(anomalies.kinds), chosen or EVERY_KIND} - {EVERY_KIND})
    return [{"label": "All kinds", "value": EVERY_KIND}] + [{"label": kind_text(kind), "value": kind} for kind in found]


@callback(
    Output(chart_id(TIMELINE), "figure"),
    Output(subtitle_id(TIMELINE), "children"),
    Output({"type": "chart-options", "name": TIMELINE}, "data"),
    Output("anomalies-list", "rowData"),
    Output("anomalies-note", "children"),
    inputs={
        "query": Input("selection", "data"),
        "narrowed": {
            "kind": Input("anomalies-kind", "value"),
            "status": Input("anomalies-status", "value"),
            "cost": Input("anomalies-cost", "value"),
            "confidence": Input("anomalies-confidence", "value"),
        },
        "lanes": Input("anomalies-lanes", "value"),
        "changes": Input("anomalies-changes", "data"),
    },
    state={"theme": State("theme", "data")},
)
def show_events(
    *, query: Query, narrowed: dict[str, Any], lanes: str, changes: int, theme: str
) -> tuple[go.Figure, str, dict[str, str], Rows, str]:
    """Draw and list the events of the selection."""
    del changes
    filters = selected(query)
    options = {key: str(value) for key, value in narrowed.items() if value not in {None, "", EVERY_KIND}}
    options |= {"status": str(narrowed["status"] or "open")}
    found = ask(anomalies.events, filters, anomalies.Narrowed.from_query(options))
    figure = charts.anomaly_timeline(
        found.frame,
        theme,
        start=_midnight(filters.start),
        end=_midnight(filters.end),
        lanes=_lanes(lanes),
        kinds=ask(anomalies.kinds),
    )
    listed = found.frame.assign(kind_text=found.frame["kind"].map(kind_text))
    count = f"{len(found.frame):,} {'event' if len(found.frame) == 1 else 'events'}"
    cut = f" The first {found.limit:,} by rank: narrow the choice to see others." if found.cut else ""
    note = f"{count}, {period_text(filters)}.{cut} Select one for what happened."
    subtitle = f"{count}, {period_text(filters)}, times of each site. Click a bar to look at it."
    return figure, subtitle, options, tables.records(listed), note


@callback(
    Output("anomalies-chosen", "data"),
    Output("anomalies-clicks", "data"),
    Input("anomalies-list", "selectedRows"),
    Input(chart_id(TIMELINE), "clickData"),
    State("anomalies-clicks", "data"),
    prevent_initial_call=True,
)
def choose(rows: Rows | None, clicked: dict[str, Any] | None, clicks: int) -> tuple[int, int]:
    """Open the event that was clicked in the list or in the timeline."""
    if ctx.triggered_id == "anomalies-list":
        if not rows:
            raise PreventUpdate
        return int(rows[0]["id"]), clicks + 1
    if not clicked or not clicked["points"][0].get("customdata"):
        raise PreventUpdate
    return int(clicked["points"][0]["customdata"][0]), clicks + 1


clientside_callback(
    ClientsideFunction("pageState", "keepAnomalies"),
    Input("anomalies-kind", "value"),
    Input("anomalies-status", "value"),
    Input("anomalies-cost", "value"),
    Input("anomalies-confidence", "value"),
    Input("anomalies-lanes", "value"),
    Input("anomalies-chosen", "data"),
)
clientside_callback(
    ClientsideFunction("pageState", "reveal"), Input("anomalies-clicks", "data"), State("anomaly-detail", "id")
)


def _narrowing(query: Mapping[str, str]) -> html.Div:
    kind, status, cost, confidence = (query.get(key, "") for key in ("kind", "status", "cost", "confidence"))
    asked = kind if KIND.fullmatch(kind) else EVERY_KIND
    kinds = {asked: kind_text(asked)} | {EVERY_KIND: "All kinds"}
    least = cost if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", cost) else None
    amount = dbc.Input(
        id="anomalies-cost", type="number", min=0, step="any", size="sm", value=least, placeholder="Any", debounce=True
    )
    lanes = query.get("lanes", "")
    return html.Div(
        [
            select("anomalies-kind", "Kind", kinds, asked),
            select("anomalies-status", "Status", STATUSES, status if status in STATUSES else "open"),
            labelled("Cost of at least", amount),
            select("anomalies-confidence", "Confidence", CONFIDENCES, confidence if confidence in CONFIDENCES else "0"),
            segmented("anomalies-lanes", "Rows of the timeline", LANES, lanes if lanes in LANES else "site"),
        ],
        className="control-row",
        role="group",
        **attributes(aria_label="Narrow the events"),
    )


def _lanes(text: str) -> Literal["site", "meter", "kind"]:
    match text:
        case "meter":
            return "meter"
        case "kind":
            return "kind"
    return "site"


def _notice(run: runs.Run | None) -> Component | None:
    if run is None:
        return html.Div(
            "Nobody has looked for anomalies yet: run `python -m pipeline anomalies`.", className="notice-bar"
        )
    if not run.failures:
        return None
    reasons = ask_now(runs.failures, anomalies.STEP)
    listed = [html.Li(f"{row.owner}: {row.reason}") for row in reasons.head(MOST_REASONS).itertuples()]
    count = f"{run.failures} of {run.series + run.failures} meters could not be examined on {day_text(run.created_at)}."
    return html.Details([html.Summary(count), html.Ul(listed, className="warnings")], className="notice-bar")


def _excused(count: int) -> str:
    return f"{count:,} more excused" if count else ""


def _first_cost(found: anomalies.Summary) -> tuple[str, str]:
    currency, amount = next(iter(found.costs.items()), ("", None))
    return (DASH, "") if amount is None else (_amount(amount), currency)


def _other_costs(found: anomalies.Summary) -> str:
    others = [f"{_amount(amount)} {currency}" for currency, amount in list(found.costs.items())[1:]]
    return "and " + ", ".join(others) if others else "of open events, in money" if found.costs else "no tariff yet"


def _amount(amount: Decimal) -> str:
    return f"{amount:,.0f}"


def _judged(found: anomalies.Summary) -> str:
    return "by people's answers" if found.answered else "assumed, nothing is answered yet"


def _share(part: int, whole: int) -> str:
    return format_share(part / whole if whole else None)


def _midnight(day: date) -> pd.Timestamp:
    return pd.Timestamp(day)
