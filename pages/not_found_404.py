"""What an address that leads nowhere shows; Dash finds this page by its module's name."""

from dash import html, register_page

from components import states

register_page(__name__, path="/404", name="Page not found")


def layout(**_query: str) -> html.Div:
    """Say so, and lead back."""
    return states.not_found()
