"""What was saved, how sites compare with their peers, the shapes of their days, and who was refused."""

from typing import Any, TypeAlias

import pandas as pd
import plotly.graph_objects as go
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc
from dash.development.base_component import Component

from components import charts, tables
from components.cards import panel
from components.chart_card import chart_card, chart_id, subtitle_id
from components.controls import select
from dashboard.data import ask
from dashboard.drawn import frame_of
from dashboard.selection import selected
from pages.grid import grid
from pages.recommendation_wording import label_of
from pages.wording import day_text
from pipeline.analytics.recommendations.indicator_list import INDICATORS
from pipeline.definitions import MEASURES, format_share
from pipeline.warehouse.queries import recommendations, site_profiles

Query: TypeAlias = dict[str, str] | None
Rows: TypeAlias = list[dict[str, Any]]

REALISED, CUSUM = "recommendations-realised", "recommendations-cusum"
PEERS, SHAPES = "recommendations-peers", "recommendations-shapes"
USUAL_INDICATOR = "base_share"
MEASURED = [
    tables.column("site", "Site", width=150),
    tables.column("what", "What was done", width=175),
    tables.column("done_on", "Done on", width=110),
    tables.column("days", "Days", number=",d", width=80),
    tables.column("expected_kwh", "Expected kWh", number=",.0f", width=125),
    tables.column("saved_kwh", "Saved kWh", number=",.0f", width=115),
    tables.column("uncertainty_kwh", "\N{PLUS-MINUS SIGN} kWh", number=",.0f", width=100),
    tables.column("fractional_uncertainty", "Uncertainty", number=".0%", width=115),
    tables.column("cvrmse", "CV(RMSE)", number=".1%", width=105),
    tables.column("nmbe", "NMBE", number=".2%", width=90),
    tables.column("worth", "Money", number=",.0f", width=105),
    tables.column("currency", "In", width=70),
    tables.column("method", "Model", width=90),
    tables.column("careful", "To be careful about", width=320),
]
MEMBERS = [
    tables.column("name", "Shape of most days", flex=2),
    tables.column("site", "Site", flex=2),
    tables.column("sector", "Sector"),
    tables.column("share", "Of its days", number=".0%"),
]
REFUSED = [
    tables.column("site", "Site", width=200),
    tables.column("reason", "Why", flex=1) | {"wrapText": True, "autoHeight": True},
]


def sections(indicator: str) -> list[Component]:
    """Draw the skeleton of these parts."""
    names = {key: each.label for key, each in INDICATORS.items()}
    chosen = select("recommendations-indicator", "Compared by", names, indicator)
    return [
        grid((6, chart_card(REALISED, "Realised against expected")), (6, chart_card(CUSUM, "Saved so far (CUSUM)"))),
        panel(
            "Measured savings",
            tables.table(
                "recommendations-measured",
                MEASURED,
                label="Savings measured since something was done",
                select="single",
                empty="Nothing is measured yet. Mark what was done, with its day; the next run measures it.",
            ),
            subtitle="Each against a baseline of the year before. Select one for its course.",
        ),
        grid(
            (7, chart_card(PEERS, "Among their peers", actions=[chosen], height="tall")),
            (5, chart_card(SHAPES, "Shapes of days", height="tall")),
        ),
        grid(
            (
                6,
                panel(
                    "Sites by shape",
                    tables.table("recommendations-members", MEMBERS, label="Sites by the shape of most of their days"),
                ),
            ),
            (
                6,
                panel(
                    "Nothing recommended, and why",
                    tables.table(
                        "recommendations-refused",
                        REFUSED,
                        label="Sites and savings that were refused",
                        empty="The data of every site is good enough.",
                    ),
                ),
            ),
        ),
        dcc.Store(id={"type": "chart-options", "name": CUSUM}),
        dcc.Store(id={"type": "chart-options", "name": PEERS}),
    ]


