"""From stored events to messages: grouped, kept, sent at least once, tried again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from anomaly_builders import HOUR, T0, Places, build_places, found, store
from local_receivers import Hook, webhook_server
from sqlalchemy import Connection, select, update

from pipeline.errors import SelectionError, UserError
from pipeline.jobs import messages, worker
from pipeline.outputs.alerts import rules, sending
from pipeline.outputs.alerts.rules import NewRule, add_rule
from pipeline.settings import settings
from pipeline.steps import alerts
from pipeline.steps.alerting.collect import collect
from pipeline.steps.alerting.deliver import FIRST_PAUSE, MOST_ROUNDS, deliver
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.schema import meter
from pipeline.warehouse.tables.anomalies import alert_delivery, alert_event, alert_rule, anomaly

NOW = datetime(2025, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    monkeypatch.setattr(sending, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setenv("WATTSCAPE_ALERT_NETWORKS", "127.0.0.0/8")
    settings.cache_clear()
    with webhook_server() as server:
        yield server
    settings.cache_clear()


@pytest.fixture
def places(warehouse: str) -> Places:
    del warehouse
    with begin() as conn:
        places = build_places(conn, days=1)
        conn.execute(update(meter).values(last_ts=T0 + 48 * HOUR))
        store(
            conn,
            found(
                (places.north_meter, "leak", 6, 30),
                (places.north_meter, "gap", 40, 43),
                (places.south_meter, "leak", 0, 40),
            ),
        )
    return places


def add(places: Places, hook: Hook, **more: object) -> int:
    asked = {"site_id": places.root, "channel": "webhook", "target": hook.url} | more
    with begin() as conn:
        return add_rule(conn, NewRule(**asked), made_by="ada")  # type: ignore[arg-type]


def states() -> list[tuple[str, int, str]]:
    with connect() as conn:
        rows = conn.execute(select(alert_delivery).order_by(alert_delivery.c.id)).all()
    return [(row.state, row.attempts, row.error) for row in rows]


def told(conn: Connection) -> int:
    return len(conn.execute(select(alert_event)).all())


def test_one_message_tells_of_all_events_of_a_site(places: Places, hook: Hook) -> None:
    add(places, hook)

    assert collect(NOW) == 3
    assert deliver(NOW) == (2, 0)

    assert sorted((str(body["site"]), body["count"]) for body in hook.bodies) == [("North", 2), ("South", 1)]
    assert states() == [("sent", 1, ""), ("sent", 1, "")]


def test_nothing_is_told_twice(places: Places, hook: Hook) -> None:
    add(places, hook)
    collect(NOW)
    deliver(NOW)

    assert collect(NOW + timedelta(days=9)) == 0
    assert deliver(NOW + timedelta(days=9)) == (0, 0)


def test_a_rule_tells_of_its_kinds_and_sites_only(places: Places, hook: Hook) -> None:
    add(places, hook, site_id=places.north, kinds=["leak"])

    assert collect(NOW) == 1


def test_what_people_answered_excused_or_the_run_no_longer_finds_is_not_told(places: Places, hook: Hook) -> None:
    with begin() as conn:
        conn.execute(update(anomaly).where(anomaly.c.kind == "gap").values(status="expected"))
        conn.execute(update(anomaly).where(anomaly.c.meter_id == places.south_meter).values(holiday="May Day"))
        conn.execute(update(anomaly).where(anomaly.c.start_ts == T0 + 6 * HOUR).values(found=False))
    add(places, hook)

    assert collect(NOW) == 0


def test_the_next_message_of_a_site_collects_until_the_groups_time_is_over(places: Places, hook: Hook) -> None:
    add(places, hook, site_id=places.north, quiet_hours=0)
    collect(NOW)
    deliver(NOW)
    with begin() as conn:
        store(conn, found((places.north_meter, "spike", 44, 46), (places.north_meter, "leak", 6, 30)))
    assert collect(NOW + HOUR / 4) == 1
    with begin() as conn:
        store(conn, found((places.north_meter, "spike", 44, 46), (places.north_meter, "stuck", 30, 47)))
    assert collect(NOW + HOUR / 2) == 1

    assert deliver(NOW + HOUR / 2) == (0, 0)
    assert deliver(NOW + HOUR) == (1, 0)
    assert hook.bodies[-1]["count"] == 2


def test_a_message_that_fails_is_tried_again_later_with_longer_pauses(places: Places, hook: Hook) -> None:
    add(places, hook, site_id=places.south)
    hook.statuses = [503]
    collect(NOW)

    assert deliver(NOW) == (0, 1)
    assert deliver(NOW + FIRST_PAUSE / 2) == (0, 0)
    assert states()[0][:2] == ("waiting", 3)
    hook.statuses = [200]
    assert deliver(NOW + FIRST_PAUSE) == (1, 0)

    assert states() == [("sent", 4, "")]
    assert len({headers["Idempotency-Key"] for headers in hook.headers}) == 1


def test_a_message_is_given_up_after_five_rounds_or_when_it_cannot_arrive(places: Places, hook: Hook) -> None:
    add(places, hook, site_id=places.south)
    hook.statuses = [503]
    collect(NOW)

    for day in range(MOST_ROUNDS + 2):
        deliver(NOW + timedelta(days=day))

    assert states()[0][:2] == ("failed", 15)
    add(places, hook, site_id=places.south, target="http://10.0.0.1/")
    collect(NOW)
    deliver(NOW)
    assert states()[1][:2] == ("failed", 1)
    assert "WATTSCAPE_ALERT_NETWORKS" in states()[1][2]


def test_a_message_whose_sending_was_not_recorded_is_sent_again(
    places: Places, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(places, hook, site_id=places.south)
    collect(NOW)

    def die(*_: object) -> int:
        sending.send("webhook", hook.url, sending.Message("alert-x", "", "", {}))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.steps.alerting.deliver.send", die)
        with pytest.raises(KeyboardInterrupt):
            deliver(NOW)

    assert states() == [("waiting", 0, "")]
    assert deliver(NOW) == (1, 0)
    assert len(hook.bodies) == 2


def test_a_snoozed_rule_holds_its_messages_back_but_not_a_test(places: Places, hook: Hook) -> None:
    rule = add(places, hook, site_id=places.south)
    collect(NOW)
    with begin() as conn:
        conn.execute(update(alert_rule).values(snoozed_until=NOW + HOUR))
        rules.ask_for_test(conn, rule)
        conn.execute(update(alert_delivery).values(due_at=NOW))

    assert deliver(NOW) == (1, 0)
    assert hook.bodies[-1]["test"] is True
    assert deliver(NOW + HOUR) == (1, 0)


def test_the_step_says_what_came_of_it(places: Places, hook: Hook) -> None:
    add(places, hook, persist_hours=4)

    report = alerts.run(lambda _share, _what: None)

    assert (report.step, report.series, report.failures, report.message) == ("alerts", 2, 0, "2 sent, 0 not")
    assert alerts.run(lambda _share, _what: None).message == "nothing to tell"
    with connect() as conn:
        assert told(conn) == 2


def test_the_worker_sends_the_test_that_a_page_asks_for(places: Places, hook: Hook) -> None:
    rule = add(places, hook)

    messages.request_alert_test(rule)
    worker.run_worker(until_idle=True)

    assert any(body.get("test") for body in hook.bodies)
    with pytest.raises(SelectionError):
        messages.request_alert_test(4711)


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": "http://u:p@a.example/"},
        {"channel": "mail", "target": "nobody"},
        {"persist_hours": -1},
        {"group_minutes": 100_000},
        {"minimum_cost": rules.Decimal(-5), "currency": "EUR"},
        {"minimum_cost": rules.Decimal(5)},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(places: Places, hook: Hook, wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        add(places, hook, **wrong)


def test_a_rule_is_switched_silenced_and_removed_by_its_number(places: Places, hook: Hook) -> None:
    rule = add(places, hook)
    with begin() as conn:
        rules.switch_rule(conn, rule, enabled=False)
        rules.snooze_rule(conn, rule, 2)
        row = conn.execute(select(alert_rule)).one()
        assert (row.enabled, row.snoozed_until is None) == (False, False)
        rules.snooze_rule(conn, rule, 0)
        assert conn.execute(select(alert_rule.c.snoozed_until)).scalar_one() is None
        with pytest.raises(UserError):
            rules.snooze_rule(conn, rule, 10_000)
        rules.remove_rule(conn, rule)
        for act in (rules.remove_rule, rules.ask_for_test):
            with pytest.raises(SelectionError):
                act(conn, rule)
