from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Capped:
    """A table of at most ``limit`` rows; ``cut`` says that there were more."""

    frame: pd.DataFrame
    limit: int
    cut: bool
