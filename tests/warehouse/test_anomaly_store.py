"""Events from run to run: what stays, what goes, and what people's answers change."""

from datetime import datetime
from decimal import Decimal
from math import log10

import pytest
from anomaly_builders import HOUR, T0, Places, build_places, found, store
from sqlalchemy import Connection, insert, select, text

from pipeline.errors import SelectionError, UserError
from pipeline.warehouse.anomaly_answers import answer
from pipeline.warehouse.anomaly_plans import cancel_plan, plan
from pipeline.warehouse.anomaly_ranks import Answers, answers_by_kind
from pipeline.warehouse.engine import begin
from pipeline.warehouse.tables.anomalies import alert_delivery, alert_event, alert_rule, anomaly, anomaly_answer

pytestmark = pytest.mark.usefixtures("warehouse")


def rows(conn: Connection) -> list[tuple[object, ...]]:
    columns = [anomaly.c[name] for name in ("id", "kind", "status", "found")]
    return [tuple(row) for row in conn.execute(select(*columns).order_by(anomaly.c.id))]


def version(conn: Connection) -> int:
    return int(conn.execute(text("select version from data_version")).scalar_one())


def test_an_event_keeps_number_answer_and_fingerprint_when_its_ends_move() -> None:
    with begin() as conn:
        places = build_places(conn, days=1)
        store(conn, found((places.north_meter, "leak", 0, 24)))
        before = conn.execute(select(anomaly.c.id, anomaly.c.fingerprint)).one()
        answer(conn, before.id, "acknowledged", owner="Ada", note="on it", answered_by="ada")

        run = store(conn, found((places.north_meter, "leak", 2, 60), (places.north_meter, "gap", 0, 3)))

        after = conn.execute(select(anomaly).where(anomaly.c.id == before.id)).one()
        assert (after.fingerprint, after.status, after.owner, after.run_id) == (
            before.fingerprint,
            "acknowledged",
            "Ada",
            run,
        )
        assert after.end_ts == T0 + 60 * HOUR
        assert len(rows(conn)) == 2


def test_an_event_that_is_no_longer_found_goes_unless_somebody_dealt_with_it() -> None:
    with begin() as conn:
        places = build_places(conn, days=1)
        meter = places.north_meter
        store(conn, found((meter, "leak", 0, 24), (meter, "gap", 0, 3), (meter, "spike", 9, 10)))
        numbers = {kind: number for number, kind, *_ in rows(conn)}
        answer(conn, numbers["leak"], "expected", owner="", note="", answered_by="ada")
        answer(conn, numbers["leak"], "new", owner="", note="", answered_by="ada")
        tell_of(conn, places, numbers["gap"])

        store(conn, None)

        assert rows(conn) == [(numbers["leak"], "leak", "new", False), (numbers["gap"], "gap", "new", False)]


def tell_of(conn: Connection, places: Places, number: int) -> None:
    rule = {"site_id": places.north, "kinds": [], "channel": "mail", "target": "a@b.example", "made_by": "t"}
    rule_id = conn.execute(insert(alert_rule).values(rule).returning(alert_rule.c.id)).scalar_one()
    delivery = conn.execute(insert(alert_delivery).values(rule_id=rule_id).returning(alert_delivery.c.id)).scalar_one()
    name = conn.execute(select(anomaly.c.fingerprint).where(anomaly.c.id == number)).scalar_one()
    told = {"delivery_id": delivery, "fingerprint": name, "meter_id": places.north_meter, "kind": "gap"}
    conn.execute(insert(alert_event).values(told))


def test_an_event_that_comes_back_is_found_again() -> None:
    with begin() as conn:
        places = build_places(conn, days=1)
        events = found((places.north_meter, "leak", 0, 24))
        store(conn, events)
        number = rows(conn)[0][0]
        answer(conn, int(str(number)), "resolved", owner="", note="", answered_by="ada")
        store(conn, None)

        store(conn, events)

        assert rows(conn) == [(number, "leak", "resolved", True)]


def test_storing_the_same_events_again_changes_nothing() -> None:
    with begin() as conn:
        places = build_places(conn, days=1)
        events = found((places.north_meter, "leak", 0, 24), (places.south_meter, "gap", 1, 3))
        store(conn, events)
        before = conn.execute(select(anomaly).order_by(anomaly.c.id)).mappings().all()

        run = store(conn, events)

        after = conn.execute(select(anomaly).order_by(anomaly.c.id)).mappings().all()
        assert [dict(row) | {"run_id": run} for row in before] == [dict(row) for row in after]


