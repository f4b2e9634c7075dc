"""The part of the Anomalies page that shows one event, and takes what people say of it."""

from datetime import datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlencode

import dash_bootstrap_components as dbc
import plotly.graph_objects as go
from dash import Input, Output, State, callback, dcc, html, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from components import charts, tables
from components.attributes import attributes
from components.cards import panel
from components.chart_card import chart_card, chart_id, subtitle_id
from components.controls import labelled, segmented
from dashboard.data import ask, change, reader
from dashboard.drawn import frame_of
from dashboard.selection import selected
from pages.grid import grid
from pages.wording import DASH, day_text, kind_text
from pipeline.definitions import MEASURES, format_share, format_value
from pipeline.warehouse import anomaly_answers
from pipeline.warehouse.queries import anomaly_detail
from pipeline.warehouse.queries.anomaly_detail import Event

Query: TypeAlias = dict[str, str] | None
Rows: TypeAlias = list[dict[str, Any]]

COURSE, LIKE_DAYS = "anomaly-course", "anomaly-like-days"
STATUSES = {"new": "New", "acknowledged": "Acknowledged", "expected": "Expected", "resolved": "Resolved"}
ENERGY = MEASURES["energy_kwh"]
ANSWERS = [
    tables.column("status", "Status", width=130),
    tables.column("owner", "Owner", width=130),
    tables.column("note", "Note", flex=1),
    tables.column("answered_by", "By", width=120),
    tables.column("answered_at", "When (UTC)", to_the_minute=True, width=150),
]


def section() -> html.Div:
    """Lay out the event, hidden until one is chosen."""
    history = tables.table(
        "anomaly-answers", ANSWERS, label="Answers so far", height="short", empty="Nobody has answered yet."
    )
    return html.Div(
        [
            panel(
                "The event",
                html.Div(id="anomaly-facts"),
                _answer(),
                history,
                subtitle="What was found, and what of it.",
            ),
            grid(
                (8, chart_card(COURSE, "Measured against what was usual")),
                (4, chart_card(LIKE_DAYS, "The day and days like it")),
            ),
            dcc.Store(id={"type": "chart-options", "name": COURSE}),
            dcc.Store(id={"type": "chart-options", "name": LIKE_DAYS}),
        ],
        id="anomaly-detail",
        className="page-part",
        hidden=True,
    )


@callback(
    Output("anomaly-detail", "hidden"),
    Output("anomaly-facts", "children"),
    Output("anomaly-status", "value"),
    Output("anomaly-owner", "value"),
    Output("anomaly-note", "value"),
    Output("anomaly-answers", "rowData"),
    Input("anomalies-chosen", "data"),
    Input("anomalies-changes", "data"),
    Input("selection", "data"),
)
def show_event(number: int | None, _changes: int, query: Query) -> tuple[bool, list[Component], str, str, str, Rows]:
    """Show the event that is chosen, with the answers so far."""
    selected(query)
    if number is None:
        return True, [], "new", "", "", []
    event = ask(anomaly_detail.event, number)
    answers = ask(anomaly_detail.answers, number)
    return False, _facts(event), event.status, event.owner, event.note, tables.records(answers)


@callback(
    Output(chart_id(COURSE), "figure"),
    Output(subtitle_id(COURSE), "children"),
    Output({"type": "chart-options", "name": COURSE}, "data"),
    Output(chart_id(LIKE_DAYS), "figure"),
    Output(subtitle_id(LIKE_DAYS), "children"),
    Output({"type": "chart-options", "name": LIKE_DAYS}, "data"),
    Input("anomalies-chosen", "data"),
    Input("selection", "data"),
    State("theme", "data"),
)
def show_charts(
    number: int | None, query: Query, theme: str
) -> tuple[go.Figure, str, dict[str, str], go.Figure, str, dict[str, str]]:
    """Draw the event's course and its day beside others."""
    filters = selected(query)
    if number is None:
        raise PreventUpdate
    event, options = ask(anomaly_detail.event, number), {"anomaly": str(number)}
    course, days = frame_of(COURSE, filters, options), frame_of(LIKE_DAYS, filters, options)
    by = "hour" if event.step == "hour" else "day"
    return (
        charts.anomaly_course(course, theme),
        f"Energy by {by}; usual is {_usual(event)}",
        options,
        charts.like_days(days, theme),
        "Energy by hour, the eight days of its type before",
        options,
    )


