"""The part of the Anomalies page where alert rules are made, tried out and silenced."""

from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, ctx, dcc, html
from dash.exceptions import PreventUpdate

from components import tables
from components.cards import panel
from components.controls import labelled, select
from dashboard.data import ask, ask_now, change, reader
from dashboard.selection import selected
from pages.anomaly_detail import say_stored
from pages.wording import kind_text
from pipeline.errors import SelectionError
from pipeline.jobs import messages
from pipeline.outputs.alerts import rules
from pipeline.warehouse.queries import alerts, anomalies, sites

Query: TypeAlias = dict[str, str] | None
Rows: TypeAlias = list[dict[str, Any]]

POLL_MS = 2_000
SNOOZE_HOURS = 24
CHANNELS = {"mail": "E-mail", "webhook": "Webhook"}
ACTIONS = {
    "test": "Send a test message",
    "snooze": "Snooze for a day",
    "wake": "Wake",
    "on": "Turn on",
    "off": "Turn off",
    "remove": "Remove",
}
RULES = [
    tables.column("site", "Site", width=130),
    tables.column("kinds", "Kinds", width=210),
    tables.column("minimum_cost", "Least cost", number=",.2f", width=110),
    tables.column("currency", "In", width=75),
    tables.column("channel", "By", width=95),
    tables.column("target", "To", flex=1),
    tables.column("persist_hours", "Lasts h", number="d", width=90),
    tables.column("quiet_hours", "Quiet h", number="d", width=90),
    tables.column("group_minutes", "Group min", number="d", width=105),
    tables.column("state", "State", width=95),
    tables.column("snoozed_until", "Until (UTC)", to_the_minute=True, width=140),
]
MESSAGES = [
    tables.column("created_at", "Written (UTC)", to_the_minute=True, width=145),
    tables.column("rule_id", "Rule", number="d", width=75),
    tables.column("about", "About", width=140),
    tables.column("events", "Events", number=",d", width=85),
    tables.column("state", "State", width=95),
    tables.column("attempts", "Tries", number="d", width=80),
    tables.column("sent_at", "Sent (UTC)", to_the_minute=True, width=145),
    tables.column("error", "What went wrong", flex=1),
]


def section() -> html.Section:
    """Lay out the rules, the form for another, and the messages that went out."""
    buttons = [
        dbc.Button(text, id=f"alert-{action}", size="sm", color="secondary", outline=True)
        for action, text in ACTIONS.items()
    ]
    return panel(
        "Alerts",
        tables.table(
            "alert-rules", RULES, label="Alert rules", height="short", select="single", empty="No alert rule yet."
        ),
        html.Div(buttons, className="control-row"),
        html.Details([html.Summary("New rule"), _form()]),
        html.H3("Messages", className="card-title"),
        tables.table("alert-messages", MESSAGES, label="Messages", height="short", empty="No message yet."),
        dcc.Store(id="alert-changes", data=0),
        dcc.Interval(id="alert-poll", interval=POLL_MS),
        subtitle="New events of a site are told of once, together, and only while they are news.",
    )


@callback(
    Output("alert-rules", "rowData"),
    Output("alert-messages", "rowData"),
    Output("alert-poll", "disabled"),
    Input("selection", "data"),
    Input("alert-changes", "data"),
    Input("alert-poll", "n_intervals"),
)
def show_alerts(query: Query, _changes: int, _ticks: int | None) -> tuple[Rows, Rows, bool]:
    """List rules and messages; asks again while a test message waits."""
    site_id = selected(query).site_id
    messages = ask_now(alerts.messages, site_id)
    waits = ((messages["state"] == "waiting") & (messages["about"] == "test") & (messages["attempts"] == 0)).any()
    return tables.records(ask_now(alerts.rules, site_id)), tables.records(messages), not waits


@callback(
    Output("alert-kinds", "options"),
    Output("alert-site", "children"),
    Input("selection", "data"),
    Input("anomalies-changes", "data"),
)
def offer_kinds(query: Query, _changes: int) -> tuple[list[dict[str, str]], str]:
    """List the kinds that a rule can be of, and say for which site it will be."""
    name = ask(sites.span, selected(query).site_id).name
    return [{"label": kind_text(kind), "value": kind} for kind in ask(anomalies.kinds)], f"For {name} and all below it."


