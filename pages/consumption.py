"""The course of the load in detail, from years down to single readings."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeAlias
from urllib.parse import urlencode

import pandas as pd
import plotly.graph_objects as go
from dash import (
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
from dash.exceptions import PreventUpdate

from components import charts, tables
from components.attributes import attributes
from components.cards import panel
from components.chart_card import chart_card, chart_id, subtitle_id
from components.controls import segmented
from components.shell import page_header
from dashboard.data import ask
from dashboard.drawn import explained, frame_of, overlay_of, zoom_of
from dashboard.selection import selected
from pages.grid import grid
from pages.wording import ONE_DAY, compare_label, coverage_text, day_text, measure_of, period_text
from pipeline.definitions import MEASURES, Measure
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import consumption

register_page(__name__, path="/consumption", name="Consumption", order=2, icon="consumption")

Query: TypeAlias = dict[str, str] | None
Clicked: TypeAlias = Mapping[str, Any] | None
Draw: TypeAlias = Callable[[pd.DataFrame, Measure, str], go.Figure]

SERIES, CARPET, PROFILE = "consumption-series", "consumption-carpet", "consumption-profile"
DURATION, OVERLAY = "consumption-duration", "consumption-overlay"
RANKING, HISTOGRAM = "consumption-ranking", "consumption-histogram"
OVERLAY_BY = {"week": "Weeks", "year": "Years"}
RESOLUTIONS = {"month": "months", "day": "days", "hour": "hours", "reading": "single readings"}
PARTIAL_ENDS = "sites in several time zones: the first and last hours show only those whose day it is"
SHOWN_ROWS = 1_000
COLUMNS = [
    tables.column("meter", "Meter", pinned=True, width=190),
    tables.column("time", "Local time", width=165),
    tables.column("energy_kwh", "Energy kWh", number=",.3f", width=118),
    tables.column("raw_kwh", "Raw kWh", number=",.3f", width=105),
    tables.column("power_kw", "Power kW", number=",.3f", width=105),
    tables.column("flags", "Flags", width=150),
    tables.column("batch_id", "Load", number="d", width=80),
    tables.column("line", "Line", number="d", width=85),
    tables.column("utc", "UTC", width=165),
]


def layout(**_query: str) -> html.Div:
    """Draw the skeleton; the callbacks fill it."""
    by = segmented("consumption-overlay-by", "Lay over each other", OVERLAY_BY, "week")
    rows = tables.table("consumption-rows", COLUMNS, label="Readings behind the selection", height="normal")
    return html.Div(
        [
            page_header("Consumption", "Drag across the course to zoom down to single readings."),
            chart_card(SERIES, "Course", height="tall"),
            html.Div(id="consumption-day", role="status"),
            grid(
                (8, chart_card(CARPET, "Days and hours")),
                (4, chart_card(RANKING, "Largest parts")),
                (6, chart_card(PROFILE, "Typical day")),
                (6, chart_card(DURATION, "Load duration")),
                (8, chart_card(OVERLAY, "Repeating patterns", actions=[by])),
                (4, chart_card(HISTOGRAM, "Hours by power")),
            ),
            panel("Readings", html.P(id="consumption-rows-note", className="card-subtitle"), rows),
            dcc.Store(id="consumption-zoom"),
            dcc.Store(id={"type": "chart-options", "name": SERIES}),
            dcc.Store(id={"type": "chart-options", "name": OVERLAY}),
        ]
    )


@callback(
    Output(chart_id(SERIES), "figure"),
    Output(subtitle_id(SERIES), "children"),
    Output({"type": "chart-options", "name": SERIES}, "data"),
    Input("selection", "data"),
    Input("consumption-zoom", "data"),
    State("theme", "data"),
)
def show_series(query: Query, zoomed: Query, theme: str) -> tuple[go.Figure, str, dict[str, str]]:
    """Draw the course of the period, or in finer steps the part that is zoomed to; a new selection starts unzoomed."""
    filters, zoom = selected(query), (zoomed or {}) if ctx.triggered_id == "consumption-zoom" else {}
    series = ask(consumption.series, filters, zoom=zoom_of(zoom))
    figure = charts.series(
        explained(series.frame, filters),
        measure_of(filters),
        theme,
        resolution=series.resolution,
        compare_label=compare_label(filters),
    )
    notes = [
        f"{measure_of(filters).label} by {RESOLUTIONS[series.resolution]}{coverage_text(filters.measure, filters)}"
    ]
    notes += ["thinned, extremes kept"] if series.sampled else []
    notes += [PARTIAL_ENDS] if series.partial_ends else []
    return figure, "; ".join(notes), zoom


clientside_callback(
    ClientsideFunction("selection", "zoom"),
    Output("consumption-zoom", "data"),
    Input(chart_id(SERIES), "relayoutData"),
)


@callback(
    Output(chart_id(OVERLAY), "figure"),
    Output(subtitle_id(OVERLAY), "children"),
    Output({"type": "chart-options", "name": OVERLAY}, "data"),
    Input("selection", "data"),
    Input("consumption-overlay-by", "value"),
    State("theme", "data"),
)
def show_overlay(query: Query, by: str, theme: str) -> tuple[go.Figure, str, dict[str, str]]:
    """Draw weeks or years on top of each other."""
    filters, options = selected(query), {"by": by}
    frame = frame_of(OVERLAY, filters, options)
    figure = charts.overlay(frame, measure_of(filters), theme, by=overlay_of(options))
    return figure, f"{measure_of(filters).label}, the newest strongest", options


def _follow_selection(
    name: str, draw: Draw, explanation: str, drawn: Callable[[Filters], Measure] = measure_of
) -> None:
    """Redraw a chart without options of its own whenever the selection changes."""

    @callback(
        Output(chart_id(name), "figure"),
        Output(subtitle_id(name), "children"),
        Input("selection", "data"),
        State("theme", "data"),
    )
    def show(query: Query, theme: str) -> tuple[go.Figure, str]:
        filters = selected(query)
        frame = frame_of(name, filters, {})
        return draw(frame, drawn(filters), theme), explanation.format(measure=drawn(filters).label)


def _power(_filters: Filters) -> Measure:
    return MEASURES["mean_kw"]


_follow_selection(CARPET, charts.carpet, "{measure} by date and local time. Click a day for its readings.")
_follow_selection(PROFILE, charts.profile, "{measure} by hour and type of day, with the band from P10 to P90")
_follow_selection(DURATION, charts.duration_curve, "Share of the hours in which a power is reached", _power)
_follow_selection(RANKING, charts.ranking, "{measure} of the parts. Click one to select it.")
_follow_selection(HISTOGRAM, charts.histogram, "Hours spent in each class of power", _power)
clientside_callback(ClientsideFunction("selection", "clickRank"), Input(chart_id(RANKING), "clickData"))


@callback(
    Output("consumption-rows", "rowData"), Output("consumption-rows-note", "children"), Input("selection", "data")
)
def show_rows(query: Query) -> tuple[list[dict[str, Any]], str]:
    """List the readings behind the charts."""
    filters = selected(query)
    rows = ask(consumption.rows, filters, limit=SHOWN_ROWS)
    note = f"The first {rows.limit:,} readings of {period_text(filters)}; an export holds all." if rows.cut else ""
    return tables.records(rows.frame), note or f"All readings of {period_text(filters)}"


@callback(
    Output("consumption-day", "children"),
    Input(chart_id(CARPET), "clickData"),
    Input(chart_id(SERIES), "clickData"),
    Input("consumption-rows", "cellClicked"),
    State("selection", "data"),
)
def show_way_back(_carpet: Clicked, _series: Clicked, _row: Clicked, query: Query) -> html.Div:
    """Offer the way from a clicked day to the files and lines that it came from."""
    filters = selected(query)
    day = _clicked_day(ctx.triggered[0]["value"])
    lineage = "/day?" + urlencode(filters.to_query() | {"day": day.isoformat()})
    only = {"start": day.isoformat(), "end": (day + ONE_DAY).isoformat(), "period": ""}
    return html.Div(
        [
            html.Strong(f"{day:%A}, {day_text(day)}"),
            dcc.Link("Where its readings come from", href=lineage, className="btn btn-sm btn-primary"),
            html.Button(
                "Only this day",
                type="button",
                className="btn btn-sm btn-outline-secondary",
                **attributes(data_select=json.dumps(only)),
            ),
        ],
        className="notice-bar",
    )


def _clicked_day(clicked: Clicked) -> date:
    if not clicked:
        raise PreventUpdate
    at = clicked["points"][0]["x"] if "points" in clicked else clicked["value"]
    try:
        return date.fromisoformat(str(at)[:10])
    except ValueError:
        raise PreventUpdate from None
