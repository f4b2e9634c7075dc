"""The way back: each reading of one day with the file and line that it came from, and its correction by hand."""

from datetime import date, timedelta
from typing import Any, TypeAlias

import dash_bootstrap_components as dbc
import pandas as pd
from dash import Input, Output, State, callback, dcc, html, register_page, set_props
from dash.exceptions import PreventUpdate

from components import tables
from components.attributes import attributes
from components.cards import panel
from components.controls import labelled, select
from components.shell import page_header
from dashboard.data import ask, change, reader
from dashboard.selection import selected
from pages.wording import day_text
from pipeline.errors import SelectionError
from pipeline.warehouse import edits
from pipeline.warehouse.queries import lineage, sites

register_page(__name__, path="/day", name="Readings of a day")

Query: TypeAlias = dict[str, str] | None
Rows: TypeAlias = list[dict[str, Any]]

READINGS = [
    tables.column("time", "Local time", width=180),
    tables.column("energy_kwh", "Energy kWh", number=",.3f", width=118),
    tables.column("raw_kwh", "Raw kWh", number=",.3f", width=110),
    tables.column("power_kw", "Power kW", number=",.3f", width=110),
    tables.column("flags", "Flags", width=160),
    tables.column("file_name", "File", width=200),
    tables.column("line", "Line", number="d", width=90),
    tables.column("loaded_at", "Loaded (UTC)", to_the_minute=True, width=148),
    tables.column("utc", "UTC", width=180),
]
REPLACED = [
    tables.column("time", "Local time", width=180),
    tables.column("energy_kwh", "Energy kWh", number=",.3f", width=125),
    tables.column("file_name", "File", width=200),
    tables.column("line", "Line", number="d", width=90),
    tables.column("replaced_by_file", "Replaced by", width=200),
    tables.column("replaced_at", "Replaced (UTC)", flex=1),
]
EDITS = [
    tables.column("time", "Local time", width=180),
    tables.column("old_kwh", "Before kWh", number=",.3f", width=125),
    tables.column("new_kwh", "After kWh", number=",.3f", width=125),
    tables.column("reason", "Reason", flex=1),
    tables.column("edited_by", "By", width=120),
    tables.column("edited_at", "When (UTC)", width=180),
    tables.column("restored_at", "Restored (UTC)", width=180),
]


def layout(day: str = "", **_query: str) -> html.Div:
    """Draw the skeleton; the callbacks fill it."""
    return html.Div(
        [
            page_header("Readings of a day", "Every value with the file and line that it came from."),
            dcc.Store(id="day-changes", data=0),
            html.Div(
                [
                    select("day-meter", "Meter", {}, ""),
                    labelled("Day", dbc.Input(id="day-date", type="date", value=day or None, size="sm")),
                ],
                className="control-row",
            ),
            panel(
                "Readings",
                html.P(id="day-note", className="card-subtitle", role="status"),
                tables.table("day-readings", READINGS, label="Readings of the day", height="tall", select="single"),
                _correction(),
            ),
            panel(
                "Replaced values",
                tables.table(
                    "day-history",
                    REPLACED,
                    label="Replaced values",
                    height="short",
                    empty="No later load replaced a value of this day.",
                ),
            ),
            panel(
                "Corrections",
                tables.table(
                    "day-edits",
                    EDITS,
                    label="Corrections by hand",
                    height="short",
                    empty="Nothing was corrected by hand.",
                ),
            ),
        ]
    )


@callback(
    Output("day-meter", "options"),
    Output("day-meter", "value"),
    Output("day-date", "value"),
    Input("selection", "data"),
    State("day-meter", "value"),
    State("day-date", "value"),
)
def offer_meters(query: Query, meter: str | None, day: str | None) -> tuple[list[dict[str, str]], str | None, str]:
    """List the meters of the selection, and keep to the chosen one where it is among them."""
    filters = selected(query)
    found = ask(sites.meters, filters.site_id)
    names = {
        str(number): f"{name} ({site})"
        for number, name, site in zip(found["id"], found["name"], found["site"], strict=True)
    }
    wanted = str(filters.meter_id) if filters.meter_id else meter
    chosen = wanted if wanted in names else next(iter(names), None)
    last_day = filters.end - timedelta(days=1)
    return [{"label": label, "value": key} for key, label in names.items()], chosen, day or last_day.isoformat()


