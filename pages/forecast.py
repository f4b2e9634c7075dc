"""What the load is likely to be, how sure that is, what drives it, and how good earlier forecasts were."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import dash_bootstrap_components as dbc
import plotly.graph_objects as go
from dash import (
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    dcc,
    html,
    no_update,
    register_page,
)
from dash._no_update import NoUpdate
from dash.development.base_component import Component

from components import cards, charts, tables
from components.attributes import attributes
from components.cards import panel
from components.chart_card import chart_card, chart_id, subtitle_id
from components.controls import labelled, segmented, select
from components.shell import page_header
from dashboard import forecasts as drawn
from dashboard.data import ask
from dashboard.forecasts import BASE, BEST, Choice
from dashboard.selection import selected
from pages import forecast_wording as wording
from pages.grid import grid
from pipeline.definitions import MEASURES
from pipeline.errors import SelectionError
from pipeline.warehouse.queries import forecast_month, forecast_record, forecasts

register_page(__name__, path="/forecast", name="Forecast", order=4, icon="forecast")

Query: TypeAlias = dict[str, str] | None
Options: TypeAlias = list[dict[str, str]]

FAN, DRIVERS, PAST = "forecast-fan", "forecast-drivers", "forecast-past"
HORIZONS = {"hours": "48 hours", "days": "35 days", "months": "13 months"}
ENERGY = MEASURES["energy_kwh"]


def _score(field: str, header: str, least: int, *, number: str = "") -> dict[str, Any]:
    """Describe a column that takes its part of the room, and no less than ``least`` pixels."""
    return tables.column(field, header, number=number, flex=least) | {"minWidth": least}


SCORES = [
    _score("evidence", "Measured on", 118),
    _score("model", "Model", 130),
    _score("in_use", "In use", 80),
    _score("wape", "WAPE", 84, number=".1%"),
    _score("skill", "Skill", 80, number="+.0%"),
    _score("mase", "MASE", 84, number=".2f"),
    _score("mae_kwh", "MAE kWh", 100, number=",.4~g"),
    _score("bias", "Bias", 80, number="+.1%"),
    _score("coverage", "Coverage", 98, number=".0%"),
    _score("pinball_kwh", "Pinball kWh", 112, number=",.4~g"),
    _score("origins", "Forecasts", 100, number="d"),
    _score("seconds", "Seconds", 94, number=".2f"),
]


def layout(**query: str) -> html.Div:
    """Draw the skeleton with the choice of the address; the callbacks fill it."""
    choice = _choice_of(query)
    return html.Div(
        [
            page_header("Forecast", "What the load is likely to be, and how sure that is."),
            html.Div(id="forecast-notice"),
            html.Div(cards.kpi_placeholder(4), id="forecast-kpis"),
            _controls(choice),
            chart_card(FAN, "Measured and forecast", height="tall"),
            grid(
                (7, chart_card(DRIVERS, "What drives it")),
                (5, panel("Before a new peak", html.Div(id="forecast-headroom"))),
                (12, chart_card(PAST, "Past forecasts and what happened")),
            ),
            panel(
                "Models",
                html.P(wording.SCOREBOARD, className="card-subtitle"),
                tables.table("forecast-scores", SCORES, label="Scores of the models", empty="No model was scored."),
            ),
            *(dcc.Store(id={"type": "chart-options", "name": name}) for name in (FAN, DRIVERS, PAST)),
        ]
    )


@callback(
    Output("forecast-model", "options"),
    Output("forecast-model", "value"),
    Output("forecast-whatif", "options"),
    Output("forecast-whatif", "value"),
    Input("selection", "data"),
    Input("forecast-horizon", "value"),
    State("forecast-model", "value"),
    State("forecast-whatif", "value"),
)
def offer(
    query: Query, horizon: str, model: str, whatif: str
) -> tuple[Options, str | NoUpdate, Options, str | NoUpdate]:
    """List the models and what-ifs of this site or meter; what is chosen stays where it is among them.

    It is not written back: somebody may have chosen another since this was asked.
    """
    found = ask(forecasts.issue, selected(query), Choice.from_query({"horizon": horizon}).horizon)
    models = {BEST: wording.best_text(found)} | wording.models_text(found)
    scenarios = wording.scenarios_text(found)
    return (
        _options(models),
        no_update if model in models else BEST,
        _options(scenarios),
        no_update if whatif in scenarios else BASE,
    )


@callback(
    Output(chart_id(FAN), "figure"),
    Output(subtitle_id(FAN), "children"),
    Output({"type": "chart-options", "name": FAN}, "data"),
    Output("forecast-notice", "children"),
    Input("selection", "data"),
    Input("forecast-horizon", "value"),
    Input("forecast-model", "value"),
    Input("forecast-whatif", "value"),
    Input("forecast-growth", "value"),
    State("theme", "data"),
)
def show_fan(  # noqa: PLR0917 - one argument a control
    query: Query, horizon: str, model: str, whatif: str, growth: float | None, theme: str
) -> tuple[go.Figure, str, dict[str, str], Component | None]:
    """Draw the history and the fan of what is likely."""
    filters = selected(query)
    choice = Choice.from_query(
        {"horizon": horizon, "model": model or BEST, "whatif": whatif or BASE, "growth": str(growth or 0)}
    )
    found = ask(forecasts.issue, filters, choice.horizon)
    why = "" if found else ask(forecasts.refusal, filters, choice.horizon)
    frame = drawn.fan(filters, choice)
    label = wording.line_text(choice)
    figure = charts.fan(frame, ENERGY, theme, horizon=choice.horizon, label=label, nothing=why)
    return figure, wording.subtitle(found, choice), choice.to_query(), _notice(wording.notices(found, why, filters))


@callback(Output("forecast-kpis", "children"), Output("forecast-headroom", "children"), Input("selection", "data"))
def show_month(query: Query) -> tuple[html.Div, Component]:
    """Show what the month in progress will come to, and how far it is from a new peak."""
    filters = selected(query)
    month = ask(forecast_month.month, filters)
    cost = ask(forecast_month.cost, filters, month) if month else None
    shown = [cards.kpi_card(card.label, card.value, note=card.note) for card in wording.month_cards(month, cost)]
    facts = [part for name, text in wording.headroom(month) for part in (html.Dt(name), html.Dd(text))]
    return cards.kpi_row(shown), html.Dl(facts, className="facts") if facts else html.P(wording.NO_PEAK)


@callback(
    Output(chart_id(DRIVERS), "figure"),
    Output(subtitle_id(DRIVERS), "children"),
    Output({"type": "chart-options", "name": DRIVERS}, "data"),
    Output(chart_id(PAST), "figure"),
    Output(subtitle_id(PAST), "children"),
    Output({"type": "chart-options", "name": PAST}, "data"),
    Output("forecast-scores", "rowData"),
    Input("selection", "data"),
    Input("forecast-horizon", "value"),
    State("theme", "data"),
)
def show_record(query: Query, horizon: str, theme: str) -> tuple[Any, ...]:
    """Show why the forecast is what it is, and how good it and others have been."""
    filters, choice = selected(query), Choice.from_query({"horizon": horizon})
    pushed, past = drawn.drivers(filters, choice), drawn.past(filters, choice)
    scores = ask(forecast_record.scoreboard, filters, choice.horizon)
    return (
        charts.drivers(pushed, ENERGY, theme),
        wording.drivers_subtitle(pushed),
        choice.to_query(),
        charts.fan(past, ENERGY, theme, horizon=choice.horizon, label="Said before", nothing=wording.NO_PAST),
        wording.past_subtitle(past),
        choice.to_query(),
        tables.records(wording.scores_text(scores)),
    )


clientside_callback(
    ClientsideFunction("pageState", "keepForecast"),
    Input("forecast-horizon", "value"),
    Input("forecast-model", "value"),
    Input("forecast-whatif", "value"),
    Input("forecast-growth", "value"),
)


def _controls(choice: Choice) -> html.Div:
    growth = dbc.Input(
        id="forecast-growth",
        type="number",
        min=-100,
        max=500,
        step="any",
        value=choice.growth,
        size="sm",
        debounce=True,
    )
    model, scenario = {choice.model: choice.model}, {choice.scenario: choice.scenario}
    return html.Div(
        [
            segmented("forecast-horizon", "How far ahead", HORIZONS, choice.horizon),
            select("forecast-model", "Model", model, choice.model),
            select("forecast-whatif", "What if", scenario, choice.scenario),
            labelled("Growth %", growth),
        ],
        className="control-row",
        role="group",
        **attributes(aria_label="What is forecast"),
    )


def _choice_of(query: Mapping[str, str]) -> Choice:
    """Read the choice of an address; one that makes no sense is the usual one."""
    try:
        return Choice.from_query(query)
    except SelectionError:
        return Choice()


def _options(texts: Mapping[str, str]) -> Options:
    return [{"label": label, "value": key} for key, label in texts.items()]


def _notice(sentences: list[str]) -> Component | None:
    return html.Div([html.P(text) for text in sentences], className="notice-bar") if sentences else None
