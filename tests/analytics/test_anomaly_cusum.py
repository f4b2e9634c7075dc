"""The tabular CUSUM, against figures that were worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analytics.anomalies.cusum import DECISION, SLACK, alarms, upper_cusum


def test_the_parameters_are_those_of_the_book() -> None:
    assert (SLACK, DECISION) == (0.5, 5.0)


def test_sums_grow_by_what_lies_above_the_slack_and_never_fall_below_zero() -> None:
    z = np.array([0.2, 1.5, -2.0, 2.0, np.nan, 1.0, 3.0])

    assert upper_cusum(z).tolist() == pytest.approx([0.0, 1.0, 0.0, 1.5, 1.5, 2.0, 4.5])


def test_a_shift_of_one_deviation_is_found_from_where_it_began_to_where_it_ended() -> None:
    z = np.concatenate([np.zeros(20), np.full(15, 1.0), np.zeros(20)])

    first, last = alarms(z)

    assert (first.tolist(), last.tolist()) == ([20], [34])


def test_two_shifts_are_two_alarms() -> None:
    z = np.concatenate([np.zeros(9), np.full(5, 3.0), np.full(30, -1.0), np.full(5, 3.0), np.zeros(9)])

    first, last = alarms(z)

    assert (first.tolist(), last.tolist()) == ([9, 44], [13, 48])


@given(st.lists(st.floats(-4, 4), max_size=80))
def test_the_recursion_is_that_of_page_and_alarms_are_in_order(values: list[float]) -> None:
    z = np.array(values, dtype=np.float64)
    by_hand, total = [], 0.0
    for one in values:
        total = max(0.0, total + one - SLACK)
        by_hand.append(total)

    first, last = alarms(z)

    assert upper_cusum(z).tolist() == pytest.approx(by_hand, abs=1e-9)
    assert (first <= last).all()
    assert (first[1:] > last[:-1]).all()
