"""Time of week and temperature (TOWT): the use of each hour from its place in the week and the temperature outside.

Mathieu, Price, Kiliccote and Piette, "Quantifying Changes in Building Electricity Use, with Application to Demand
Response", IEEE Transactions on Smart Grid 2 (2011) 507-518 (LBNL-4944E), with the choices of CalTRACK 2.0, sections
3.7 to 3.11: one level for each of the 168 hours of the week, and a piecewise linear effect of temperature, one for the
hours of the week with high use ("occupied") and one for those with low use.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import ModelError

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Segments: TypeAlias = Literal["year", "months"]

HOURS_OF_WEEK = 168
# CalTRACK 3.9.1.1: 30, 45, 55, 65, 75 and 90 °F.
BIN_ENDS_C: Floats = (np.array([30.0, 45.0, 55.0, 65.0, 75.0, 90.0]) - 32) * 5 / 9
FEWEST_HOURS_OF_BIN = 20  # CalTRACK 3.9.1.2
OCCUPANCY_BALANCE_C = ((50 - 32) * 5 / 9, (65 - 32) * 5 / 9)  # CalTRACK 3.8.3
OCCUPIED_SHARE = 0.65  # of hours above what temperature alone explains; CalTRACK 3.8.4
NEIGHBOUR_WEIGHT = 0.5  # of the months before and after; CalTRACK 3.7.5
FEWEST_HOURS = 4 * HOURS_OF_WEEK  # below, an hour of the week is known from fewer than four of them
MONTHS = 12
RANK = 1e-12  # singular values below this share of the largest are none


@dataclass(frozen=True)
class _Segment:
    """The model of one calendar month, or of the whole year."""

    occupied: Flags
    ends_c: tuple[Floats, Floats]
    coefficients: Floats
    seen: Flags

    def predict(self, hour_of_week: Integers, degrees: Floats) -> Floats:
        design = _design(hour_of_week, degrees, self.occupied, self.ends_c)
        predicted: Floats = design @ self.coefficients
        return np.where(self.seen[hour_of_week] & np.isfinite(degrees), predicted, np.nan)


@dataclass(frozen=True)
class Towt:
    """A fitted model; ``segments`` has one entry for the year, or one for each calendar month with data around it."""

    segments: dict[int, _Segment]
    n: int
    parameters: int

    def predict(self, temperature_c: "pd.Series[float]") -> "pd.Series[float]":
        """Return the use of each hour in kWh; the index is local time with its zone.

        NaN where the temperature is, and in an hour of the week or a month that the baseline knows nothing of.
        """
        index = pd.DatetimeIndex(temperature_c.index)
        hours, degrees = _hour_of_week(index), np.asarray(temperature_c, dtype=np.float64)
        predicted = np.full(len(index), np.nan)
        for month, segment in self.segments.items():
            chosen = np.ones(len(index), dtype=np.bool_) if month == 0 else np.asarray(index.month == month)
            predicted[chosen] = segment.predict(hours[chosen], degrees[chosen])
        return pd.Series(predicted, index=index, name="predicted_kwh")


def fit_towt(temperature_c: "pd.Series[float]", energy_kwh: "pd.Series[float]", *, segments: Segments = "year") -> Towt:
    """Fit hourly use (kWh) to the hour of the week and the temperature (°C); both indexed by local time with its zone.

    ``months`` fits one model for each calendar month, on it and with half the weight on its neighbours (CalTRACK
    3.7.5), which suits homes; ``year`` fits one for all. Hours without either count as missing. Raises ModelError for
    fewer than four weeks of hours.
    """
    joined = pd.DataFrame({"degrees": temperature_c, "use": energy_kwh}).dropna()
    if len(joined) < FEWEST_HOURS:
        raise ModelError(
            f"Only {len(joined)} hours have both use and temperature; an hourly baseline needs {FEWEST_HOURS} at least."
        )
    index = pd.DatetimeIndex(joined.index)
    hours = _hour_of_week(index)
    degrees, use = np.asarray(joined["degrees"], dtype=np.float64), np.asarray(joined["use"], dtype=np.float64)
    fitted = {}
    for month, weights in _weights(np.asarray(index.month), segments):
        used = weights > 0
        fitted[month] = _fit_segment(hours[used], degrees[used], use[used], weights[used])
    sizes = [len(segment.coefficients) for segment in fitted.values()]
    return Towt(fitted, len(joined), round(float(np.mean(sizes))))


def _weights(months: Integers, segments: Segments) -> Iterator[tuple[int, Floats]]:
    """Yield each segment's month, 0 for all, and the weight of every hour in it."""
    if segments == "year":
        yield 0, np.ones(len(months))
        return
    for month in np.unique(months):
        apart = (months - month) % MONTHS
        near = (apart == 1) | (apart == MONTHS - 1)
        yield int(month), np.where(apart == 0, 1.0, np.where(near, NEIGHBOUR_WEIGHT, 0.0))