@callback(
    Output("recommendations-measured", "rowData"),
    Output(chart_id(REALISED), "figure"),
    Output(subtitle_id(REALISED), "children"),
    Input("selection", "data"),
    Input("recommendations-changes", "data"),
    State("theme", "data"),
)
def show_measured(query: Query, _changes: int, theme: str) -> tuple[Rows, go.Figure, str]:
    """List and draw what was measured."""
    found = frame_of(REALISED, selected(query), {})
    frame = found.assign(
        label=[f"{site}: {label_of(kind)}" for site, kind in zip(found["site"], found["kind"], strict=True)]
    )
    listed = found.assign(
        what=found["kind"].map(label_of),
        done_on=found["done_on"].map(str),
        worth=found["money"].map(lambda money: None if money is None else float(money)),
        careful=found["notes"].map(" ".join),
    ).drop(columns=["money", "notes"])
    confidence = f"{format_share(found['confidence'].iloc[0])} " if len(found) else ""
    note = f"Energy since the day it was done, with the {confidence}interval of ASHRAE Guideline 14"
    return tables.records(listed), charts.realised(frame, MEASURES["energy_kwh"], theme), note


@callback(
    Output(chart_id(CUSUM), "figure"),
    Output(subtitle_id(CUSUM), "children"),
    Output({"type": "chart-options", "name": CUSUM}, "data"),
    Input("recommendations-measured", "selectedRows"),
    Input("recommendations-measured", "rowData"),
    State("selection", "data"),
    State("theme", "data"),
)
def show_cusum(
    rows: Rows | None, listed: Rows | None, query: Query, theme: str
) -> tuple[go.Figure, str, dict[str, str]]:
    """Draw the course of the selected measure, else of the newest."""
    chosen = next(iter(rows or listed or []), None)
    if chosen is None:
        return charts.cusum(pd.DataFrame(), MEASURES["energy_kwh"], theme), "", {}
    options = {"recommendation": str(chosen["fingerprint"])}
    frame = frame_of(CUSUM, selected(query), options)
    title = f"{chosen['site']}: {chosen['what']}, since {day_text(pd.Timestamp(chosen['done_on']).date())}"
    return charts.cusum(frame, MEASURES["energy_kwh"], theme), f"{title}. It rises while less is used.", options


@callback(
    Output(chart_id(PEERS), "figure"),
    Output(subtitle_id(PEERS), "children"),
    Output({"type": "chart-options", "name": PEERS}, "data"),
    Input("selection", "data"),
    Input("recommendations-indicator", "value"),
    State("theme", "data"),
)
def show_peers(query: Query, key: str, theme: str) -> tuple[go.Figure, str, dict[str, str]]:
    """Draw where the selected sites stand among those of their sector."""
    options = {"indicator": key}
    frame = frame_of(PEERS, selected(query), options)
    indicator = INDICATORS[key]
    figure = charts.peer_dots(frame, indicator.label, indicator.unit, theme)
    return figure, f"{indicator.description} The lower the better; click a site to select it.", options


clientside_callback(ClientsideFunction("selection", "clickSite"), Input(chart_id(PEERS), "clickData"))


@callback(
    Output(chart_id(SHAPES), "figure"),
    Output(subtitle_id(SHAPES), "children"),
    Output("recommendations-members", "rowData"),
    Output("recommendations-refused", "rowData"),
    Input("selection", "data"),
    State("theme", "data"),
)
def show_shapes(query: Query, theme: str) -> tuple[go.Figure, str, Rows, Rows]:
    """Draw the groups of days, and list the sites by them and those that were refused."""
    filters = selected(query)
    members = tables.records(ask(site_profiles.members, filters))
    refused = tables.records(ask(recommendations.refused, filters)[["site", "reason"]])
    note = "Groups of all sites' days by the shape of their load"
    return charts.load_shapes(frame_of(SHAPES, filters, {}), theme), note, members, refused
