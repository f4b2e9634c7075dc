"""Rules on the size of values: sign, capacity, spikes, and the load factor of a day."""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.sources.frame import Direction
from pipeline.validation.clock import LocalDays, day_types, offsets
from pipeline.validation.model import DAY, HOUR, Instants, Mask, MeterRules, Positions, Values

NONE: Positions = np.empty(0, np.intp)

CAPACITY_TOLERANCE = 1.1
FEWEST_DAYS = 21
FEWEST_ALIKE = 5
UNUSUAL_DAYS = 0.02
MODIFIED_Z, LIKELY_Z, NORMAL_MAD = 3.5, 5, 1.4826
ALONE, THIRD = 2.8, 3
FAR_OUT = 3
LEAST_EXCESS = 1.5
FULL_DAY = 0.9
PEAK_HOLDS, PEAK_USUALLY_HOLDS = 0.5, 0.25
FLAT_FACTOR, USUAL_FACTOR = 0.99, 0.9
FEWEST_INTERVALS = 24


def negative(energy: Values, direction: Direction) -> Positions:
    """Positions below zero, on a meter that counts one way only."""
    return NONE if direction == "net" else np.flatnonzero(energy < 0)


def above_capacity(power: Values, capacity_kw: float | None) -> Positions:
    """Positions whose mean power is more than 10 % over what the connection can carry."""
    return NONE if capacity_kw is None else np.flatnonzero(np.abs(power) > CAPACITY_TOLERANCE * capacity_kw)


def spike(start: Instants, power: Values, days: LocalDays, meter: MeterRules) -> Positions:
    """Positions beyond what is ordinary for the meter and far from what it shows at this hour on this type of day.

    Beyond what is ordinary is a value above every ordinary daily peak, or one above most of them that stands alone in
    its day (see ``highest_ordinary``, ``highest_likely`` and ``alone_in_day``). Far from its like is a modified z-score
    of more than 3.5 (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993). At least 21 days are needed.
    """
    if len(days.first) < FEWEST_DAYS:
        return NONE
    size = np.abs(power)
    peaks = np.maximum.reduceat(size, days.first)
    ordinary, likely = highest_ordinary(peaks), highest_likely(peaks)
    high = np.flatnonzero(size > min(ordinary, likely))
    candidates = high[(size[high] > ordinary) | ((size[high] > likely) & alone_in_day(size, high, days))]
    if not len(candidates):
        return NONE
    alike = hour_types(start, days, meter)
    found = [_far(power, np.flatnonzero(alike == kind)) for kind in np.unique(alike[candidates])]
    return np.intersect1d(candidates, np.concatenate(found))


def _far(power: Values, members: Positions) -> Positions:
    return members[modified_z(power[members]) > MODIFIED_Z]


def highest_ordinary(peaks: Values) -> float:
    """Highest power that still is ordinary, from daily peaks; infinite for a meter that shows none.

    Tukey's far-out fence (Exploratory Data Analysis, 1977) above the peak that 2 % of the days exceed, the third
    highest at least: that peak plus three times its distance from the median peak, and at least half as much again.
    """
    rank = max(THIRD, math.ceil(UNUSUAL_DAYS * len(peaks)))
    usual = float(np.partition(peaks, -rank)[-rank])
    fence = usual + FAR_OUT * (usual - float(np.median(peaks)))
    return max(fence, LEAST_EXCESS * usual) if usual > 0 else math.inf


def highest_likely(peaks: Values) -> float:
    """Power that few daily peaks reach, however many of the days are wrong, up to half; infinite without any power.

    A modified z-score of 5 of the logarithm, as peaks are skewed, and 180 % above the median peak at least. The five is
    ours: with 3.5, two in five simulated households had an ordinary value replaced within a year; with 5, one in fifty.
    """
    logs = np.log(peaks[peaks > 0])
    if len(logs) < FEWEST_DAYS:
        return math.inf
    middle = float(np.median(logs))
    deviation = NORMAL_MAD * float(np.median(np.abs(logs - middle)))
    return math.exp(middle + max(LIKELY_Z * deviation, math.log(ALONE)))


def alone_in_day(size: Values, positions: Positions, days: LocalDays) -> Mask:
    """Say which positions are more than 180 % above the third highest value of their day.

    This is the spike check of the California VEE standards. A day needs at least three readings.
    """
    day = np.searchsorted(days.first, positions, side="right") - 1
    third = np.full(len(days.first), np.inf)
    for which in np.unique(day[days.size[day] >= THIRD]):
        begin = days.first[which]
        third[which] = np.partition(size[begin : begin + days.size[which]], -THIRD)[-THIRD]
    return np.asarray(size[positions] > ALONE * third[day])


def modified_z(values: Values) -> Values:
    """Distance from the median in robust standard deviations; zeros for fewer than five values.

    Where more than half of the values are the same, the mean absolute deviation stands in for the median one
    (Iglewicz and Hoaglin, 1993; the factors make both estimate the standard deviation of a normal distribution).
    """
    distance = np.abs(values - np.median(values))
    deviation = NORMAL_MAD * float(np.median(distance)) or 1.2533 * float(distance.mean())
    if len(values) < FEWEST_ALIKE or deviation == 0:
        return np.zeros(len(values))
    return distance / deviation


def hour_types(start: Instants, days: LocalDays, meter: MeterRules) -> NDArray[np.int64]:
    """Give each reading a number for its hour-type: local hour by type of day."""
    types = day_types(days.number, meter.country, meter.subdivision)
    hour = (start + offsets(start, meter.timezone)) % DAY // HOUR
    return np.repeat(types.astype(np.int64), days.size) * 24 + hour


def load_factor(energy: Values, duration: Instants, days: LocalDays, direction: Direction) -> Positions:
    """Positions in days whose mean and peak are not those of a plausible load, on a meter where that is unusual.

    Either one interval holds more than half of the day's energy (on the median day: at most a quarter), or the day's
    load factor, mean over peak power, is above 0.99 (on the median day: below 0.9). Judged on days that are nine
    tenths complete with 24 intervals or more, given 21 of them. Only what draws power is a load. The limits are ours.
    """
    covered = np.add.reduceat(duration, days.first) if len(days.first) >= FEWEST_DAYS else NONE
    full = np.flatnonzero((covered >= FULL_DAY * DAY) & (days.size[: len(covered)] >= FEWEST_INTERVALS))
    if direction != "import" or len(full) < FEWEST_DAYS:
        return NONE
    total = np.add.reduceat(energy, days.first)[full]
    highest = np.maximum.reduceat(energy, days.first)[full]
    highest_kw = np.maximum.reduceat(energy / duration, days.first)[full]
    used = (total > 0) & (highest > 0)
    share = np.divide(highest, total, out=np.zeros(len(full)), where=used)
    factor = np.divide(total, highest_kw * covered[full], out=np.zeros(len(full)), where=used)
    lonely = (share > PEAK_HOLDS) & (np.median(share) <= PEAK_USUALLY_HOLDS)
    even = (factor > FLAT_FACTOR) & (np.median(factor) < USUAL_FACTOR)
    odd = full[used & (lonely | even)]
    return np.flatnonzero(np.repeat(np.isin(np.arange(len(days.first)), odd), days.size)) if len(odd) else NONE
