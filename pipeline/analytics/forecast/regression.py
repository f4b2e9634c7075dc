"""Gradient boosting on earlier load, calendar and temperature: one model learnt from all series of a call together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from pipeline.analytics.forecast.grid import CYCLE, Grid, Positions
from pipeline.analytics.forecast.inputs import CALENDAR, CATEGORIES, RECENT, WEATHER, WEEKLY, Look, Matrix, inputs_of
from pipeline.analytics.forecast.model import Fitted
from pipeline.analytics.forecast.scaling import Scaling, scaling_of
from pipeline.analytics.forecast.series import Values
from pipeline.analytics.one_thread import one_thread

ROWS = 80_000  # learnt from at most: keeps the training of 300 meters, or of one with three years, to seconds
LEAST_ORIGINS = 30
LEAST_UNIT = 0.1  # of its usual unit: after weeks almost off, changes are endless multiples, and all learn from them


@dataclass(frozen=True)
class FittedRegression(Fitted):
    """The trees, the scale of each series, and the typical inputs."""

    trees: HistGradientBoostingRegressor
    scalings: tuple[Scaling, ...]
    cells: int
    typical: Matrix

    def predict(self, number: int, grid: Grid, origins: Positions) -> Values:
        """See `Fitted`."""
        look = _look(grid, self.scalings[number], origins, self.cells)
        return self._in_kwh(look, inputs_of(look)[0], number)

    def ahead(self, number: int, futures: Sequence[Grid]) -> Values:
        """See `Fitted`: all at once, because asking hundreds of trees takes longer than their answers."""
        looks = [_look(grid, self.scalings[number], np.array([grid.end]), self.cells) for grid in futures]
        return self._in_kwh(looks[0], np.concatenate([inputs_of(look)[0] for look in looks]), number)

    def contributions(self, number: int, grid: Grid, origin: int) -> pd.DataFrame:
        """Tell what each group adds when it takes its true values, one after the other, from typical inputs on.

        Columns: ``last known`` (kWh after the last known load at the clock time, with typical inputs), then the
        groups; they add up to the prediction.
        """
        look = _look(grid, self.scalings[number], np.array([origin]), self.cells)
        table, _, groups = inputs_of(look)
        mixed = np.tile(self.typical, (len(table), 1))
        told, stages = ["last known"], [mixed]
        for group in (CALENDAR, WEEKLY, RECENT, WEATHER):
            chosen = np.array([name == group for name in groups])
            if chosen.any():
                mixed = np.where(chosen, table, mixed)
                told.append(group)
                stages.append(mixed)
        kwh = self._in_kwh(look, np.concatenate(stages), number)
        return pd.DataFrame(np.diff(kwh, axis=0, prepend=0.0).T, columns=told)

    def _in_kwh(self, look: Look, table: Matrix, number: int) -> Values:
        """Predict in kWh: (origins, cells), or (stages, cells) where one origin has several inputs."""
        with one_thread():
            change = self.trees.predict(table).reshape(-1, self.cells)
        return self.scalings[number].in_kwh((look.base + change) * look.unit[:, None])


class Examples(NamedTuple):
    """What is learnt from: inputs, the change that followed, and the names of the inputs."""

    table: Matrix
    change: Values
    names: tuple[str, ...]


@dataclass(frozen=True)
class Regression:
    """Histogram gradient boosting: Ke et al., LightGBM (2017), in scikit-learn.

    What is learnt is the relative change against the last load known at the same clock time, so that series of any
    size are learnt from together.
    """

    name: str = "regression"
    iterations: int = 400

    def lacking(self, grid: Grid, end: int, cells: int) -> str | None:
        """See `Model`."""
        if grid.series.step == "MS":
            return "It learns from days or shorter steps, not from months."
        origins = training_origins(grid, end, cells)
        if len(origins) < LEAST_ORIGINS:
            parts = grid.cycle if grid.cycle > CYCLE["MS"] else 1
            days = (history_cells(grid) + cells) // parts + LEAST_ORIGINS
            return f"It needs {days} days of history."
        if grid.known[:end].mean() < 0.5:  # noqa: PLR2004 - half of it
            return "More than half of the history is missing."
        return None

    def fit(self, grids: Sequence[Grid], ends: Sequence[int], cells: int) -> FittedRegression:
        """See `Model`."""
        origins = [training_origins(grid, end, cells) for grid, end in zip(grids, ends, strict=True)]
        return self.fit_from(grids, ends, origins, cells)

    def fit_from(
        self, grids: Sequence[Grid], ends: Sequence[int], origins: Sequence[Positions], cells: int
    ) -> FittedRegression:
        """Learn from these origins alone, and from no cell at or after the ends."""
        scalings = tuple(scaling_of(grid, end) for grid, end in zip(grids, ends, strict=True))
        share = max(1, ROWS // len(grids))
        examples = [
            _examples(_look(grid, scaling, chosen, cells), end, share)
            for grid, scaling, chosen, end in zip(grids, scalings, origins, ends, strict=True)
        ]
        table = np.concatenate([found.table for found in examples])
        table[:, np.isnan(table).all(axis=0)] = 0.0  # such as a year earlier, where no history is that long
        change = np.concatenate([found.change for found in examples])
        categories = [examples[0].names.index(name) for name in CATEGORIES]
        with one_thread():
            trees = self._trees(categories).fit(table, change)
        return FittedRegression(trees, scalings, cells, _typical(table, categories))

    def _trees(self, categories: list[int]) -> HistGradientBoostingRegressor:
        return HistGradientBoostingRegressor(
            max_iter=self.iterations,
            learning_rate=0.05,
            max_leaf_nodes=31,
            min_samples_leaf=30,
            l2_regularization=1.0,
            max_features=0.5,
            categorical_features=categories,
            early_stopping=False,
            random_state=0,
        )


def history_cells(grid: Grid) -> int:
    """Return the cells that must lie before an origin that is learnt from."""
    return 15 * grid.cycle if grid.cycle > CYCLE["MS"] else 4 * grid.cycle


def training_origins(grid: Grid, end: int, cells: int) -> Positions:
    """Return the origins whose first cells ahead lie before ``end``."""
    shortest = min(cells, grid.cycle)
    return grid.origins(history_cells(grid), end - shortest + 1)


def _look(grid: Grid, scaling: Scaling, origins: Positions, cells: int) -> Look:
    return Look(scaling.apply(grid), origins, cells, own_unit=not scaling.logs)


def _examples(look: Look, end: int, rows: int) -> Examples:
    """Gather measured cells before ``end``: of the newest origins that follow usual load, thinned to ``rows``."""
    newest = replace(look, origins=look.origins[-max(1, 3 * rows // look.cells) :])
    table, names, _ = inputs_of(newest)
    inside = np.minimum(newest.target, look.grid.end - 1)
    change = (newest.at(inside) - newest.base).reshape(-1)
    usual = newest.unit >= LEAST_UNIT * np.median(newest.unit)
    measured = (usual[:, None] & (newest.target < end) & look.grid.known[inside]).reshape(-1)
    usable = np.flatnonzero(measured & np.isfinite(change))
    if len(usable) > rows:
        usable = np.sort(np.random.default_rng(0).permutation(usable)[:rows])
    return Examples(table[usable], change[usable], names)


def _typical(table: Matrix, categories: list[int]) -> Matrix:
    """Medians of the inputs; the commonest of kinds."""
    typical = np.nanmedian(table, axis=0)
    for column in categories:
        values, counts = np.unique(table[:, column], return_counts=True)
        typical[column] = values[np.argmax(counts)]
    return typical.astype(np.float32)
