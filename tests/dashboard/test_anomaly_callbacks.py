"""The callbacks of the Anomalies page, asked as Dash asks them."""

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pandas as pd
import pytest
from anomaly_builders import found, store
from dash.exceptions import PreventUpdate
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from dashboard.selection import resolve
from pipeline.errors import SelectionError, UserError
from pipeline.warehouse import runs
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.schema import meter
from pipeline.warehouse.tables.anomalies import alert_rule, anomaly

FORM = {
    "channel": "mail",
    "target": "a@b.example",
    "kinds": ["leak"],
    "cost": None,
    "currency": "",
    "persist": 1,
    "quiet": 24,
    "group": 60,
}


@pytest.fixture(scope="module", autouse=True)
def planted(demo_warehouse: str) -> None:
    """Store three events in the last days of three meters of the demo."""
    assert demo_warehouse
    with begin() as conn:
        rows = conn.execute(
            select(meter.c.id, meter.c.last_ts).where(meter.c.direction == "import").order_by(meter.c.id).limit(3)
        ).all()
        ends = [pd.Timestamp(row.last_ts) - timedelta(days=1) for row in rows]
        events = found(*[(row.id, kind, 0, 1) for row, kind in zip(rows, ("leak", "spike", "gap"), strict=True)])
        events = events.assign(start=[end - timedelta(hours=30) for end in ends], end=ends)
        events["cost"] = [events["cost"].iloc[0], events["cost"].iloc[1], None]
        events["currency"] = ["EUR", "GBP", None]
        events["expected_kwh"] = [10.0, 10.0, float("nan")]
        store(conn, events.assign(cost_reason=["", "", "No tariff."]))
        raise_version(conn)


