import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.analytics.reconciliation import reconcile

TREE = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=float)  # whole, branch, three parts
EQUAL = np.ones(5)
loads = arrays(np.float64, (5, 4), elements=st.floats(-1e4, 1e4))


@given(loads, arrays(np.float64, 5, elements=st.floats(0.01, 1e3)))
def test_parts_add_up_to_the_whole(base: np.ndarray, error: np.ndarray) -> None:
    whole, branch, *parts = reconcile(base, TREE, error)

    np.testing.assert_allclose(whole, sum(parts), atol=1e-6)
    np.testing.assert_allclose(branch, parts[0] + parts[1], atol=1e-6)


@given(arrays(np.float64, (3, 4), elements=st.floats(0, 1e4)))
def test_forecasts_that_add_up_stay_as_they_are(parts: np.ndarray) -> None:
    base = TREE @ parts

    np.testing.assert_allclose(reconcile(base, TREE, EQUAL), base, rtol=1e-6, atol=1e-4)


@given(loads)
def test_load_that_cannot_be_negative_never_is(base: np.ndarray) -> None:
    reconciled = reconcile(base, TREE, EQUAL, positive=np.array([True, True, True]))

    assert (reconciled >= 0).all()
    np.testing.assert_allclose(reconciled[0], reconciled[2:].sum(axis=0), atol=1e-6)


def test_the_surer_forecast_moves_less() -> None:
    base = np.array([[10.0], [np.nan], [3.0], [3.0], [1.0]])
    error = np.array([1e-3, 1.0, 1.0, 1.0, 0.01])

    whole, _, first, second, third = reconcile(base, TREE, error)[:, 0]

    assert whole == pytest.approx(10, abs=1e-4)
    assert third == pytest.approx(1, abs=1e-3)
    assert first == pytest.approx(4.5, abs=1e-3)
    assert second == pytest.approx(4.5, abs=1e-3)


def test_a_part_without_forecast_is_what_the_whole_leaves() -> None:
    base = np.array([[10.0], [7.0], [3.0], [np.nan], [3.0]])

    reconciled = reconcile(base, TREE, EQUAL)[:, 0]

    np.testing.assert_allclose(reconciled, [10, 7, 3, 4, 3], atol=1e-6)


def test_a_part_that_is_known_stays_known() -> None:
    base = np.array([[10.0, 10.0], [6.0, 6.0], [4.0, 4.0], [2.0, 2.0], [4.0, 4.0]])
    known = np.array([[5.0, np.nan], [np.nan, np.nan], [np.nan, np.nan]])

    reconciled = reconcile(base, TREE, EQUAL, known=known)

    assert reconciled[2, 0] == 5.0
    np.testing.assert_allclose(reconciled[:, 1], [10, 6, 4, 2, 4], atol=1e-6)
    assert reconciled[0, 0] == pytest.approx(reconciled[2:, 0].sum())


def test_export_counts_against_the_whole() -> None:
    summing = np.array([[1.0, -1.0], [1.0, 0.0], [0.0, 1.0]])

    reconciled = reconcile(np.array([[5.0], [9.0], [3.0]]), summing, np.ones(3))[:, 0]

    assert reconciled[0] == pytest.approx(reconciled[1] - reconciled[2])
