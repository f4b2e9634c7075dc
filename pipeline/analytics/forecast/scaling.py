"""The scale on which models learn: logarithms of loads that stay clear of zero, multiples of the mean of others."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.analytics.forecast.grid import Grid
from pipeline.analytics.forecast.series import Values

CLEAR_OF_ZERO = 0.1  # of the mean: what the smallest load (but one in a thousand) must be for logarithms
MOST = 50.0  # logarithm of multiples of the mean: a model that says more has lost its way, and its power overflows
FLOOR = 0.02  # of the mean: what a load is raised to before its logarithm is taken, should it fall later


@dataclass(frozen=True)
class Scaling:
    """``unit`` in kWh; ``logs``: whether relative changes are learnt, as suits loads that are sums of many.

    ``beside``: the units of the series beside, one a row.
    """

    unit: float
    logs: bool
    beside: Values

    def apply(self, grid: Grid) -> Grid:
        """Return the grid with its load on this scale."""
        own, others = self._scaled(grid.filled / self.unit), self._scaled(grid.beside / self.beside)
        return replace(grid, filled=own, beside=others)

    def _scaled(self, multiples: Values) -> Values:
        return np.log(np.maximum(multiples, FLOOR)) if self.logs else multiples

    def in_kwh(self, scaled: Values) -> Values:
        """Return kWh."""
        return (np.exp(np.minimum(scaled, MOST)) if self.logs else scaled) * self.unit


def scaling_of(grid: Grid, end: int) -> Scaling:
    """Choose the scale by the cells before ``end``."""
    learnt = grid.filled[:end]
    unit = max(float(np.abs(learnt).mean()), 1e-9)
    beside = np.maximum(np.abs(grid.beside[:, :end]).mean(axis=1, keepdims=True), 1e-9)
    return Scaling(unit, bool(np.quantile(learnt, 0.001) > CLEAR_OF_ZERO * unit), beside)
