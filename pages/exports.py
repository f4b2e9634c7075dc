"""Takes the data out: CSV and files for Tableau of the selection, with what proves that they are complete."""

from typing import Any, TypeAlias

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, register_page
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from components import tables
from components.cards import panel
from components.controls import segmented, select
from components.shell import page_header
from dashboard.data import ask, ask_now, reader
from dashboard.selection import selected
from pages.publishing import publishing
from pages.wording import period_text
from pipeline.definitions import MEASURES, format_value
from pipeline.jobs import checks, exports
from pipeline.outputs.options import kind_of, options_of
from pipeline.settings import settings
from pipeline.warehouse.queries import sites

register_page(__name__, path="/exports", name="Exports", order=11, icon="exports")

Query: TypeAlias = dict[str, str] | None
Rows: TypeAlias = list[dict[str, Any]]

POLL_MS = 1_000
BUSY = ("waiting", "running")
KINDS = {"csv": "CSV", "hyper": "Tableau extract", "tdsx": "Data source", "twbx": "Workbook"}
TABLES = {"readings": "Readings", "hourly": "Hours", "daily": "Days"}
SEPARATORS = {",": "Comma", ";": "Semicolon", "\t": "Tab"}
DECIMALS = {".": "Point", ",": "Comma"}
READINGS = {"with": "With them", "without": "Hours and days only"}
HEADERS = {"file": "Only in the manifest", "lines": "Also as first lines"}
COLUMNS = [
    tables.links_column("links", "Download", width=140),
    tables.column("file_name", "File", width=390),
    tables.column("state", "State", width=90),
    tables.column("progress", "Progress", number=".0%", width=100),
    tables.column("rows", "Rows", number=",d", width=105),
    tables.column("energy_kwh", "Energy kWh", number=",.1f", width=125),
    tables.column("check", "Check", width=150),
    tables.column("checked_at", "Checked (UTC)", to_the_minute=True, width=145),
    tables.column("created_at", "Asked (UTC)", to_the_minute=True, width=145),
    tables.column("requested_by", "By", width=100),
    tables.column("sha256", "SHA-256", width=180),
    tables.column("message", "Message", width=240),
    tables.column("id", "Export", number="d", width=90),
]
CHECKS = {
    "equal": "Equal",
    "outdated": "Data changed since",
    "differs": "Differs",
    "failed": "Could not be checked",
}
BEING_CHECKED, NOT_CHECKED = "Being checked", "Not yet"
MADE_HERE = ("links", "check")
STORED = ("check_state", "check_message", "checking")
FIELDS = [*(column["field"] for column in COLUMNS if column["field"] not in MADE_HERE), *STORED]


def layout(**_query: str) -> html.Div:
    """Draw the skeleton; the callbacks fill it."""
    return html.Div(
        [
            page_header("Exports", "The same numbers as on the pages, as files that say how to check them."),
            panel("New export", html.P(id="export-what", className="card-subtitle"), _form()),
            publishing(),
            panel(
                "Made so far",
                tables.table(
                    "export-list", COLUMNS, label="Exports, newest first", select="single", empty="No export made yet."
                ),
                html.Div(id="export-chosen", role="status"),
                html.P(id="export-reconciled", className="card-subtitle"),
                actions=[
                    _action("Check the selected one", "export-check"),
                    _action("Cancel the selected one", "export-cancel"),
                ],
                subtitle=f"Files are kept for {settings().export_days} days, their rows for good.",
            ),
            dcc.Interval(id="export-poll", interval=POLL_MS),
        ]
    )


@callback(Output("export-what", "children"), Input("selection", "data"))
def say_what(query: Query) -> str:
    """Say what an export made now would hold."""
    filters = selected(query)
    return f"All meters of {ask(sites.span, filters.site_id).name}, {period_text(filters)}, as selected above."


@callback(
    Output("export-csv-options", "hidden"), Output("export-hyper-options", "hidden"), Input("export-kind", "value")
)
def offer_options(kind: str) -> tuple[bool, bool]:
    """Show the options of the kind of file that is chosen."""
    return kind_of(kind) != "csv", kind_of(kind) == "csv"


@callback(
    Output("export-asked", "data"),
    inputs={"clicks": Input("export-make", "n_clicks")},
    state={
        "query": State("selection", "data"),
        "kind": State("export-kind", "value"),
        "asked": {
            "table": State("export-table", "value"),
            "separator": State("export-separator", "value"),
            "decimal": State("export-decimal", "value"),
            "header": State("export-header", "value"),
        },
        "readings": State("export-readings", "value"),
    },
    prevent_initial_call=True,
)
def make(*, clicks: int | None, query: Query, kind: str, asked: dict[str, str], readings: str) -> int:
    """Ask the worker for an export of what is selected."""
    if not clicks:
        raise PreventUpdate
    chosen = kind_of(kind)
    options = options_of(chosen, asked if chosen == "csv" else {"readings": readings})
    return exports.request_export(selected(query), chosen, options, requested_by=reader())


