from collections.abc import Callable, Iterable, Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, get_asset_url, html
from dash.dependencies import ALL
from dash.development.base_component import Component

from components.attributes import attributes
from components.icons import icon
from components.theme import templates
from components.toasts import toast

INDEX = """<!DOCTYPE html>
<html lang="en" data-bs-theme="light" data-ag-theme-mode="light">
  <head>
    {{%metas%}}
    <meta name="color-scheme" content="light dark">
    <title>{{%title%}}</title>
    <link rel="icon" type="image/svg+xml" href="{mark}">
    <script src="{boot}"></script>
    {{%css%}}
  </head>
  <body>
    {{%app_entry%}}
    {{%config%}}
    {{%scripts%}}
    {{%renderer%}}
  </body>
</html>
"""


def index_string(asset_url: Callable[[str], str]) -> str:
    """Give Dash's page template: language, icon and the script that sets the theme before the first paint.

    Pass ``app.get_asset_url`` and set ``app.index_string`` to the answer.
    """
    return INDEX.format(mark=asset_url("mark.svg"), boot=asset_url("boot.js"))


def shell(
    pages: Iterable[Mapping[str, Any]],
    content: Component,
    filters: Component,
    *,
    theme: str = "light",
) -> html.Div:
    """Lay out the product: bar on top, navigation from ``dash.page_registry`` values, filters, page.

    Entries need ``name``, ``relative_path``, and may have ``order`` and ``icon``. Holds Store ``theme`` ("light" or
    "dark": State of every figure callback; pass the cookie ``theme.COOKIE`` here), ``freshness`` and the ``toast``.
    """
    return html.Div(
        [
            html.A("Skip to content", href="#main", className="skip-link"),
            _top_bar(),
            _navigation(pages),
            html.Main([filters, html.Div(content, className="page")], id="main", className="main", tabIndex=-1),
            toast(),
            dcc.Store(id="theme", data="dark" if theme == "dark" else "light"),
            dcc.Store(id="theme-templates", data=templates()),
        ],
        className="app",
    )


def connect_scripts(app: Dash) -> None:
    """Register the clientside callbacks of theme switch, site picker and notice; call once with the Dash app."""
    app.clientside_callback(
        ClientsideFunction("notices", "told"), Input("toast", "is_open"), Input("toast", "children")
    )
    app.clientside_callback(
        ClientsideFunction("theme", "choose"),
        Output("theme", "data"),
        Input("theme-switch", "n_clicks"),
        State("theme-templates", "data"),
        State({"type": "chart", "name": ALL}, "id"),
        State({"type": "chart", "name": ALL}, "figure"),
    )
    app.clientside_callback(
        ClientsideFunction("sitePicker", "show"),
        Output("filter-site-label", "children"),
        Input("filter-site", "data"),
        Input("filter-site-tree", "data"),
    )


def freshness(text: str, *, generated: bool = False, note: str = "") -> list[Component]:
    """Say how fresh the data is, with a badge where it is generated demo data."""
    words: list[Component | str] = [html.Span("Generated ", className="not-on-phones"), "demo data"]
    badge = html.Span(words, className="demo-badge", title="Generated demo data") if generated else None
    clock = html.Span([icon("fresh"), html.Span(text, className="fresh-text")], className="fresh", title=note or text)
    return [part for part in (badge, clock) if part is not None]


def busy(text: str) -> list[Component]:
    """Say what is being worked out meanwhile; on a phone its sign alone is seen."""
    return [icon("running", "busy-icon"), html.Span(text, className="busy-text")]


def page_header(title: str, lead: str = "", *actions: Component) -> html.Header:
    """Open a page: its one h1, a sentence, and what can be done with the whole page."""
    words = [html.H1(title, className="page-title"), html.P(lead, className="page-lead") if lead else None]
    return html.Header([html.Div(words), html.Div(list(actions), className="page-actions")], className="page-header")


def _top_bar() -> html.Header:
    brand = dcc.Link(
        [
            html.Img(src=get_asset_url("mark.svg"), alt="Wattscape", className="brand-mark"),
            html.Span("Wattscape", className="brand-name", **attributes(aria_hidden="true")),
        ],
        href="/",
        className="brand",
    )
    switch = html.Button(
        [icon("moon", "only-light"), icon("sun", "only-dark")],
        id="theme-switch",
        type="button",
        className="top-button",
        title="Switch between light and dark",
        **attributes(aria_label="Switch between light and dark"),
    )
    return html.Header(
        [
            brand,
            html.Div(id="busy", className="busy", role="status"),
            html.Div(id="freshness", className="freshness", role="status"),
            switch,
        ],
        className="top-bar",
    )


def _navigation(pages: Iterable[Mapping[str, Any]]) -> html.Nav:
    ordered = sorted(pages, key=lambda page: (page.get("order") is None, page.get("order") or 0, page["name"]))
    links = [
        dbc.NavLink(
            [icon(page.get("icon") or "page"), html.Span(page["name"], className="nav-text")],
            href=page["relative_path"],
            active="exact",
            class_name="nav-item",
        )
        for page in ordered
    ]
    return html.Nav(links, className="side-nav", **attributes(aria_label="Pages"))