@callback(
    Output("anomalies-changes", "data", allow_duplicate=True),
    inputs={"clicks": Input("anomaly-save", "n_clicks")},
    state={
        "number": State("anomalies-chosen", "data"),
        "status": State("anomaly-status", "value"),
        "owner": State("anomaly-owner", "value"),
        "note": State("anomaly-note", "value"),
        "changes": State("anomalies-changes", "data"),
    },
    prevent_initial_call=True,
)
def save(
    *, clicks: int | None, number: int | None, status: str, owner: str | None, note: str | None, changes: int
) -> int:
    """Keep what the reader says of the event."""
    if not clicks or number is None:
        raise PreventUpdate
    change(anomaly_answers.answer, number, status, owner=owner or "", note=note or "", answered_by=reader())
    say_stored(f"The event is {status} now. Events of its kind are ranked anew.")
    return changes + 1


def say_stored(text: str) -> None:
    """Tell that something was kept."""
    set_props("toast", {"is_open": True, "header": "Stored", "className": "notice notice-success", "children": text})


def _answer() -> html.Div:
    owner = dbc.Input(
        id="anomaly-owner", size="sm", maxlength=anomaly_answers.LONGEST_NAME, placeholder="Who follows it"
    )
    note = dbc.Input(id="anomaly-note", size="sm", maxlength=anomaly_answers.LONGEST_NOTE, placeholder="What it was")
    return html.Div(
        [
            segmented("anomaly-status", "Status", STATUSES, "new"),
            labelled("Owner", owner),
            html.Div(labelled("Note", note), className="control-wide"),
            dbc.Button("Save answer", id="anomaly-save", size="sm", color="primary"),
        ],
        className="control-row",
        role="group",
        **attributes(aria_label="Answer this event"),
    )


def _facts(event: Event) -> list[Component]:
    facts = {
        "When": f"{_time(event, event.start)} to {_time(event, event.end)}",
        "Measured": format_value(ENERGY, event.actual_kwh),
        "Usual": format_value(ENERGY, event.expected_kwh),
        "Cost": _cost(event),
        "Confidence": format_share(event.confidence),
        "Excuse": f"{event.excuse}: not counted, no alert" if event.excuse else "",
        "Standing": "" if event.found else "The newest run does not find it any more; kept because it was dealt with.",
    }
    pairs = [part for name, value in facts.items() if value for part in (html.Dt(name), html.Dd(value))]
    return [
        html.H3(f"{kind_text(event.kind)} at {event.meter}, {event.site}", className="card-title"),
        html.P(event.explanation, className="event-sentence"),
        html.Dl(pairs, className="facts"),
        html.Div(_links(event), className="control-row"),
    ]


def _usual(event: Event) -> str:
    like_days = "the median of the same type of day in the eight weeks before"
    match event.evidence.get("detector"):
        case "peers":
            return f"{like_days}, within the event what its group lets expect"
        case "residuals":
            return f"{like_days}, within the event what was forecast"
    return like_days


def _links(event: Event) -> list[Component]:
    meter = {"site": str(event.site_id), "meter": str(event.meter_id)}
    shown = event.shown
    days = meter | {"start": shown.start.isoformat(), "end": shown.end.isoformat()}
    day = days | {"day": event.start.date().isoformat()}
    return [
        dcc.Link("Its readings", href=f"/day?{urlencode(day)}", className="btn btn-sm btn-primary"),
        dcc.Link(
            "The meter's course", href=f"/consumption?{urlencode(days)}", className="btn btn-sm btn-outline-secondary"
        ),
    ]


def _time(event: Event, moment: datetime) -> str:
    long = event.end - event.start > timedelta(days=2)
    return day_text(moment) if long else f"{day_text(moment)}, {moment:%H:%M}"


def _cost(event: Event) -> str:
    if event.cost is None:
        return event.cost_reason or DASH
    above = "above" if event.cost >= 0 else "below"
    return f"{abs(event.cost):,.2f} {event.currency} {above} the usual"
