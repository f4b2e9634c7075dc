"""How well a model meets what was measured: the figures of ASHRAE Guideline 14 and CalTRACK 4.3.

Residuals are measured minus predicted throughout.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def cvrmse(actual: Floats, predicted: Floats, parameters: int) -> float:
    """Return CV(RMSE): the root of the mean squared residual over the mean use; 0.2 is 20 %.

    ``parameters`` is the number of explanatory variables, taken off the number of values (CalTRACK 4.3.2.2).
    """
    mean = float(np.mean(actual))
    if mean == 0 or len(actual) <= parameters:
        return float("nan")
    squares = float(np.sum((actual - predicted) ** 2))
    return float(np.sqrt(squares / (len(actual) - parameters)) / abs(mean))


def nmbe(actual: Floats, predicted: Floats, parameters: int) -> float:
    """Return NMBE: the mean residual over the mean use, positive where the model predicts too little."""
    mean = float(np.mean(actual))
    if mean == 0 or len(actual) <= parameters:
        return float("nan")
    return float(np.sum(actual - predicted) / (len(actual) - parameters) / mean)


def lag_one_autocorrelation(residuals: Floats) -> float:
    """Return the correlation of each residual with the one before it; pairs with a gap (NaN) are left out."""
    before, after = residuals[:-1], residuals[1:]
    known = np.isfinite(before) & np.isfinite(after)
    before, after = before[known], after[known]
    if len(before) < 3 or np.ptp(before) == 0 or np.ptp(after) == 0:  # noqa: PLR2004 - a correlation needs three pairs
        return 0.0
    return float(np.corrcoef(before, after)[0, 1])


def effective_number(count: int, autocorrelation: float) -> float:
    """Return P', how many independent values ``count`` autocorrelated ones are worth: P (1 - r) / (1 + r).

    ASHRAE Guideline 14-2002, annex B. Anticorrelated residuals count as independent, so that no more is promised.
    """
    correlation = min(max(autocorrelation, 0.0), 0.999)
    return count * (1 - correlation) / (1 + correlation)
