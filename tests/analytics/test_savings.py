from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from oracle_series import by_day, illinois

from pipeline.analytics.accuracy import cvrmse, effective_number, lag_one_autocorrelation, nmbe
from pipeline.analytics.savings import fit_baseline, measured_savings, savings_against
from pipeline.analytics.towt import fit_towt
from pipeline.errors import ModelError

ZONE = "America/Chicago"


def days(year: int, count: int = 365, factor: float = 1.0, seed: int = 3) -> pd.DataFrame:
    index = pd.date_range(f"{year}-01-01", periods=count, freq="D")
    random = np.random.default_rng(seed + year)
    degrees = 12 - 14 * np.cos(2 * np.pi * index.day_of_year / 365) + random.normal(0, 2, count)
    use = 100 + 5 * np.maximum(14 - degrees, 0) + random.normal(0, 5, count)
    return pd.DataFrame({"energy_kwh": factor * use, "temperature_c": degrees}, index=index)


def hours(start: str, weeks: int, factor: float = 1.0, zone: str = ZONE) -> pd.DataFrame:
    """Use that is high in working hours and rises above 18 °C then, with the clocks of the place."""
    index = pd.date_range(start, periods=weeks * 168, freq="h", tz="UTC").tz_convert(zone)
    degrees = 15 + 10 * np.sin(2 * np.pi * np.arange(len(index)) / 24 / 365) + 5 * np.sin(index.hour / 24 * 2 * np.pi)
    busy = (index.day_of_week < 5) & (index.hour >= 8) & (index.hour < 18)
    use = np.where(busy, 50 + 3 * np.maximum(degrees - (65 - 32) * 5 / 9, 0), 10)
    return pd.DataFrame({"energy_kwh": factor * use, "temperature_c": degrees}, index=index)


def test_savings_that_were_planted_are_measured_within_their_uncertainty() -> None:
    saved = measured_savings(days(2023), days(2024, factor=0.9))

    assert saved.savings_share == pytest.approx(0.1, abs=0.01)
    assert abs(saved.savings_kwh - 0.1 / 0.9 * saved.actual_kwh) < saved.uncertainty_kwh
    assert saved.is_significant
    assert saved.fractional_uncertainty == pytest.approx(saved.uncertainty_kwh / saved.savings_kwh)
    assert saved.baseline.reasons_against == ()
    assert saved.baseline.nmbe == pytest.approx(0, abs=1e-9)
    assert saved.course["cumulative_kwh"].iloc[-1] == pytest.approx(saved.savings_kwh)


def test_where_nothing_changed_zero_lies_inside_the_interval() -> None:
    saved = measured_savings(days(2023), days(2024))

    assert not saved.is_significant
    assert saved.fractional_uncertainty > 1


def test_the_uncertainty_is_the_formula_of_the_guideline() -> None:
    """t(0.95, 364) = 1.649; the factor at 12 months of daily data is 1.3925."""
    saved = measured_savings(days(2023), days(2024, factor=0.9))
    before = saved.baseline
    independent = before.effective_n
    by_hand = 1.649 * 1.392 * before.cvrmse * np.sqrt(365 / independent * (1 + 2 / independent) / 365)

    assert saved.fractional_uncertainty * abs(saved.savings_share) == pytest.approx(by_hand, rel=0.002)


def test_neighbours_that_go_together_are_worth_less_than_independent_days() -> None:
    assert effective_number(300, 0.5) == pytest.approx(100)
    assert effective_number(300, -0.5) == 300
    assert lag_one_autocorrelation(np.tile([1.0, -1.0], 50)) == pytest.approx(-1)
    assert lag_one_autocorrelation(np.array([1.0, np.nan, 2.0, np.nan])) == 0


def test_quality_figures_are_those_written_by_hand() -> None:
    actual, predicted = np.array([10.0, 20.0, 30.0]), np.array([12.0, 18.0, 27.0])

    assert cvrmse(actual, predicted, 1) == pytest.approx(np.sqrt(17 / 2) / 20)
    assert nmbe(actual, predicted, 1) == pytest.approx(3 / 2 / 20)
    assert np.isnan(cvrmse(np.zeros(3), predicted, 0))
    assert np.isnan(nmbe(actual, predicted, 3))


def test_days_that_cannot_be_measured_are_left_out_and_counted() -> None:
    after = days(2024, count=100, factor=0.9)
    after.iloc[:10, 0], after.iloc[10:15, 1], after.iloc[15:18, 0] = np.nan, np.nan, 0

    saved = savings_against(fit_baseline(days(2023)), after)

    assert (saved.n, saved.missing) == (82, 18)


def test_a_short_baseline_says_why_it_is_not_good_enough() -> None:
    baseline = fit_baseline(days(2023, count=120))

    assert "120 days" in baseline.reasons_against[0]


