"""What to do: recommendations by what they are worth, decisions on them, and what came of those."""

from datetime import date
from typing import Any, TypeAlias

from dash import (
    ALL,
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    ctx,
    dcc,
    html,
    register_page,
)
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from components import cards
from components.controls import segmented
from components.recommendation_card import recommendation_card
from components.shell import page_header
from components.states import empty_state
from dashboard.data import ask, change, reader
from dashboard.selection import selected
from pages import recommendation_results
from pages.recommendation_detail import detail
from pages.recommendation_wording import energy_and_co2, label_of, sums_text, worth_of
from pages.wording import day_text
from pipeline.analytics.recommendations.indicator_list import INDICATORS
from pipeline.jobs import models
from pipeline.warehouse.queries import recommendations
from pipeline.warehouse.recommendation_decisions import FINGERPRINT, Decision
from pipeline.warehouse.recommendation_decisions import decide as record_decision

register_page(__name__, path="/recommendations", name="Recommendations", order=6, icon="recommendations")

Query: TypeAlias = dict[str, str] | None

STATES = {"open": "To decide", "accepted": "Accepted", "done": "Done", "dismissed": "Dismissed"}
SHOWN = {"best": "The best", "all": "All"}
NOT_YET = "Recommendations are made after the next run: python -m pipeline recommend does it now."
NOTHING = {
    "open": "Nothing to recommend here: no saving of at least one per cent was found, or the data is not good enough.",
    "accepted": "Nothing is accepted and waiting to be done.",
    "done": "Nothing is marked as done yet.",
    "dismissed": "Nothing was dismissed.",
}
MADE_ANEW = "not found any more"


def layout(**query: str) -> html.Div:
    """Draw the skeleton as the address says; the callbacks fill it."""
    state = query.get("state", "open")
    opened = query.get("recommendation", "")
    indicator = query.get("indicator", "")
    controls = [
        segmented("recommendations-state", "Show", STATES, state if state in STATES else "open"),
        segmented("recommendations-shown", "How many", SHOWN, "all" if query.get("shown") == "all" else "best"),
    ]
    results = recommendation_results.sections(
        indicator if indicator in INDICATORS else recommendation_results.USUAL_INDICATOR
    )
    return html.Div(
        [
            page_header("Recommendations", "What is worth most comes first. Decide, do it, and see what it saved."),
            html.Div(cards.kpi_placeholder(4), id="recommendations-kpis"),
            html.Div(controls, className="control-row"),
            html.P(id="recommendations-note", className="card-subtitle", role="status"),
            html.Div(id="recommendations-cards", className="recommendations"),
            *results,
            dcc.Store(id="recommendations-open", data=opened if FINGERPRINT.fullmatch(opened) else ""),
            dcc.Store(id="recommendations-changes", data=0),
        ]
    )


@callback(
    Output("recommendations-kpis", "children"),
    Input("selection", "data"),
    Input("recommendations-changes", "data"),
)
def show_kpis(query: Query, _changes: int) -> html.Div:
    """Show what is possible, accepted and realised in a year."""
    found = ask(recommendations.totals, selected(query))
    shown = (
        ("Possible", found.possible, "to decide"),
        ("Accepted", found.accepted, "to do"),
        ("Done, expected", found.done, "done"),
        ("Realised, measured", found.realised, "measured"),
    )
    return cards.kpi_row([_total(label, total, what) for label, total, what in shown])


