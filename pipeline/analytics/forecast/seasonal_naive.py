"""The yardstick: the same local clock time last week, for days the same weekday, for months the same last year."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analytics.forecast.grid import CYCLE, Grid, Positions
from pipeline.analytics.forecast.model import Fitted
from pipeline.analytics.forecast.series import Values


def season_of(grid: Grid) -> int:
    """Return the cells of a week; of a year for months."""
    return grid.cycle * 7 if grid.cycle > CYCLE["MS"] else grid.cycle


@dataclass(frozen=True)
class FittedSeasonalNaive(Fitted):
    """Repeats the last season that is known at the origin."""

    cells: int

    def predict(self, number: int, grid: Grid, origins: Positions) -> Values:  # noqa: ARG002 - one rule for all
        """See `Fitted`."""
        season = season_of(grid)
        back = np.arange(self.cells) % season - season
        found: Values = grid.filled[origins[:, None] + back]
        return found

    def contributions(self, number: int, grid: Grid, origin: int) -> pd.DataFrame | None:  # noqa: ARG002
        """See `Fitted`: there is one input only."""
        return None


@dataclass(frozen=True)
class SeasonalNaive:
    """Hyndman & Athanasopoulos, Forecasting: Principles and Practice, section 5.2."""

    name: str = "seasonal_naive"

    def lacking(self, grid: Grid, end: int, cells: int) -> str | None:  # noqa: ARG002 - it needs one season only
        """See `Model`."""
        season = season_of(grid)
        if end >= season and grid.known[max(0, end - 4 * season) : end].mean() >= 0.5:  # noqa: PLR2004 - half of it
            return None
        whole = "year of months" if grid.series.step == "MS" else "week"
        return f"It needs at least one {whole}, and half of the last four measured."

    def fit(self, grids: Sequence[Grid], ends: Sequence[int], cells: int) -> FittedSeasonalNaive:  # noqa: ARG002
        """See `Model`: nothing is learnt."""
        return FittedSeasonalNaive(cells)