@pytest.fixture
def page(application: Flask, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    del application  # registers the pages
    parts = ("anomalies", "anomaly_detail", "anomaly_upkeep", "alerting")
    modules = SimpleNamespace(**{name: import_module(f"pages.{name}") for name in parts})
    modules.notice = Mock()
    monkeypatch.setattr(modules.anomaly_detail, "set_props", modules.notice)
    return modules


@pytest.fixture
def query() -> dict[str, str]:
    filters = resolve({"period": "last30"})
    assert filters is not None
    return filters.to_query()


def narrowed(**more: object) -> dict[str, object]:
    return {"kind": "all", "status": "all", "cost": None, "confidence": "0"} | more


def listed(page: SimpleNamespace, query: dict[str, str], **more: object) -> list[dict[str, Any]]:
    shown = page.anomalies.show_events(query=query, narrowed=narrowed(**more), lanes="meter", changes=0, theme="dark")
    rows: list[dict[str, Any]] = shown[3]
    return rows


def number_of(kind: str) -> int:
    with connect() as conn:
        return int(conn.execute(select(anomaly.c.id).where(anomaly.c.kind == kind)).scalar_one())


def test_the_layout_takes_whatever_the_address_says(page: SimpleNamespace) -> None:
    hostile = {"anomaly": "1; drop table", "kind": "<script>", "status": "x", "cost": "-1", "lanes": "y", "other": "z"}

    assert type(page.anomalies.layout()) is type(page.anomalies.layout(**hostile))
    assert "<script>" not in str(page.anomalies.layout(**hostile))
    assert "Store(id='anomalies-chosen', data=12)" in str(page.anomalies.layout(anomaly="12")).replace('"', "'")


def test_figures_say_what_is_open_and_what_it_costs_by_currency(page: SimpleNamespace, query: dict[str, str]) -> None:
    row, notice = page.anomalies.show_kpis(query, 0)

    assert "of 3 events" in str(row)
    assert "and 6 GBP" in str(row) or "and 6 EUR" in str(row)
    assert notice is None


def test_events_are_drawn_listed_and_counted(page: SimpleNamespace, query: dict[str, str]) -> None:
    figure, subtitle, options, rows, note = page.anomalies.show_events(
        query=query, narrowed=narrowed(), lanes="kind", changes=0, theme="light"
    )

    assert {trace.name for trace in figure.data} == {"Leak", "Spike", "Gap"}
    assert subtitle.startswith("3 events")
    assert options == {"status": "all", "confidence": "0"}
    assert {row["kind_text"] for row in rows} == {"Leak", "Spike", "Gap"}
    assert "Select one" in note


def test_events_are_narrowed(page: SimpleNamespace, query: dict[str, str]) -> None:
    assert [row["kind"] for row in listed(page, query, kind="leak")] == ["leak"]
    assert {row["kind"] for row in listed(page, query, cost=5)} == {"leak", "spike"}
    assert listed(page, query, confidence="0.9") == []
    assert {choice["value"] for choice in page.anomalies.offer_kinds(query, "odd")} >= {"all", "odd", "leak"}


def test_the_csv_holds_the_events_that_are_drawn(client: FlaskClient, query: dict[str, str]) -> None:
    answer = client.get("/chart.csv", query_string=query | {"chart": "anomalies-timeline", "status": "all"})
    course = client.get(
        "/chart.csv", query_string=query | {"chart": "anomaly-course", "anomaly": str(number_of("leak"))}
    )
    wrong = client.get("/chart.csv", query_string=query | {"chart": "anomaly-course", "anomaly": "x"})

    assert answer.text.count("\n") == 4
    assert course.text.startswith("time,actual_kwh,low_kwh,expected_kwh,high_kwh,inside")
    assert wrong.status_code == 400


def test_a_click_in_list_or_timeline_opens_an_event(page: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    choose, anomalies = page.anomalies.choose, page.anomalies
    monkeypatch.setattr(anomalies, "ctx", SimpleNamespace(triggered_id="anomalies-list"))
    assert choose([{"id": 5}], None, 1) == (5, 2)
    with pytest.raises(PreventUpdate):
        choose([], None, 1)

    monkeypatch.setattr(anomalies, "ctx", SimpleNamespace(triggered_id={"type": "chart"}))
    assert choose(None, {"points": [{"customdata": [9]}]}, 1) == (9, 2)
    with pytest.raises(PreventUpdate):
        choose(None, {"points": [{}]}, 1)


def test_an_event_is_shown_with_its_charts(page: SimpleNamespace, query: dict[str, str]) -> None:
    hidden, facts, status, *_ = page.anomaly_detail.show_event(number_of("leak"), 0, query)
    course, _, options, days, _, _ = page.anomaly_detail.show_charts(number_of("leak"), query, "light")

    assert not hidden
    assert "6.00 EUR above the usual" in str(facts)
    assert status == "new"
    assert course.data
    assert days.data
    assert options == {"anomaly": str(number_of("leak"))}
    assert "No tariff." in str(page.anomaly_detail.show_event(number_of("gap"), 0, query)[1])


def test_without_a_choice_there_is_no_event(page: SimpleNamespace, query: dict[str, str]) -> None:
    assert page.anomaly_detail.show_event(None, 0, query)[0]
    with pytest.raises(PreventUpdate):
        page.anomaly_detail.show_charts(None, query, "light")
    with pytest.raises(SelectionError):
        page.anomaly_detail.show_event(4711, 0, query)


def test_an_answer_is_kept_and_told(page: SimpleNamespace, query: dict[str, str]) -> None:
    number = number_of("spike")

    changes = page.anomaly_detail.save(clicks=1, number=number, status="resolved", owner="Ada", note=None, changes=4)

    assert changes == 5
    assert page.notice.called
    *_, status, owner, _, rows = page.anomaly_detail.show_event(number, 5, query)
    assert (status, owner, len(rows)) == ("resolved", "Ada", 1)
    by_kind, _, _ = page.anomaly_upkeep.show_upkeep(query, 5)
    assert {row["kind"]: row["right"] for row in by_kind}["spike"] == 1
    with pytest.raises(PreventUpdate):
        page.anomaly_detail.save(clicks=None, number=number, status="new", owner="", note="", changes=0)


def test_a_plan_is_entered_and_removed(page: SimpleNamespace, query: dict[str, str]) -> None:
    upkeep = page.anomaly_upkeep
    times = {"start": "2025-11-01T08:00", "end": "2025-11-02T08:00"}

    assert upkeep.enter_plan(clicks=1, query=query, **times, note="Works", changes=0) == 1
    _, plans, sentence = upkeep.show_upkeep(query, 1)

    assert [row["note"] for row in plans] == ["Works"]
    assert "and all below it" in sentence
    assert upkeep.remove_plan(1, plans, 1) == 2
    assert upkeep.show_upkeep(query, 2)[1] == []
    with pytest.raises(SelectionError, match="start and end"):
        upkeep.enter_plan(clicks=1, query=query, start="", end=None, note="x", changes=0)
    for idle in ((None, plans), (1, [])):
        with pytest.raises(PreventUpdate):
            upkeep.remove_plan(*idle, 1)
    with pytest.raises(PreventUpdate):
        upkeep.enter_plan(clicks=None, query=query, **times, note="x", changes=0)


def rule_numbers() -> list[int]:
    with connect() as conn:
        return list(conn.execute(select(alert_rule.c.id).order_by(alert_rule.c.id)).scalars())


def test_a_rule_is_made_tried_silenced_and_removed(
    page: SimpleNamespace, query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alerting = page.alerting
    assert alerting.add(clicks=1, query=query, form=FORM, changes=0) == 1
    [number] = rule_numbers()
    clicks = dict.fromkeys(alerting.ACTIONS, 1)

    for action, state in (("snooze", "snoozed"), ("wake", "on"), ("off", "off"), ("on", "on"), ("test", "on")):
        monkeypatch.setattr(alerting, "ctx", SimpleNamespace(triggered_id=f"alert-{action}"))
        _, idle = alerting.act(clicks=clicks, rows=[{"id": number}], changes=0)
        rules, messages, resting = alerting.show_alerts(query, 1, None)
        assert (rules[0]["state"], idle, resting) == (state, action != "test", action != "test")
    assert [message["about"] for message in messages] == ["test"]

    monkeypatch.setattr(alerting, "ctx", SimpleNamespace(triggered_id="alert-remove"))
    alerting.act(clicks=clicks, rows=[{"id": number}], changes=0)
    assert rule_numbers() == []
    with pytest.raises(SelectionError, match="Select a rule"):
        alerting.act(clicks=clicks, rows=[], changes=0)
    with pytest.raises(PreventUpdate):
        alerting.act(clicks=dict.fromkeys(alerting.ACTIONS), rows=[], changes=0)


@pytest.mark.parametrize(
    "wrong", [{"target": "nobody"}, {"persist": None}, {"quiet": 1.5}, {"cost": 5}, {"channel": "pigeon"}]
)
def test_a_rule_that_makes_no_sense_is_not_kept(
    page: SimpleNamespace, query: dict[str, str], wrong: dict[str, object]
) -> None:
    with pytest.raises(UserError):
        page.alerting.add(clicks=1, query=query, form=FORM | wrong, changes=0)

    assert rule_numbers() == []


def test_kinds_are_offered_for_rules_of_the_selected_site(page: SimpleNamespace, query: dict[str, str]) -> None:
    options, sentence = page.alerting.offer_kinds(query, 0)

    assert {"label": "Leak", "value": "leak"} in options
    assert sentence.endswith("and all below it.")
    with pytest.raises(PreventUpdate):
        page.alerting.add(clicks=None, query=query, form=FORM, changes=0)


def test_what_could_not_be_examined_is_said_with_its_reason(page: SimpleNamespace, query: dict[str, str]) -> None:
    with begin() as conn:
        reason = runs.Failure("Attic", "It has 3 days, and 28 are needed.")
        runs.record(conn, runs.Outcome("anomalies", "later", series=4, seconds=1.0, failures=[reason]))
        raise_version(conn)

    _, notice = page.anomalies.show_kpis(query, 1)

    assert "1 of 5 meters could not be examined" in str(notice)
    assert "Attic: It has 3 days, and 28 are needed." in str(notice)


def test_nothing_is_asked_before_there_is_a_selection(page: SimpleNamespace) -> None:
    with pytest.raises(PreventUpdate):
        page.anomalies.show_kpis(None, 0)
