"""The part of the Bills page that imports tariffs and gives them to sites."""

from datetime import date
from typing import Any, TypeAlias

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update, set_props
from dash._no_update import NoUpdate
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from components import tables
from components.attributes import attributes
from components.cards import panel
from components.controls import labelled
from components.icons import icon
from dashboard.data import ask, ask_now, change, data_version, reader
from dashboard.selection import selected
from dashboard.uploads import uploaded
from pages.wording import day_text
from pipeline.analytics.tariffs import Imported, read_urdb
from pipeline.errors import SelectionError, UserError
from pipeline.jobs import models
from pipeline.settings import settings
from pipeline.steps.billing.tariff_import import store_rate
from pipeline.warehouse.queries import bills, sites
from pipeline.warehouse.tariffs import assign

Json: TypeAlias = dict[str, Any]
Query: TypeAlias = dict[str, str] | None
Rows: TypeAlias = list[dict[str, Any]]

POLL_MS = 3_000
MOST_MB = 20
COLUMNS = [
    tables.column("valid_from", "From", width=120),
    tables.column("tariff", "Tariff", flex=2) | {"minWidth": 170},
    tables.column("currency", "In", width=75),
    tables.column("given_to", "Given to", flex=1),
    tables.column("assigned_by", "By", width=120),
]


def section() -> html.Section:
    """Lay out the tariffs of the site, the choice of another, and the import."""
    choice = html.Div(
        [
            labelled("Tariff", dbc.Select(id="tariff-choice", options=[], size="sm")),
            labelled("From", dbc.Input(id="tariff-from", type="date", size="sm")),
            dbc.Button("Give it to this site", id="tariff-assign", color="primary", size="sm"),
            html.Span(id="tariff-assigned", role="status"),
        ],
        className="control-row",
    )
    return panel(
        "Tariffs of this site",
        tables.table(
            "tariff-list", COLUMNS, label="Tariffs over time", height="short", empty="This site has no tariff."
        ),
        choice,
        _drop_zone(),
        html.Div(id="tariff-preview"),
        dcc.Store(id="tariff-received"),
        dcc.Store(id="tariff-stored"),
        dcc.Store(id="tariff-given"),
        dcc.Interval(id="tariff-poll", interval=POLL_MS, disabled=True),
        subtitle="A site without a tariff of its own has that of the nearest place above it.",
    )


@callback(
    Output("tariff-list", "rowData"),
    Output("tariff-choice", "options"),
    Input("selection", "data"),
    Input("tariff-stored", "data"),
    Input("tariff-given", "data"),
)
def show_tariffs(query: Query, _stored: int | None, _given: int | None) -> tuple[Rows, list[dict[str, str]]]:
    """List what the site has, and offer all tariffs."""
    known = ask_now(bills.tariffs)
    options = [
        {"label": f"{row['name']} ({row['currency']})", "value": str(row["tariff_id"])} for row in tables.records(known)
    ]
    given = ask_now(bills.tariffs_of, selected(query).site_id)
    return tables.records(given.assign(valid_from=given["valid_from"].map(date.isoformat))), options


@callback(
    Output("tariff-choice", "value"),
    Output("tariff-from", "value"),
    Input("tariff-choice", "options"),
    State("tariff-choice", "value"),
    State("tariff-from", "value"),
    State("selection", "data"),
)
def propose(
    options: list[dict[str, str]], choice: str | None, start: str | None, query: Query
) -> tuple[str | NoUpdate | None, str | NoUpdate]:
    """Propose the first tariff, from the first month of the period on; what somebody has chosen stays."""
    first = options[0]["value"] if options else None
    month = selected(query).start.replace(day=1).isoformat()
    return no_update if choice else first, no_update if start else month


@callback(Output("tariff-preview", "children"), Output("tariff-stored", "data"), Input("tariff-received", "data"))
def take(received: Json | None) -> tuple[list[Component], int | None]:
    """Read an uploaded file, store its tariffs, and say what of them is not used."""
    if not received:
        raise PreventUpdate
    if "error" in received:
        return [dbc.Alert(received["error"], color="danger")], None
    path = uploaded(received["token"], received["name"])
    try:
        rates = read_urdb(path.read_text(encoding="utf-8"), path.name)
        stored = [change(store_rate, rate) for rate in rates]
    except (UserError, UnicodeDecodeError) as error:  # shown where it can be put right, not as a passing toast
        text = str(error) if isinstance(error, UserError) else f"{path.name} is not a text file."
        return [dbc.Alert(text, color="danger")], None
    set_props("tariff-choice", {"value": str(stored[0])})
    return [_imported(rate) for rate in rates], stored[0]


@callback(
    Output("tariff-assigned", "children"),
    Output("tariff-given", "data"),
    Input("tariff-assign", "n_clicks"),
    State("selection", "data"),
    State("tariff-choice", "value"),
    State("tariff-from", "value"),
    prevent_initial_call=True,
)
def give(clicks: int | None, query: Query, tariff: str | None, start: str | None) -> tuple[str, int]:
    """Give the site a tariff and ask for its bills."""
    if not clicks:
        raise PreventUpdate
    filters = selected(query)
    if not tariff or not tariff.isdecimal():
        raise SelectionError("Choose a tariff, or import one.")
    try:
        first = date.fromisoformat(start or "")
    except ValueError:
        raise SelectionError("Give the first day of the tariff.") from None
    change(assign, filters.site_id, int(tariff), first, assigned_by=reader())
    models.request_steps()
    set_props("tariff-poll", {"disabled": False})
    name = ask(sites.span, filters.site_id).name
    then = "The bills are being worked out." if settings().models else "Its bills follow with the next run of steps."
    return f"{name} has it from {day_text(first)}. {then}", clicks


@callback(
    Output("tariff-poll", "disabled"),
    Input("tariff-poll", "n_intervals"),
    State("selection", "data"),
    prevent_initial_call=True,
)
def follow(_ticks: int | None, query: Query) -> bool:
    """Show the new bills once the steps have stored them."""
    version = ask_now(data_version)
    if str(version) != (query or {}).get("data"):
        set_props("data-changed", {"data": version})
    return not ask_now(models.steps_are_waiting)


def _imported(rate: Imported) -> Component:
    tariff = rate.tariff
    text = f"{rate.utility}: {tariff.name}, {tariff.currency}, valid from {day_text(tariff.valid_from)}. It is stored."
    warnings = [html.Li(warning) for warning in rate.warnings]
    return html.Div([html.H3(text, className="card-title"), html.Ul(warnings, className="warnings")])


def _drop_zone() -> html.Label:
    words = html.Div(
        [
            icon("upload", "upload-icon"),
            html.Span([html.Strong("Import a tariff"), " or drop it here"], className="upload-lead"),
            html.Span("JSON of the OpenEI Utility Rate Database.", className="upload-hint"),
            html.Span(className="upload-hint", role="status", **attributes(data_upload_status="")),
        ],
        className="upload-words",
    )
    limits = attributes(data_upload_to="tariff-received", data_upload_limit_mb=str(MOST_MB))
    return html.Label(words, className="upload-zone", **limits)
