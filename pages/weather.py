"""How the use of a site follows the weather: model, degree days, lag, use at typical weather, extreme days."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pandas as pd
import plotly.graph_objects as go
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, register_page

from components import charts, tables
from components.cards import kpi_placeholder, kpi_row, panel
from components.chart_card import chart_card, chart_id, subtitle_id
from components.controls import segmented, select
from components.shell import page_header
from dashboard.data import ask
from dashboard.degree_days import bases_of
from dashboard.drawn import frame_of
from dashboard.selection import selected
from pages import weather_cards
from pages.grid import grid
from pages.wording import period_text
from pipeline.definitions import MEASURES
from pipeline.warehouse.queries import site_weather

register_page(__name__, path="/weather", name="Weather", order=7, icon="weather")

Query: TypeAlias = dict[str, str] | None

SCATTER, DEGREE_DAYS, LAG, MONTHS = "weather-scatter", "weather-degree-days", "weather-lag", "weather-months"
METHODS = {"mean": "Daily means", "hourly": "Hours"}
BASES = {
    "15.5": "15.5 °C",
    "18": "18 °C",
    "18.3": "18.3 °C",
    "20": "20 °C",
    "22": "22 °C",
    "site": "Balance points of the site",
}
COLUMNS = [
    tables.column("which", "Kind", width=100),
    tables.column("day", "Day", width=150),
    tables.column("temperature_c", "Mean °C", number=",.1f"),
    tables.column("energy_kwh", "Energy kWh", number=",.0f"),
    tables.column("usual_kwh", "Usual kWh", number=",.0f"),
    tables.column("share", "Against usual", number="+.1%"),
]


def layout(method: str = "mean", base: str = "15.5", **_query: str) -> html.Div:
    """Draw the skeleton; the callbacks fill it."""
    by_method = segmented("weather-method", "Degree days from", METHODS, method if method in METHODS else "mean")
    from_base = select("weather-base", "Below and above", BASES, base if base in BASES else "15.5")
    days = tables.table("weather-extremes", COLUMNS, label="Hottest and coldest days", height="tall")
    return html.Div(
        [
            page_header("Weather", "How use follows the temperature, and what it would be in a typical year."),
            html.Div(id="weather-notices", role="status"),
            html.Div(kpi_placeholder(5), id="weather-kpis"),
            grid(
                (8, chart_card(SCATTER, "Use by temperature", height="tall")),
                (4, chart_card(LAG, "How soon use follows", height="tall")),
            ),
            html.Div([by_method, from_base], className="control-row"),
            grid((7, chart_card(DEGREE_DAYS, "Degree days")), (5, chart_card(MONTHS, "Use at typical weather"))),
            panel("Hottest and coldest days", html.P(id="weather-extremes-note", className="card-subtitle"), days),
            dcc.Store(id={"type": "chart-options", "name": DEGREE_DAYS}),
        ]
    )


@callback(
    Output("weather-notices", "children"),
    Output("weather-kpis", "children"),
    Input("selection", "data"),
)
def show_source(query: Query) -> tuple[list[html.Div], html.Div]:
    """Say where the weather comes from, what is wrong with it, and what the model found."""
    filters = selected(query)
    source, fits = ask(site_weather.source, filters.site_id), ask(site_weather.fits, filters.site_id)
    notices = weather_cards.notices(source, ask(site_weather.notices), fits)
    return notices, kpi_row(weather_cards.cards(source, fits))


@callback(
    Output(chart_id(SCATTER), "figure"),
    Output(subtitle_id(SCATTER), "children"),
    Input("selection", "data"),
    State("theme", "data"),
)
def show_scatter(query: Query, theme: str) -> tuple[go.Figure, str]:
    """Draw the days of a year over their temperature, those of the period strongest, with the models."""
    filters = selected(query)
    fits = ask(site_weather.fits, filters.site_id)
    figure = charts.load_temperature(frame_of(SCATTER, filters, {}), fits, MEASURES["energy_kwh"], theme)
    return figure, f"Days of a year of the whole site, those of {period_text(filters)} strong; lines: {_span(fits)}"


@callback(
    Output(chart_id(DEGREE_DAYS), "figure"),
    Output(subtitle_id(DEGREE_DAYS), "children"),
    Output({"type": "chart-options", "name": DEGREE_DAYS}, "data"),
    Input("selection", "data"),
    Input("weather-method", "value"),
    Input("weather-base", "value"),
    State("theme", "data"),
)
def show_degree_days(query: Query, method: str, base: str, theme: str) -> tuple[go.Figure, str, dict[str, str]]:
    """Draw degree days by month, next to the same days a year before."""
    filters, options = selected(query), {"method": method, "base": base}
    heating_c, cooling_c = bases_of(filters.site_id, options)
    figure = charts.degree_days(frame_of(DEGREE_DAYS, filters, options), theme)
    how = "daily means" if method == "mean" else "hours"
    return figure, f"Below {heating_c:g} °C and above {cooling_c:g} °C, from {how}", options


clientside_callback(
    ClientsideFunction("pageState", "keepWeather"), Input("weather-method", "value"), Input("weather-base", "value")
)


def _of_the_site(name: str, draw: Callable[[pd.DataFrame, str], go.Figure], explanation: str) -> None:
    """Redraw a chart without options of its own whenever the selection changes."""

    @callback(
        Output(chart_id(name), "figure"),
        Output(subtitle_id(name), "children"),
        Input("selection", "data"),
        State("theme", "data"),
    )
    def show(query: Query, theme: str) -> tuple[go.Figure, str]:
        return draw(frame_of(name, selected(query), {}), theme), explanation


def _months(frame: pd.DataFrame, theme: str) -> go.Figure:
    return charts.normalised_use(frame, MEASURES["energy_kwh"], theme)


_of_the_site(LAG, charts.temperature_lag, "Departures from the usual hour; a dot marks the strongest")
_of_the_site(MONTHS, _months, "All complete days of each month; typical is the mean of the years the station knows")


@callback(
    Output("weather-extremes", "rowData"), Output("weather-extremes-note", "children"), Input("selection", "data")
)
def show_extremes(query: Query) -> tuple[list[dict[str, Any]], str]:
    """List the hottest and coldest days of the period."""
    filters = selected(query)
    days = ask(site_weather.extremes, filters)
    rows = days.assign(
        which=days["which"].str.capitalize(),
        day=pd.to_datetime(days["day"]).dt.strftime("%a %Y-%m-%d"),
        share=days["energy_kwh"] / days["usual_kwh"] - 1,
    )
    return tables.records(rows), f"Of {period_text(filters)}; usual is the median of such days in the year"


def _span(fits: pd.DataFrame) -> str:
    if fits.empty:
        return "no model yet"
    first, last = fits["first_day"].iloc[0], fits["last_day"].iloc[0]
    return f"model of {first:%-d %b %Y} to {last:%-d %b %Y}"
