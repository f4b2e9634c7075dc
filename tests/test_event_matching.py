"""How the benchmark counts what was found."""

import numpy as np
import pandas as pd
import pytest

from bench.event_matching import Matched, events_of_hours, hours_of_events, match, overlap

HOURS = pd.date_range("2024-03-01", periods=48, freq="h", tz="UTC")


def events(*spans: tuple[int, int]) -> pd.DataFrame:
    """Events from one hour up to another."""
    return pd.DataFrame({"start": [HOURS[first] for first, _ in spans], "end": [HOURS[last] for _, last in spans]})


def test_hours_without_a_break_are_one_event() -> None:
    marked = np.isin(np.arange(48), [3, 4, 5, 7, 20])

    found = events_of_hours(HOURS, marked)

    pd.testing.assert_frame_equal(found, events((3, 6), (7, 8), (20, 21)), check_freq=False)
    assert events_of_hours(HOURS, np.zeros(48, dtype=bool)).empty
    assert hours_of_events(HOURS, found).tolist() == marked.tolist()


def test_touching_is_no_overlap_and_one_hour_is_enough() -> None:
    assert overlap(events((3, 6), (10, 12)), events((6, 8), (11, 30))).tolist() == [False, True]
    assert overlap(events((3, 6)), events()).tolist() == [False]


def test_each_side_is_counted_by_itself() -> None:
    matched = match(events((3, 6), (10, 12), (40, 41)), events((2, 4), (5, 11), (20, 30), (31, 32), (11, 13)))

    assert matched == Matched(true=3, recalled=2, found=5, right=3)
    assert (matched.recall, matched.precision) == pytest.approx((2 / 3, 3 / 5))
    assert matched + matched == Matched(6, 4, 10, 6)


def test_nothing_has_neither_recall_nor_precision() -> None:
    nothing = match(events(), events())

    assert np.isnan([nothing.recall, nothing.precision]).all()
