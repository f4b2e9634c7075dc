"""From series to forecasts: backtest, choose, fit to everything, predict."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.analytics.forecast import ensemble
from pipeline.analytics.forecast.answer import Forecast, Predictor, Refusal
from pipeline.analytics.forecast.arima import Arima
from pipeline.analytics.forecast.backtest import LAST_SHARE, NAIVE, Backtest, Schedule, backtests, schedule
from pipeline.analytics.forecast.grid import Grid, grid_of, margin, relaid
from pipeline.analytics.forecast.model import Fitted, Model
from pipeline.analytics.forecast.regression import Regression
from pipeline.analytics.forecast.seasonal_naive import SeasonalNaive
from pipeline.analytics.forecast.series import Series, Values
from pipeline.analytics.forecast.similar_days import SimilarDays
from pipeline.errors import ModelError

Progress = Callable[[float, str], None]

MODELS: dict[str, Model] = {model.name: model for model in (SeasonalNaive(), Arima(), Regression(), SimilarDays())}
QUICK = (NAIVE, "regression")  # where there are many series: trained once for all of them
MANY = 20
ORIGINS = {"D": 20, "MS": 8}
ORIGINS_OF_HOURS = 28
LOOKED_AT = 6  # newest seasons that say whether the yardstick has enough: it needs four, clock changes included


def chosen_models(names: Sequence[str] | None, series: int) -> list[Model]:
    """Return the models by name; by default all, or the quick ones for many series. The yardstick is always there."""
    wanted = names if names is not None else QUICK if series > MANY else tuple(MODELS)
    return [model for name, model in MODELS.items() if name in wanted or name == NAIVE]


def forecast_series(
    series: Series, *, models: Sequence[str] | None = None, horizon: int | None = None
) -> Forecast | Refusal:
    """Forecast one series; see `forecast_many`."""
    return forecast_many([series], models=models, horizon=horizon)[0]


def forecast_many(
    series: Sequence[Series],
    *,
    models: Sequence[str] | None = None,
    horizon: int | None = None,
    origins: int | None = None,
    progress: Progress | None = None,
) -> list[Forecast | Refusal]:
    """Forecast series of one step, in order: each with its backtest, or the reason why not.

    ``horizon`` in steps (default: 48 hours, 35 days, 13 months); ``origins``: how many earlier forecasts are scored.
    """
    tell = progress or (lambda _share, _what: None)
    if not series:
        return []
    steps = horizon or series[0].horizon
    answers: dict[int, Forecast | Refusal] = {}
    grids: dict[int, Grid] = {}
    plans: dict[int, Schedule] = {}
    cells = steps + margin(series[0])
    tested = origins or ORIGINS.get(series[0].step, ORIGINS_OF_HOURS)
    for number, one in enumerate(series):
        reason = refusal(one)
        if reason is None:
            grids[number] = grid_of(one, steps)
            plans[number] = schedule(grids[number], cells, tested)
            if not len(plans[number].origins):
                reason = f"{one.name} is too short to try a forecast on its own past: {_least(one, steps)} are needed."
        if reason is not None:
            answers[number] = Refusal(one.name, reason)
            grids.pop(number, None)
    numbers = list(grids)
    kinds = chosen_models(models, len(series))
    tell(0.05, "Forecasting the past")
    records = backtests([grids[n] for n in numbers], kinds, cells, [plans[n] for n in numbers])
    tell(0.6, "Learning from all of the history")
    fitted = _fit_all(records, kinds, cells)
    for place, (number, record) in enumerate(zip(numbers, records, strict=True)):
        tell(0.7 + 0.3 * place / len(numbers), "Forecasting")
        answers[number] = _answer(record, fitted[place], steps)
    return [answers[number] for number in range(len(series))]


def what_if(forecast: Forecast, changed: Mapping[str, Series]) -> dict[str, pd.DataFrame]:
    """Predict again with changed inputs (`Series.warmer`, `Series.with_holidays`): ``p10, p50, p90`` in kWh by name."""
    if not changed:
        return {}
    futures = {name: relaid(forecast.grid, series) for name, series in changed.items()}
    return forecast.predictor.quantiles(futures, forecast.model)


def refusal(series: Series) -> str | None:
    """Say why a series cannot be forecast at all; None where it can."""
    values = series.energy_kwh.to_numpy(np.float64)
    if not np.isfinite(values).any():
        return f"{series.name} has no reading."
    if not np.isfinite(values[-series.season :]).any():
        return f"{series.name} has no reading in its last {'year' if series.step == 'MS' else 'week'}: load newer ones."
    newest = replace(series, energy_kwh=series.energy_kwh.iloc[-LOOKED_AT * series.season :], beside=())
    grid = grid_of(newest, 1)
    lacking = SeasonalNaive().lacking(grid, grid.end, 1)
    if lacking is None and len(series) < 2 * series.season:
        lacking = "It needs twice the season of its step: two weeks, or two years of months."
    return None if lacking is None else f"{series.name} is too short or too broken to forecast. {lacking}"


def _least(series: Series, horizon: int) -> str:
    """Name the shortest history in which a forecast can be tried."""
    unit = {"15min": "quarter hours", "30min": "half hours", "h": "hours", "D": "days", "MS": "months"}[series.step]
    return f"about {math.ceil(horizon / LAST_SHARE)} {unit}"


def _fit_all(records: Sequence[Backtest], models: Sequence[Model], cells: int) -> list[dict[str, tuple[int, Fitted]]]:
    """Fit each model to the whole history of the series that it could be tested on."""
    found: list[dict[str, tuple[int, Fitted]]] = [{} for _ in records]
    for model in models:
        able = [place for place, record in enumerate(records) if model.name in record.tracks]
        for place, fitted in _fitted(model, records, able, cells).items():
            found[place][model.name] = fitted
    return found


def _fitted(
    model: Model, records: Sequence[Backtest], places: Sequence[int], cells: int
) -> dict[int, tuple[int, Fitted]]:
    """Fit a model to these series; where it cannot learn from one, the others learn without that."""
    if not places:
        return {}
    grids = [records[place].grid for place in places]
    try:
        fitted = model.fit(grids, [grid.end for grid in grids], cells)
    except ModelError as error:
        if len(places) == 1:
            records[places[0]].lacking[model.name] = str(error)
            return {}
        return {place: one for alone in places for place, one in _fitted(model, records, [alone], cells).items()}
    return {place: (number, fitted) for number, place in enumerate(places)}


def _answer(record: Backtest, fitted: dict[str, tuple[int, Fitted]], horizon: int) -> Forecast:
    errors = {
        name: (record.actual - found.predicted) / record.unit[:, None]
        for name, found in record.tracks.items()
        if name in fitted or name == ensemble.NAME
    }
    members = [name for name in errors if name != ensemble.NAME]
    weights: Values = ensemble.weights_of(np.stack([errors[name] for name in members]))
    predictor = Predictor(horizon, fitted, dict(zip(members, weights.tolist(), strict=True)), errors, record.at_rest)
    candidates = predictor.candidates(record.grid)
    model = min((score for score in record.scores if score.model in candidates), key=lambda score: score.mae_kwh).model
    return Forecast(
        series=record.grid.series.name,
        model=model,
        quantiles=candidates[model],
        candidates=candidates,
        scores=tuple(replace(score, selected=score.model == model) for score in record.scores),
        fallback=_fallback(record),
        contributions=predictor.contributions(record.grid),
        grid=record.grid,
        predictor=predictor,
    )


def _fallback(record: Backtest) -> str | None:
    """Say it when only the yardstick was left."""
    if set(record.tracks) != {NAIVE}:
        return None
    reasons = " ".join(f"{name}: {reason}" for name, reason in record.lacking.items())
    season = "year" if record.grid.series.step == "MS" else "week"
    return f"The same time last {season} is repeated, because no better model could be used. {reasons}".strip()
