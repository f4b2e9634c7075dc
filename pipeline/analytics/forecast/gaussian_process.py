"""Gaussian-process regression of vectors on vectors, whose examples become known one after the other.

Rasmussen & Williams, Gaussian Processes for Machine Learning (2006): prediction (2.23), leave-one-out errors (5.12).
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dtrtri
from scipy.spatial.distance import cdist

from pipeline.analytics.forecast.grid import Positions
from pipeline.analytics.forecast.series import Values
from pipeline.errors import ModelError

LENGTH = 5.0  # of the Gaussian
NOISES = (0.1, 0.2, 0.4, 1.6, 6.4, 25.6)  # variance of what cannot be known, of that of what is learnt
FREEDOM = 3.0  # degrees of freedom of the t distribution that errors are taken to have


class Inputs(NamedTuple):
    """Inputs of the smooth and of the linear part of the kernel: (examples, inputs) each."""

    smooth: Values
    linear: Values


class Solution(NamedTuple):
    """``mix``: share of each base; ``noise``: variance by example; ``missed``: mean size of the errors left out."""

    mix: Values
    noise: Values
    missed: float


def kernel(one: Inputs, other: Inputs) -> Values:
    """Gaussian of the distance plus inner product: alike examples, and what goes on beyond what was seen."""
    distance = cdist(one.smooth, other.smooth, "sqeuclidean")
    found: Values = np.exp(-distance / (2 * LENGTH**2)) + one.linear @ other.linear.T
    return found


def learn(inputs: Inputs, change: Values) -> Solution:
    """Try more and more noise until the errors left out rise, keep where they were least, and doubt what misses most.

    ``change``: the examples against each base, (bases, examples, outputs). A process is linear in what it learns, so
    that mixed bases have mixed errors. Raises ModelError.
    """
    covariance = kernel(inputs, inputs)
    best = _with_noise(covariance, change, NOISES[0])
    for variance in NOISES[1:]:
        found = _with_noise(covariance, change, variance)
        if found.missed > best.missed:
            break
        best = found
    return best


def doubt(errors: Values) -> Values:
    """Return how much noisier than the middle one each example is taken to be: (examples, outputs) -> (examples,).

    One step of the weights that suit errors of a t distribution (Lange, Little & Taylor, Robust statistical modeling
    using the t distribution, 1989): days of storms, strikes and faulty meters are not forgotten but believed less.
    """
    size = (errors**2).mean(axis=1)
    found: Values = (FREEDOM + size / max(float(np.median(size)), 1e-12)) / (FREEDOM + 1)
    return found


def mix_of(errors: Values) -> Values:
    """Share out one among the bases so that the errors are least in square: (bases, examples, outputs) -> (bases,)."""
    flat = errors.reshape(len(errors), -1)
    others = (flat[1:] - flat[0]).T
    shares = np.linalg.lstsq(others, -flat[0], rcond=None)[0]
    return np.append(1 - shares.sum(), shares)


def weights_of(inputs: Inputs, noise: Values, change: Values) -> Values:
    """Return what the kernel between new and known examples is multiplied by: (examples, outputs)."""
    found: Values = cho_solve((_factor(kernel(inputs, inputs), noise), True), change)
    return found


def predict_as_known(inputs: Inputs, noise: Values, change: Values, ahead: Inputs, known: Positions) -> Values:
    """Predict each of ``ahead`` from the first ``known`` examples alone: (ahead, outputs).

    The factor of the first examples is the first part of the factor of all, so that one serves every prediction.
    """
    factor = _factor(kernel(inputs, inputs), noise)
    told = solve_triangular(factor, change, lower=True)
    seen = solve_triangular(factor, kernel(inputs, ahead), lower=True)
    seen[np.arange(len(seen))[:, None] >= known] = 0.0
    found: Values = seen.T @ told
    return found


def _with_noise(covariance: Values, change: Values, variance: float) -> Solution:
    errors = _left_out(covariance, change, variance)
    mix = mix_of(errors)
    mixed = np.tensordot(mix, errors, axes=1)
    return Solution(mix, variance * doubt(mixed), max(float(np.abs(mixed).mean()), 1e-12))


def _left_out(covariance: Values, change: Values, variance: float) -> Values:
    """Return the errors when each example in turn is left out: (bases, examples, outputs)."""
    factor = _factor(covariance, np.full(len(covariance), variance))
    inverse, _ = dtrtri(factor, lower=1)
    precision = (inverse**2).sum(axis=0)
    return np.stack([cho_solve((factor, True), base) / precision[:, None] for base in change])


def _factor(covariance: Values, noise: Values) -> Values:
    try:
        found: Values = cholesky(covariance + np.diag(noise), lower=True)
    except np.linalg.LinAlgError as error:
        raise ModelError("The days are too much alike to tell them apart.") from error
    return found
