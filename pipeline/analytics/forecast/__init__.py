"""Forecasts of energy: pure functions, series in, quantiles and scores out.

Make a `Series` per meter or node (`from_readings` completes the index), then:

``forecast_many(series, *, models=None, horizon=None, origins=None, progress=None) -> list[Forecast | Refusal]``
    One answer per series, in order. All series of one call have the same step; the regression is trained on all of
    them together, so 300 meters cost two trainings. Backtests every model on the last origins (28 days for hours, 20
    for days, 8 for months), weighs the ensemble, calibrates P10 to P90, chooses the best and predicts from the end of
    each series. ``models``: names out of ``MODELS``; None: all for up to 20 series, else yardstick and regression.
    ``forecast_series(series, ...)`` is the same for one.
``Forecast``
    ``series`` (name), ``model`` (name of the one used), ``quantiles`` (frame indexed by interval start, UTC for hours
    and naive local for days and months; columns ``p10, p50, p90`` in kWh per interval), ``candidates`` (the same frame
    for every model that could be used, by name), ``scores`` (one `Score` a model), ``fallback`` (None, or the
    sentence that says why a simpler model had to be used), ``contributions`` (frame, same index: kWh ``last known``,
    then what each group of inputs adds: ``calendar, same time in weeks before, recent load, temperature``; they add up
    to the regression's prediction; None without a regression), ``grid`` and ``predictor`` (fitted models, for
    `what_if`).
``Refusal``
    ``series``, ``reason``: a sentence that says what is missing. Nothing was forecast.
``Score``
    ``series, model, mae_kwh, wape, mase, pinball_kwh, coverage, bias, skill`` (fractions, 0.03 = 3 %), ``origins``,
    ``train_seconds, predict_seconds, selected``.
``what_if(forecast, changed) -> dict[str, DataFrame]``
    Predicts again with changed inputs, by name: ``{"+2": series.warmer(2.0), "holiday": series.with_holidays([day])}``;
    the same frames as ``quantiles``.
``expected_quantiles(series) -> list[DataFrame | Refusal]``
    For every interval of the past, what a day-ahead forecast issued at the local midnight before would have said:
    ``p10, p50, p90`` indexed like the series (NaN for the first weeks). Each third of the past is predicted by a model
    that was not trained on it. This is what anomaly detection compares readings with.
``with_company(series, related=None) -> list[Series]``
    Lets each series without weather see a few others up to each origin; `forecast_many` takes series as they come.
``MODELS``: ``seasonal_naive, arima, regression, similar_days``; the mean of all is called ``ensemble``.
"""

from pipeline.analytics.forecast.answer import Forecast, Refusal
from pipeline.analytics.forecast.company import with_company
from pipeline.analytics.forecast.expected import expected_quantiles
from pipeline.analytics.forecast.forecasting import MODELS, forecast_many, forecast_series, what_if
from pipeline.analytics.forecast.scores import Score
from pipeline.analytics.forecast.series import HORIZON, Series, Step, from_readings, step_of

__all__ = [
    "HORIZON",
    "MODELS",
    "Forecast",
    "Refusal",
    "Score",
    "Series",
    "Step",
    "expected_quantiles",
    "forecast_many",
    "forecast_series",
    "from_readings",
    "step_of",
    "what_if",
    "with_company",
]