@callback(
    Output("alert-changes", "data"),
    inputs={"clicks": Input("alert-add", "n_clicks")},
    state={
        "query": State("selection", "data"),
        "form": {
            "channel": State("alert-channel", "value"),
            "target": State("alert-target", "value"),
            "kinds": State("alert-kinds", "value"),
            "cost": State("alert-cost", "value"),
            "currency": State("alert-currency", "value"),
            "persist": State("alert-persist", "value"),
            "quiet": State("alert-quiet", "value"),
            "group": State("alert-group", "value"),
        },
        "changes": State("alert-changes", "data"),
    },
    prevent_initial_call=True,
)
def add(*, clicks: int | None, query: Query, form: dict[str, Any], changes: int) -> int:
    """Keep a new rule for the selected site."""
    if not clicks:
        raise PreventUpdate
    rule = rules.NewRule(
        site_id=selected(query).site_id,
        channel=str(form["channel"]),
        target=str(form["target"] or ""),
        kinds=tuple(map(str, form["kinds"] or ())),
        minimum_cost=_amount(form["cost"]),
        currency=str(form["currency"] or "").strip().upper() or None,
        persist_hours=_whole(form["persist"]),
        quiet_hours=_whole(form["quiet"]),
        group_minutes=_whole(form["group"]),
    )
    change(rules.add_rule, rule, made_by=reader())
    say_stored("The rule is kept. Send a test message to see whether it arrives.")
    return changes + 1


@callback(
    Output("alert-changes", "data", allow_duplicate=True),
    Output("alert-poll", "disabled", allow_duplicate=True),
    inputs={"clicks": {action: Input(f"alert-{action}", "n_clicks") for action in ACTIONS}},
    state={"rows": State("alert-rules", "selectedRows"), "changes": State("alert-changes", "data")},
    prevent_initial_call=True,
)
def act(*, clicks: dict[str, int | None], rows: Rows | None, changes: int) -> tuple[int, bool]:
    """Do what a button says with the rule that is selected."""
    if not any(clicks.values()):
        raise PreventUpdate
    if not rows:
        raise SelectionError("Select a rule in the table first.")
    action = str(ctx.triggered_id).removeprefix("alert-")
    _do(action, int(rows[0]["id"]))
    return changes + 1, action != "test"


def _do(action: str, rule: int) -> None:
    match action:
        case "test":
            messages.request_alert_test(rule)
            say_stored("The test message is on its way; the table below says what came of it.")
        case "snooze":
            change(rules.snooze_rule, rule, SNOOZE_HOURS)
        case "wake":
            change(rules.snooze_rule, rule, 0)
        case "on" | "off":
            change(rules.switch_rule, rule, enabled=action == "on")
        case "remove":
            change(rules.remove_rule, rule)


def _form() -> html.Div:
    def number(name: str, value: int | None, most: int | None = None) -> dbc.Input:
        return dbc.Input(id=f"alert-{name}", type="number", size="sm", min=0, max=most, step="any", value=value)

    target = dbc.Input(id="alert-target", size="sm", maxlength=2_000, placeholder="energy@example.org or https://…")
    return html.Div(
        [
            html.P(id="alert-site", className="card-subtitle"),
            html.Div(
                [
                    select("alert-channel", "By", CHANNELS, "mail"),
                    html.Div(labelled("To", target), className="control-wide"),
                    labelled("Cost of at least", number("cost", None)),
                    labelled("Currency", dbc.Input(id="alert-currency", size="sm", maxlength=3, placeholder="EUR")),
                ],
                className="control-row",
            ),
            html.Fieldset(
                [
                    html.Legend("Kinds; none means every kind", className="control-label"),
                    dbc.Checklist(id="alert-kinds", options=[], value=[], inline=True),
                ],
                className="control",
            ),
            html.Div(
                [
                    labelled("Lasts at least, hours", number("persist", 1, rules.LONGEST_HOURS)),
                    labelled("Quiet after one of its kind, hours", number("quiet", 24, rules.LONGEST_HOURS)),
                    labelled("Minutes between messages of a site", number("group", 60, rules.LONGEST_MINUTES)),
                    dbc.Button("Keep rule", id="alert-add", size="sm", color="primary"),
                ],
                className="control-row",
            ),
        ]
    )


def _whole(value: float | None) -> int:
    if value is None or value != int(value):
        raise SelectionError("Give hours and minutes as whole numbers.")
    return int(value)


def _amount(value: float | None) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        raise SelectionError("Give the least cost as a number.") from None