@callback(
    Output("recommendations-cards", "children"),
    Output("recommendations-note", "children"),
    Input("selection", "data"),
    Input("recommendations-state", "value"),
    Input("recommendations-shown", "value"),
    Input("recommendations-open", "data"),
    Input("recommendations-changes", "data"),
    State("theme", "data"),
)
def show_cards(
    query: Query, state: str, shown: str, opened: str, _changes: int, theme: str
) -> tuple[list[Component], str]:
    """List the recommendations of a state, one of them open."""
    filters, chosen = selected(query), recommendations.state_of(state)
    if ask(recommendations.last_run) is None:
        return [empty_state(NOT_YET)], ""
    board = ask(recommendations.board, filters, chosen, every=shown == "all")
    if board.cards.empty:
        return [empty_state(NOTHING[state])], ""
    rows = [{str(name): value for name, value in row.items()} for row in board.cards.to_dict("records")]
    several = len({row["currency"] for row in rows if row["currency"]}) > 1
    return [_card(row, opened, theme) for row in rows], _note(len(rows), board.more, several=several)


@callback(
    Output("recommendations-open", "data"),
    Input({"type": "recommendation-open", "fingerprint": ALL}, "n_clicks"),
    State("recommendations-open", "data"),
    prevent_initial_call=True,
)
def toggle(_clicks: list[int | None], opened: str) -> str:
    """Open the card that was clicked, or close it."""
    if not ctx.triggered_id or not ctx.triggered[0]["value"]:
        raise PreventUpdate  # new cards have come
    clicked: str = ctx.triggered_id["fingerprint"]
    return "" if clicked == opened else clicked


@callback(
    Output("recommendations-changes", "data"),
    Input({"type": "recommendation-decide", "fingerprint": ALL, "state": ALL}, "n_clicks"),
    State({"type": "recommendation-reason", "fingerprint": ALL}, "value"),
    State({"type": "recommendation-day", "fingerprint": ALL}, "value"),
    State("recommendations-changes", "data"),
    prevent_initial_call=True,
)
def decide(_clicks: list[int | None], reasons: list[str | None], days: list[str | None], changes: int) -> int:
    """Record what was decided on the open card; what is done is measured in the background."""
    if not ctx.triggered_id or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    asked = ctx.triggered_id
    state = asked["state"]
    decision = Decision(
        state,
        reason=(next(iter(reasons), None) or "") if state == "dismissed" else "",
        done_on=_day(next(iter(days), None)) if state == "done" else None,
    )
    change(record_decision, asked["fingerprint"], decision, decided_by=reader())
    if state == "done":
        models.request_steps()
    return changes + 1


clientside_callback(
    ClientsideFunction("pageState", "keepRecommendations"),
    Input("recommendations-state", "value"),
    Input("recommendations-shown", "value"),
    Input("recommendations-indicator", "value"),
    Input("recommendations-open", "data"),
)


def _total(label: str, total: recommendations.Total, what: str) -> html.Article:
    sums, other = sums_text(total.money), energy_and_co2(total)
    value = sums[0] if len(sums) == 1 else other[0]
    notes = [*([] if len(sums) == 1 else sums), *(other if len(sums) == 1 else other[1:]), f"{total.count:,} {what}"]
    return cards.kpi_card(f"{label} a year", value, note=" \N{MIDDLE DOT} ".join(notes))


def _card(row: dict[str, Any], opened: str, theme: str) -> html.Article:
    worth = worth_of(row["kwh"], row["money"], row["currency"], row["co2_kg"])
    is_open = row["fingerprint"] == opened
    below = detail(ask(recommendations.card, opened), theme) if is_open else None
    return recommendation_card(row, label_of(row["kind"]), worth, opened=below, note=_state_note(row))


def _state_note(row: dict[str, Any]) -> str:
    if row["done_on"] is not None:
        return f"done on {day_text(row['done_on'])}"
    if row["reason"]:
        return f"dismissed: {row['reason']}"
    return "" if row["evidence"] else MADE_ANEW


def _note(count: int, more: int, *, several: bool) -> str:
    first = f"{count:,} {'recommendation' if count == 1 else 'recommendations'}, by money times confidence"
    order = "; currencies cannot be compared, so the best of each take turns" if several else ""
    rest = f". {more:,} more are worth less, or are the fourth of their site" if more else ""
    return f"{first}{order}{rest}. All figures are for a year."


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