@callback(
    Output("day-readings", "rowData"),
    Output("day-readings", "selectedRows"),
    Output("day-history", "rowData"),
    Output("day-edits", "rowData"),
    Output("day-note", "children"),
    Input("day-meter", "value"),
    Input("day-date", "value"),
    Input("day-changes", "data"),
)
def show_day(meter: str | None, day: str | None, _changes: int) -> tuple[Rows, Rows, Rows, Rows, str]:
    """List the day's readings, what they replaced and what was corrected."""
    if not meter or not day:
        raise PreventUpdate
    meter_id, local_day = _number(meter), _date(day)
    readings = ask(lineage.day, meter_id, local_day)
    replaced, corrections = ask(lineage.history, meter_id, local_day), ask(lineage.edits, meter_id, local_day)
    return (
        tables.records(readings),
        [],
        tables.records(replaced),
        tables.records(corrections),
        _summary(readings, local_day),
    )


@callback(
    Output("day-correction", "hidden"),
    Output("day-correction-of", "children"),
    Output("day-value", "value"),
    Input("day-readings", "selectedRows"),
)
def offer_correction(rows: Rows | None) -> tuple[bool, str, float | None]:
    """Open the form for the reading that is selected in the table."""
    if not rows:
        return True, "", None
    return False, f"Reading of {rows[0]['time']}", round(rows[0]["energy_kwh"], 6)


@callback(
    Output("day-changes", "data"),
    inputs={"clicks": Input("day-edit", "n_clicks")},
    state={
        "meter": State("day-meter", "value"),
        "rows": State("day-readings", "selectedRows"),
        "value": State("day-value", "value"),
        "reason": State("day-reason", "value"),
        "changes": State("day-changes", "data"),
    },
    prevent_initial_call=True,
)
def edit(
    *, clicks: int | None, meter: str, rows: Rows | None, value: float | None, reason: str | None, changes: int
) -> int:
    """Store a corrected value; the raw one stays."""
    if not clicks or not rows:
        raise PreventUpdate
    if value is None:
        raise SelectionError("Give the corrected energy in kWh as a number.")
    change(edits.edit_reading, _number(meter), _instant(rows), float(value), reason=reason or "", edited_by=reader())
    _say(f"The reading of {rows[0]['time']} is now {value:,.3f} kWh.")
    return changes + 1


@callback(
    Output("day-changes", "data", allow_duplicate=True),
    Input("day-restore", "n_clicks"),
    State("day-meter", "value"),
    State("day-readings", "selectedRows"),
    State("day-changes", "data"),
    prevent_initial_call=True,
)
def restore(clicks: int | None, meter: str, rows: Rows | None, changes: int) -> int:
    """Take the last correction of the selected reading back."""
    if not clicks or not rows:
        raise PreventUpdate
    change(edits.restore_reading, _number(meter), _instant(rows), restored_by=reader())
    _say(f"The reading of {rows[0]['time']} is as it was before the correction.")
    return changes + 1


def _correction() -> html.Div:
    value = dbc.Input(id="day-value", type="number", step="any", size="sm")
    reason = dbc.Input(
        id="day-reason", type="text", size="sm", maxlength=500, placeholder="Why, for those who come after"
    )
    return html.Div(
        [
            html.Strong(id="day-correction-of"),
            labelled("Energy kWh", value),
            labelled("Reason", reason),
            dbc.Button("Change", id="day-edit", size="sm", color="primary"),
            dbc.Button("Take correction back", id="day-restore", size="sm", color="secondary", outline=True),
        ],
        id="day-correction",
        className="control-row",
        hidden=True,
        role="group",
        **attributes(aria_label="Correct the selected reading"),
    )


def _summary(readings: pd.DataFrame, day: date) -> str:
    if readings.empty:
        return f"This meter has no reading on {day_text(day)}."
    return f"{len(readings)} readings, {readings['energy_kwh'].sum():,.3f} kWh. Select one to correct it."


def _say(text: str) -> None:
    set_props("toast", {"is_open": True, "header": "Stored", "className": "notice notice-success", "children": text})


def _instant(rows: Rows) -> pd.Timestamp:
    return pd.Timestamp(str(rows[0]["utc"]), tz="UTC")


def _number(text: str) -> int:
    if not text.isdecimal():
        raise SelectionError("Choose a meter from the list.")
    return int(text)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SelectionError("Give the day as a date.") from None
