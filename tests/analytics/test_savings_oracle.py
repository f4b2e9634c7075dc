"""Savings and change points against the programs that CalTRACK is defined by, on a series that is made by arithmetic.

Both were run once, in environments of their own, on the very series of `oracle_series`:

- eemeter 2.10.11, ``fit_caltrack_usage_per_day_model``, its balance points on our grid (half degrees Celsius, as
  whole numbers of half degrees, which it asks for);
- opendsm 1.2.7, ``HourlyCaltrackModel`` with ``segment_type`` "single" and "three_month_weighted".
"""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from oracle_series import BASELINE, REPORTING, SAVED, by_day, home, illinois

from pipeline.analytics.savings import Savings, measured_savings
from pipeline.analytics.temperature import ChangePointFit, fit_change_point

HOURS = home()
OBSERVED_KWH = 8339.032328717774


def measured(method: Literal["daily", "hourly"], segments: Literal["year", "months"] = "year") -> Savings:
    frame = HOURS if method == "hourly" else by_day(HOURS)
    before, after = frame[BASELINE[0] : BASELINE[1]], frame[REPORTING[0] : REPORTING[1]]
    return measured_savings(before, after, method, segments=segments)


def test_the_series_is_the_one_that_the_others_were_given() -> None:
    assert len(HOURS) == 17_520
    assert HOURS["energy_kwh"][REPORTING[0] : REPORTING[1]].sum() == pytest.approx(OBSERVED_KWH, rel=1e-12)
    assert HOURS["temperature_c"].abs().sum() == pytest.approx(228_710.54815, rel=1e-9)


def test_the_daily_model_is_that_of_eemeter_to_the_last_digits() -> None:
    saved = measured("daily")
    model = saved.baseline.model

    assert isinstance(model, ChangePointFit)
    assert (model.kind, model.heating_balance_c, model.cooling_balance_c) == ("5P", 24 / 2, 37 / 2)
    assert model.base_kwh == pytest.approx(14.363057687521867, rel=1e-9)
    assert model.heating_slope == pytest.approx(0.6807219817201344 * 2, rel=1e-9)
    assert model.cooling_slope == pytest.approx(1.3975967398693432 * 2, rel=1e-9)
    assert model.r2_adjusted == pytest.approx(0.8940706726918779, rel=1e-9)
    assert saved.predicted_kwh == pytest.approx(9300.337313685115, rel=1e-9)
    assert saved.actual_kwh == pytest.approx(OBSERVED_KWH, rel=1e-12)


def test_the_quality_of_the_daily_model_is_that_of_eemeter() -> None:
    """It leaves the last day out of these figures, so they differ in the third digit."""
    baseline = measured("daily").baseline

    assert baseline.cvrmse == pytest.approx(0.11056830998022765, rel=0.005)
    assert baseline.autocorrelation == pytest.approx(0.34933098553654574, rel=0.03)
    assert baseline.effective_n == pytest.approx(175.5266304586634, rel=0.02)


@pytest.mark.parametrize(("segments", "predicted_kwh"), [("year", 9292.754), ("months", 9292.225)])
def test_the_hourly_models_are_those_of_opendsm(segments: Literal["year", "months"], predicted_kwh: float) -> None:
    assert measured("hourly", segments).predicted_kwh == pytest.approx(predicted_kwh, rel=1e-5)


def test_the_uncertainty_of_the_hourly_model_is_that_of_opendsm() -> None:
    """It finds 40.890 kWh, with what was used where ours has what was predicted, as the guideline writes it.

    It takes the mean of the squared residuals without the degrees of freedom.
    """
    saved = measured("hourly")
    baseline = saved.baseline
    as_it_does = saved.actual_kwh / saved.predicted_kwh * np.sqrt(1 - baseline.parameters / baseline.n)

    assert baseline.effective_n == pytest.approx(1396.70, rel=1e-3)
    assert baseline.cvrmse == pytest.approx(0.08929, rel=1e-3)
    assert baseline.parameters == 181
    assert saved.uncertainty_kwh * as_it_does == pytest.approx(40.890, rel=1e-3)


@pytest.mark.parametrize("method", ["daily", "hourly"])
def test_the_tenth_that_was_saved_lies_within_the_interval(method: Literal["daily", "hourly"]) -> None:
    saved = measured(method)
    true_kwh = saved.actual_kwh * SAVED / (1 - SAVED)

    assert abs(saved.savings_kwh - true_kwh) < saved.uncertainty_kwh
    assert saved.is_significant


@pytest.mark.shared
def test_the_daily_model_of_a_real_case_is_that_of_eemeter(shared_data: Path) -> None:
    """The simulated home il-electricity-cdd-only, 26 December 2015 to 25 December 2016, and the year after."""
    days = by_day(illinois(shared_data))
    before, after = days["2015-12-26":"2016-12-25"], days["2017-01-04":"2018-01-03"]

    fit = fit_change_point(before["temperature_c"], before["energy_kwh"])

    assert (fit.kind, fit.cooling_balance_c) == ("3P cooling", 34 / 2)
    assert fit.base_kwh == pytest.approx(7.863372600066865, rel=1e-9)
    assert fit.cooling_slope == pytest.approx(3.3643930941482787 * 2, rel=1e-9)
    assert fit.r2_adjusted == pytest.approx(0.8839739312353085, rel=1e-9)
    assert measured_savings(before, after).predicted_kwh == pytest.approx(9367.848800507585, rel=1e-9)
