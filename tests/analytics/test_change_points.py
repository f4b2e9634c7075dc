from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_series import by_day, illinois

from pipeline.analytics.temperature import fit_change_point
from pipeline.errors import ModelError

YEAR = np.arange(365)
SEASONS = 12 - 14 * np.cos(2 * np.pi * YEAR / 365)  # -2 to 26 °C


def noise(size: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, size, len(YEAR))


def use(base: float, heating: float, heating_c: float, cooling: float, cooling_c: float) -> np.ndarray:
    return base + heating * np.maximum(heating_c - SEASONS, 0) + cooling * np.maximum(SEASONS - cooling_c, 0)


def test_heating_and_cooling_that_were_planted_are_found() -> None:
    fit = fit_change_point(SEASONS, use(100, 5, 14, 8, 20) + noise(1))

    assert fit.kind == "5P"
    assert fit.base_kwh == pytest.approx(100, abs=1)
    assert (fit.heating_slope, fit.cooling_slope) == pytest.approx((5, 8), rel=0.05)
    assert (fit.heating_balance_c, fit.cooling_balance_c) == pytest.approx((14, 20), abs=0.5)
    assert fit.r2_adjusted > 0.99
    assert fit.qualified
    assert fit.n == 365


@pytest.mark.parametrize(
    ("planted", "kind"),
    [((100, 5, 14, 0, 20), "3P heating"), ((100, 0, 14, 8, 20), "3P cooling"), ((100, 0, 14, 0, 20), "mean")],
)
def test_the_shape_that_was_planted_is_chosen(planted: tuple[float, ...], kind: str) -> None:
    fit = fit_change_point(SEASONS, use(*planted) + noise(1), highest_p_value=0.01)

    assert fit.kind == kind
    assert fit.base_kwh == pytest.approx(100, abs=1)
    assert fit.parts([0.0]).cooling[0] == 0 or planted[3] == 0 or fit.cooling_balance_c is not None


def test_the_parts_add_up_to_the_prediction_and_unknown_temperatures_stay_unknown() -> None:
    fit = fit_change_point(SEASONS, use(100, 5, 14, 8, 20))
    degrees = np.array([-5.0, 16.0, 30.0, np.nan])

    parts = fit.parts(degrees)

    np.testing.assert_allclose(parts.base + parts.heating + parts.cooling, fit.predict(degrees))
    assert fit.predict(degrees)[:3] == pytest.approx([195, 100, 180], rel=0.01)
    assert np.isnan(fit.predict(degrees)[3])
    assert np.isnan(fit_change_point(SEASONS, 100 + noise(1), highest_p_value=0.001).predict([np.nan]))[0]


def test_use_that_falls_with_the_cold_is_not_taken_for_heating() -> None:
    fit = fit_change_point(SEASONS, 300 - 4 * np.maximum(15 - SEASONS, 0))

    assert fit.heating_balance_c is None
    assert fit.cooling_slope > 0


def test_a_few_hot_days_do_not_make_a_cooling_model() -> None:
    degrees = np.where(YEAR < 9, 30.0, 10.0 + noise(0.5))
    warm = np.where(YEAR < 9, 500.0, 100.0) + noise(1, seed=2)

    fit = fit_change_point(degrees, warm)

    assert fit.cooling_balance_c is None or fit.cooling_balance_c < 12


def test_days_without_use_or_temperature_and_zeros_are_missing() -> None:
    planted = use(100, 5, 14, 0, 20)
    planted[:10], planted[10:20] = 0, np.nan
    degrees = SEASONS.copy()
    degrees[20:30] = np.nan

    assert fit_change_point(degrees, planted).n == 335


def test_too_few_days_are_refused_and_less_than_a_year_does_not_qualify() -> None:
    with pytest.raises(ModelError, match="Only 29 days have both use and temperature"):
        fit_change_point(SEASONS[:29], SEASONS[:29] + 50)

    fit = fit_change_point(SEASONS[:200], use(100, 5, 14, 8, 20)[:200])

    assert not fit.qualified
    assert "200 days" in fit.disqualifications[0]


@settings(max_examples=30)
@given(st.floats(0.1, 1000), st.integers(0, 100))
def test_use_in_another_unit_gives_the_same_model_in_that_unit(factor: float, seed: int) -> None:
    measured = use(100, 5, 14, 8, 20) + noise(10, seed)
    one, other = fit_change_point(SEASONS, measured), fit_change_point(SEASONS, measured * factor)

    assert (one.kind, one.heating_balance_c, one.cooling_balance_c) == (
        other.kind,
        other.heating_balance_c,
        other.cooling_balance_c,
    )
    assert other.base_kwh == pytest.approx(one.base_kwh * factor)
    assert other.cvrmse == pytest.approx(one.cvrmse)


@given(st.integers(0, 1000))
def test_slopes_are_never_negative_and_balance_points_never_cross(seed: int) -> None:
    random = np.random.default_rng(seed)
    fit = fit_change_point(random.normal(12, 10, 120), random.normal(100, 30, 120))

    assert fit.heating_slope >= 0
    assert fit.cooling_slope >= 0
    if fit.kind == "5P":
        assert fit.heating_balance_c is not None
        assert fit.cooling_balance_c is not None
        assert fit.heating_balance_c <= fit.cooling_balance_c


@pytest.mark.shared
def test_the_fit_of_a_real_case_is_that_of_opendsm(shared_data: Path) -> None:
    """opendsm 1.2.7: `DailyModel(model="legacy").fit(DailyBaselineData.from_series(use, degrees_f, True))`

    On 26 December 2015 to 25 December 2016 it finds intercept 7.8524, cdd_bp 62.849 °F, cdd_beta 3.8033 kWh/°F,
    r_squared_adj 0.8833, cvrmse_adj 0.3473.
    """
    year = by_day(illinois(shared_data))["2015-12-26":"2016-12-25"]

    fit = fit_change_point(year["temperature_c"], year["energy_kwh"], highest_p_value=1)

    assert fit.kind == "3P cooling"
    assert fit.n == 366
    assert fit.base_kwh == pytest.approx(7.8524, rel=0.01)
    assert fit.cooling_balance_c == pytest.approx((62.849 - 32) * 5 / 9, abs=0.25)
    assert fit.cooling_slope == pytest.approx(3.8033 * 9 / 5, rel=0.03)
    assert fit.r2_adjusted == pytest.approx(0.8833, abs=0.001)
    assert fit.cvrmse == pytest.approx(0.3473, abs=0.002)
