"""The panel that publishes what is selected to Tableau, as a data source or workbook; part of the Exports page."""

from typing import TypeAlias

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html
from dash.exceptions import PreventUpdate

from components.cards import panel
from components.controls import labelled, segmented, select
from dashboard.data import reader
from dashboard.selection import selected
from pipeline.errors import UserError
from pipeline.jobs import exports
from pipeline.outputs.options import PackageKind
from pipeline.outputs.tableau.account import account_of
from pipeline.outputs.tableau.contents import Mode
from pipeline.settings import settings

Query: TypeAlias = dict[str, str] | None

KINDS = {"tdsx": "Data source", "twbx": "Workbook"}
MODES = {"overwrite": "Is overwritten", "append": "Gets the rows added"}


def publishing() -> html.Section:
    """Lay out how the selection is published, or say what is missing for it."""
    fields = html.Div(
        [
            segmented("publish-kind", "As", KINDS, "tdsx"),
            labelled("Name", dbc.Input(id="publish-name", placeholder="Name of the site", maxlength=200, size="sm")),
            html.Div(select("publish-mode", "One of that name", MODES, "overwrite"), id="publish-modes"),
            dbc.Button("Publish it", id="export-publish", color="secondary", outline=True),
            dcc.Store(id="export-published"),
        ],
        className="control-row",
    )
    try:
        where = f"What is selected above, with single readings, on {account_of(settings()).place}."
    except UserError as reason:
        return panel("Publish to Tableau", html.Div(fields, hidden=True), subtitle=str(reason))
    return panel("Publish to Tableau", fields, subtitle=where)


@callback(Output("publish-modes", "hidden"), Input("publish-kind", "value"))
def offer_modes(kind: str) -> bool:
    """Offer to add rows to a data source alone: a workbook is always overwritten."""
    return kind == "twbx"


@callback(
    Output("export-published", "data"),
    Input("export-publish", "n_clicks"),
    State("selection", "data"),
    State("publish-kind", "value"),
    State("publish-name", "value"),
    State("publish-mode", "value"),
    prevent_initial_call=True,
)
def publish(clicks: int | None, query: Query, kind: str, name: str | None, mode: str) -> int:
    """Ask the worker to publish what is selected to Tableau."""
    if not clicks:
        raise PreventUpdate
    package: PackageKind = "twbx" if kind == "twbx" else "tdsx"
    chosen: Mode = "append" if mode == "append" and package == "tdsx" else "overwrite"
    given = (name or "").strip() or None
    return exports.request_publication(selected(query), requested_by=reader(), kind=package, name=given, mode=chosen)
