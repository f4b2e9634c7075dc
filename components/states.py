from dash import dcc, html
from dash.development.base_component import Component

from components.attributes import attributes
from components.icons import icon


def empty_state(text: str, *, icon_name: str = "empty", action: Component | None = None) -> html.Div:
    """Say in one sentence why there is nothing to show, and offer the next step."""
    return html.Div(
        [icon(icon_name, "empty-icon"), html.P(text, className="empty-text"), action],
        className="empty-state",
    )


def not_found(path: str = "") -> html.Div:
    """Tell that an address leads nowhere, and lead back to the overview."""
    sentence = f"There is no page at {path}." if path else "There is no page at this address."
    return html.Div(
        [
            html.H1("Page not found", className="page-title"),
            empty_state(
                sentence,
                icon_name="not-found",
                action=dcc.Link("Go to the overview", href="/", className="btn btn-primary"),
            ),
        ],
        className="not-found",
    )


def skeleton(lines: int = 3) -> html.Div:
    """Hold the place of text that is on its way."""
    return html.Div(
        [html.Span(className="skeleton-line") for _ in range(lines)],
        className="skeleton",
        **attributes(aria_hidden="true"),
    )
