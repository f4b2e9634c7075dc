import dash_bootstrap_components as dbc
from dash import html

from components.attributes import attributes


def toast() -> html.Div:
    """Hold the one notice of the page; ``set_props("toast", {is_open, header, icon, children})`` shows it."""
    notice = dbc.Toast(id="toast", is_open=False, dismissable=True, class_name="notice")
    return html.Div(notice, role="status", **attributes(aria_live="polite"))
