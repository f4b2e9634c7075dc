"""The parts of the Anomalies page that keep the finds good: how each kind has done, and what is planned."""

from datetime import datetime
from typing import Any, TypeAlias

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, html
from dash.exceptions import PreventUpdate

from components import tables
from components.cards import panel
from components.controls import labelled
from dashboard.data import ask, change, reader
from dashboard.selection import selected
from pages.anomaly_detail import say_stored
from pages.wording import kind_text
from pipeline.errors import SelectionError
from pipeline.warehouse import anomaly_plans
from pipeline.warehouse.queries import anomalies, sites

Query: TypeAlias = dict[str, str] | None
Rows: TypeAlias = list[dict[str, Any]]

PRECISION = [
    tables.column("kind_text", "Kind", flex=1),
    tables.column("events", "Events", number=",d", width=90),
    tables.column("right", "Right", number=",d", width=85),
    tables.column("wrong", "Wrong", number=",d", width=88),
    tables.column("precision", "Precision", number=".0%", width=105),
]
PLANS = [
    tables.column("site", "Site", width=110),
    tables.column("start", "Start", to_the_minute=True, width=155),
    tables.column("end", "End", to_the_minute=True, width=155),
    tables.column("note", "Note", flex=1),
    tables.column("excuses", "Excuses", number=",d", width=95),
]


def precision() -> html.Section:
    """Lay out how each kind has done."""
    return panel(
        "How good the finds are",
        tables.table("anomaly-precision", PRECISION, label="Precision by kind", empty="No events yet."),
        subtitle="Acknowledged and resolved are right, expected is wrong; at first 80 % is assumed. Rank follows.",
    )


def plans() -> html.Section:
    """Lay out the planned events and the form for another."""
    return panel(
        "Planned events",
        html.Div(
            [
                labelled("Start", dbc.Input(id="plan-start", type="datetime-local", size="sm")),
                labelled("End", dbc.Input(id="plan-end", type="datetime-local", size="sm")),
                html.Div(
                    labelled(
                        "Note", dbc.Input(id="plan-note", size="sm", maxlength=500, placeholder="What is planned")
                    ),
                    className="control-wide",
                ),
                dbc.Button("Enter", id="plan-enter", size="sm", color="primary"),
                dbc.Button("Remove selected", id="plan-remove", size="sm", color="secondary", outline=True),
            ],
            className="control-row",
        ),
        html.P(id="plan-site", className="card-subtitle"),
        tables.table(
            "plan-list",
            PLANS,
            label="List of planned events",
            height="short",
            select="single",
            empty="Nothing is planned.",
        ),
        subtitle="What lies in them is excused: shown on demand, not counted, no alert.",
    )


@callback(
    Output("anomaly-precision", "rowData"),
    Output("plan-list", "rowData"),
    Output("plan-site", "children"),
    Input("selection", "data"),
    Input("anomalies-changes", "data"),
)
def show_upkeep(query: Query, _changes: int) -> tuple[Rows, Rows, str]:
    """List how each kind has done, and what is planned for the site."""
    filters = selected(query)
    by_kind = ask(anomalies.precision_by_kind)
    name = ask(sites.span, filters.site_id).name
    rows = tables.records(by_kind.assign(kind_text=by_kind["kind"].map(kind_text)))
    return rows, tables.records(ask(anomalies.plans, filters)), f"For {name} and all below it, in its own time."


@callback(
    Output("anomalies-changes", "data", allow_duplicate=True),
    inputs={"clicks": Input("plan-enter", "n_clicks")},
    state={
        "query": State("selection", "data"),
        "start": State("plan-start", "value"),
        "end": State("plan-end", "value"),
        "note": State("plan-note", "value"),
        "changes": State("anomalies-changes", "data"),
    },
    prevent_initial_call=True,
)
def enter_plan(
    *, clicks: int | None, query: Query, start: str | None, end: str | None, note: str | None, changes: int
) -> int:
    """Keep what is planned at the selected site."""
    if not clicks:
        raise PreventUpdate
    filters = selected(query)
    times = _moment(start), _moment(end)
    change(anomaly_plans.plan, filters.site_id, *times, note=note or "", entered_by=reader())
    say_stored("The planned event is entered; what lies in it is excused.")
    return changes + 1


@callback(
    Output("anomalies-changes", "data", allow_duplicate=True),
    Input("plan-remove", "n_clicks"),
    State("plan-list", "selectedRows"),
    State("anomalies-changes", "data"),
    prevent_initial_call=True,
)
def remove_plan(clicks: int | None, rows: Rows | None, changes: int) -> int:
    """Remove the planned event that is selected."""
    if not clicks or not rows:
        raise PreventUpdate
    change(anomaly_plans.cancel_plan, int(rows[0]["id"]))
    say_stored("The planned event is removed; what it excused counts again.")
    return changes + 1


def _moment(text: str | None) -> datetime:
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:
        raise SelectionError("Give start and end of the planned event.") from None
