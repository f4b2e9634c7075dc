"""Where the data comes from and how far it can be trusted; new files come in here."""

from typing import Any, TypeAlias
from urllib.parse import urlencode

import plotly.graph_objects as go
from dash import Input, Output, State, callback, dcc, html, register_page
from dash.exceptions import PreventUpdate

from components import charts, tables
from components.cards import panel
from components.chart_card import chart_card, chart_id, subtitle_id
from components.shell import page_header
from dashboard.data import ask
from dashboard.drawn import frame_of
from dashboard.mapping import decisions
from dashboard.selection import selected
from pages import loading
from pages.grid import grid
from pages.wording import period_text
from pipeline.definitions import MEASURES, format_value
from pipeline.warehouse.queries import quality

register_page(__name__, path="/data", name="Data", order=10, icon="data")

Query: TypeAlias = dict[str, str] | None
Rows: TypeAlias = list[dict[str, Any]]

FLAGS = "data-flags"
COUNT, SHARE, ENERGY, WHOLE = ",d", ".1%", ",.1f", ",.0f"
SOURCES = [
    tables.column("format", "Format", width=130),
    tables.column("batches", "Loads", number=COUNT, width=90),
    tables.column("readings", "Readings", number=COUNT, width=120),
    tables.column("share_estimated", "Estimated", number=SHARE, width=110),
    tables.column("duplicates", "Duplicates", number=COUNT, width=115),
    tables.column("rejected", "Rejected", number=COUNT, width=105),
    tables.column("first", "First (UTC)", to_the_minute=True, width=160),
    tables.column("last", "Last (UTC)", to_the_minute=True, flex=1),
]
METERS = [
    tables.column("meter", "Meter", width=195),
    tables.column("site", "Site", width=132),
    tables.column("completeness", "Complete", number=SHARE, width=100),
    tables.column("share_estimated", "Estimated", number=SHARE, width=104),
    tables.column("energy_kwh", "Energy kWh", number=ENERGY, width=116),
    tables.column("direction", "Direction", width=95),
    tables.column("flags", "Flags", flex=1),
    tables.column("first", "First", to_the_minute=True, width=146),
    tables.column("last", "Last", to_the_minute=True, width=146),
]
BATCHES = [
    tables.column("batch_id", "Load", number="d", width=72),
    tables.column("file_name", "File", flex=1) | {"minWidth": 140},
    tables.column("format", "Format", width=84),
    tables.column("loaded_at", "Loaded (UTC)", to_the_minute=True, width=146),
    tables.column("loaded_by", "By", width=92),
    tables.column("meters", "Meters", number=COUNT, width=84),
    tables.column("readings", "Readings", number=COUNT, width=104),
    tables.column("estimated", "Estimated", number=COUNT, width=100),
    tables.column("rejected", "Rejected", number=COUNT, width=94),
    tables.column("replaced", "Replaced", number=COUNT, width=100),
    tables.column("energy_kwh", "Energy kWh", number=WHOLE, width=128),
]


def layout(**_query: str) -> html.Div:
    """Draw the skeleton; the callbacks fill it."""
    meters = tables.table("data-meters", METERS, label="Meters of the selection", select="single")
    return html.Div(
        [
            page_header("Data", "What was loaded, what is missing, what was estimated, and new files."),
            loading.section(),
            chart_card(FLAGS, "Flags by rule", height="short"),
            panel(
                "Meters", html.P(id="data-meters-note", className="card-subtitle"), meters, html.Div(id="data-meter")
            ),
            panel(
                "Loads",
                html.P("Select one for its report.", className="card-subtitle"),
                tables.table(
                    "data-batches", BATCHES, label="Loads, newest first", select="single", empty="Nothing loaded yet."
                ),
                html.Div(id="data-batch", role="status"),
            ),
            panel(
                "Sources",
                tables.table(
                    "data-sources",
                    SOURCES,
                    label="Loads added up by format",
                    height="short",
                    empty="Nothing loaded yet.",
                ),
                subtitle="All loads, added up by format.",
            ),
        ]
    )


