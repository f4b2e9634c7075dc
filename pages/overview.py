"""The first page: how much, when, where, and what changed."""

from typing import TypeAlias

import plotly.graph_objects as go
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, register_page

from components import cards, charts
from components.chart_card import chart_card, chart_id, subtitle_id
from components.controls import segmented
from components.shell import page_header
from dashboard.data import ask
from dashboard.drawn import frame_of
from dashboard.explained_change import explained_change
from dashboard.selection import selected
from pages.grid import grid
from pages.wording import compare_label, cost_texts, coverage_text, defined, measure_of, period_text
from pipeline.definitions import MEASURES, KpiKey, ValuedKey, additive_of, format_change, format_value
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import costs, overview

register_page(__name__, path="/", name="Overview", order=1, icon="overview")

Query: TypeAlias = dict[str, str] | None

TREND, MAP, PARTS, MOVERS = "overview-trend", "overview-map", "overview-parts", "overview-movers"
CHANGE = "overview-change"
KPIS: tuple[KpiKey, ...] = ("energy_kwh", "peak_kw", "mean_kw", "load_factor", "base_load_kw", "share_estimated")
VALUED: tuple[ValuedKey, ...] = ("cost", "co2_kg")
LESS_IS_BETTER: frozenset[KpiKey] = frozenset({"energy_kwh", "peak_kw", "mean_kw", "base_load_kw", "share_estimated"})
PARTS_BY = {"tree": "Sites", "sector": "Sectors"}


def layout(**_query: str) -> html.Div:
    """Draw the skeleton; the callbacks fill it."""
    by = segmented("overview-parts-by", "Parts by", PARTS_BY, "tree")
    return html.Div(
        [
            page_header("Overview", "Click a site, a part or a step in time: everything else follows."),
            html.Div(cards.kpi_placeholder(len(KPIS) + len(VALUED)), id="overview-kpis"),
            grid(
                (8, chart_card(TREND, "Course of the period")),
                (4, chart_card(MAP, "Where it is used")),
                (6, chart_card(PARTS, "What it is made of", actions=[by])),
                (6, chart_card(MOVERS, "What changed most")),
                (12, chart_card(CHANGE, "Why it changed")),
            ),
            dcc.Store(id={"type": "chart-options", "name": PARTS}),
        ]
    )


@callback(Output("overview-kpis", "children"), Input("selection", "data"))
def show_kpis(query: Query) -> html.Div:
    """Show the figures of the period, each with its change."""
    filters = selected(query)
    kpis = ask(overview.kpis, filters)
    return cards.kpi_row([*(_card(kpis, key) for key in KPIS), *_value_cards(filters)])


@callback(
    Output(chart_id(TREND), "figure"),
    Output(subtitle_id(TREND), "children"),
    Input("selection", "data"),
    State("theme", "data"),
)
def show_trend(query: Query, theme: str) -> tuple[go.Figure, str]:
    """Draw the measure over the period."""
    filters = selected(query)
    frame = frame_of(TREND, filters, {})
    figure = charts.trend(frame, measure_of(filters), theme, compare_label=compare_label(filters))
    covered = coverage_text(filters.measure, filters)
    return figure, f"{measure_of(filters).label}, {period_text(filters)}{covered}. Drag across it to look closer."


@callback(
    Output(chart_id(MAP), "figure"),
    Output(subtitle_id(MAP), "children"),
    Input("selection", "data"),
    State("theme", "data"),
)
def show_map(query: Query, theme: str) -> tuple[go.Figure, str]:
    """Draw the sites where they stand."""
    filters = selected(query)
    frame = frame_of(MAP, filters, {})
    return charts.site_map(frame, measure_of(filters), theme), "Sized by energy. Click a site to select it."


@callback(
    Output(chart_id(PARTS), "figure"),
    Output(subtitle_id(PARTS), "children"),
    Output({"type": "chart-options", "name": PARTS}, "data"),
    Input("selection", "data"),
    Input("overview-parts-by", "value"),
    State("theme", "data"),
)
def show_parts(query: Query, by: str, theme: str) -> tuple[go.Figure, str, dict[str, str]]:
    """Draw the parts that the whole is made of."""
    filters, options = selected(query), {"by": by}
    frame = frame_of(PARTS, filters, options)
    measure = defined(additive_of(filters.measure), filters)
    return charts.treemap(frame, measure, theme), f"{measure.label}, {period_text(filters)}", options


