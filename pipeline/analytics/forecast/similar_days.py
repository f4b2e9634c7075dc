"""Gaussian-process regression of the days ahead on the days before: days that began alike go on alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

from pipeline.analytics.forecast.day_inputs import calendar_inputs, load_inputs, weather_inputs
from pipeline.analytics.forecast.ensemble import SHARPNESS
from pipeline.analytics.forecast.grid import CYCLE, Grid, Positions
from pipeline.analytics.forecast.inputs import Look
from pipeline.analytics.forecast.model import Fitted
from pipeline.analytics.forecast.scaling import Scaling, scaling_of
from pipeline.analytics.forecast.series import Values
from pipeline.errors import ModelError

DAYS = 1500  # learnt from at most, the newest: the effort grows with the cube
LEAST_DAYS = 60
HISTORY_DAYS = 28  # before the first day that is learnt from
COMPONENTS, COMPONENTS_BESIDE = 16, 24  # of the load inputs, alone and with series beside
LENGTH = 5.0  # of the Gaussian
NOISES = (0.1, 0.2, 0.4, 1.6, 6.4, 25.6)  # variance of what cannot be known, of that of the day's change
AGEING = 0.1  # a year: older days count as noisier
LINEAR, LINEAR_WEATHER = 1.0, 2.0  # weight of the linear part of the load inputs, and of the weather
BASE_DAYS = (1, 2, 7, 28)  # whose means at the same clock time the change is counted from, in the mix that misses least


@dataclass(frozen=True)
class Scale:
    """How inputs are put on one scale: learnt from the training days."""

    mean: Values
    spread: Values
    axes: Values
    stretch: Values
    weather_mean: Values
    weather_spread: Values

    def apply(self, look: Look) -> tuple[Values, Values]:
        """Return the inputs of the smooth and of the linear part of the kernel."""
        load = (load_inputs(look) - self.mean) / self.spread
        size = np.sqrt(load.shape[1])
        calendar = calendar_inputs(look)
        weather = (weather_inputs(look) - self.weather_mean) / self.weather_spread
        weather = weather / np.sqrt(max(1, weather.shape[1])) * LINEAR_WEATHER
        smooth = np.concatenate([load @ self.axes / size / self.stretch, calendar, weather], axis=1)
        return smooth, np.concatenate([load / size * LINEAR, calendar, weather], axis=1)


@dataclass(frozen=True)
class Learnt:
    """What was learnt of one series: kernel weights of the training days, by cell ahead.

    ``missed``: the error when each day in turn is left out, in units; ``alone``: without the series beside.
    """

    scale: Scale
    smooth: Values
    linear: Values
    weights: Values
    mean: Values
    mix: Values
    scaling: Scaling
    missed: float
    alone: bool

    def in_kwh(self, grid: Grid, origins: Positions, cells: int) -> Values:
        """Predict the load of the cells ahead: (origins, cells)."""
        return self.scaling.in_kwh(self.ahead(_look(grid, self.scaling, origins, cells, alone=self.alone)))

    def ahead(self, look: Look) -> Values:
        """Predict the load of the cells ahead, in units: (origins, cells)."""
        smooth, linear = self.scale.apply(look)
        change = _kernel(smooth, linear, self.smooth, self.linear) @ self.weights + self.mean
        found: Values = np.tensordot(self.mix, _bases(look), axes=1) + change
        return found


@dataclass(frozen=True)
class FittedSimilarDays(Fitted):
    """What was learnt of each series, alone and with those beside it: the less one misses, the more it weighs."""

    learnt: tuple[tuple[Learnt, ...], ...]
    cells: int

    def predict(self, number: int, grid: Grid, origins: Positions) -> Values:
        """See `Fitted`."""
        weights = np.array([learnt.missed for learnt in self.learnt[number]]) ** -SHARPNESS
        found = [learnt.in_kwh(grid, origins, self.cells) for learnt in self.learnt[number]]
        return np.average(found, axis=0, weights=weights)

    def contributions(self, number: int, grid: Grid, origin: int) -> pd.DataFrame | None:  # noqa: ARG002
        """See `Fitted`: its inputs work together, no part is told apart."""
        return None


@dataclass(frozen=True)
class SimilarDays:
    """Rasmussen & Williams, Gaussian Processes for Machine Learning (2006): regression (2.2), leave-one-out (5.4.2)."""

    name: str = "similar_days"

    def lacking(self, grid: Grid, end: int, cells: int) -> str | None:
        """See `Model`."""
        if grid.cycle <= CYCLE["MS"]:
            return "It learns from parts of a day, not from days or months."
        if len(_training_origins(grid, end, cells)) < LEAST_DAYS:
            return f"It needs {LEAST_DAYS} days without gaps after the first {HISTORY_DAYS}."
        return None

    def fit(self, grids: Sequence[Grid], ends: Sequence[int], cells: int) -> FittedSimilarDays:
        """See `Model`."""
        learnt = tuple(_learnt(grid, end, cells) for grid, end in zip(grids, ends, strict=True))
        return FittedSimilarDays(learnt, cells)


def _training_origins(grid: Grid, end: int, cells: int) -> Positions:
    """Return the newest days all of whose cells ahead lie before ``end`` and were (nearly all) measured."""
    origins = grid.origins(HISTORY_DAYS * grid.cycle, end - cells + 1)
    known = np.concatenate([[0], np.cumsum(grid.known)])
    gaps = cells - (known[origins + cells] - known[origins])
    chosen: Positions = origins[gaps <= grid.cycle // 24][-DAYS:]
    return chosen


def _look(grid: Grid, scaling: Scaling, origins: Positions, cells: int, *, alone: bool) -> Look:
    scaled = scaling.apply(grid)
    return Look(replace(scaled, beside=scaled.beside[:0]) if alone else scaled, origins, cells)


def _learnt(grid: Grid, end: int, cells: int) -> tuple[Learnt, ...]:
    """Learn without the series beside, and where there are some with them."""
    return tuple(_learn(grid, end, cells, alone=alone) for alone in (True, False) if alone or len(grid.beside))


def _learn(grid: Grid, end: int, cells: int, *, alone: bool) -> Learnt:
    origins = _training_origins(grid, end, cells)
    scaling = scaling_of(grid, end)
    look = _look(grid, scaling, origins, cells, alone=alone)
    scale = _scale(look)
    smooth, linear = scale.apply(look)
    change = look.at(look.target) - _bases(look)
    mean = change.mean(axis=1, keepdims=True)
    age = (origins[-1] - origins) / (365.0 * grid.cycle)
    found = _best_solution(smooth, linear, change - mean, np.exp(AGEING * age))
    weights = np.tensordot(found.mix, found.weights, axes=1)
    usual = np.tensordot(found.mix, mean[:, 0], axes=1)
    return Learnt(scale, smooth, linear, weights, usual, found.mix, scaling, found.missed, alone)


def _bases(look: Look) -> Values:
    """Return the mean load of the last days at the clock time of each cell ahead: (bases, origins, cells)."""
    days = np.cumsum([look.at(look.back - look.grid.cycle * n) for n in range(max(BASE_DAYS))], axis=0)
    return np.stack([days[count - 1] / count for count in BASE_DAYS])


class Solution(NamedTuple):
    """``weights``: (bases, days, cells); ``mix``: share of each base; ``missed``: the error left out, on average."""

    weights: Values
    mix: Values
    missed: float


def _best_solution(smooth: Values, linear: Values, change: Values, ageing: Values) -> Solution:
    """Solve for more and more noise until the leave-one-out errors (5.12) rise, and keep where they were least."""
    kernel = _kernel(smooth, linear, smooth, linear)
    best = _solution(kernel, change, NOISES[0] * ageing)
    for noise in NOISES[1:]:
        found = _solution(kernel, change, noise * ageing)
        if found.missed > best.missed:
            break
        best = found
    return best


def _solution(kernel: Values, change: Values, noise: Values) -> Solution:
    try:
        inverse = cho_solve(cho_factor(kernel + np.diag(noise)), np.eye(len(kernel)))
    except np.linalg.LinAlgError as error:
        raise ModelError("The days are too much alike to tell them apart.") from error
    weights = inverse @ change
    errors = weights / np.diag(inverse)[:, None]
    mix = _mix(errors)
    return Solution(weights, mix, max(float(np.abs(np.tensordot(mix, errors, axes=1)).mean()), 1e-12))


def _mix(errors: Values) -> Values:
    """Share out one among the bases so that the errors left out are least in square: (bases, days, cells) -> (bases,).

    A Gaussian process is linear in what it learns, so that mixed bases have mixed errors.
    """
    flat = errors.reshape(len(errors), -1)
    others = (flat[1:] - flat[0]).T
    shares = np.linalg.lstsq(others, -flat[0], rcond=None)[0]
    return np.append(1 - shares.sum(), shares)


def _scale(look: Look) -> Scale:
    load, weather = load_inputs(look), weather_inputs(look)
    mean, spread = load.mean(axis=0), np.maximum(load.std(axis=0), 1e-6)
    standard = (load - mean) / spread
    components = COMPONENTS_BESIDE if len(look.grid.beside) else COMPONENTS
    axes = np.linalg.svd(standard, full_matrices=False)[2][:components].T
    deviation = (standard @ axes / np.sqrt(load.shape[1])).std(axis=0)
    stretch = np.sqrt(np.maximum(deviation, 1e-6))
    return Scale(mean, spread, axes, stretch, weather.mean(axis=0), np.maximum(weather.std(axis=0), 1e-6))


def _kernel(smooth: Values, linear: Values, other_smooth: Values, other_linear: Values) -> Values:
    """Gaussian of the distance plus inner product: alike days, and what goes on beyond what was seen."""
    distance = cdist(smooth, other_smooth, "sqeuclidean")
    found: Values = np.exp(-distance / (2 * LENGTH**2)) + linear @ other_linear.T
    return found
