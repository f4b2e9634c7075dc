"""What surrounds every page: navigation, the filter bar and the selection that all charts follow."""

import json
from typing import Any

import dash
from dash import (
    ALL,
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    dcc,
    html,
    no_update,
    set_props,
)
from dash._no_update import NoUpdate
from dash.development.base_component import Component
from flask import has_request_context, request

from components import controls, shell, site_tree, states, theme
from components.attributes import attributes
from dashboard.data import ask, ask_now, data_version
from dashboard.selection import resolve, selected
from pages.wording import period_text
from pipeline.definitions import MEASURES, SWITCHABLE
from pipeline.errors import SelectionError
from pipeline.jobs import models
from pipeline.warehouse.filters import DEFAULT_PRESET, PRESETS
from pipeline.warehouse.queries import overview, sites

Query = dict[str, str]
BAR = (
    ("filter-site", "data"),
    ("filter-period", "value"),
    ("filter-dates", "start_date"),
    ("filter-dates", "end_date"),
    ("filter-compare", "value"),
    ("filter-measure", "value"),
)
STEPS_POLL_MS = 5_000
CSV_LINKS = {"type": "chart-csv", "name": ALL}
CHART_OPTIONS = {"type": "chart-options", "name": ALL}


def layout() -> html.Div:
    """Lay out the product round the page that is open."""
    bar = controls.filter_bar([MEASURES[key] for key in SWITCHABLE])
    content = html.Div(
        [
            dcc.Store(id="filters"),  # as in the address: presets, nothing filled in
            dcc.Store(id="data-changed"),  # told by the page that stored something
            dcc.Interval(id="steps-poll", interval=STEPS_POLL_MS, disabled=True),
            dcc.Store(id="selection"),  # every key filled in, the period as dates; charts follow this one
            html.Nav(id="breadcrumb", **attributes(aria_label="Selected site")),
            html.Div(id="nothing-loaded"),
            dash.page_container,
        ]
    )
    pages = [page for page in dash.page_registry.values() if page.get("order") is not None]
    return shell.shell(pages, content, bar, theme=_theme_of_reader())


def _theme_of_reader() -> str:
    kept = request.cookies.get(theme.COOKIE, "light") if has_request_context() else "light"
    return kept if kept in theme.THEMES else "light"


clientside_callback(
    ClientsideFunction("selection", "arrive"),
    Output("filters", "data"),
    Input("_pages_location", "pathname"),
    Input("_pages_location", "search"),
)
clientside_callback(ClientsideFunction("selection", "changed"), Input("filters", "data"))
clientside_callback(
    ClientsideFunction("selection", "controls"),
    *(Input(*control) for control in BAR),
    State("selection", "data"),
)
clientside_callback(
    ClientsideFunction("selection", "showInBar"),
    *(Output(*control) for control in BAR),
    Input("selection", "data"),
    *(State(*control) for control in BAR),
)
clientside_callback(
    ClientsideFunction("selection", "removeChip"),
    Input({"type": "filter-chip", "key": ALL}, "n_clicks"),
)
clientside_callback(
    ClientsideFunction("selection", "csv"),
    Output(CSV_LINKS, "href"),
    Input("selection", "data"),
    Input(CHART_OPTIONS, "data"),
    State(CHART_OPTIONS, "id"),
    State(CSV_LINKS, "id"),
)


@callback(
    Output("selection", "data"),
    Output("nothing-loaded", "children"),
    Input("filters", "data"),
    Input("_pages_location", "pathname"),
    Input("data-changed", "data"),
    State("selection", "data"),
)
def select(
    query: Query | None, _path: str, _changed: int | None, before: Query | None
) -> tuple[Query | NoUpdate | None, Component | None]:
    """Fill in what the address leaves open; charts are asked anew where that, or the data, is not as before."""
    try:
        filters = resolve(query or {})
    except SelectionError as error:
        if before:  # what is drawn stays; the error is shown above it
            raise
        return None, states.empty_state(str(error), action=_start_afresh())
    if filters is None:
        action = dcc.Link("Load a file", href="/data", className="btn btn-primary")
        return None, states.empty_state("Nothing is loaded yet.", action=action)
    now = filters.to_query() | {"preset": _preset_of(query or {}), "data": str(ask_now(data_version))}
    return no_update if now == before else now, None


