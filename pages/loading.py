"""The part of the Data page that takes files: look first, correct the guess, then store."""

from typing import Any, TypeAlias

import dash_bootstrap_components as dbc
import pandas as pd
from dash import ALL, Input, Output, State, callback, dcc, html, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from components import tables
from components import uploads as drawn
from components.attributes import attributes
from components.cards import panel
from components.icons import icon
from dashboard.data import ask_now, reader
from dashboard.mapping import fields_of, overrides_of
from dashboard.uploads import uploaded
from pipeline import sources
from pipeline.errors import UserError
from pipeline.jobs import uploads
from pipeline.settings import settings
from pipeline.sources.frame import Overrides, Plan
from pipeline.sources.plans import overrides_from_json, overrides_to_json, plan_from_json, plan_to_json

Json: TypeAlias = dict[str, Any]

POLL_MS = 1_000
PREVIEW_ROWS = 8
LOOK_AGAIN = "Look again with these choices"
FORM = "mapping"
FORM_FIELDS = {"type": FORM, "key": ALL}
COLUMNS = {"meter": "Meter", "ts": "Start (UTC)", "duration_s": "Seconds", "energy_kwh": "Energy kWh", "line": "Line"}
STATES = {"waiting": "waiting", "running": "running", "stored": "done", "failed": "refused"}


def section() -> html.Section:
    """Lay out the drop zone, the preview that follows a file, and the loads that are under way."""
    return panel(
        "Load a file",
        _drop_zone(),
        dcc.Store(id="loading-received"),
        dcc.Store(id="loading-plan"),
        dcc.Store(id="loading-overrides"),
        dcc.Store(id="loading-finished", data=0),
        dcc.Loading(html.Div(id="loading-preview"), delay_show=300),
        _actions(),
        html.Div(id="loading-jobs"),
        dcc.Interval(id="loading-poll", interval=POLL_MS),
        subtitle="Nothing is stored before you have seen how it will be read.",
    )


@callback(
    Output("loading-preview", "children"),
    Output("loading-plan", "data"),
    Output("loading-actions", "hidden"),
    Output("loading-store", "disabled"),
    Output("loading-again", "children"),
    Input("loading-received", "data"),
    Input("loading-overrides", "data"),
)
def preview(received: Json | None, given: Json | None) -> tuple[list[Component], Json | None, bool, bool, str]:
    """Show how the file will be read, by the guess or by what the reader changed in it."""
    if not received:
        return [], None, True, True, LOOK_AGAIN
    if "error" in received:
        return [dbc.Alert(received["error"], color="danger")], None, True, True, LOOK_AGAIN
    path = uploaded(received["token"], received["name"])
    try:
        plans = sources.inspect_file(path, _overrides(received, given))
        parts = [*_description(plans), _preview_table(plans[0]), _form(plans[0])]
    except UserError as error:  # shown where it can be put right, not as a passing toast
        return [dbc.Alert(str(error), color="danger")], None, not given, True, "Back to the first guess"
    return parts, plan_to_json(plans[0]), False, False, LOOK_AGAIN


@callback(
    Output("loading-overrides", "data"),
    Input("loading-again", "n_clicks"),
    State("loading-received", "data"),
    State("loading-plan", "data"),
    State(FORM_FIELDS, "value"),
    State(FORM_FIELDS, "id"),
    prevent_initial_call=True,
)
def read_again(clicks: int | None, received: Json, plan: Json | None, values: list[str], ids: list[Json]) -> Json:
    """Take the changed decisions over and look at the file again."""
    if not clicks:
        raise PreventUpdate
    if plan is None:
        return {"token": received["token"], "options": {}}
    path = uploaded(received["token"], received["name"])
    form = dict(zip((field["key"] for field in ids), values, strict=True))
    overrides = overrides_of(plan_from_json(plan, path), form)
    return {"token": received["token"], "options": overrides_to_json(overrides)}