@callback(
    Output(chart_id(FLAGS), "figure"),
    Output(subtitle_id(FLAGS), "children"),
    Input("selection", "data"),
    State("theme", "data"),
)
def show_flags(query: Query, theme: str) -> tuple[go.Figure, str]:
    """Draw how much each rule marked."""
    filters = selected(query)
    frame = frame_of(FLAGS, filters, {})
    return charts.flags_by_rule(frame, theme), f"Days of meters that each rule marked, {period_text(filters)}"


@callback(Output("data-meters", "rowData"), Output("data-meters-note", "children"), Input("selection", "data"))
def show_meters(query: Query) -> tuple[Rows, str]:
    """List the meters of the selection, the least complete first."""
    filters = selected(query)
    meters = ask(quality.meters, filters)
    complete = int((meters["completeness"] >= 1).sum())
    note = f"{complete:,} of {len(meters):,} meters are complete, {period_text(filters)}. Select one for its readings."
    return tables.records(meters), note


@callback(Output("data-meter", "children"), Input("data-meters", "selectedRows"), State("selection", "data"))
def offer_readings(rows: Rows | None, query: Query) -> html.Div | None:
    """Lead from a meter to its readings and charts."""
    if not rows:
        return None
    filters = selected(query)
    chosen = {"site": str(rows[0]["site_id"]), "meter": str(rows[0]["meter_id"])}
    address = urlencode(filters.to_query() | chosen)
    return html.Div(
        [
            html.Strong(rows[0]["meter"]),
            dcc.Link("Its course", href=f"/consumption?{address}", className="btn btn-sm btn-primary"),
            dcc.Link(
                "Its readings and corrections", href=f"/day?{address}", className="btn btn-sm btn-outline-secondary"
            ),
        ],
        className="notice-bar",
    )


@callback(
    Output("data-sources", "rowData"),
    Output("data-batches", "rowData"),
    Input("selection", "data"),
    Input("loading-finished", "data"),
)
def show_loads(_query: Query, _finished: int) -> tuple[Rows, Rows]:
    """List formats and loads; both change when a load is stored."""
    return tables.records(ask(quality.sources)), tables.records(ask(quality.batches).frame)


@callback(Output("data-batch", "children"), Input("data-batches", "selectedRows"))
def show_report(rows: Rows | None) -> html.Div:
    """Report on one load: what was decided, what was flagged, what could not be read."""
    if not rows:
        raise PreventUpdate
    report = ask(quality.batch_report, int(rows[0]["batch_id"]))
    return html.Div([html.H3(f"Load {report.batch_id}: {report.file_name}", className="card-title"), *_parts(report)])


def _parts(report: quality.BatchReport) -> list[Any]:
    facts = {
        "Readings": f"{report.readings:,}",
        "Meters": f"{report.meters:,}",
        "Energy": format_value(MEASURES["energy_kwh"], report.energy_kwh),
        "Estimated": f"{report.estimated:,}",
        "Duplicates": f"{report.duplicates:,}",
        "Replaced": f"{report.replaced:,}",
        "Rejected lines": f"{report.rejected:,}",
        "Took": f"{report.seconds:,.1f} s" if report.seconds is not None else "",
    } | {f"Flag: {name}": f"{count:,}" for name, count in report.flags.items()}
    decided = decisions(dict(report.plan), report.file_name)
    return [
        html.Ul([html.Li(warning) for warning in report.warnings], className="warnings") if report.warnings else None,
        grid((6, _facts("What was stored", facts)), (6, _facts("How it was read", decided))),
        html.A(
            "Download the rejected lines",
            href=f"/batches/{report.batch_id}/rejected.csv",
            className="btn btn-sm btn-outline-secondary",
        )
        if report.rejected
        else html.P("Every line of this load could be read.", className="card-subtitle"),
    ]


def _facts(title: str, facts: dict[str, str]) -> html.Div:
    pairs = [part for name, value in facts.items() if value for part in (html.Dt(name), html.Dd(value))]
    return html.Div([html.H4(title, className="card-subtitle"), html.Dl(pairs, className="facts")])
