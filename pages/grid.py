from dash import html
from dash.development.base_component import Component


def grid(*cells: tuple[int, Component]) -> html.Div:
    """Set cards side by side, each as many of twelve columns wide as said; below one another on phones."""
    return html.Div(
        [html.Div(card, className=f"cell span-{columns}") for columns, card in cells], className="card-grid"
    )