def test_money_is_exact_and_evidence_without_numbers_is_null() -> None:
    with begin() as conn:
        places = build_places(conn, days=1)
        evidence = [{"low": float("nan"), "name": "N"}, {}]
        cost = [Decimal("123456789012.3456"), None]
        events = found((places.north_meter, "leak", 0, 24), (places.south_meter, "gap", 1, 3))
        store(conn, events.assign(evidence=evidence, cost=cost, currency=["EUR", None]))

        kept = conn.execute(select(anomaly.c.cost, anomaly.c.evidence).order_by(anomaly.c.id)).all()

        assert [tuple(row) for row in kept] == [(cost[0], {"low": None, "name": "N"}), (None, {})]
        with pytest.raises(TypeError, match="Decimal"):
            store(conn, events.assign(cost=1.5))


def test_an_answer_is_kept_with_its_author_and_ranks_its_kind_anew() -> None:
    with begin() as conn:
        places = build_places(conn, days=1)
        meter = places.north_meter
        store(conn, found((meter, "leak", 0, 24), (meter, "leak", 50, 60), (meter, "gap", 0, 3)))
        ranks = rank_by_id(conn)
        first, second, other = sorted(ranks)
        before = version(conn)

        answer(conn, first, "expected", owner=" Ada ", note="a party", answered_by="ada")

        kept = conn.execute(select(anomaly_answer)).one()
        assert (kept.status, kept.owner, kept.note, kept.answered_by) == ("expected", "Ada", "a party", "ada")
        assert answers_by_kind(conn)["leak"] == Answers(right=0, wrong=1)
        assert rank_by_id(conn)[second] == pytest.approx(0.8 * (4 / 6) * (1 + log10(7)), rel=1e-6)
        assert rank_by_id(conn)[other] == pytest.approx(ranks[other])
        assert ranks[second] == pytest.approx(0.8 * 0.8 * (1 + log10(7)), rel=1e-6)
        assert version(conn) > before


def rank_by_id(conn: Connection) -> dict[int, float]:
    return {row.id: row.rank for row in conn.execute(select(anomaly.c.id, anomaly.c.rank))}


def test_precision_starts_at_the_aim_and_follows_the_answers() -> None:
    assert Answers().precision == pytest.approx(0.8)
    assert Answers(right=0, wrong=45).precision == pytest.approx(0.08)
    assert Answers(right=95, wrong=0).precision == pytest.approx(0.99)


@pytest.mark.parametrize(("status", "error"), [("gone", SelectionError), ("new", SelectionError)])
def test_an_answer_to_nothing_or_without_meaning_is_refused(status: str, error: type[Exception]) -> None:
    with begin() as conn, pytest.raises(error):
        answer(conn, 4711, status, owner="", note="", answered_by="ada")


def test_a_note_has_its_limit() -> None:
    with begin() as conn, pytest.raises(UserError, match="2,000"):
        answer(conn, 1, "new", owner="", note="x" * 2_001, answered_by="ada")


def test_a_plan_excuses_what_lies_in_it_at_the_site_and_below_in_the_sites_time() -> None:
    with begin() as conn:
        places = build_places(conn, days=1)
        store(
            conn,
            found(
                (places.north_meter, "high_use", 0, 10),
                (places.south_meter, "leak", 0, 10),
                (places.north_meter, "gap", 0, 40),
            ),
        )

        number = plan(
            conn,
            places.north,
            datetime(2025, 3, 3, 1),  # noqa: DTZ001 - local time of the site
            datetime(2025, 3, 3, 11),  # noqa: DTZ001 - local time of the site
            note=" Works ",
            entered_by="ada",
        )

        assert excused(conn) == {"high_use"}
        cancel_plan(conn, number)
        assert excused(conn) == set()
        with pytest.raises(SelectionError):
            cancel_plan(conn, number)


def excused(conn: Connection) -> set[str]:
    return set(conn.execute(select(anomaly.c.kind).where(anomaly.c.planned_event_id.is_not(None))).scalars())


def test_a_plan_for_the_whole_tree_reaches_events_found_later() -> None:
    with begin() as conn:
        places = build_places(conn, days=1)
        start, end = datetime(2025, 3, 3), datetime(2025, 3, 8)  # noqa: DTZ001 - local time of the site
        plan(conn, places.root, start, end, note="Holidays", entered_by="ada")

        store(conn, found((places.south_meter, "low_use", 10, 90)))

        assert excused(conn) == {"low_use"}


def test_a_plan_needs_a_note_a_site_and_an_end() -> None:
    start, end = datetime(2025, 3, 3), datetime(2025, 3, 4)  # noqa: DTZ001 - local time of the site
    with begin() as conn:
        places = build_places(conn, days=1)
        for times, note, error in (((start, end), " ", UserError), ((end, start), "x", UserError)):
            with pytest.raises(error):
                plan(conn, places.root, *times, note=note, entered_by="ada")
        with pytest.raises(SelectionError):
            plan(conn, 4711, start, end, note="x", entered_by="ada")
