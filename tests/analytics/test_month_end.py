import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analytics.month_end import USUAL_CORRELATION, error_correlation, month_end

DAYS = np.tile([90.0, 100.0, 110.0], (10, 1))
PEAKS = np.tile([8.0, 10.0, 12.0], (10, 1))


def test_a_month_that_is_over_is_what_was_measured() -> None:
    found = month_end(1_000, 12, np.empty((0, 3)), None, 0.5)

    assert (found.energy_kwh.p10, found.energy_kwh.p50, found.energy_kwh.p90) == (1_000, 1_000, 1_000)
    assert found.peak_kw is None


def test_one_day_left_keeps_its_own_quantiles() -> None:
    found = month_end(500, None, DAYS[:1], PEAKS[:1], 0.5)

    assert found.energy_kwh.p10 == pytest.approx(590, abs=1)
    assert found.energy_kwh.p50 == pytest.approx(600, abs=0.5)
    assert found.energy_kwh.p90 == pytest.approx(610, abs=1)
    assert found.chance_of_new_peak is None


def test_unrelated_days_cancel_and_related_days_do_not() -> None:
    unrelated = month_end(0, 0, DAYS, None, 0.0).energy_kwh
    related = month_end(0, 0, DAYS, None, 0.95).energy_kwh

    assert unrelated.p90 - unrelated.p50 == pytest.approx(10 * np.sqrt(10), rel=0.08)
    assert unrelated.p90 - unrelated.p50 < related.p90 - related.p50 < 100


def test_the_peak_of_many_days_is_above_that_of_each() -> None:
    found = month_end(0, 5, DAYS, PEAKS, 0.2)

    assert found.rest_peak_kw is not None
    assert found.rest_peak_kw.p50 > 11
    assert found.chance_of_new_peak == 1


def test_a_peak_that_was_reached_stays() -> None:
    found = month_end(0, 14, DAYS, PEAKS, 0.2)

    assert found.peak_kw is not None
    assert found.peak_kw.p10 == 14
    assert 0 < (found.chance_of_new_peak or 0) < 0.2


@given(st.floats(0, 0.95), st.integers(1, 30))
def test_quantiles_are_in_order(correlation: float, days: int) -> None:
    found = month_end(
        100, 9, np.tile([90.0, 100.0, 130.0], (days, 1)), np.tile([8.0, 10.0, 12.0], (days, 1)), correlation
    )

    assert found.energy_kwh.p10 <= found.energy_kwh.p50 <= found.energy_kwh.p90
    assert found.peak_kw is not None
    assert 9 <= found.peak_kw.p10 <= found.peak_kw.p50 <= found.peak_kw.p90


def test_persistence_is_that_of_the_errors_of_each_forecast_whatever_its_bias() -> None:
    rng = np.random.default_rng(1)
    bias = np.linspace(0, 50, 35)
    alone = rng.standard_normal((20, 35))
    common = rng.standard_normal((20, 1)) * 3 + alone

    assert error_correlation(alone + bias) < 0.15
    assert error_correlation(common + bias) == pytest.approx(0.9, abs=0.05)


def test_days_not_measured_yet_are_left_out() -> None:
    common = np.repeat(np.random.default_rng(1).standard_normal((20, 1)), 35, axis=1)
    common[10:, 20:] = np.nan

    assert error_correlation(common) == pytest.approx(0.95)


def test_few_errors_or_none_of_size_get_the_usual_correlation() -> None:
    assert error_correlation(np.full((20, 35), np.nan)) == USUAL_CORRELATION
    assert error_correlation(np.zeros((20, 35))) == USUAL_CORRELATION
    assert error_correlation(np.ones((3, 4))) == USUAL_CORRELATION


def test_a_peak_of_days_that_miss_together_is_less_above_that_of_each() -> None:
    alone, together = (
        month_end(0, 5, DAYS, PEAKS, 0.2, peak_correlation=related).rest_peak_kw for related in (0.0, 0.95)
    )

    assert alone is not None
    assert together is not None
    assert alone.p50 > together.p50 > 10
