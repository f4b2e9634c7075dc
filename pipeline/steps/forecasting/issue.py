"""Forecasts of groups of series: what the models say of each owner, or why they refuse."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.analytics.forecast import Forecast, Refusal, Series, forecast_many, what_if
from pipeline.analytics.month_end import USUAL_CORRELATION, error_correlation
from pipeline.errors import UNFORESEEN
from pipeline.steps.forecasting.owners import Owner
from pipeline.steps.forecasting.refusals import Refused, alone
from pipeline.steps.forecasting.series import Group, ahead
from pipeline.warehouse.runs import unforeseen

Numbers = NDArray[np.float64]
Courses = dict[str, Numbers]
Ask: TypeAlias = Callable[[Sequence[Series]], list[Forecast | Refusal]]

QUANTILES = ["p10", "p50", "p90"]
P10, P50, P90 = range(3)
BASE, HOLIDAY = "base", "holiday"
OF_SCORES = ("model", "mae_kwh", "wape", "mase", "pinball_kwh", "coverage", "bias", "skill", "origins", "selected")
SECONDS = ("train_seconds", "predict_seconds")


@dataclass(frozen=True)
class Issued:
    """The forecast of one owner.

    ``index`` are the intervals from the end of its readings to that of the horizon. ``scenarios``: P10, P50, P90 in
    kWh, shape (intervals, 3), by name, "base" among them; ``candidates``: the same for each model that could be used.
    ``scores`` are rows for ``forecast_score``; ``correlation`` is that of errors with those of the next interval.
    """

    owner: Owner
    energy_kwh: pd.Series
    index: pd.DatetimeIndex
    step: str
    model: str
    fallback: str | None
    scenarios: Courses
    candidates: Courses
    contributions: pd.DataFrame | None
    scores: Sequence[Mapping[str, object]]
    correlation: float = USUAL_CORRELATION

    @property
    def error_kwh(self) -> float:
        """Return the usual error of the model used: by its backtest, else half of what its quantiles span."""
        for score in self.scores:
            error = score["mae_kwh"]
            if score["model"] == self.model and isinstance(error, float) and error > 0:
                return error
        base = self.scenarios[BASE]
        return max(float((base[:, P90] - base[:, P10]).mean()) / 2, 1e-9)


def issue(
    group: Group, models: Sequence[str], *, origins: int | None = None, warmer: Sequence[int] = ()
) -> tuple[list[Issued], list[Refused]]:
    """Forecast a group; ``warmer`` by as many degrees Celsius gives what-ifs, and one of holidays goes with them.

    Series with and without weather learn apart, because what they learn from differs.
    """
    issued: list[Issued] = []
    refused: list[Refused] = []
    for alike in _by_weather(group):
        answers = _answers(alike.series, partial(forecast_many, models=models, horizon=alike.horizon, origins=origins))
        for owner, series, end, answer in zip(alike.owners, alike.series, alike.ends, answers, strict=True):
            if isinstance(answer, Refusal):
                refused.append(Refused(owner, answer.reason))
                continue
            with alone(owner, refused):
                issued.append(_finite_only(_issued(owner, series, end, answer, warmer)))
    return issued, refused


def _answers(series: Sequence[Series], ask: Ask) -> list[Forecast | Refusal]:
    """Forecast series that learn together; where one stops all, each half learns by itself, down to that one alone."""
    try:
        return ask(series)
    except UNFORESEEN as error:
        if len(series) == 1:
            return [Refusal(series[0].name, unforeseen(series[0].name, error).reason)]
    half = len(series) // 2
    return [*_answers(series[:half], ask), *_answers(series[half:], ask)]


def _finite_only(issued: Issued) -> Issued:
    """Return it, or raise: one that is not finite would spoil all of its tree when the parts are made to add up."""
    if not all(np.isfinite(course).all() for course in issued.scenarios.values()):
        raise FloatingPointError("its forecast is not finite")
    known = {name: course for name, course in issued.candidates.items() if np.isfinite(course).all()}
    return replace(issued, candidates=known)


def _by_weather(group: Group) -> list[Group]:
    known = [series.temperature_c is not None for series in group.series]
    return [group.only([one == wanted for one in known]) for wanted in sorted(set(known))]


def _issued(owner: Owner, series: Series, end: pd.Timestamp, forecast: Forecast, warmer: Sequence[int]) -> Issued:
    index = ahead(series, end)
    scenarios = {BASE: forecast.quantiles} | what_if(forecast, _changed(series, index, warmer))
    contributions = forecast.contributions
    return Issued(
        owner,
        series.energy_kwh,
        index,
        series.step,
        forecast.model,
        forecast.fallback,
        _between(_until(scenarios, len(index)), warmer),
        _until(forecast.candidates, len(index)),
        None if contributions is None else contributions.iloc[: len(index)],
        [_row(asdict(score)) for score in forecast.scores],
        error_correlation(forecast.predictor.errors[forecast.model]),
    )


def _row(score: Mapping[str, object]) -> dict[str, object]:
    return {name: _finite(score[name]) for name in OF_SCORES + SECONDS}


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _until(frames: Mapping[str, pd.DataFrame], intervals: int) -> Courses:
    return {name: frame[QUANTILES].to_numpy(np.float64)[:intervals] for name, frame in frames.items()}


def _changed(series: Series, index: pd.DatetimeIndex, warmer: Sequence[int]) -> dict[str, Series]:
    """Give the series as it would be in other weather, and with every day ahead a public holiday."""
    if not warmer:
        return {}
    changed = {HOLIDAY: series.with_holidays(_days(series, index))}
    if series.temperature_c is not None:
        changed |= {f"{degrees:+d}": series.warmer(degrees) for degrees in warmer}
    return changed


def _between(scenarios: Courses, warmer: Sequence[int]) -> Courses:
    """Add the whole degrees between those that were predicted, in proportion."""
    predicted = {degrees: scenarios[f"{degrees:+d}"] for degrees in warmer if f"{degrees:+d}" in scenarios}
    added = {}
    for end, course in predicted.items():
        for degrees in range(1, abs(end)):
            name = f"{degrees if end > 0 else -degrees:+d}"
            share = degrees / abs(end)
            added[name] = (1 - share) * scenarios[BASE] + share * course
    return added | scenarios


def _days(series: Series, index: pd.DatetimeIndex) -> set[date]:
    local = index if index.tz is None else index.tz_convert(series.timezone)
    return set(local.date)
