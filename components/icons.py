from dash import html

from components.attributes import attributes


def icon(name: str, class_name: str = "") -> html.Span:
    """Show one of the outlines of ``assets/icons`` in the colour of the text round it; screen readers skip it."""
    return html.Span(className=f"icon icon-{name} {class_name}".strip(), **attributes(aria_hidden="true"))
