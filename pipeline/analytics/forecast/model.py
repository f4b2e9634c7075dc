"""What every forecast model is: it says what it lacks, learns from grids up to given cells, predicts from origins."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from pipeline.analytics.forecast.grid import Grid, Positions
from pipeline.analytics.forecast.series import Values


class Fitted(Protocol):
    """A model that has learnt."""

    def predict(self, number: int, grid: Grid, origins: Positions) -> Values:
        """Predict kWh of the cells that follow each origin: (origins, cells); nothing from an origin on is looked at.

        ``number`` is the place of the series among those that were learnt from. The grid may hold more than then.
        """

    def ahead(self, number: int, futures: Sequence[Grid]) -> Values:
        """Predict kWh after the end of one series in several futures, of weather or holidays: (futures, cells)."""
        return np.stack([self.predict(number, grid, np.array([grid.end]))[0] for grid in futures])

    def contributions(self, number: int, grid: Grid, origin: int) -> pd.DataFrame | None:
        """Say what each group of inputs adds to the prediction of each cell in kWh; None where it cannot."""


class Model(Protocol):
    """A kind of model, before it has learnt anything."""

    @property
    def name(self) -> str:
        """What the model is called on pages and in scores."""

    def lacking(self, grid: Grid, end: int, cells: int) -> str | None:
        """Say what is missing to learn ``cells`` ahead from the cells before ``end``; None where nothing is."""

    def fit(self, grids: Sequence[Grid], ends: Sequence[int], cells: int) -> Fitted:
        """Learn from the cells of each grid before its end. Raises ModelError."""
