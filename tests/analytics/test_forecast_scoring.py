from datetime import date

import holidays
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from planted_loads import ZONE, daily_series, hourly_load, hourly_series

from pipeline.analytics.forecast import Forecast, Refusal, Series, forecast_series, from_readings
from pipeline.analytics.forecast.backtest import Backtest, schedule
from pipeline.analytics.forecast.conformal import known_before, offsets, rolling_bands
from pipeline.analytics.forecast.ensemble import rolling_mean_of_models, weights_of
from pipeline.analytics.forecast.grid import from_midnight, grid_of
from pipeline.analytics.forecast.scores import coverage, naive_error, pinball, relative
from pipeline.analytics.forecast.trial import try_models

QUICK = ("similar_days",)


def trial(days: int = 200, after: date | None = None) -> Backtest:
    found = try_models([hourly_series(days, chance=0.05)], 24, origins=30, after=after, models=QUICK)[0]
    assert isinstance(found, Backtest)
    return found


def test_scores_compare_every_model_with_the_yardstick() -> None:
    record = trial()

    by_name = {score.model: score for score in record.scores}
    assert list(by_name) == ["seasonal_naive", "similar_days", "ensemble"]
    assert by_name["seasonal_naive"].skill == 0
    assert by_name["seasonal_naive"].mase == pytest.approx(1, abs=0.1)
    assert 0.15 < by_name["similar_days"].skill < 1.05 * (1 - 1 / np.sqrt(2))  # at best it learns the mean exactly
    assert by_name["similar_days"].wape == pytest.approx(0.05 * np.sqrt(2 / np.pi), rel=0.15)
    assert [score.model for score in record.scores if score.selected] == [record.selected]
    assert by_name[record.selected].mae_kwh == min(score.mae_kwh for score in record.scores)


def test_bands_hold_eight_readings_of_ten() -> None:
    scores = trial().scores

    assert all(score.coverage == pytest.approx(0.8, abs=0.06) for score in scores)
    assert all(score.origins == 30 for score in scores)


def test_origins_after_a_date_are_trained_on_what_lies_before_it() -> None:
    record = trial(after=date(2023, 6, 1))

    first = int(record.schedule.origins[record.schedule.warm])
    assert record.grid.cell[0] == 0
    assert record.grid.series.index[first].tz_convert(ZONE).date() >= date(2023, 6, 1)
    assert record.schedule.blocks[0].start == 0
    assert (np.diff(record.schedule.origins) > 0).all()


def test_each_block_of_origins_is_trained_anew() -> None:
    grid = from_midnight(grid_of(hourly_series(300), 24))

    plan = schedule(grid, 25, 60, after=200 * 24, refits=3)

    assert len(plan.blocks) == 3
    assert plan.blocks[0].start == 0
    assert plan.blocks[-1].stop == len(plan.origins)
    assert plan.warm > 0


def test_a_time_without_room_is_refused() -> None:
    found = try_models([hourly_series(60)], 24, origins=5, after=date(2030, 1, 1), models=QUICK)[0]

    assert isinstance(found, Refusal)
    assert "no room" in found.reason


def test_what_was_not_measured_is_not_scored() -> None:
    load = hourly_load(200)
    load.iloc[-10 * 24 : -9 * 24] = np.nan

    found = try_models([from_readings("x", load, "h", timezone=ZONE)], 24, origins=20, models=QUICK)[0]

    assert isinstance(found, Backtest)
    assert np.isnan(found.actual[:, :24]).sum() == 24


def test_days_are_tried_a_week_ahead() -> None:
    found = try_models([daily_series(700)], 7, origins=40, models=("seasonal_naive",))[0]

    assert isinstance(found, Backtest)
    assert found.scores[0].mase == pytest.approx(1, abs=0.2)
    assert found.scores[0].selected


errors = arrays(np.float64, (30, 6), elements=st.floats(-100, 100))


@given(errors)
def test_conformal_bands_hold_what_they_were_made_from(found: np.ndarray) -> None:
    at_rest = np.arange(30)[:, None] % 3 >= np.full(6, 1)  # ten workdays

    low, high = (np.where(at_rest, rest, work) for work, rest in offsets(found, at_rest))

    inside = (found >= low - 1e-9) & (found <= high + 1e-9)
    assert (low <= 0).all()
    assert (high >= 0).all()
    assert inside.mean() >= 0.6


