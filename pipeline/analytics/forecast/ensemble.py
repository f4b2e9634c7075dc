"""The mean of all models, weighted by how well each has done so far."""

import numpy as np

from pipeline.analytics.forecast.conformal import RENEWED_AFTER, known_before
from pipeline.analytics.forecast.grid import Positions
from pipeline.analytics.forecast.series import Values

NAME = "ensemble"
SHARPNESS = 10.0  # how much the better model is preferred: one with a tenth more error gets four tenths of the weight
LEAST_ERRORS = 24


def weights_of(errors: Values) -> Values:
    """Weigh models by their past errors (models, origins, leads): 1 / MAE^10, adding up to one."""
    flat = np.abs(errors).reshape(len(errors), -1)
    flat = flat[:, np.isfinite(flat).all(axis=0)]
    if flat.shape[1] < LEAST_ERRORS:
        return np.full(len(errors), 1 / len(errors))
    missed = np.maximum(flat.mean(axis=1), 1e-12)
    weights = (missed.min() / missed) ** SHARPNESS
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def rolling_mean_of_models(predicted: Values, actual: Values, origins: Positions) -> Values:
    """Mix predictions (models, origins, leads) into (origins, leads), by weights from errors known at each origin."""
    mixed = np.empty(predicted.shape[1:])
    for first in range(0, len(origins), RENEWED_AFTER):
        errors = np.stack([known_before(actual - model, origins, first) for model in predicted])
        block = slice(first, first + RENEWED_AFTER)
        mixed[block] = np.tensordot(weights_of(errors), predicted[:, block], axes=1)
    return mixed
