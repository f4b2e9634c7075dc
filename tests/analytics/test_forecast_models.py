"""What each model must get right on loads whose rule is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from planted_loads import ZONE, daily_series, hourly_load, hourly_series
from statsmodels.tsa.statespace.sarimax import SARIMAX

from pipeline.analytics.forecast import (
    Forecast,
    Refusal,
    Series,
    backtest,
    expected_quantiles,
    forecast_many,
    forecast_series,
    forecasting,
    from_readings,
    what_if,
)
from pipeline.analytics.forecast.arima import ASKED, Arima
from pipeline.analytics.forecast.backtest import backtests, schedule
from pipeline.analytics.forecast.grid import Grid, from_midnight, grid_of
from pipeline.analytics.forecast.model import Model
from pipeline.analytics.forecast.regression import Regression
from pipeline.analytics.forecast.seasonal_naive import FittedSeasonalNaive, SeasonalNaive
from pipeline.analytics.forecast.similar_days import SimilarDays
from pipeline.errors import ModelError

ALL = [SeasonalNaive(), Arima(), Regression(iterations=60), SimilarDays()]


def forecast(series: Series, models: tuple[str, ...] = ("similar_days",)) -> Forecast:
    found = forecast_series(series, models=models)
    assert isinstance(found, Forecast)
    return found


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.name)
def test_each_model_knows_the_day_at_work_from_the_weekend(model: Model) -> None:
    series = hourly_series(180)
    grid = grid_of(series.until(len(series) - 48), 48)
    truth = grid_of(series, 48).filled[-48:]

    fitted = model.fit([grid], [grid.end], 49)

    predicted = fitted.predict(0, grid, np.array([grid.end]))[0, :48]
    assert np.abs(predicted - truth).mean() < 0.05 * truth.mean()


def test_a_model_that_cannot_learn_the_whole_history_leaves_the_next_best_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = Regression.fit

    def fit(self: Regression, grids: Sequence[Grid], ends: Sequence[int], cells: int) -> object:
        if ends[0] == grids[0].end:
            raise ModelError("planted")
        return usual(self, grids, ends, cells)

    monkeypatch.setattr(Regression, "fit", fit)
    monkeypatch.setattr(backtest, "_with_ensemble", lambda record: record)  # which would be the best else

    found = forecast(hourly_series(200, chance=0.05), ("regression", "similar_days"))

    scores = {score.model: score.mae_kwh for score in found.scores}
    assert min(scores, key=lambda name: scores[name]) == "regression"
    assert found.model == "similar_days"
    assert [score.model for score in found.scores if score.selected] == [found.model]


@pytest.mark.parametrize("factor", [0.0, 1e12, 1e150])
def test_a_series_with_absurd_readings_is_forecast_finitely_and_spoils_no_other(factor: float) -> None:
    absurd = hourly_load(90)
    absurd.iloc[: len(absurd) // 2] = factor
    both = [from_readings("absurd", absurd, "h", timezone=ZONE), hourly_series(90)]
    alone = forecast(both[1], ("regression",))

    found, usual = forecast_many(both, models=("regression",))

    assert isinstance(found, Forecast)
    assert isinstance(usual, Forecast)
    assert np.isfinite(found.quantiles.to_numpy()).all()
    assert usual.quantiles["p50"].to_numpy() == pytest.approx(alone.quantiles["p50"].to_numpy(), rel=0.05)


@pytest.mark.parametrize("factor", [1.0, 1e12])
def test_the_search_for_an_arima_is_bounded(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    load = hourly_load(60, chance=0.05)
    load.iloc[len(load) // 2 :] *= factor
    grid = grid_of(from_readings("x", load, "h", timezone=ZONE), 48)
    asked: list[int] = []
    fit, likelihood = SARIMAX.fit, SARIMAX.loglike
    monkeypatch.setattr(SARIMAX, "fit", lambda *given, **more: [asked.append(0), fit(*given, **more)][1])

    def counted(*given: object, **more: object) -> float:
        asked[-1] += 1
        found: float = likelihood(*given, **more)
        return found

    monkeypatch.setattr(SARIMAX, "loglike", counted)

    Arima().fit([grid], [grid.end], 49)

    assert 0 < max(asked) <= ASKED + 20  # the optimiser ends a line search that it has begun
    assert len(asked) < 25


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.name)
def test_what_comes_after_an_origin_changes_nothing(model: Model) -> None:
    load = hourly_load(150)
    end, cells = 120 * 24, 25
    later = load.copy()
    later.iloc[end:] = np.random.default_rng(0).uniform(0, 900, len(load) - end)
    grids = [grid_of(from_readings("x", values, "h", timezone=ZONE, country="DE"), 24) for values in (load, later)]

    found = [model.fit([grid], [end], cells).predict(0, grid, np.array([end])) for grid in grids]

    assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize("after", [0, 1, 30])
def test_similar_days_learn_of_days_after_their_training_but_of_nothing_from_an_origin_on(after: int) -> None:
    load = hourly_load(150, chance=0.05)
    end, cells = 120 * 24, 25
    origin = end + after * 24
    later = load.copy()
    later.iloc[origin:] = np.random.default_rng(0).uniform(0, 900, len(load) - origin)
    grids = [grid_of(from_readings("x", values, "h", timezone=ZONE, country="DE"), 24) for values in (load, later)]

    found = [SimilarDays().fit([grid], [end], cells).predict(0, grid, np.array([end, origin])) for grid in grids]

    assert found[0] == pytest.approx(found[1])


def test_similar_days_learn_what_a_day_was_as_soon_as_it_is_over() -> None:
    load = hourly_load(200, chance=0.05)
    friday = (load.index.tz_convert(ZONE).day_of_week == 4) & (np.arange(len(load)) >= 115 * 24)
    load = load.where(~friday, load * 1.5)  # since the week before the training's end
    grid = from_midnight(grid_of(from_readings("x", load, "h", timezone=ZONE, country="DE"), 24))
    learnt = SimilarDays().fit([grid], [120 * 24], 25).learnt[0][0]
    frozen = replace(learnt, days=np.append(learnt.days[:-1], grid.end))  # nothing is newer

    fridays = np.arange(123 + 5 * 7, 199, 7) * 24
    actual = grid.filled[fridays[:, None] + np.arange(24)]
    misses = [np.abs(one.in_kwh(grid, fridays, 25)[:, :24] - actual).mean() for one in (learnt, frozen)]

    assert learnt.days[-1] + 24 == 120 * 24
    assert misses[0] < 0.6 * misses[1]


@pytest.mark.parametrize("model", [SeasonalNaive(), Arima(), Regression(iterations=60)], ids=lambda model: model.name)
def test_days_are_forecast_for_weeks_ahead(model: Model) -> None:
    series = daily_series(400)
    grid = grid_of(series.until(365), 35)

    predicted = model.fit([grid], [grid.end], 35).predict(0, grid, np.array([365]))[0]

    assert np.abs(predicted - series.energy_kwh.to_numpy()[365:]).mean() < 12


def test_a_home_that_stood_empty_spoils_no_forecast_of_others() -> None:
    load, empty = hourly_load(200), hourly_load(200)
    empty.iloc[40 * 24 : 80 * 24] = 0.0
    empty.iloc[80 * 24] = 1e-4  # somebody looked in
    homes = [from_readings(name, one, "h", timezone=ZONE, country="DE") for name, one in (("x", load), ("y", empty))]
    grids = [grid_of(one.until(len(one) - 48), 48) for one in homes]
    truth = grid_of(homes[0], 48).filled[-48:]

    fitted = Regression(iterations=60).fit(grids, [grid.end for grid in grids], 49)

    for number, grid in enumerate(grids):
        predicted = fitted.predict(number, grid, np.array([grid.end]))[0, :48]
        assert np.abs(predicted - truth).mean() < 0.1 * truth.mean()


def test_a_model_that_lacks_history_says_how_much_it_needs() -> None:
    grid = grid_of(hourly_series(20), 24)
    month = grid_of(from_readings("m", pd.Series(1.0, pd.date_range("2022", periods=9, freq="MS")), "MS"), 13)
    holes = hourly_load(200).where(np.arange(4800) % 50 < 20)
    broken = grid_of(from_readings("x", holes, "h", timezone=ZONE), 24)

    assert Regression().lacking(grid, grid.end, 24) == "It needs 46 days of history."
    assert "60 days" in str(SimilarDays().lacking(grid, grid.end, 24))
    assert "28 days" in str(Arima().lacking(grid, grid.end, 24))
    assert "18 months" in str(Arima().lacking(month, month.end, 13))
    assert "not from months" in str(Regression().lacking(month, month.end, 13))
    assert "year of months" in str(SeasonalNaive().lacking(month, month.end, 13))
    assert "not from days" in str(SimilarDays().lacking(month, month.end, 13))
    assert "half of the history" in str(Regression().lacking(broken, broken.end, 24))
    assert "fifth" in str(Arima().lacking(broken, broken.end, 24))


def test_temperature_is_learnt_and_a_warmer_day_costs_what_it_did() -> None:
    load = hourly_load(300)
    ahead = pd.date_range(load.index[0], periods=len(load) + 48, freq="h")
    daily = 25 + 3 * np.random.default_rng(7).standard_normal(len(ahead) // 24 + 1)
    degrees = pd.Series(np.repeat(daily, 24)[: len(ahead)], ahead)
    cooled = load + 0.8 * (degrees.reindex(load.index) - 18).clip(lower=0)
    series = from_readings("x", cooled, "h", timezone=ZONE, country="DE", temperature_c=degrees)

    found = forecast(series)
    warmer = what_if(found, {"warmer": series.warmer(2.0)})["warmer"]

    added = (warmer["p50"] - found.quantiles["p50"]).mean()
    tomorrow = degrees.iloc[-48:]
    cost = 0.8 * ((tomorrow + 2 - 18).clip(lower=0) - (tomorrow - 18).clip(lower=0)).mean()
    assert cost > 1.2
    assert added == pytest.approx(cost, rel=0.25)


def test_a_holiday_ahead_looks_like_those_before() -> None:
    load = hourly_load(400, start="2022-03-07")
    local = load.index.tz_convert(ZONE)
    off = [day.date() for day in pd.date_range("2022-04-06", "2023-04-05", freq="23D")]
    quiet = load.where(~pd.Index(local.date).isin(off), load.min())
    series = from_readings("x", quiet, "h", timezone=ZONE).with_holidays(off)
    tomorrow = series.future(1)[0].tz_convert(ZONE)

    found = forecast(series)
    closed = what_if(found, {"closed": series.with_holidays([tomorrow.date()])})["closed"]

    at_noon = tomorrow.normalize() + pd.Timedelta(hours=12)
    assert found.quantiles["p50"][at_noon] == pytest.approx(15, rel=0.08)
    assert closed["p50"][at_noon] < 12.5


def test_contributions_add_up_to_the_prediction() -> None:
    series = hourly_series(100)

    found = forecast(series, ("regression",))

    assert found.contributions is not None
    total = found.contributions.sum(axis=1)
    assert total.to_numpy() == pytest.approx(found.candidates["regression"]["p50"].to_numpy())


def test_forecasts_of_many_answer_each_in_order_and_refuse_the_broken_ones() -> None:
    good, short = hourly_series(100), hourly_series(9)
    stopped = from_readings("stopped", hourly_load(100).where(np.arange(2400) < 2000), "h", timezone=ZONE)
    dead = from_readings("dead", hourly_load(30) * np.nan, "h", timezone=ZONE)
    told = []

    found = forecast_many(
        [short, good, stopped, dead], models=("regression",), progress=lambda share, what: told.append((share, what))
    )

    assert [type(one) for one in found] == [Refusal, Forecast, Refusal, Refusal]
    assert "too short" in found[0].reason
    assert "no reading in its last week" in found[2].reason
    assert found[3].reason == "dead has no reading."
    assert told[0][0] <= told[-1][0] <= 1
    assert forecast_many([]) == []


def test_a_series_that_a_model_cannot_learn_keeps_it_from_no_other() -> None:
    @dataclass(frozen=True)
    class Picky(SeasonalNaive):
        name: str = "picky"

        def fit(self, grids: Sequence[Grid], ends: Sequence[int], cells: int) -> FittedSeasonalNaive:
            if any(grid.series.name == "odd" for grid in grids):
                raise ModelError("It is odd.")
            return super().fit(grids, ends, cells)

    series = [hourly_series(60), replace(hourly_series(60), name="odd"), hourly_series(70)]
    grids = [grid_of(one, 24) for one in series]

    records = backtests(grids, [SeasonalNaive(), Picky()], 25, [schedule(grid, 25, 5) for grid in grids])
    fitted = forecasting._fit_all(records, [SeasonalNaive(), Picky()], 25)

    assert ["picky" in record.tracks for record in records] == [True, False, True]
    assert records[1].lacking == {"picky": "It is odd."}
    assert [sorted(one) for one in fitted] == [
        ["picky", "seasonal_naive"],
        ["seasonal_naive"],
        ["picky", "seasonal_naive"],
    ]


def test_a_history_without_room_for_the_horizon_says_how_much_is_needed() -> None:
    found = forecast_series(daily_series(60))

    assert isinstance(found, Refusal)
    assert "about 88 days are needed" in found.reason


def test_a_short_series_falls_back_to_the_yardstick_and_says_so() -> None:
    found = forecast_series(hourly_series(25))

    assert isinstance(found, Forecast)
    assert found.model == "seasonal_naive"
    assert found.fallback is not None
    assert "regression: It needs" in found.fallback


def test_months_are_forecast_from_two_years() -> None:
    index = pd.date_range("2021-01-01", periods=30, freq="MS")
    values = pd.Series(1000 + 200 * np.cos(np.arange(30) / 12 * 2 * np.pi), index=index)

    found = forecast(from_readings("m", values, "MS", timezone=ZONE), ("arima",))

    assert len(found.quantiles) == 13
    assert found.quantiles.index[0] == pd.Timestamp("2023-07-01")
    assert found.quantiles["p50"].iloc[0] == pytest.approx(800, rel=0.05)


def test_a_load_of_zeros_is_forecast_as_zero_and_never_below() -> None:
    found = forecast(from_readings("off", hourly_load(120) * 0, "h", timezone=ZONE))

    assert (found.quantiles["p90"] == 0).all()
    assert (found.quantiles["p10"] == 0).all()


def test_the_past_is_expected_by_models_that_did_not_learn_it() -> None:
    load = hourly_load(120)
    load.iloc[2000:2010] = 200.0
    series = from_readings("x", load, "h", timezone=ZONE, country="DE")

    expected, refused = expected_quantiles([series, hourly_series(5)])

    assert isinstance(refused, Refusal)
    assert isinstance(expected, pd.DataFrame)
    assert len(expected) == len(series)
    assert expected["p50"].iloc[2000:2010].max() < 20
    known = expected.dropna()
    inside = (load[known.index] >= known["p10"]) & (load[known.index] <= known["p90"])
    assert 0.6 < inside.mean() < 0.95


def test_a_history_too_short_to_learn_is_expected_to_repeat_itself() -> None:
    expected = expected_quantiles([hourly_series(25)])[0]

    assert isinstance(expected, pd.DataFrame)
    assert expected["p50"].iloc[-1] == pytest.approx(hourly_series(25).energy_kwh.iloc[-1 - 168])


def test_origins_are_local_midnights_on_both_sides_of_a_clock_change() -> None:
    series = hourly_series(60, start="2024-03-04")
    grid: Grid = from_midnight(grid_of(series.until(59 * 24 + 5), 24))

    assert (grid.clock[grid.origins(0, grid.end)] == 0).all()
