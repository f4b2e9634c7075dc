"""What the Anomalies page asks, on planted events."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from anomaly_builders import Places, build_places, found, store
from sqlalchemy import select

from pipeline.errors import SelectionError
from pipeline.outputs.alerts.rules import NewRule, add_rule, ask_for_test, snooze_rule, switch_rule
from pipeline.warehouse.anomaly_answers import answer
from pipeline.warehouse.anomaly_plans import plan
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import alerts, anomalies, anomaly_detail
from pipeline.warehouse.queries.anomalies import Narrowed
from pipeline.warehouse.tables.anomalies import anomaly

ALL = Narrowed(status="all")


@pytest.fixture
def places(warehouse: str) -> Places:
    del warehouse
    with begin() as conn:
        places = build_places(conn)
        events = found(
            (places.north_meter, "leak", 6, 30),
            (places.north_meter, "gap", 100, 103),
            (places.south_meter, "low_use", 0, 400),
            (places.south_meter, "spike", 9, 10),
        )
        store(
            conn,
            events.assign(
                cost=[Decimal(5), None, Decimal(-90), Decimal("0.5")],
                currency=["EUR", None, "GBP", "GBP"],
                confidence=[0.9, 1.0, 0.6, 0.7],
            ),
        )
    return places


def week(places: Places, **more: object) -> Filters:
    return Filters(**({"site_id": places.root, "start": date(2025, 3, 3), "end": date(2025, 3, 10)} | more))  # type: ignore[arg-type]


def kinds_of(places: Places, narrowed: Narrowed, **more: object) -> set[str]:
    with connect() as conn:
        return set(anomalies.events(conn, week(places, **more), narrowed).frame["kind"])


def test_events_are_listed_in_the_time_of_their_site_by_rank(places: Places) -> None:
    with connect() as conn:
        listed = anomalies.events(conn, week(places), ALL)

    assert not listed.cut
    assert listed.frame["rank"].is_monotonic_decreasing
    leak = listed.frame.set_index("kind").loc["leak"]
    assert (leak["start"], leak["end"], leak["hours"]) == (datetime(2025, 3, 3, 7), datetime(2025, 3, 4, 7), 24.0)  # noqa: DTZ001
    assert (leak["site"], leak["deviation_kwh"], leak["cost"], leak["currency"]) == ("North", 20.0, 5.0, "EUR")


def test_only_events_that_touch_the_period_and_lie_in_the_selection_are_listed(places: Places) -> None:
    assert kinds_of(places, ALL, end=date(2025, 3, 5)) == {"leak", "low_use", "spike"}
    assert kinds_of(places, ALL, start=date(2025, 3, 12), end=date(2025, 3, 13)) == {"low_use"}
    assert kinds_of(places, ALL, site_id=places.north) == {"leak", "gap"}
    assert kinds_of(places, ALL, meter_id=places.south_meter) == {"low_use", "spike"}


def test_events_are_narrowed_by_kind_cost_confidence_and_status(places: Places) -> None:
    assert kinds_of(places, Narrowed(kind="gap")) == {"gap"}
    assert kinds_of(places, Narrowed(minimum_cost=5)) == {"leak", "low_use"}
    assert kinds_of(places, Narrowed(minimum_confidence=0.7)) == {"leak", "gap", "spike"}
    assert kinds_of(places, Narrowed(status="new")) == {"leak", "gap", "low_use", "spike"}
    assert kinds_of(places, Narrowed(status="resolved")) == set()


def test_an_answer_speaks_before_an_excuse(places: Places) -> None:
    start, end = datetime(2025, 3, 2), datetime(2025, 3, 5)  # noqa: DTZ001 - local time of the site
    with begin() as conn:
        plan(conn, places.north, start, end, note="Fair", entered_by="ada")
    assert kinds_of(places, Narrowed(status="excused")) == {"leak"}
    assert "leak" not in kinds_of(places, Narrowed())

    with begin() as conn:
        number = conn.execute(select(anomaly.c.id).where(anomaly.c.kind == "leak")).scalar_one()
        answer(conn, number, "acknowledged", owner="", note="", answered_by="ada")

    assert kinds_of(places, Narrowed(status="acknowledged")) == {"leak"}
    with connect() as conn:
        assert anomaly_detail.event(conn, number).excuse == "Fair"
        plans = anomalies.plans(conn, week(places))
        assert plans[["site", "start", "excuses"]].to_numpy().tolist() == [["North", start, 1]]
        assert len(anomalies.plans(conn, week(places, site_id=places.south))) == 0


@pytest.mark.parametrize("query", [{"status": "gone"}, {"cost": "x"}, {"confidence": "-1"}, {"cost": "nan"}])
def test_a_choice_that_makes_no_sense_is_refused(query: dict[str, str | None]) -> None:
    with pytest.raises(SelectionError):
        Narrowed.from_query(query)


def test_a_choice_is_read_from_the_address() -> None:
    assert Narrowed.from_query({"kind": "leak", "cost": "2.5", "confidence": None}) == Narrowed(
        "leak", "open", 2.5, 0.0
    )


def test_the_summary_counts_open_events_and_adds_up_what_is_above_by_currency(places: Places) -> None:
    with begin() as conn:
        number = conn.execute(select(anomaly.c.id).where(anomaly.c.kind == "gap")).scalar_one()
        answer(conn, number, "expected", owner="", note="", answered_by="ada")

    with connect() as conn:
        summary = anomalies.summary(conn, week(places))
        empty = anomalies.summary(conn, week(places, start=date(2024, 1, 1), end=date(2024, 1, 2)))

    assert (summary.events, summary.open, summary.answered, summary.excused) == (4, 3, 1, 0)
    assert summary.costs == {"EUR": Decimal(5), "GBP": Decimal("0.5")}
    assert summary.precision == pytest.approx((3 * 0.8 + 4 / 6) / 4)
    assert (empty.events, empty.costs, empty.precision) == (0, {}, None)


def test_each_kind_has_its_precision(places: Places) -> None:
    assert places
    with connect() as conn:
        by_kind = anomalies.precision_by_kind(conn)
        assert anomalies.kinds(conn) == ["gap", "leak", "low_use", "spike"]
        run = anomalies.last_run(conn)

    assert by_kind["kind"].tolist() == ["gap", "leak", "low_use", "spike"]
    assert by_kind[["events", "unanswered"]].to_numpy().tolist() == [[1, 1]] * 4
    assert by_kind["precision"].tolist() == pytest.approx([0.8] * 4)
    assert run is not None


def number_of(kind: str) -> int:
    with connect() as conn:
        return int(conn.execute(select(anomaly.c.id).where(anomaly.c.kind == kind)).scalar_one())


def test_the_course_sets_hours_beside_those_of_like_days(places: Places) -> None:
    assert places
    with connect() as conn:
        course = anomaly_detail.course(conn, number_of("leak"))

    assert course["time"].iloc[0] == datetime(2025, 3, 2)  # noqa: DTZ001 - local time of the site
    assert course["inside"].sum() == 24
    inside = course[course["inside"]]
    assert inside["time"].iloc[0] == datetime(2025, 3, 3, 7)  # noqa: DTZ001 - local time of the site
    assert (inside["actual_kwh"] == inside["expected_kwh"]).all()
    assert (inside["low_kwh"] <= inside["high_kwh"]).all()


def test_a_long_event_is_drawn_by_day(places: Places) -> None:
    assert places
    with connect() as conn:
        event = anomaly_detail.event(conn, number_of("low_use"))
        course = anomaly_detail.course(conn, event.id)

    assert event.step == "day"
    assert (course["time"].diff().dropna().dt.days == 1).all()
    assert course.loc[course["inside"], "actual_kwh"].iloc[0] == 36.0
    assert course["inside"].sum() == 17
    assert course["actual_kwh"].isna().any()  # days after the last reading


def test_what_a_forecast_or_the_peers_let_expect_is_drawn_within_the_event(places: Places) -> None:
    hours = {"start": "2025-03-04T06:00:00+00:00", "step": "hour", "p10": [3.0] * 6, "p50": [4.0] * 6, "p90": [5.0] * 6}
    days = {"start": "2025-02-10", "step": "day", "p50": [50.0] * 16}
    spans = (places.north_meter, "high_use", 30, 36), (places.north_meter, "peers", -21 * 24, -5 * 24)
    with begin() as conn:
        store(conn, found(*spans, evidence=[{"reference": hours}, {"reference": days}]))

    with connect() as conn:
        by_hour = anomaly_detail.course(conn, number_of("high_use"))
        by_day = anomaly_detail.course(conn, number_of("peers"))

    columns = ["low_kwh", "expected_kwh", "high_kwh"]
    inside = by_hour[by_hour["inside"]]
    assert inside["time"].iloc[0] == datetime(2025, 3, 4, 7)  # noqa: DTZ001 - local time of the site
    assert inside[columns].to_numpy().tolist() == [[3.0, 4.0, 5.0]] * 6
    assert not by_hour.loc[~by_hour["inside"], "expected_kwh"].isin([4.0]).any()
    said = by_day[by_day["time"].between("2025-02-10", "2025-02-25")]
    assert said[columns].to_numpy().tolist() == [[50.0] * 3] * 16
    assert not by_day.loc[~by_day.index.isin(said.index), "expected_kwh"].isin([50.0]).any()


def test_the_first_day_is_set_beside_eight_days_of_its_type(places: Places) -> None:
    assert places
    with connect() as conn:
        days = anomaly_detail.like_days(conn, number_of("spike"))

    assert days.loc[days["role"] == "event", "day"].unique().tolist() == [datetime(2025, 3, 3)]  # noqa: DTZ001
    like = days.loc[days["role"] == "like", "day"].drop_duplicates()
    assert len(like) == 8
    assert (like.dt.day_of_week < 5).all()
    assert days.groupby("day")["hour"].count().unique().tolist() == [24]


def test_the_course_over_the_change_of_the_clocks_has_23_hours(places: Places) -> None:
    with begin() as conn:
        store(conn, found((places.north_meter, "spike", 24 * 26 + 10, 24 * 26 + 12)))
    with connect() as conn:
        course = anomaly_detail.course(conn, number_of("spike"))

    by_day = course.groupby(course["time"].dt.date).size()
    assert by_day[date(2025, 3, 30)] == 23
    assert course["actual_kwh"].isna().all()


def test_an_event_that_is_not_there_is_said_in_a_sentence(places: Places) -> None:
    assert places
    with connect() as conn:
        for ask in (anomaly_detail.event, anomaly_detail.course, anomaly_detail.like_days):
            with pytest.raises(SelectionError, match="no anomaly 4711"):
                ask(conn, 4711)
        assert len(anomaly_detail.answers(conn, 4711)) == 0


def test_rules_are_listed_with_their_state_and_without_the_secrets_of_a_webhook(places: Places) -> None:
    hook = "https://hooks.example.org/services/secret"
    with begin() as conn:
        first = add_rule(conn, NewRule(places.root, "webhook", hook, kinds=["leak", "gap"]), made_by="ada")
        second = add_rule(
            conn, NewRule(places.south, "mail", "a@b.example", minimum_cost=Decimal(5), currency="GBP"), made_by="ada"
        )
        switch_rule(conn, second, enabled=False)
        snooze_rule(conn, first, 5)
        ask_for_test(conn, first)

    with connect() as conn:
        rules, messages = alerts.rules(conn, places.north), alerts.messages(conn, places.north)
        all_rules = alerts.rules(conn, places.root)

    assert rules["target"].tolist() == ["https://hooks.example.org/…"]
    assert rules[["kinds", "state"]].to_numpy().tolist() == [["gap, leak", "snoozed"]]
    assert all_rules[["kinds", "state", "minimum_cost"]].iloc[1].tolist() == ["every kind", "off", 5.0]
    assert messages[["about", "state", "events"]].to_numpy().tolist() == [["test", "waiting", 0]]