def test_a_wild_baseline_says_so() -> None:
    before = days(2023)
    before["energy_kwh"] = np.where(np.arange(365) % 20 == 0, 2000.0, 1.0)

    assert any("CV(RMSE)" in reason for reason in fit_baseline(before).reasons_against)


def test_nothing_after_the_measure_is_refused() -> None:
    with pytest.raises(ModelError, match="nothing can be measured"):
        measured_savings(days(2023), days(2024).assign(temperature_c=np.nan))


@pytest.mark.parametrize("segments", ["year", "months"])
def test_the_hourly_model_learns_the_week_and_the_heat_in_working_hours(segments: str) -> None:
    saved = measured_savings(
        hours("2023-01-01 06:00", 52), hours("2024-01-01 06:00", 20, factor=0.8), "hourly", segments=segments
    )

    assert saved.savings_share == pytest.approx(0.2, abs=0.005)
    assert saved.baseline.cvrmse < 0.05
    assert saved.baseline.reasons_against == ()


def test_hours_are_those_of_the_clock_on_the_wall_after_a_change_of_it_too() -> None:
    """Winter alone would teach hours that are one off in summer, if they were those of UTC."""
    winter, summer = hours("2023-11-06 06:00", 12), hours("2024-04-01 05:00", 4)
    model = fit_towt(winter["temperature_c"], winter["energy_kwh"])

    predicted = model.predict(summer["temperature_c"])
    night = (summer.index.hour < 8) | (summer.index.hour >= 18)

    np.testing.assert_allclose(predicted[night], summer["energy_kwh"][night], atol=0.5)


def test_the_days_of_23_and_25_hours_are_predicted_hour_by_hour() -> None:
    year = hours("2023-01-01 06:00", 52)
    model = fit_towt(year["temperature_c"], year["energy_kwh"])

    spring, autumn = year.loc["2023-03-12"], year.loc["2023-11-05"]

    assert len(model.predict(spring["temperature_c"]).dropna()) == 23
    assert len(model.predict(autumn["temperature_c"]).dropna()) == 25


def test_hours_of_the_week_and_months_that_were_never_seen_stay_unknown() -> None:
    weeks = hours("2023-01-02 06:00", 10)
    known = weeks[weeks.index.day_of_week < 5]
    by_year = fit_towt(known["temperature_c"], known["energy_kwh"])
    by_month = fit_towt(known["temperature_c"], known["energy_kwh"], segments="months")
    july = hours("2023-07-03 05:00", 1)

    weekend = by_year.predict(weeks["temperature_c"])[weeks.index.day_of_week >= 5]

    assert weekend.isna().all()
    assert by_month.predict(july["temperature_c"]).isna().all()
    assert by_year.predict(july["temperature_c"].where(july.index.hour > 5)).isna().any()


def test_fewer_than_four_weeks_of_hours_are_refused() -> None:
    short = hours("2023-01-02 06:00", 3)

    with pytest.raises(ModelError, match="an hourly baseline needs 672 at least"):
        fit_towt(short["temperature_c"], short["energy_kwh"])


@pytest.mark.shared
@pytest.mark.parametrize(("segments", "predicted_kwh"), [("year", 9581.21), ("months", 9535.05)])
def test_hourly_savings_of_a_real_case_are_those_of_opendsm(
    shared_data: Path, segments: str, predicted_kwh: float
) -> None:
    """opendsm 1.2.7: `HourlyCaltrackModel()` with `segment_type` "single" and "three_month_weighted".

    Baseline 26 December 2015 to 25 December 2016, reporting 4 January 2017 to 3 January 2018: 8634 hours are measured,
    8970.75 kWh used, and predicted as above.
    """
    frame = illinois(shared_data)

    saved = measured_savings(
        frame["2015-12-26":"2016-12-25"], frame["2017-01-04":"2018-01-03"], "hourly", segments=segments
    )

    assert saved.n == 8634
    assert saved.actual_kwh == pytest.approx(8970.75, abs=0.01)
    assert saved.predicted_kwh == pytest.approx(predicted_kwh, abs=0.5)


@pytest.mark.shared
def test_daily_savings_of_a_real_case_are_near_those_of_opendsm(shared_data: Path) -> None:
    """opendsm 1.2.7, legacy daily model on the same case: 9324.50 kWh predicted, n' 324.3 of 366.

    Its balance point is continuous and its slope shrunk, ours lies on a grid (CalTRACK 3.2.3): half a per cent apart.
    """
    daily = by_day(illinois(shared_data))

    saved = measured_savings(daily["2015-12-26":"2016-12-25"], daily["2017-01-04":"2018-01-03"])

    assert saved.predicted_kwh == pytest.approx(9324.50, rel=0.006)
    assert saved.baseline.effective_n == pytest.approx(324.3, rel=0.01)
