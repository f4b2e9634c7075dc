"""A recommendation as a card: what to do, what it is worth, how sure and how hard, and a small picture of why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from components.attributes import attributes
from components.icons import icon
from components.theme import ACTUAL, COMPARE
from pipeline.definitions import format_share

WIDTH, HEIGHT, MARGIN = 132, 40, 3
MOST_POINTS = 48
EFFORTS = {"low": "Low effort", "medium": "Medium effort", "high": "High effort"}


@dataclass(frozen=True)
class Worth:
    """What a recommendation brings in a year, written for people; empty where it is not known."""

    money: str
    energy: str
    co2: str


def recommendation_card(
    card: Mapping[str, Any], label: str, worth: Worth, *, opened: Component | None = None, note: str = ""
) -> html.Article:
    """Show one recommendation: ``fingerprint, site, text, confidence, effort, evidence``; ``label`` names its kind.

    Its button has the id {"type": "recommendation-open", "fingerprint": …}; ``opened`` stands below while it is open.
    """
    heading = html.Div(
        [
            html.P([html.Strong(label), html.Span(card["site"])], className="recommendation-kind"),
            html.H3(card["text"], className="recommendation-text"),
            html.Div(_marks(card, note), className="recommendation-marks"),
        ],
        className="recommendation-words",
    )
    value = html.Div(
        [
            html.P(worth.money or worth.energy, className="recommendation-money"),
            html.P("a year", className="recommendation-year"),
            html.P(
                " · ".join(filter(None, (worth.energy if worth.money else "", worth.co2))),
                className="recommendation-year",
            ),
        ],
        className="recommendation-worth",
    )
    toggle = html.Button(
        [html.Span("Close" if opened else "Why, and decide"), icon("down")],
        id={"type": "recommendation-open", "fingerprint": card["fingerprint"]},
        type="button",
        className="btn btn-sm btn-outline-secondary recommendation-toggle",
        **attributes(
            aria_expanded="true" if opened else "false",
            aria_label=f"{'Close' if opened else 'Why, and decide'}: {card['text']}",
        ),
    )
    top = html.Div([heading, _picture(card["evidence"]), value, toggle], className="recommendation-top")
    return html.Article([top, opened], className=f"card recommendation{' is-open' if opened else ''}")


def _marks(card: Mapping[str, Any], note: str) -> list[Component]:
    marks: list[Component] = []
    if card["effort"]:
        marks.append(html.Span(EFFORTS[card["effort"]], className=f"mark mark-{card['effort']}"))
    if card["confidence"]:
        marks.append(html.Span(f"{format_share(card['confidence'])} sure", className="mark"))
    if note:
        marks.append(html.Span(note, className="mark-note"))
    return marks


def _picture(evidence: Mapping[str, Any] | None) -> html.Span | html.Img:
    """Draw the evidence without axes: as it is in grey, as it would be in colour."""
    if not evidence:
        return html.Span(className="recommendation-picture")
    by_role = {trace["role"]: [*_thinned(trace["y"])] for trace in evidence["traces"]}
    drawn = [(by_role[role], colour) for role, colour in (("now", COMPARE), ("after", ACTUAL)) if role in by_role]
    known = [value for values, _ in drawn for value in values if value is not None and isfinite(value)]
    low, high = min([*known, 0.0]), max(known, default=1.0)
    draw = _bars if evidence["drawing"] == "bars" else _dots if evidence["drawing"] == "dots" else _line
    shapes = "".join(draw(values, colour, low, high, place) for place, (values, colour) in enumerate(drawn))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{shapes}</svg>'
    return html.Img(src=f"data:image/svg+xml,{quote(svg)}", alt="", className="recommendation-picture")


def _thinned(values: Sequence[float | None]) -> Sequence[float | None]:
    return values[:: max(1, len(values) // MOST_POINTS)]


def _line(values: Sequence[float | None], colour: str, low: float, high: float, _place: int) -> str:
    points = " ".join(
        f"{_x(number, len(values)):.1f},{_y(value, low, high):.1f}"
        for number, value in enumerate(values)
        if value is not None
    )
    return f'<polyline fill="none" stroke="{colour}" stroke-width="1.6" points="{points}"/>'


def _dots(values: Sequence[float | None], colour: str, low: float, high: float, place: int) -> str:
    if place:  # what would be is a line through the cloud of what is
        return _line(values, colour, low, high, place)
    return "".join(
        f'<circle cx="{_x(number, len(values)):.1f}" cy="{_y(value, low, high):.1f}" r="1.3" fill="{colour}"/>'
        for number, value in enumerate(values)
        if value is not None
    )


def _bars(values: Sequence[float | None], colour: str, low: float, high: float, place: int) -> str:
    width = WIDTH / max(1, len(values)) * 0.38
    bottom = _y(0.0, low, high)
    return "".join(
        f'<rect x="{WIDTH * number / len(values) + place * width:.1f}" y="{_y(value, low, high):.1f}" '
        f'width="{width:.1f}" height="{max(0.0, bottom - _y(value, low, high)):.1f}" fill="{colour}"/>'
        for number, value in enumerate(values)
        if value is not None
    )


def _x(number: int, count: int) -> float:
    return MARGIN + (WIDTH - 2 * MARGIN) * number / max(1, count - 1)


def _y(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share