@callback(
    Output("export-cancelled", "data"),
    Input("export-cancel", "n_clicks"),
    State("export-list", "selectedRows"),
    prevent_initial_call=True,
)
def cancel(clicks: int | None, rows: Rows | None) -> int:
    """Stop the selected export."""
    if not clicks or not rows:
        raise PreventUpdate
    number = int(rows[0]["id"])
    exports.cancel_export(number)
    return number


@callback(
    Output("export-checked", "data"),
    Input("export-check", "n_clicks"),
    State("export-list", "selectedRows"),
    prevent_initial_call=True,
)
def check(clicks: int | None, rows: Rows | None) -> int:
    """Ask the worker to compare the selected export with the data."""
    if not clicks or not rows:
        raise PreventUpdate
    number = int(rows[0]["id"])
    exports.request_check(number)
    return number


@callback(
    Output("export-list", "rowData"),
    Output("export-poll", "disabled"),
    Input("export-poll", "n_intervals"),
    Input("export-asked", "data"),
    Input("export-cancelled", "data"),
    Input("export-checked", "data"),
    Input("export-published", "data"),
)
def show_exports(*_changes: int | None) -> tuple[Rows, bool]:
    """List the exports; asks again until all are done."""
    asked = ask_now(exports.listed)
    busy = asked["state"].isin(BUSY).any() or asked["checking"].any()
    rows = tables.records(asked[FIELDS])
    return [row | {"links": _links(row), "check": _checked_as(row)} for row in rows], not busy


@callback(Output("export-reconciled", "children"), Input("export-list", "rowData"))
def show_reconciliation(_listed: Rows | None) -> str:
    """Say in a line what the last nightly check of all exports found."""
    found = ask_now(checks.last_reconciliation)
    return found.sentence if found else "Every night at 02:30 UTC all exports are compared with the data."


@callback(
    Output("export-chosen", "children"),
    Output("export-cancel", "disabled"),
    Output("export-check", "disabled"),
    Input("export-list", "selectedRows"),
    Input("export-list", "rowData"),
)
def show_chosen(rows: Rows | None, listed: Rows | None) -> tuple[Component, bool, bool]:
    """Say what is known of the selected export, and offer what can be done with it."""
    chosen = next((row for row in listed or [] if rows and row["id"] == rows[0]["id"]), None)
    if chosen is None:
        text = "Select an export to see its checksum, to compare it with the data, or to cancel it."
        return html.P(text, className="card-subtitle"), True, True
    if chosen["state"] != "ready":
        return html.P(chosen["message"] or f"This export is {chosen['state']}."), chosen["state"] not in BUSY, True
    return _facts(chosen), True, bool(chosen["checking"])


def _links(export: dict[str, Any]) -> list[dict[str, str]]:
    """Offer file and manifest of an export that is ready."""
    if export["state"] != "ready":
        return []
    address, name = f"/exports/{export['id']}", export["file_name"]
    return [
        {"text": "File", "href": address, "label": f"Download {name}"},
        {"text": "Manifest", "href": f"{address}/manifest", "label": f"Download the manifest of {name}"},
    ]


def _checked_as(export: dict[str, Any]) -> str:
    """Say in a word or two what the last check found."""
    if export["state"] != "ready":
        return ""
    if export["checking"]:
        return BEING_CHECKED
    return CHECKS.get(export["check_state"], NOT_CHECKED)


def _action(text: str, name: str) -> dbc.Button:
    return dbc.Button(text, id=name, size="sm", color="secondary", outline=True, disabled=True, className="ms-2")


def _form() -> html.Div:
    csv_options = html.Div(
        [
            select("export-table", "What", TABLES, "readings"),
            select("export-separator", "Separator", SEPARATORS, ","),
            select("export-decimal", "Decimal mark", DECIMALS, "."),
            select("export-header", "Zone, unit, filters", HEADERS, "file"),
        ],
        id="export-csv-options",
        className="control-row",
    )
    hyper_options = html.Div(
        select("export-readings", "Single readings", READINGS, "with"),
        id="export-hyper-options",
        className="control-row",
        hidden=True,
    )
    return html.Div(
        [
            segmented("export-kind", "Format", KINDS, "csv"),
            csv_options,
            hyper_options,
            dbc.Button("Make the export", id="export-make", color="primary"),
            dcc.Store(id="export-asked"),
            dcc.Store(id="export-cancelled"),
            dcc.Store(id="export-checked"),
        ],
        className="control-row",
    )


def _facts(export: dict[str, Any]) -> html.Div:
    facts: dict[str, str | Component] = {
        "File": export["file_name"],
        "Rows": f"{export['rows']:,}",
        "Energy": format_value(MEASURES["energy_kwh"], export["energy_kwh"]),
        "SHA-256": html.Code(export["sha256"]),
        "Check": export["check_message"] or _checked_as(export),
        **({"Tableau": export["message"]} if export["message"] else {}),
    }
    pairs: list[Component] = [part for name, value in facts.items() for part in (html.Dt(name), html.Dd(value))]
    return html.Div(html.Dl(pairs, className="facts"))