def _fit_segment(hours: Integers, degrees: Floats, use: Floats, weights: Floats) -> _Segment:
    occupied = _occupied(hours, degrees, use, weights)
    busy = occupied[hours]
    ends = _ends(degrees[~busy]), _ends(degrees[busy])
    coefficients = _least_squares(_design(hours, degrees, occupied, ends), use, weights)
    seen = np.bincount(hours, minlength=HOURS_OF_WEEK) > 0
    return _Segment(occupied, ends, coefficients, seen)


def _least_squares(design: Floats, use: Floats, weights: Floats) -> Floats:
    """Solve the weighted normal equations, which are small; columns that say the same share their effect."""
    weighted = design * weights[:, None]
    coefficients, *_ = np.linalg.lstsq(weighted.T @ design, weighted.T @ use, rcond=RANK)
    return np.asarray(coefficients, dtype=np.float64)


def _occupied(hours: Integers, degrees: Floats, use: Floats, weights: Floats) -> Flags:
    """Say for each hour of the week whether its use is mostly above what temperature alone explains (3.8)."""
    heating, cooling = OCCUPANCY_BALANCE_C
    design = np.column_stack([np.ones(len(use)), np.maximum(heating - degrees, 0), np.maximum(degrees - cooling, 0)])
    under = use > design @ _least_squares(design, use, weights)
    counts = np.bincount(hours, minlength=HOURS_OF_WEEK)
    shares = np.bincount(hours, weights=under.astype(np.float64), minlength=HOURS_OF_WEEK) / np.maximum(counts, 1)
    occupied: Flags = shares > OCCUPIED_SHARE
    return occupied


def _ends(degrees: Floats) -> Floats:
    """Return the ends of the temperature bins: one with too few hours joins its upper neighbour, the last its lower."""
    ends = list(BIN_ENDS_C)
    while ends:
        counts = np.bincount(np.searchsorted(ends, degrees), minlength=len(ends) + 1)
        thin = [place for place, count in enumerate(counts) if count < FEWEST_HOURS_OF_BIN]
        if not thin:
            break
        ends.pop(min(thin[0], len(ends) - 1))
    return np.array(ends)


def _design(hours: Integers, degrees: Floats, occupied: Flags, ends_c: tuple[Floats, Floats]) -> Floats:
    """Lay out 168 columns of the hour of the week, then the temperature parts of low use and those of high use."""
    week = np.zeros((len(hours), HOURS_OF_WEEK))
    week[np.arange(len(hours)), hours] = 1.0
    busy = occupied[hours]
    known = np.where(np.isfinite(degrees), degrees, 0.0)
    idle_part = _pieces(known, ends_c[0]) * ~busy[:, None]
    busy_part = _pieces(known, ends_c[1]) * busy[:, None]
    return np.hstack([week, idle_part, busy_part])


def _pieces(degrees: Floats, ends_c: Floats) -> Floats:
    """Split temperatures at the ends of bins so that the parts add up to the temperature (3.9.1.3 to 3.9.1.5)."""
    if not len(ends_c):
        return degrees[:, None]
    widths = np.diff(ends_c)
    first = np.minimum(degrees, ends_c[0])[:, None]
    middle = np.clip(degrees[:, None] - ends_c[:-1], 0.0, widths)
    last = np.maximum(degrees - ends_c[-1], 0.0)[:, None]
    return np.hstack([first, middle, last])


def _hour_of_week(index: pd.DatetimeIndex) -> Integers:
    return np.asarray(index.day_of_week * 24 + index.hour, dtype=np.int64)