@callback(
    Output(chart_id(MOVERS), "figure"),
    Output(subtitle_id(MOVERS), "children"),
    Input("selection", "data"),
    State("theme", "data"),
)
def show_movers(query: Query, theme: str) -> tuple[go.Figure, str]:
    """Draw the sites that changed most."""
    filters = selected(query)
    frame = frame_of(MOVERS, filters, {})
    against = compare_label(filters) or "Same weekdays before"
    measure = defined(additive_of(filters.measure), filters)
    return charts.movers(frame, measure, theme), f"{measure.label} against the {against[0].lower()}{against[1:]}"


@callback(
    Output(chart_id(CHANGE), "figure"),
    Output(subtitle_id(CHANGE), "children"),
    Input("selection", "data"),
    State("theme", "data"),
)
def show_change(query: Query, theme: str) -> tuple[go.Figure, str]:
    """Draw the way from the total before to the total now."""
    filters = selected(query)
    frame = frame_of(CHANGE, filters, {})
    against = compare_label(filters) or "Same weekdays before"
    measure = defined(additive_of(filters.measure), filters)
    found = None if frame.empty else explained_change(filters)
    known = f"; weather known for {found.fitted_sites} of {found.sites} sites" if found else ""
    text = f"{measure.label} against the {against[0].lower()}{against[1:]}{known}. The axis does not start at zero."
    return charts.waterfall(frame, measure, theme), text


for _chart, _reaction in ((MAP, "clickSite"), (MOVERS, "clickSite"), (PARTS, "clickPart")):
    clientside_callback(ClientsideFunction("selection", _reaction), Input(chart_id(_chart), "clickData"))
clientside_callback(
    ClientsideFunction("selection", "clickTime"), Input(chart_id(TREND), "clickData"), State("selection", "data")
)
clientside_callback(ClientsideFunction("selection", "brush"), Input(chart_id(TREND), "relayoutData"))


def _card(kpis: overview.Kpis, key: KpiKey) -> html.Article:
    change = kpis.change(key) if MEASURES[key].unit else None  # a change of a ratio in per cent would mislead
    return cards.kpi_card(
        MEASURES[key].label,
        format_value(MEASURES[key], kpis.value(key)),
        note=_note(kpis, key),
        change="" if change is None else format_change(change),
        direction=_direction(key, change),
    )


def _note(kpis: overview.Kpis, key: KpiKey) -> str:
    if key == "peak_kw" and kpis.peak_at is not None:
        return f"{kpis.peak_at:%a %-d %b, %H:%M}"
    before = kpis.compare_value(key)
    return "" if before is None else f"before: {format_value(MEASURES[key], before)}"


def _value_cards(filters: Filters) -> list[html.Article]:
    """Show cost and CO2, both of them as soon as anything is known of one, so that the row keeps its shape."""
    reach = ask(costs.scope, filters)
    if not reach.priced_sites and not reach.factored_sites:
        return []
    now, before = ask(costs.amounts, filters)
    return [_value_card(key, filters, now, before) for key in VALUED]


def _value_card(key: ValuedKey, filters: Filters, now: costs.Amounts, before: costs.Amounts | None) -> html.Article:
    if key == "cost" and now.by_currency:
        first, *others = cost_texts(now.by_currency)
        return cards.kpi_card(MEASURES[key].label, first, note=f"and {', '.join(others)}" if others else "")
    measure, value = defined(key, filters), now.value(key)
    earlier = None if before is None else before.value(key)
    change = (value - earlier) / abs(earlier) if value is not None and earlier else None
    note = ask(costs.scope, filters).short_note(key) or (
        "" if earlier is None else f"before: {format_value(measure, earlier)}"
    )
    return cards.kpi_card(
        measure.label,
        format_value(measure, value),
        note=note,
        change="" if change is None else format_change(change),
        direction="neutral" if change is None or round(change, 3) == 0 else "better" if change < 0 else "worse",
    )


def _direction(key: KpiKey, change: float | None) -> cards.Direction:
    if change is None or round(change, 3) == 0:
        return "neutral"
    return "better" if (change < 0) == (key in LESS_IS_BETTER) else "worse"
