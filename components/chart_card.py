from collections.abc import Sequence
from typing import Literal

from dash import dcc, get_asset_url, html
from dash.development.base_component import Component
from plotly.graph_objects import Figure

from components.attributes import attributes
from components.icons import icon

UNDRAWN = {
    "layout": {
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
}
# Plotly's own dates are American; these are written as on the rest of the page.
DATES = {"date": "%d/%m/%Y", "year": "%Y", "month": "%b %Y", "dayMonth": "%-d %b", "dayMonthYear": "%-d %b %Y"}
Height = Literal["short", "normal", "tall"]


def chart_id(name: str) -> dict[str, str]:
    """Identify the graph of a chart card: its ``figure``, ``clickData`` and ``relayoutData``."""
    return {"type": "chart", "name": name}


def subtitle_id(name: str) -> dict[str, str]:
    """Identify the line under the title, whose ``children`` say what is drawn, its unit and its resolution."""
    return {"type": "chart-subtitle", "name": name}


def csv_id(name: str) -> dict[str, str]:
    """Identify the CSV link, whose ``href`` follows the selection."""
    return {"type": "chart-csv", "name": name}


def chart_card(
    name: str,
    title: str,
    subtitle: str = "",
    *,
    csv_href: str = "",
    figure: Figure | None = None,
    height: Height = "normal",
    actions: Sequence[Component] = (),
) -> html.Section:
    """Frame a chart: title, subtitle, extra ``actions``, CSV, PNG, full screen, and the graph itself.

    PNG and full screen are served by ``assets/charts.js``; the graph keeps its last picture while the next one loads.
    """
    return html.Section(
        [
            html.Div(
                [_heading(name, title, subtitle), _toolbar(name, title, csv_href, actions)], className="card-head"
            ),
            dcc.Loading(
                _graph(name, figure),
                delay_show=350,
                delay_hide=150,
                overlay_style={"visibility": "visible"},
                custom_spinner=html.Div(className="chart-loading", role="status", **attributes(aria_label="Loading")),
                parent_className="chart-body",
            ),
        ],
        className=f"card chart-card chart-{height}",
        **attributes(aria_label=title),
    )


def _heading(name: str, title: str, subtitle: str) -> html.Div:
    return html.Div(
        [html.H2(title, className="card-title"), html.P(subtitle, id=subtitle_id(name), className="card-subtitle")],
        className="card-heading",
    )


def _toolbar(name: str, title: str, csv_href: str, actions: Sequence[Component]) -> html.Div:
    link = html.A(
        icon("csv"),
        id=csv_id(name),
        href=csv_href or None,
        download="",
        className="tool",
        title="Download what is drawn as CSV",
        role="link",  # until the selection gives it an address the browser sees none, and would not take its label
        **attributes(aria_label=f"Download {title} as CSV"),
    )
    return html.Div(
        [
            *actions,
            link,
            _tool("png", "picture", f"Download {title} as picture"),
            _tool("full", "full-screen", f"Show {title} in full screen"),
        ],
        className="card-tools",
    )


def _tool(action: str, icon_name: str, label: str) -> html.Button:
    return html.Button(
        icon(icon_name),
        type="button",
        className="tool",
        title=label,
        **attributes(aria_label=label, data_chart_action=action),
    )


def _graph(name: str, figure: Figure | None) -> dcc.Graph:
    return dcc.Graph(id=chart_id(name), figure=figure or UNDRAWN, config=_config(), responsive=True, className="chart")


def _config() -> dcc.Graph.Config:
    return {
        "displayModeBar": False,
        "displaylogo": False,
        "topojsonURL": get_asset_url("geo/"),
        "scrollZoom": False,
        "locale": "en-GB",
        "locales": {"en-GB": {"format": DATES}},
    }
