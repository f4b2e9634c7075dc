"""Least squares for all balance points of a grid at once.

Daily use = base + heating slope x degrees below + cooling slope x degrees above. With one or two regressors the normal
equations have a closed form in the sums of squares and products, so that thousands of models cost one matrix product.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# CalTRACK 3.2.1: 30 to 90 °F, which are -1.1 to 32.2 °C; 3.2.3: at most 3 °F (1.7 °C) apart.
BALANCE_POINTS_C: Floats = np.arange(-1.0, 32.01, 0.5)
FEWEST_DAYS_OF_DEGREES = 10  # a year; CalTRACK 3.2.2.2.1
LEAST_DEGREE_DAYS = 20 * 5 / 9  # a year, in Celsius; CalTRACK 3.2.2.2.2 has 20 in Fahrenheit
DAYS_OF_A_YEAR = 365
TINY = 1e-9  # a determinant of this share of its product is that of two regressors that are one


@dataclass(frozen=True)
class Best:
    """The best qualified model of one shape; slopes in kWh per day and degree."""

    heating_slope: float
    heating_balance_c: float | None
    cooling_slope: float
    cooling_balance_c: float | None
    base_kwh: float
    r2_adjusted: float


@dataclass(frozen=True)
class _Sums:
    """Sums of squares and products of the centred degrees of each balance point and the centred use."""

    n: int
    use_mean: float
    use: float
    means: tuple[Floats, Floats]
    squares: tuple[Floats, Floats]
    products: tuple[Floats, Floats]
    cross: Floats
    enough: tuple[Flags, Flags]


def best_models(degrees: Floats, use: Floats, highest_p_value: float) -> list[Best]:
    """Return the best model with heating alone, with cooling alone, and with both, as far as one qualifies."""
    sums = _sums(degrees, use)
    found = (_one_sided(sums, 0, highest_p_value), _one_sided(sums, 1, highest_p_value), _both(sums, highest_p_value))
    return [best for best in found if best is not None]


def below(degrees: Floats, balance_c: float | Floats) -> Floats:
    """Return the degrees below a balance point."""
    return np.maximum(balance_c - degrees, 0.0)


def above(degrees: Floats, balance_c: float | Floats) -> Floats:
    """Return the degrees above a balance point."""
    return np.maximum(degrees - balance_c, 0.0)


def _sums(degrees: Floats, use: Floats) -> _Sums:
    sides = below(degrees[:, None], BALANCE_POINTS_C), above(degrees[:, None], BALANCE_POINTS_C)
    means = sides[0].mean(axis=0), sides[1].mean(axis=0)
    cold, hot = sides[0] - means[0], sides[1] - means[1]
    centred = use - use.mean()
    return _Sums(
        n=len(use),
        use_mean=float(use.mean()),
        use=float(centred @ centred),
        means=means,
        squares=((cold**2).sum(axis=0), (hot**2).sum(axis=0)),
        products=(cold.T @ centred, hot.T @ centred),
        cross=cold.T @ hot,
        enough=(_enough(sides[0]), _enough(sides[1])),
    )


def _enough(degree_days: Floats) -> Flags:
    """Say for each balance point whether enough days have degrees; over several years, as many more."""
    years = max(1.0, len(degree_days) / DAYS_OF_A_YEAR)
    often = (degree_days > 0).sum(axis=0) >= FEWEST_DAYS_OF_DEGREES * years
    enough: Flags = often & (degree_days.sum(axis=0) >= LEAST_DEGREE_DAYS * years)
    return enough


def _one_sided(sums: _Sums, side: int, highest_p_value: float) -> Best | None:
    """Fit heating (side 0) or cooling (side 1) alone."""
    squares, products = sums.squares[side], sums.products[side]
    usable = sums.enough[side] & (squares > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = products / squares
        residual = np.maximum(sums.use - slope * products, 0.0)
        error = np.sqrt(residual / (sums.n - 2) / squares)
        base = sums.use_mean - slope * sums.means[side]
        usable &= (base > 0) & (slope > 0) & (slope >= _critical(highest_p_value, sums.n - 2) * error)
        adjusted = _adjusted(residual, sums, 1)
    at = _highest(adjusted, usable)
    if at is None:
        return None
    value, point = float(slope[at]), float(BALANCE_POINTS_C[at])
    heating = side == 0
    return Best(
        heating_slope=value if heating else 0.0,
        heating_balance_c=point if heating else None,
        cooling_slope=0.0 if heating else value,
        cooling_balance_c=None if heating else point,
        base_kwh=float(base[at]),
        r2_adjusted=float(adjusted[at]),
    )


def _both(sums: _Sums, highest_p_value: float) -> Best | None:
    """Fit heating and cooling together for each pair of balance points, that of cooling not below that of heating."""
    cold, hot = sums.squares[0][:, None], sums.squares[1][None, :]
    cold_use, hot_use = sums.products[0][:, None], sums.products[1][None, :]
    determinant = cold * hot - sums.cross**2
    ordered = BALANCE_POINTS_C[:, None] <= BALANCE_POINTS_C[None, :]
    usable = ordered & sums.enough[0][:, None] & sums.enough[1][None, :] & (determinant > TINY * cold * hot)
    with np.errstate(divide="ignore", invalid="ignore"):
        heating = (cold_use * hot - sums.cross * hot_use) / determinant
        cooling = (hot_use * cold - sums.cross * cold_use) / determinant
        residual = np.maximum(sums.use - heating * cold_use - cooling * hot_use, 0.0)
        variance = residual / (sums.n - 3) / determinant
        critical = _critical(highest_p_value, sums.n - 3)
        base = sums.use_mean - heating * sums.means[0][:, None] - cooling * sums.means[1][None, :]
        usable &= (base > 0) & (heating > 0) & (cooling > 0)
        usable &= (heating >= critical * np.sqrt(variance * hot)) & (cooling >= critical * np.sqrt(variance * cold))
        adjusted = _adjusted(residual, sums, 2)
    at = _highest(adjusted, usable)
    if at is None:
        return None
    row, place = np.unravel_index(at, adjusted.shape)
    return Best(
        heating_slope=float(heating[row, place]),
        heating_balance_c=float(BALANCE_POINTS_C[row]),
        cooling_slope=float(cooling[row, place]),
        cooling_balance_c=float(BALANCE_POINTS_C[place]),
        base_kwh=float(base[row, place]),
        r2_adjusted=float(adjusted[row, place]),
    )


def _critical(highest_p_value: float, freedom: int) -> float:
    """Return how many standard errors a slope must be from zero for a two-sided p-value of at most this."""
    return float(stats.t.ppf(1 - highest_p_value / 2, freedom))


def _adjusted(residual: Floats, sums: _Sums, variables: int) -> Floats:
    """Return R squared adjusted for the number of variables (CalTRACK 3.4.3.3)."""
    adjusted: Floats = 1 - residual / (sums.n - variables - 1) / (sums.use / (sums.n - 1))
    return adjusted


def _highest(adjusted: Floats, usable: Flags) -> int | None:
    return int(np.argmax(np.where(usable, adjusted, -np.inf))) if usable.any() else None