def test_bands_use_only_errors_known_at_the_origin() -> None:
    rng = np.random.default_rng(1)
    origins = np.arange(40) * 24
    predicted, actual = np.zeros((40, 24)), rng.normal(size=(40, 24))
    later = actual.copy()
    later[20:] *= 50

    at_rest = np.zeros((40, 24), dtype=bool)

    before = rolling_bands(predicted, actual, np.ones(40), origins, at_rest)
    after = rolling_bands(predicted, later, np.ones(40), origins, at_rest)

    assert np.array_equal(before[0][:21], after[0][:21], equal_nan=True)
    assert np.isnan(known_before(actual, origins - np.arange(40) * 12, 5)[-1]).any()
    assert np.isnan(before[0][0]).all()


def load_with_calm_sundays(days: int) -> Series:
    """A load whose chance is a tenth on weekends and holidays of what it is on workdays."""
    load = hourly_load(days, chance=0.0)
    local = pd.DatetimeIndex(load.index).tz_convert(ZONE)
    free = (local.day_of_week >= 5) | np.isin(
        local.date, list(holidays.country_holidays("DE", years=range(2023, 2025)))
    )
    chance = np.where(free, 0.01, 0.1) * np.random.default_rng(5).standard_normal(days * 24)
    return from_readings("calm", load * (1 + chance), "h", timezone=ZONE, country="DE")


def test_bands_are_right_on_workdays_and_narrower_on_calm_sundays() -> None:
    [found] = try_models([load_with_calm_sundays(400)], 24, origins=150, models=QUICK)

    assert isinstance(found, Backtest)
    tested = slice(found.schedule.warm, None)
    of_model = found.tracks["similar_days"]
    actual, low, high = found.actual[tested], of_model.low[tested], of_model.high[tested]
    rest = found.at_rest[tested]
    inside, width = (actual >= low) & (actual <= high), (high - low) / actual
    assert inside[~rest].mean() == pytest.approx(0.8, abs=0.05)
    assert inside[rest].mean() == pytest.approx(0.8, abs=0.08)
    assert width[rest].mean() < 0.3 * width[~rest].mean()


def test_the_fan_ahead_is_narrower_on_a_calm_sunday() -> None:
    series = load_with_calm_sundays(200)  # until a Thursday evening

    found = forecast_series(series, models=QUICK)

    assert isinstance(found, Forecast)
    width = found.quantiles["p90"] - found.quantiles["p10"]
    friday, saturday = width.iloc[:24].mean(), width.iloc[24:].mean()
    assert saturday < 0.4 * friday


@given(errors)
def test_few_windows_of_rest_share_the_bands_of_all_days(found: np.ndarray) -> None:
    every_day = np.zeros(found.shape, dtype=bool)

    alike = offsets(found, every_day)

    assert np.array_equal(alike[0][0], alike[0][1])
    assert np.array_equal(alike[1][0], alike[1][1])


def test_the_better_model_weighs_more() -> None:
    rng = np.random.default_rng(2)
    good, bad = rng.normal(size=(2, 20, 24)) * np.array([1, 1.1])[:, None, None]

    weights = weights_of(np.stack([good, bad]))

    assert weights.sum() == pytest.approx(1)
    missed = np.abs([good, bad]).mean(axis=(1, 2))
    assert weights[1] / weights[0] == pytest.approx((missed[0] / missed[1]) ** 10)
    assert 0.6 < weights[0] < 0.95
    assert weights_of(np.full((2, 1, 3), np.nan)) == pytest.approx([0.5, 0.5])


def test_a_mean_of_models_that_agree_is_what_they_say() -> None:
    predicted = np.full((3, 10, 24), 5.0)

    mixed = rolling_mean_of_models(predicted, np.full((10, 24), 4.0), np.arange(10) * 24)

    assert mixed == pytest.approx(np.full((10, 24), 5.0))


def test_scores_follow_their_formulas() -> None:
    actual = np.array([10.0, 20.0, np.nan])

    assert relative(np.array([1.0, 2.0, np.nan]), actual) == pytest.approx(0.1)
    assert np.isnan(relative(np.array([1.0]), np.array([0.0])))
    assert coverage(actual, np.array([9.0, 21, 0]), np.array([11.0, 22, 1])) == 0.5
    assert np.isnan(coverage(actual, actual * np.nan, actual))
    assert pinball(np.array([10.0]), {0.9: np.array([8.0])}) == pytest.approx(1.8)
    assert naive_error(np.array([1.0, 2, 4, 8]), 2) == pytest.approx(4.5)
    assert np.isnan(naive_error(np.array([np.nan, np.nan]), 1))


def test_months_have_scores_too() -> None:
    values = pd.Series(100.0 + np.arange(36) % 12, index=pd.date_range("2020-01-01", periods=36, freq="MS"))

    found = try_models([from_readings("m", values, "MS")], 3, origins=6, models=("seasonal_naive",))[0]

    assert isinstance(found, Backtest)
    assert found.scores[0].wape == pytest.approx(0)