@callback(Output("filter-site-tree", "data"), Input("selection", "data"))
def list_sites(_query: Query | None) -> list[dict[str, Any]]:
    """List the sites that can be chosen."""
    return site_tree.site_nodes(ask(sites.tree))


@callback(Output("breadcrumb", "children"), Input("selection", "data"))
def show_breadcrumb(query: Query | None) -> html.Ol:
    """Show the way from the root to the selected site; each step is a link up."""
    site_id = selected(query).site_id
    return html.Ol(
        [html.Li(_step(site, site_id), className="breadcrumb-item") for site in _path_to(site_id)],
        className="breadcrumb",
    )


@callback(
    Output("filter-chips", "children"),
    Output("filter-summary", "children"),
    Input("selection", "data"),
    Input("filters", "data"),
)
def show_narrowing(query: Query | None, given: Query | None) -> tuple[list[Any], str]:
    """Show what narrows the selection beyond the bar's own controls, each with a way back."""
    filters = selected(query)
    chips = [controls.chip(filters.sector, "sector")] if filters.sector else []
    if filters.meter_id:
        chips.append(controls.chip(_meter_name(filters.site_id, filters.meter_id), "meter"))
    if given:
        chips.append(controls.chip("Reset all", "all"))
    site = ask(sites.span, filters.site_id)
    return chips, f"{site.name} · {period_text(filters)}"


@callback(
    Output("busy", "children"),
    Output("steps-poll", "disabled"),
    Input("selection", "data"),
    Input("steps-poll", "n_intervals"),
    State("steps-poll", "disabled"),
)
def show_steps(_query: Query | None, ticks: int | None, was_idle: bool) -> tuple[list[Any], bool]:  # noqa: FBT001 - as Dash calls it
    """Say that models are being run; asks again until they are done, and then draws everything with what they found."""
    if ask_now(models.steps_are_waiting):
        return shell.busy("Working out bills, forecasts and anomalies"), False
    if not was_idle:
        set_props("data-changed", {"data": -(ticks or 0)})
    return [], True


@callback(Output("freshness", "children"), Input("selection", "data"))
def show_freshness(query: Query | None) -> list[Any]:
    """Say up to when there is data, when it came and whether it is generated."""
    filters = selected(query)
    fresh = ask(overview.freshness, filters.site_id)
    if fresh.last_reading_at is None:
        return shell.freshness("No data at this site yet", generated=fresh.generated)
    loaded = f", loaded {fresh.last_loaded_at:%-d %b %Y %H:%M}" if fresh.last_loaded_at else ""
    text = f"Data to {fresh.last_reading_at:%-d %b %Y %H:%M}"
    return shell.freshness(text, generated=fresh.generated, note=f"{text}{loaded}, local time of the site")


def _start_afresh() -> html.Button:
    every = {"type": "filter-chip", "key": "all"}
    return html.Button("Select everything", id=every, type="button", className="btn btn-primary")


def _path_to(site_id: int) -> list[tuple[int, str]]:
    tree = ask(sites.tree)
    names = dict(zip(tree["id"], tree["name"], strict=True))
    parents = {child: parent for child, parent in zip(tree["id"], tree["parent_id"], strict=True) if parent in names}
    path = [site_id]
    while path[0] in parents:
        path.insert(0, parents[path[0]])
    return [(site, names[site]) for site in path]


def _step(site: tuple[int, str], selected_id: int) -> html.Span | html.Button:
    number, name = site
    if number == selected_id:
        return html.Span(name, **attributes(aria_current="true"))
    return html.Button(name, type="button", **attributes(data_select=json.dumps({"site": str(number), "meter": ""})))


def _meter_name(site_id: int, meter_id: int) -> str:
    meters = ask(sites.meters, site_id)
    names = meters.loc[meters["id"] == meter_id, "name"]
    return str(names.iloc[0]) if len(names) else f"Meter {meter_id}"


def _preset_of(query: Query) -> str:
    given = query.get("period")
    if given in PRESETS:
        return given
    return "custom" if "start" in query or "end" in query else DEFAULT_PRESET
