"""Reports for people: made now, or sent again and again to recipients with filters of their own."""

from datetime import time
from typing import Any, TypeAlias, get_args

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, ctx, dcc, html, register_page
from dash.exceptions import PreventUpdate

from components import tables
from components.cards import panel
from components.controls import labelled, segmented, select
from components.shell import page_header
from dashboard.data import ask, ask_now, change, reader
from dashboard.selection import selected
from pages.anomaly_detail import say_stored
from pages.wording import period_text
from pipeline.definitions import MEASURES, SWITCHABLE, MeasureKey
from pipeline.errors import SelectionError
from pipeline.jobs import exports
from pipeline.outputs.reports import schedules
from pipeline.outputs.reports.kinds import format_of, is_report
from pipeline.outputs.reports.rhythm import Every, Rhythm
from pipeline.warehouse.queries import reports, sites

register_page(__name__, path="/reports", name="Reports", order=12, icon="reports")

Query: TypeAlias = dict[str, str] | None
Rows: TypeAlias = list[dict[str, Any]]

POLL_MS = 1_000
BUSY = ("waiting", "running")
FORMATS = {"pdf": "PDF", "xlsx": "Excel", "csv": "CSV"}
EVERY = {"day": "Every day", "week": "Every week", "month": "Every month"}
CHANNELS = {"mail": "E-mail", "storage": "File storage"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ALL_SECTORS, EVERY_SECTOR = "All sectors", "all"
ACTIONS = {"pause": "Pause", "resume": "Resume", "remove": "Remove"}
RESULTS = {
    "": "None yet",
    "waiting": "Not made yet",
    "made": "Made, not sent yet",
    "sending": "Being sent",
    "sent": "Sent",
    "failed": "Failed",
    "unclear": "May have arrived",
}
MADE = [
    tables.links_column("links", "Download", width=140),
    tables.column("file_name", "File", width=390),
    tables.column("state", "State", width=90),
    tables.column("created_at", "Asked (UTC)", to_the_minute=True, width=150),
    tables.column("requested_by", "By", width=120),
    tables.column("message", "Message", flex=1),
]
FIELDS = ["id", "file_name", "state", "created_at", "requested_by", "message"]
SCHEDULES = [
    tables.column("id", "No.", number="d", width=95),
    tables.column("site", "Site", width=140),
    tables.column("when", "When", width=165),
    tables.column("target", "To", width=180),
    tables.column("state", "State", width=85),
    tables.column("next_run", "Next (local)", to_the_minute=True, width=160),
    tables.column("result", "Last result", width=140),
    tables.column("format", "As", width=85),
    tables.column("sector", "Sector", width=115),
    tables.column("measure", "Measure", width=110),
    tables.column("message", "What it says", width=330),
]


def layout(**_query: str) -> html.Div:
    """Draw the skeleton; the callbacks fill it."""
    buttons = [
        dbc.Button(text, id=f"report-{action}", size="sm", color="secondary", outline=True)
        for action, text in ACTIONS.items()
    ]
    return html.Div(
        [
            page_header("Reports", "The figures of the pages as a document, now or on a schedule."),
            panel(
                "Make a report",
                html.P(id="report-what", className="card-subtitle"),
                html.Div(
                    [
                        segmented("report-format", "Format", FORMATS, "pdf"),
                        dbc.Button("Make the report", id="report-make", color="primary"),
                    ],
                    className="control-row",
                ),
                tables.table(
                    "report-list", MADE, label="Reports, newest first", height="short", empty="No report made yet."
                ),
            ),
            panel(
                "Schedules",
                tables.table(
                    "report-schedules",
                    SCHEDULES,
                    label="Schedules and their last results",
                    select="single",
                    empty="No schedule yet.",
                ),
                html.Div(buttons, className="control-row"),
                html.Details([html.Summary("New schedule"), _form()]),
                subtitle="Each recipient has a site, sector and measure of their own. A missed run is made once.",
            ),
            dcc.Store(id="report-asked"),
            dcc.Store(id="report-changes", data=0),
            dcc.Interval(id="report-poll", interval=POLL_MS),
        ]
    )


@callback(
    Output("report-what", "children"),
    Output("report-site", "children"),
    Output("report-sector", "options"),
    Input("selection", "data"),
)
def say_what(query: Query) -> tuple[str, str, list[dict[str, str]]]:
    """Say what a report made now would be about, and for which site and sectors a schedule can be."""
    filters = selected(query)
    name = ask(sites.span, filters.site_id).name
    sectors = [{"label": text, "value": text} for text in ask(sites.sectors, filters.site_id)]
    what = f"{name}, {period_text(filters)}, as selected above."
    return what, f"For {name} and all below it.", [{"label": ALL_SECTORS, "value": EVERY_SECTOR}, *sectors]


@callback(
    Output("report-asked", "data"),
    Input("report-make", "n_clicks"),
    State("selection", "data"),
    State("report-format", "value"),
    prevent_initial_call=True,
)
def make(clicks: int | None, query: Query, form: str) -> int:
    """Ask the worker for a report of what is selected."""
    if not clicks:
        raise PreventUpdate
    return exports.request_report(selected(query), format_of(form), requested_by=reader())


@callback(
    Output("report-list", "rowData"),
    Output("report-poll", "disabled"),
    Input("report-poll", "n_intervals"),
    Input("report-asked", "data"),
)
def show_reports(_ticks: int | None, _asked: int | None) -> tuple[Rows, bool]:
    """List the reports among the exports; asks again until all are made."""
    asked = ask_now(exports.listed)
    made = asked[asked["kind"].map(is_report).astype(bool)]
    rows = [row | {"links": _links(row)} for row in tables.records(made[FIELDS])]
    return rows, not made["state"].isin(BUSY).any()


@callback(Output("report-schedules", "rowData"), Input("report-changes", "data"))
def show_schedules(_changes: int) -> Rows:
    """List the schedules with the result of their last run."""
    return [
        row
        | {
            "measure": MEASURES[row["measure"]].label,
            "format": FORMATS[row["format"]],
            "when": _when(row),
            "result": RESULTS[row["result"]],
            "sector": row["sector"] or ALL_SECTORS,
        }
        for row in tables.records(ask_now(reports.schedules))
    ]


@callback(
    Output("report-changes", "data"),
    inputs={"clicks": Input("report-add", "n_clicks")},
    state={
        "query": State("selection", "data"),
        "form": {
            name: State(f"report-{name}", "value")
            for name in ("as", "sector", "measure", "every", "day", "at", "channel", "target")
        },
        "changes": State("report-changes", "data"),
    },
    prevent_initial_call=True,
)
def add(*, clicks: int | None, query: Query, form: dict[str, Any], changes: int) -> int:
    """Keep a new schedule for the selected site."""
    if not clicks:
        raise PreventUpdate
    new = schedules.NewSchedule(
        site_id=selected(query).site_id,
        form=format_of(str(form["as"])),
        rhythm=_rhythm(str(form["every"]), form["day"], str(form["at"] or "")),
        channel=form["channel"],
        target=str(form["target"] or ""),
        sector=None if form["sector"] in (None, EVERY_SECTOR) else str(form["sector"]),
        measure=_measure(str(form["measure"])),
    )
    change(schedules.add_schedule, new, made_by=reader())
    say_stored("The schedule is kept; the table says when it runs next.")
    return changes + 1


@callback(
    Output("report-changes", "data", allow_duplicate=True),
    inputs={"clicks": {action: Input(f"report-{action}", "n_clicks") for action in ACTIONS}},
    state={"rows": State("report-schedules", "selectedRows"), "changes": State("report-changes", "data")},
    prevent_initial_call=True,
)
def act(*, clicks: dict[str, int | None], rows: Rows | None, changes: int) -> int:
    """Do what a button says with the schedule that is selected."""
    if not any(clicks.values()):
        raise PreventUpdate
    if not rows:
        raise SelectionError("Select a schedule in the table first.")
    actions = {
        "report-pause": schedules.pause_schedule,
        "report-resume": schedules.resume_schedule,
        "report-remove": schedules.remove_schedule,
    }
    change(actions[str(ctx.triggered_id)], int(rows[0]["id"]))
    return changes + 1


def _form() -> html.Div:
    day = dbc.Input(id="report-day", type="number", size="sm", min=1, max=31, step=1, value=1)
    at = dbc.Input(id="report-at", type="time", size="sm", value="06:00")
    target = dbc.Input(
        id="report-target", size="sm", maxlength=500, placeholder="boss@example.org or s3://bucket/folder"
    )
    measures: dict[str, str] = {key: MEASURES[key].label for key in SWITCHABLE}
    return html.Div(
        [
            html.P(id="report-site", className="card-subtitle"),
            html.Div(
                [
                    select("report-as", "Format", FORMATS, "pdf"),
                    select("report-sector", "Sector", {EVERY_SECTOR: ALL_SECTORS}, EVERY_SECTOR),
                    select("report-measure", "Measure of the charts", measures, SWITCHABLE[0]),
                    select("report-every", "How often", EVERY, "month"),
                    labelled("Day of the week (1 is Monday) or month", day),
                    labelled("Time at the site", at),
                ],
                className="control-row",
            ),
            html.Div(
                [
                    select("report-channel", "By", CHANNELS, "mail"),
                    html.Div(labelled("To", target), className="control-wide"),
                    dbc.Button("Keep schedule", id="report-add", size="sm", color="primary"),
                ],
                className="control-row",
            ),
        ]
    )


def _links(report: dict[str, Any]) -> list[dict[str, str]]:
    if report["state"] != "ready":
        return []
    address, name = f"/exports/{report['id']}", report["file_name"]
    return [
        {"text": "File", "href": address, "label": f"Download {name}"},
        {"text": "Manifest", "href": f"{address}/manifest", "label": f"Download the manifest of {name}"},
    ]


def _when(schedule: dict[str, Any]) -> str:
    match schedule["every"]:
        case "week":
            return f"{WEEKDAYS[schedule['day'] - 1]}s, {schedule['at']}"
        case "month":
            return f"Day {schedule['day']} of the month, {schedule['at']}"
    return f"Every day, {schedule['at']}"


def _rhythm(every: str, day: float | None, at: str) -> Rhythm:
    try:
        moment = time.fromisoformat(at)
    except ValueError:
        raise SelectionError("Give the time like 06:00.") from None
    if every != "day" and (day is None or day != int(day)):
        raise SelectionError("Give the day as a whole number.")
    chosen = next((one for one in get_args(Every) if one == every), None)
    if chosen is None:
        raise SelectionError("Choose how often the report is made.")
    return Rhythm(chosen, 0 if chosen == "day" else int(day or 0), moment.replace(tzinfo=None))


def _measure(text: str) -> MeasureKey:
    for key in SWITCHABLE:
        if text == key:
            return key
    raise SelectionError("Choose one of the measures.")