@callback(
    Output("loading-received", "data"),
    Input("loading-store", "n_clicks"),
    State("loading-received", "data"),
    State("loading-overrides", "data"),
    prevent_initial_call=True,
)
def store(clicks: int | None, received: Json, given: Json | None) -> None:
    """Hand the file to the worker."""
    if not clicks:
        raise PreventUpdate
    path = uploaded(received["token"], received["name"])
    uploads.submit_load(path, _overrides(received, given), uploaded_by=reader())
    set_props("loading-poll", {"disabled": False})


@callback(
    Output("loading-jobs", "children"),
    Output("loading-poll", "disabled"),
    Output("loading-finished", "data"),
    Input("loading-poll", "n_intervals"),
    State("loading-finished", "data"),
)
def show_jobs(_ticks: int | None, finished_before: int) -> tuple[Component | None, bool, int]:
    """Show how far the loads are; asks again until all are done, and tells the charts when one is."""
    loads = ask_now(uploads.listed)
    busy = loads["state"].isin(["waiting", "running"])
    finished = int((~busy).sum())
    if finished != finished_before:
        set_props("data-changed", {"data": finished})
    return _progress(loads), not busy.any(), finished


def _overrides(received: Json, given: Json | None) -> Overrides:
    if not given or given["token"] != received["token"]:
        return Overrides()
    return overrides_from_json(given["options"])


def _drop_zone() -> html.Label:
    hint = (
        f"CSV, Excel, Parquet, JSON lines, Green Button, NEM12; also packed. At most {settings().max_upload_mb:,} MB."
    )
    words = html.Div(
        [
            icon("upload", "upload-icon"),
            html.Span([html.Strong("Choose a file"), " or drop it here"], className="upload-lead"),
            html.Span(hint, className="upload-hint"),
            html.Span(className="upload-hint", role="status", **attributes(data_upload_status="")),
        ],
        className="upload-words",
    )
    limits = attributes(data_upload_to="loading-received", data_upload_limit_mb=str(settings().max_upload_mb))
    return html.Label(words, className="upload-zone", **limits)


def _description(plans: list[Plan]) -> list[Component]:
    first = plans[0]
    meters = sum(len(plan.meters) for plan in plans)
    parts = f" in {len(plans)} parts" if len(plans) > 1 else ""
    text = f"{first.path.name}: {first.format}, {meters:,} {'meter' if meters == 1 else 'meters'}{parts}"
    warnings = [html.Li(warning) for plan in plans for warning in plan.warnings]
    return [html.H3(text, className="card-title"), html.Ul(warnings, className="warnings", hidden=not warnings)]


def _preview_table(plan: Plan) -> html.Div:
    rows = sources.preview(plan, rows=PREVIEW_ROWS)
    written = rows.assign(
        ts=rows["ts"].dt.strftime("%Y-%m-%d %H:%M"), energy_kwh=rows["energy_kwh"].map("{:,.3f}".format)
    )
    shown = written[list(COLUMNS)].rename(columns=COLUMNS)
    return drawn.preview_table(shown, f"The first {len(shown)} readings as they will be stored")


def _form(plan: Plan) -> html.Details:
    fields = [vars(field) for field in fields_of(plan)]
    return html.Details([html.Summary("How it is read"), drawn.mapping_form(FORM, fields)], open=True)


def _actions() -> html.Div:
    return html.Div(
        [
            dbc.Button("Load it", id="loading-store", color="primary"),
            dbc.Button(LOOK_AGAIN, id="loading-again", color="secondary", outline=True),
        ],
        id="loading-actions",
        className="control-row",
        hidden=True,
    )


def _progress(loads: pd.DataFrame) -> Component | None:
    if loads.empty:
        return None
    return drawn.progress_list([_job(load) for load in tables.records(loads)])


def _job(load: Json) -> Json:
    state = STATES[load["state"]]
    return {"name": load["file_name"], "state": state, "share": load["progress"], "detail": load["message"]}
