"""An opened recommendation: its evidence, what was decided so far, and the buttons to decide."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import charts
from components.chart_card import chart_card
from components.controls import labelled
from pages.recommendation_wording import step_text
from pipeline.warehouse.queries.recommendations import Card

EVIDENCE = "recommendations-evidence"


def detail(card: Card, theme: str) -> html.Div:
    """Show the evidence and the form of one recommendation."""
    drawn = card.evidence
    title = drawn["title"] if drawn else "Evidence"
    chart = chart_card(
        EVIDENCE, title, figure=charts.recommendation_evidence(drawn, theme), subtitle=drawn["unit"] if drawn else ""
    )
    return html.Div(
        [
            html.Div([chart, dcc.Store(id={"type": "chart-options", "name": EVIDENCE}, data=_options(card))]),
            html.Div([_facts(drawn), _history(card), _form(card)], className="recommendation-side"),
        ],
        className="recommendation-detail",
    )


def _options(card: Card) -> dict[str, str]:
    return {"recommendation": card.fingerprint}


def _facts(evidence: Any) -> Component | None:  # noqa: ANN401 - as it is stored
    if not evidence or not evidence["facts"]:
        return None
    pairs: list[Component] = [part for name, value in evidence["facts"] for part in (html.Dt(name), html.Dd(value))]
    return html.Dl(pairs, className="facts")


def _history(card: Card) -> Component | None:
    if not card.history:
        return None
    return html.Div(
        [
            html.H4("Decisions", className="card-subtitle"),
            html.Ul([html.Li(step_text(step)) for step in reversed(card.history)], className="warnings"),
        ]
    )


def _form(card: Card) -> html.Div:
    """Offer what can be decided next."""
    accept = _button(card, "accepted", "Accept", color="primary")
    again = _button(card, "open", "Open again", outline=True, color="secondary")
    day = dbc.Input(
        id=_id("recommendation-day", card),
        type="date",
        size="sm",
        value=card.done_on.isoformat() if card.done_on else None,
    )
    reason = dbc.Input(
        id=_id("recommendation-reason", card),
        type="text",
        size="sm",
        placeholder="Why not",
        maxLength=500,
    )
    first = [accept] if card.state == "open" else [again]
    return html.Div(
        [
            html.Div(first, className="control-row"),
            html.Div(
                [labelled("Done on", day), _button(card, "done", "Mark as done", outline=True, color="secondary")],
                className="control-row",
            ),
            html.Div(
                [labelled("Reason", reason), _button(card, "dismissed", "Dismiss", outline=True, color="secondary")],
                className="control-row",
            ),
        ],
        className="recommendation-form",
    )


def _button(card: Card, state: str, text: str, **style: Any) -> dbc.Button:  # noqa: ANN401 - options of the button
    return dbc.Button(text, id=_id("recommendation-decide", card) | {"state": state}, size="sm", **style)


def _id(kind: str, card: Card) -> dict[str, str]:
    return {"type": kind, "fingerprint": card.fingerprint}
