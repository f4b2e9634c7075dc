"""Shows views of the customer's own Tableau beside the other pages, and hands the selection on to Tableau Desktop."""

from typing import TypeAlias

import dash_bootstrap_components as dbc
from dash import (
    ALL,
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

from components.attributes import attributes
from components.cards import panel
from components.controls import labelled, select
from components.shell import page_header
from dashboard.data import ask_now, reader
from dashboard.selection import selected
from pipeline.definitions import format_share
from pipeline.errors import UserError
from pipeline.jobs import exports
from pipeline.outputs.options import HyperOptions, kind_of
from pipeline.outputs.tableau.embedding import Embedding, embedding_of
from pipeline.settings import settings

register_page(__name__, path="/tableau", name="Tableau", order=13, icon="tableau")

Query: TypeAlias = dict[str, str] | None

POLL_MS = 1_000
BUSY = ("waiting", "running")
MAKE = "tableau-make"
DEVICES = {"default": "As the screen is", "desktop": "Desktop", "tablet": "Tablet", "phone": "Phone"}
KINDS = {"twbx": "Starter workbook (.twbx)", "tdsx": "Data source (.tdsx)", "hyper": "Extract (.hyper)"}
MAKE_AN_APP = (
    "In Tableau, as an administrator: Settings, Connected Apps, New, Direct Trust. Allow the address of these pages in "
    "its domains, enable it, and generate a secret."
)
GIVE_IT = "Give Wattscape the server and the app by these settings:"
START = "Start Wattscape anew. Views are then shown here with the rights of that user."
VARIABLES = """\
WATTSCAPE_TABLEAU_URL=https://tableau.example.org
WATTSCAPE_TABLEAU_SITE=energy      # leave out for the default site
WATTSCAPE_TABLEAU_CLIENT_ID=…
WATTSCAPE_TABLEAU_SECRET_ID=…
WATTSCAPE_TABLEAU_SECRET_VALUE=…
WATTSCAPE_TABLEAU_USER=publisher
WATTSCAPE_TABLEAU_VIEWER=viewer    # who may see less than the publisher
WATTSCAPE_TABLEAU_VIEWS=Wattscape/Wattscape"""


def layout(view: str = "", device: str = "default", **_query: str) -> html.Div:
    """Draw the view, or how to get one, and the files for Tableau Desktop."""
    try:
        parts: list[Component] = [_view(embedding_of(settings()), view, device)]
    except UserError as reason:
        parts = [_how_to(str(reason)), html.Div(_view(None, "", device), hidden=True)]
    return html.Div(
        [
            page_header(
                "Tableau", "Views of your Tableau server beside these pages, and the same numbers to take along."
            ),
            *parts,
            _downloads(),
        ]
    )


clientside_callback(
    ClientsideFunction("tableau", "show"),
    Output("tableau-shown", "data"),  # without an output it would not run as the page opens
    Input("tableau-path", "value"),
    Input("tableau-device", "value"),
)


@callback(
    Output("tableau-asked", "data"),
    Input({"type": MAKE, "kind": ALL}, "n_clicks"),
    State("selection", "data"),
    prevent_initial_call=True,
)
def make(clicks: list[int | None], query: Query) -> int:
    """Ask the worker for a file of what is selected."""
    if not any(clicks):
        raise PreventUpdate
    kind = kind_of(str(ctx.triggered_id["kind"]))
    return exports.request_export(selected(query), kind, HyperOptions(readings="without"), requested_by=reader())


@callback(
    Output("tableau-made", "children"),
    Output("tableau-poll", "disabled"),
    Input("tableau-poll", "n_intervals"),
    Input("tableau-asked", "data"),
)
def follow(_ticks: int | None, number: int | None) -> tuple[list[Component | str], bool]:
    """Say how far the file is, and offer it when it is ready."""
    if number is None:
        return [], True
    asked = ask_now(exports.listed)
    export = asked[asked["id"] == number].iloc[0]
    name, state = str(export["file_name"]), str(export["state"])
    if state in BUSY:
        return [f"{name} is being made: {format_share(export['progress'])}."], False
    if state != "ready":
        return [f"{name}: {export['message'] or state}"], True
    link = html.A(f"Download {name}", href=f"/exports/{number}", className="btn btn-primary btn-sm")
    return [link, f" {export['rows']:,} rows. It is kept on the ", dcc.Link("Exports page", href="/exports"), "."], True


def _view(embedding: Embedding | None, view: str, chosen: str) -> html.Section:
    offered = embedding.views if embedding else ()
    path = dbc.Input(
        id="tableau-path",
        value=view or next(iter(offered), ""),
        debounce=True,
        size="sm",
        list="tableau-offered",
        placeholder="Workbook/View",
        autocomplete="off",
    )
    controls = html.Div(
        [
            html.Div(labelled("View", path), className="control-wide"),
            html.Datalist([html.Option(value=one) for one in offered], id="tableau-offered"),
            select("tableau-device", "Layout", DEVICES, chosen if chosen in DEVICES else "default"),
        ],
        className="control-row",
    )
    whose = f"From {embedding.origin}, as {embedding.viewer} sees it, in its own colours." if embedding else ""
    return panel(
        "View",
        controls,
        html.P(id="tableau-status", className="card-subtitle", role="status"),
        html.Div(id="tableau-place", className="tableau-place"),
        dcc.Store(id="tableau-shown"),
        subtitle=whose,
    )


def _how_to(reason: str) -> html.Section:
    steps = html.Ol(
        [
            html.Li(MAKE_AN_APP),
            html.Li([GIVE_IT, html.Pre(VARIABLES, tabIndex=0, **attributes(aria_label="Settings of embedding"))]),
            html.Li(START),
        ],
        className="steps",
    )
    return panel("Show your own views here", html.P(reason, className="card-subtitle"), steps)


def _downloads() -> html.Section:
    buttons = [
        dbc.Button(text, id={"type": MAKE, "kind": kind}, color="secondary", outline=True, size="sm")
        for kind, text in KINDS.items()
    ]
    return panel(
        "Open in Tableau Desktop",
        html.Div(buttons, className="control-row"),
        html.P(id="tableau-made", className="tableau-made", role="status"),
        dcc.Store(id="tableau-asked"),
        dcc.Interval(id="tableau-poll", interval=POLL_MS, disabled=True),
        subtitle="Hours and days of what is selected above, for Tableau 2021 or newer. "
        "The Exports page makes them with single readings too.",
    )
