"""Gaussian-process regression of the days ahead on the days before: days that began alike go on alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.analytics.forecast.day_inputs import calendar_inputs, load_inputs, weather_inputs
from pipeline.analytics.forecast.ensemble import SHARPNESS
from pipeline.analytics.forecast.gaussian_process import Inputs, kernel, learn, predict_as_known, weights_of
from pipeline.analytics.forecast.grid import CYCLE, Grid, Positions, margin
from pipeline.analytics.forecast.inputs import Look
from pipeline.analytics.forecast.model import Fitted
from pipeline.analytics.forecast.scaling import Scaling, scaling_of
from pipeline.analytics.forecast.series import Values

DAYS = 1500  # learnt from at most, the newest: the effort grows with the cube
LEAST_DAYS = 60
HISTORY_DAYS = 28  # before the first day that is learnt from
COMPONENTS, COMPONENTS_BESIDE = 24, 40  # of the load inputs, alone and with series beside
SMOOTH, LINEAR = 1.5, 3.0  # weights of the load inputs in the two parts of the kernel
WEATHER = 2.0  # and of the weather
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

    def apply(self, look: Look) -> Inputs:
        """Return the inputs of the kernel."""
        load = (load_inputs(look) - self.mean) / self.spread
        size = np.sqrt(load.shape[1])
        calendar = calendar_inputs(look)
        weather = (weather_inputs(look) - self.weather_mean) / self.weather_spread
        weather = weather / np.sqrt(max(1, weather.shape[1])) * WEATHER
        smooth = np.concatenate([load @ self.axes / size / self.stretch * SMOOTH, calendar, weather], axis=1)
        return Inputs(smooth, np.concatenate([load / size * LINEAR, calendar, weather], axis=1))


@dataclass(frozen=True)
class Learnt:
    """What was learnt of one series from ``days``, on scales that stay when further days become known.

    ``change`` of those days against the mixed bases, (days, cells), and its mean ``usual``; ``noise``: how little each
    day is believed; ``weights`` of their kernel; ``missed``: the error when each in turn is left out, in units;
    ``alone``: without the series beside.
    """

    scale: Scale
    scaling: Scaling
    days: Positions
    inputs: Inputs
    change: Values
    usual: Values
    mix: Values
    noise: Values
    weights: Values
    missed: float
    alone: bool

    def in_kwh(self, grid: Grid, origins: Positions, cells: int) -> Values:
        """Predict the load of the cells ahead, from the days known at each origin: (origins, cells)."""
        ahead = _look(grid, self.scaling, origins, cells, alone=self.alone)
        days = _training_origins(grid, int(origins.max()), cells)
        newer = _look(grid, self.scaling, days[days > self.days[-1]], cells, alone=self.alone)
        change = self._with(newer, ahead) if len(newer.origins) else self._as_learnt(ahead)
        return self.scaling.in_kwh(np.tensordot(self.mix, _bases(ahead), axes=1) + self.usual + change)

    def _as_learnt(self, ahead: Look) -> Values:
        found: Values = kernel(self.scale.apply(ahead), self.inputs) @ self.weights
        return found

    def _with(self, newer: Look, ahead: Look) -> Values:
        """Learn from newer days as well, each from when it is known."""
        known_from = np.concatenate([self.days, newer.origins]) + _whole(ahead)
        against = _against_bases(newer, newer.origins + _whole(newer))
        inputs = Inputs(*map(np.concatenate, zip(self.inputs, self.scale.apply(newer), strict=True)))
        change = np.concatenate([self.change, np.tensordot(self.mix, against, axes=1) - self.usual])
        noise = np.append(self.noise, np.full(len(newer.origins), np.median(self.noise)))
        known = np.searchsorted(known_from, ahead.origins, side="right")
        return predict_as_known(inputs, noise, change, self.scale.apply(ahead), known)


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
    """Learns whole days from whole days, see `gaussian_process`; its numbers were chosen by docs/benchmarks.md."""

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
    """Return the newest days that end before ``end`` (without the cells for a skipped hour), nearly all measured."""
    whole = cells - margin(grid.series)
    origins = grid.origins(HISTORY_DAYS * grid.cycle, end - whole + 1)
    known = np.concatenate([[0], np.cumsum(grid.known)])
    gaps = whole - (known[origins + whole] - known[origins])
    chosen: Positions = origins[gaps <= grid.cycle // 24][-DAYS:]
    return chosen


def _whole(look: Look) -> int:
    return look.cells - margin(look.grid.series)


def _look(grid: Grid, scaling: Scaling, origins: Positions, cells: int, *, alone: bool) -> Look:
    scaled = scaling.apply(grid)
    return Look(replace(scaled, beside=scaled.beside[:0]) if alone else scaled, origins, cells)


def _learnt(grid: Grid, end: int, cells: int) -> tuple[Learnt, ...]:
    """Learn without the series beside, and where there are some with them."""
    return tuple(_learn(grid, end, cells, alone=alone) for alone in (True, False) if alone or len(grid.beside))


def _learn(grid: Grid, end: int, cells: int, *, alone: bool) -> Learnt:
    days = _training_origins(grid, end, cells)
    scaling = scaling_of(grid, end)
    look = _look(grid, scaling, days, cells, alone=alone)
    scale = _scale(look)
    inputs = scale.apply(look)
    against = _against_bases(look, end)
    usual = against.mean(axis=1, keepdims=True)
    found = learn(inputs, against - usual)
    change = np.tensordot(found.mix, against - usual, axes=1)
    return Learnt(
        scale=scale,
        scaling=scaling,
        days=days,
        inputs=inputs,
        change=change,
        usual=np.tensordot(found.mix, usual[:, 0], axes=1),
        mix=found.mix,
        noise=found.noise,
        weights=weights_of(inputs, found.noise, change),
        missed=found.missed,
        alone=alone,
    )


def _against_bases(look: Look, until: Positions | int) -> Values:
    """Return the change against each base: (bases, days, cells); from ``until`` on it goes on as it was last."""
    found = look.at(look.target) - _bases(look)
    return np.where(look.target < np.reshape(until, (-1, 1)), found, found[:, :, [_whole(look) - 1]])


def _bases(look: Look) -> Values:
    """Return the mean load of the last days at the clock time of each cell ahead: (bases, origins, cells)."""
    days = np.cumsum([look.at(look.back - look.grid.cycle * n) for n in range(max(BASE_DAYS))], axis=0)
    return np.stack([days[count - 1] / count for count in BASE_DAYS])


def _scale(look: Look) -> Scale:
    load, weather = load_inputs(look), weather_inputs(look)
    mean, spread = load.mean(axis=0), np.maximum(load.std(axis=0), 1e-6)
    standard = (load - mean) / spread
    components = COMPONENTS_BESIDE if len(look.grid.beside) else COMPONENTS
    axes = np.linalg.svd(standard, full_matrices=False)[2][:components].T
    deviation = (standard @ axes / np.sqrt(load.shape[1])).std(axis=0)
    stretch = np.sqrt(np.maximum(deviation, 1e-6))
    return Scale(mean, spread, axes, stretch, weather.mean(axis=0), np.maximum(weather.std(axis=0), 1e-6))
