"""How good forecasts were: the scoreboard."""

from dataclasses import dataclass

import numpy as np

from pipeline.analytics.forecast.series import Values


@dataclass(frozen=True)
class Score:
    """One model on one series; ``wape, coverage, bias, skill`` are fractions, ``bias`` positive for too much.

    ``mase`` compares with the seasonal naive error of the history before the first origin (Hyndman & Koehler 2006),
    ``skill`` is 1 - MAE / MAE of the seasonal naive forecast on the same origins. ``seconds`` are of one training
    (shared out among series learnt from together) and of one prediction.
    """

    series: str
    model: str
    mae_kwh: float
    wape: float
    mase: float
    pinball_kwh: float
    coverage: float
    bias: float
    skill: float
    origins: int
    train_seconds: float
    predict_seconds: float
    selected: bool = False


def mean_absolute_error(actual: Values, predicted: Values) -> float:
    """Mean absolute error over what was measured."""
    return float(np.nanmean(np.abs(actual - predicted)))


def relative(errors: Values, actual: Values) -> float:
    """Sum of ``errors`` over the sum of the size of what was measured there."""
    size = float(np.nansum(np.abs(actual)))
    return float(np.nansum(errors)) / size if size else float("nan")


def pinball(actual: Values, quantiles: dict[float, Values]) -> float:
    """Mean pinball loss of the quantiles (Koenker & Bassett 1978)."""
    losses = [
        np.maximum(share * (actual - predicted), (share - 1) * (actual - predicted))
        for share, predicted in quantiles.items()
    ]
    return float(np.nanmean(np.stack(losses)))


def coverage(actual: Values, low: Values, high: Values) -> float:
    """Share of what was measured that lies between two quantiles; NaN where no quantile is known."""
    known = np.isfinite(actual) & np.isfinite(low)
    return float(((actual >= low) & (actual <= high))[known].mean()) if known.any() else float("nan")


def naive_error(values: Values, season: int) -> float:
    """Mean absolute difference to the season before: the denominator of MASE."""
    differences = np.abs(values[season:] - values[:-season])
    return float(np.nanmean(differences)) if np.isfinite(differences).any() else float("nan")
