"""What comes out of forecasting a series: a forecast with its record, or the reason why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from pipeline.analytics.forecast import ensemble
from pipeline.analytics.forecast.conformal import NEWEST, added, offsets
from pipeline.analytics.forecast.grid import Grid, Mask, to_intervals
from pipeline.analytics.forecast.inputs import level
from pipeline.analytics.forecast.model import Fitted
from pipeline.analytics.forecast.scores import Score
from pipeline.analytics.forecast.series import Values


@dataclass(frozen=True)
class Refusal:
    """No forecast of ``series``; ``reason`` is a sentence that says what is missing."""

    series: str
    reason: str


@dataclass(frozen=True)
class Predictor:
    """The models as fitted to the whole history, with their weights in the ensemble and errors of the backtest.

    ``fitted``: by model, with the place of the series among those learnt from together. ``errors``: by model, (origins,
    cells) in units of the series' level; ``at_rest``: which of those cells lay on a weekend or public holiday.
    """

    horizon: int
    fitted: Mapping[str, tuple[int, Fitted]]
    weights: Mapping[str, float]
    errors: Mapping[str, Values]
    at_rest: Mask

    @cached_property
    def _offsets(self) -> dict[str, tuple[Values, Values]]:
        return {name: offsets(errors[-NEWEST:], self.at_rest[-NEWEST:]) for name, errors in self.errors.items()}

    def candidates(self, grid: Grid) -> dict[str, pd.DataFrame]:
        """Predict P10, P50 and P90 by every model, indexed by interval start."""
        cells = {name: self._alone([grid], name)[0] for name in self.fitted}
        if ensemble.NAME in self.errors:
            cells[ensemble.NAME] = self._mixed(cells)
        return {name: self._frame(grid, name, values) for name, values in cells.items()}

    def quantiles(self, futures: Mapping[str, Grid], name: str) -> dict[str, pd.DataFrame]:
        """Predict by one of the candidates alone, in several futures of the same series."""
        grids = list(futures.values())
        if name == ensemble.NAME:
            courses = self._mixed({each: self._alone(grids, each) for each in self.weights})
        else:
            courses = self._alone(grids, name)
        return {
            what: self._frame(grid, name, cells) for (what, grid), cells in zip(futures.items(), courses, strict=True)
        }

    def contributions(self, grid: Grid) -> pd.DataFrame | None:
        """Say what each group of inputs adds, by the first model that can tell."""
        for number, model in self.fitted.values():
            found = model.contributions(number, grid, grid.end)
            if found is not None:
                values = to_intervals(grid, grid.end, found.to_numpy())
                return pd.DataFrame(values, index=grid.series.future(self.horizon), columns=found.columns)
        return None

    def _alone(self, futures: Sequence[Grid], name: str) -> Values:
        number, model = self.fitted[name]
        return model.ahead(number, futures)

    def _mixed(self, cells: Mapping[str, Values]) -> Values:
        mixed: Values = np.sum([weight * cells[name] for name, weight in self.weights.items()], axis=0)
        return mixed

    def _frame(self, grid: Grid, name: str, cells: Values) -> pd.DataFrame:
        unit = level(grid, np.array([grid.end]))[0]
        at_rest = grid.at_rest(grid.end + np.arange(len(cells)))
        below, above = (added(one, at_rest) for one in self._offsets[name])
        bands = np.column_stack([cells + below * unit, cells, cells + above * unit])
        if np.nanmin(grid.series.values) >= 0:
            bands = np.maximum(bands, 0.0)
        index = grid.series.future(self.horizon)
        return pd.DataFrame(to_intervals(grid, grid.end, bands), index=index, columns=["p10", "p50", "p90"])


@dataclass(frozen=True)
class Forecast:
    """See `pipeline.analytics.forecast`."""

    series: str
    model: str
    quantiles: pd.DataFrame
    candidates: dict[str, pd.DataFrame]
    scores: tuple[Score, ...]
    fallback: str | None
    contributions: pd.DataFrame | None
    grid: Grid
    predictor: Predictor
