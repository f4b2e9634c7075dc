"""What day-ahead forecasts would have said of the past, for anomaly detection to compare with."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.analytics.forecast.answer import Refusal
from pipeline.analytics.forecast.conformal import rolling_bands
from pipeline.analytics.forecast.forecasting import refusal
from pipeline.analytics.forecast.grid import CYCLE, Grid, Positions, from_midnight, grid_of
from pipeline.analytics.forecast.inputs import level
from pipeline.analytics.forecast.regression import Regression, history_cells
from pipeline.analytics.forecast.seasonal_naive import SeasonalNaive, season_of
from pipeline.analytics.forecast.series import Series, Values

FOLDS = 3
QUANTILES = ["p10", "p50", "p90"]


def expected_quantiles(series: Sequence[Series]) -> list[pd.DataFrame | Refusal]:
    """Say for every interval of the past what a forecast issued at the local midnight before would have said.

    One frame per series, indexed like it: ``p10, p50, p90`` in kWh, NaN for the first weeks. The history is cut into
    thirds, and each is predicted by a regression that learnt from the others only; bands come from errors known before.
    Series too short for a regression are compared with the same time a week before. All series have one step.
    """
    reasons = [refusal(one) for one in series]
    grids = [
        from_midnight(grid_of(one, CYCLE[one.step]))
        for one, reason in zip(series, reasons, strict=True)
        if reason is None
    ]
    cells = 1 if series and series[0].step in ("D", "MS") else CYCLE[series[0].step] if series else 1
    found = iter(_expected(grids, cells))
    return [
        next(found) if reason is None else Refusal(one.name, reason)
        for one, reason in zip(series, reasons, strict=True)
    ]


def _expected(grids: Sequence[Grid], cells: int) -> list[pd.DataFrame]:
    model = Regression()
    predicted = [np.full((len(_origins(grid)), cells), np.nan) for grid in grids]
    able = [number for number, grid in enumerate(grids) if model.lacking(grid, grid.end, cells) is None]
    for fold in range(FOLDS if able else 0):
        learnt_from, left_out = [], []
        for number in able:
            origins = _origins(grids[number])
            mine = np.arange(len(origins)) * FOLDS // len(origins) == fold
            left_out.append(mine)
            away = np.abs(origins[:, None] - origins[mine][[0, -1]]).min(axis=1) >= cells
            learnt_from.append(origins[~mine & away])
        chosen = [grids[number] for number in able]
        fitted = model.fit_from(chosen, [grid.end for grid in chosen], learnt_from, cells)
        for place, number in enumerate(able):
            origins = _origins(grids[number])[left_out[place]]
            predicted[number][left_out[place]] = fitted.predict(place, grids[number], origins)
    naive = SeasonalNaive().fit(grids, [grid.end for grid in grids], cells)
    for number in set(range(len(grids))) - set(able):
        predicted[number] = naive.predict(number, grids[number], _origins(grids[number]))
    return [_frame(grid, values) for grid, values in zip(grids, predicted, strict=True)]


def _origins(grid: Grid) -> Positions:
    return grid.origins(max(history_cells(grid), season_of(grid)), grid.end)


def _frame(grid: Grid, predicted: Values) -> pd.DataFrame:
    origins = _origins(grid)
    target = origins[:, None] + np.arange(predicted.shape[1])
    inside = np.minimum(target, grid.end - 1)
    actual = np.where((target < grid.end) & grid.known[inside], grid.filled[inside], np.nan)
    low, high = rolling_bands(predicted, actual, level(grid, origins), origins, grid.at_rest(target))
    columns = {}
    for name, values in zip(QUANTILES, (low, predicted, high), strict=True):
        by_cell = np.full(grid.end, np.nan)
        by_cell[target[target < grid.end]] = values[target < grid.end]
        columns[name] = by_cell[grid.cell[: len(grid.series)]]
    frame = pd.DataFrame(columns, index=grid.series.index)
    return frame.clip(lower=0.0) if np.nanmin(grid.series.values) >= 0 else frame
