"""Apply every rule to the readings of a meter, and decide which of the values found are replaced."""

from dataclasses import replace

import numpy as np

from pipeline.flags import Flag
from pipeline.validation.clock import local_days
from pipeline.validation.levels import above_capacity, load_factor, negative, spike
from pipeline.validation.model import MeterRules, Positions, Series
from pipeline.validation.ordering import power_kw, without_overlap
from pipeline.validation.runs import flat_run, zero_run
from pipeline.validation.steps import clock_change, wrong_step

Findings = dict[Flag, Positions]

MOSTLY_NEGATIVE = 0.01


def checked(series: Series, meter: MeterRules, usual: int) -> Series:
    """Flag what the rules find, and take out the energy of values that cannot be right."""
    duration, cut = without_overlap(series.start, series.duration, usual)
    series = replace(series, duration=duration)
    findings = found(series, meter, usual)
    findings[Flag.WRONG_STEP] = np.union1d(findings[Flag.WRONG_STEP], cut)
    if all(not len(positions) for positions in findings.values()) and not series.flag.any():
        return series
    flag = series.flag.copy()
    for bit, positions in findings.items():
        flag[positions] |= bit
    suspects = np.flatnonzero(flag & (Flag.DUPLICATE | Flag.WRONG_STEP))
    flag[clock_change(series.start, suspects, meter.timezone)] |= Flag.CLOCK_CHANGE
    energy = series.energy.copy()
    energy[impossible(findings, len(energy), meter)] = np.nan
    return replace(series, energy=energy, flag=flag)


def found(series: Series, meter: MeterRules, usual: int) -> Findings:
    """Positions that each rule finds in readings without duplicates or overlap."""
    power = power_kw(series.energy, series.duration)
    days = local_days(series.start, meter.timezone)
    return {
        Flag.WRONG_STEP: wrong_step(series.start, series.duration, usual, meter.timezone),
        Flag.NEGATIVE: negative(series.energy, meter.direction),
        Flag.ZERO_RUN: zero_run(series.start, series.end, series.energy, meter.direction),
        Flag.FLAT_RUN: flat_run(series.start, series.end, series.energy),
        Flag.SPIKE: spike(series.start, power, days, meter),
        Flag.ABOVE_CAPACITY: above_capacity(power, meter.capacity_kw),
        Flag.LOAD_FACTOR: load_factor(series.energy, series.duration, days, meter.direction),
    }


def impossible(findings: Findings, size: int, meter: MeterRules) -> Positions:
    """Positions whose value is replaced: spikes, above capacity, and negative where energy flows one way.

    A generator may draw a little at night, so its negative values stay; and where more than 1 % of a meter's values are
    negative, its direction was stated wrongly rather than all of those values being faults: they stay as well.
    """
    one_way = meter.direction in {"import", "export"}
    negatives = findings[Flag.NEGATIVE]
    faults = negatives if one_way and len(negatives) <= MOSTLY_NEGATIVE * size else negatives[:0]
    return np.unique(np.concatenate([findings[Flag.SPIKE], findings[Flag.ABOVE_CAPACITY], faults]))
