"""Which events a rule tells of, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analytics.events.alerting import Candidate, Rule, Told, due_at, to_tell

NOW = datetime(2025, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULE = Rule(
    site_ids=frozenset({1}),
    kinds=frozenset({"leak", "spike"}),
    minimum_cost=None,
    currency=None,
    persist=HOUR,
    quiet=24 * HOUR,
    group=HOUR,
    snoozed_until=None,
    enabled=True,
)
EVENT = Candidate(
    "f1", 1, 11, "leak", NOW - 5 * HOUR, NOW - 2 * HOUR, data_until=NOW, cost=Decimal("12.5"), currency="EUR"
)


def test_a_new_event_of_site_and_kind_is_told_once() -> None:
    assert to_tell(RULE, [EVENT], [], NOW) == [EVENT]
    assert to_tell(RULE, [EVENT], [Told("f1", 11, "leak", NOW - 100 * HOUR)], NOW) == []


@pytest.mark.parametrize(
    "rule",
    [
        replace(RULE, enabled=False),
        replace(RULE, snoozed_until=NOW + HOUR),
        replace(RULE, site_ids=frozenset({2})),
        replace(RULE, kinds=frozenset({"gap"})),
        replace(RULE, minimum_cost=Decimal(13), currency="EUR"),
        replace(RULE, minimum_cost=Decimal(10), currency="GBP"),
        replace(RULE, persist=4 * HOUR),
    ],
)
def test_a_rule_is_silent_about_what_it_is_not_for(rule: Rule) -> None:
    assert to_tell(rule, [EVENT], [], NOW) == []


def test_a_snooze_ends_and_no_kinds_means_every_kind() -> None:
    assert to_tell(replace(RULE, snoozed_until=NOW, kinds=frozenset()), [EVENT], [], NOW) == [EVENT]


def test_cost_counts_in_both_directions_and_an_unknown_one_is_below_every_minimum() -> None:
    rule = replace(RULE, minimum_cost=Decimal(10), currency="EUR")

    told = to_tell(rule, [EVENT, replace(EVENT, cost=Decimal(-11)), replace(EVENT, cost=None, currency=None)], [], NOW)

    assert [event.cost for event in told] == [Decimal("12.5"), Decimal(-11)]


def test_old_events_are_no_news_also_where_the_data_is_old() -> None:
    past = replace(EVENT, start=NOW - 400 * HOUR, end=NOW - 300 * HOUR)

    assert to_tell(RULE, [past], [], NOW) == []
    assert to_tell(RULE, [replace(past, data_until=past.end)], [], NOW) != []


def test_an_event_that_comes_and_goes_is_not_told_again_before_quiet_is_over() -> None:
    again = replace(EVENT, fingerprint="f2")

    assert to_tell(RULE, [again], [Told("f1", 11, "leak", NOW - 23 * HOUR)], NOW) == []
    assert to_tell(RULE, [again], [Told("f1", 11, "leak", NOW - 24 * HOUR)], NOW) == [again]
    assert to_tell(RULE, [again], [Told("f1", 12, "leak", NOW), Told("f1", 11, "spike", NOW)], NOW) == [again]


def test_the_first_message_goes_at_once_and_the_next_after_the_groups_time() -> None:
    assert due_at(None, HOUR, NOW) == NOW
    assert due_at(NOW - HOUR / 2, HOUR, NOW) == NOW + HOUR / 2
    assert due_at(NOW - 3 * HOUR, HOUR, NOW) == NOW


@given(st.lists(st.integers(0, 200), max_size=30), st.integers(0, 48))
def test_a_flapping_meter_is_told_of_at_most_once_in_each_quiet_time(hours: list[int], quiet: int) -> None:
    rule, told = replace(RULE, quiet=quiet * HOUR), []
    for number, hour in enumerate(sorted(hours)):
        now = NOW + hour * HOUR
        event = replace(EVENT, fingerprint=str(number), start=now - 2 * HOUR, end=now, data_until=now)
        told += [
            Told(found.fingerprint, found.meter_id, found.kind, now) for found in to_tell(rule, [event], told, now)
        ]

    times = [one.at for one in told]
    assert all(later - earlier >= rule.quiet for earlier, later in pairwise(times))
