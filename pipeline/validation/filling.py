"""Fill what is missing in the readings of a meter, and make it agree with its register."""

from dataclasses import replace

import numpy as np

from pipeline.flags import Flag
from pipeline.validation.estimation import by_like_days, by_line, scaled, short_runs
from pipeline.validation.model import Flags, Instants, MeterRules, Positions, Series, Totals, Values
from pipeline.validation.registers import sum_check
from pipeline.validation.steps import LONGEST_GAP, clock_change, gap, slots

LONGER_THAN_STEP = 1.5
NOT_REFERENCE = Flag.ZERO_RUN | Flag.FLAT_RUN
INHERITED = Flag.REGISTER_RESET | Flag.ESTIMATED_AT_SOURCE


def with_gaps(series: Series, meter: MeterRules, usual: int) -> tuple[Series, int]:
    """Add an interval without energy for each missing one; also how many remain in gaps too long to fill."""
    start, duration, left_open = gap(series.start, series.duration, usual, meter.timezone)
    if not len(start):
        return series, left_open
    flag = np.full(len(start), int(Flag.GAP), np.int32)
    flag[clock_change(start, np.arange(len(start)), meter.timezone)] |= Flag.CLOCK_CHANGE
    return series.joined(without_energy(start, duration, flag)), left_open


def in_steps(series: Series, meter: MeterRules, usual: int) -> tuple[Series, Totals]:
    """Cut differences of a register over several steps into missing steps, and keep each difference as their total."""
    length = series.duration
    long = (length > LONGER_THAN_STEP * usual) & (length <= LONGEST_GAP) & ~np.isnan(series.energy)
    which = np.flatnonzero(long & (usual > 0))
    opens, closes = series.start[which], series.end[which]
    totals = Totals(opens, closes, series.energy[which])
    if not len(which):
        return series, totals
    count = np.rint(length[which] / max(usual, 1)).astype(np.int64)
    start, duration = slots(opens, closes, np.full(len(which), usual), count, meter.timezone)
    duration = _up_to_next(start, duration, closes, count)
    flag = np.repeat(series.flag[which] & INHERITED, count).astype(np.int32) | np.int32(Flag.GAP)
    kept = series.at(np.setdiff1d(np.arange(len(length)), which))
    return kept.joined(without_energy(start, duration, flag)), totals


def _up_to_next(start: Instants, duration: Instants, closes: Instants, count: Instants) -> Instants:
    """Let the last step of each difference last until the next reading of the register."""
    last = np.cumsum(count) - 1
    length = duration.copy()
    length[last] = closes - start[last]
    return length


def completed(series: Series, meter: MeterRules, totals: Totals) -> tuple[Series, int]:
    """Estimate missing energy; also how many intervals stay without.

    Up to two hours by line, longer by like days, what is left of up to three intervals by line again. Estimates within
    a total are scaled so that the period adds up to it. A value that was taken out and cannot be estimated comes back.
    """
    filled = with_estimates(series, meter, totals)
    filled = agreeing(filled, totals) if len(totals.start) else filled
    missing = np.isnan(filled.energy)
    if not missing.any():
        return filled, 0
    energy = np.where(missing, filled.raw, filled.energy)
    there = np.flatnonzero(~np.isnan(energy))
    return replace(filled, energy=energy).at(there), len(energy) - len(there)


def with_estimates(series: Series, meter: MeterRules, totals: Totals) -> Series:
    """Estimate by the methods in their order; what none of them can do stays NaN."""
    if not np.isnan(series.energy).any():
        return series
    series = _by_line(series, short_runs(series.start, series.end, np.isnan(series.energy)))
    wanted = np.flatnonzero(np.isnan(series.energy))
    reference = np.where(series.flag & NOT_REFERENCE, np.nan, series.energy)
    like = by_like_days(series.start, series.duration, reference, wanted, meter)
    series = estimated(series, wanted, like, Flag.ESTIMATED_LIKE_DAY)
    series = _by_line(series, short_runs(series.start, series.end, np.isnan(series.energy), intervals=True))
    return _by_line(series, _inside(series, totals))


def _by_line(series: Series, wanted: Positions) -> Series:
    if not len(wanted):
        return series
    return estimated(series, wanted, by_line(series.start, series.duration, series.energy, wanted), Flag.ESTIMATED_LINE)


def _inside(series: Series, totals: Totals) -> Positions:
    """Positions still missing within a period whose total is known; none where nothing else is known."""
    missing = np.flatnonzero(np.isnan(series.energy))
    if not len(totals.start) or len(missing) == len(series.energy):
        return missing[:0]
    period = np.searchsorted(totals.start, series.start[missing], side="right") - 1
    return np.asarray(missing[(period >= 0) & (series.start[missing] < totals.end[period])])


def agreeing(series: Series, totals: Totals) -> Series:
    """Scale estimates so that each period adds up to its total, and flag the periods that do not."""
    energy, flag = series.energy.copy(), series.flag.copy()
    guessed = (flag & (Flag.ESTIMATED_LINE | Flag.ESTIMATED_LIKE_DAY)) != 0
    first, behind = np.searchsorted(series.start, totals.start), np.searchsorted(series.start, totals.end)
    summed = np.full(len(first), np.nan)
    for number, (begin, end) in enumerate(zip(first, behind, strict=True)):
        guesses = begin + np.flatnonzero(guessed[begin:end])
        remainder = totals.energy[number] - energy[begin:end].sum() + energy[guesses].sum()
        if len(guesses) and remainder >= 0:
            energy[guesses] = scaled(energy[guesses], remainder)
        if series.duration[begin:end].sum() == totals.end[number] - totals.start[number]:
            summed[number] = energy[begin:end].sum()
    for wrong in sum_check(totals.energy, summed):
        flag[first[wrong] : behind[wrong]] |= Flag.SUM_CHECK
    return replace(series, energy=energy, flag=flag)


def estimated(series: Series, wanted: Positions, values: Values, how: Flag) -> Series:
    """Put estimates in place, flagged with the method; NaN changes nothing."""
    usable = np.flatnonzero(~np.isnan(values))
    energy, flag = series.energy.copy(), series.flag.copy()
    energy[wanted[usable]] = values[usable]
    flag[wanted[usable]] |= how
    return replace(series, energy=energy, flag=flag)


def without_energy(start: Instants, duration: Instants, flag: Flags) -> Series:
    """Make intervals for which nothing came."""
    unknown = np.full(len(start), np.nan)
    return Series(start, duration, unknown, unknown, flag, np.zeros(len(start), np.int64))
