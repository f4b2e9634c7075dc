"""Validation, estimation and editing (VEE) of one meter's readings: the steps in their order."""

from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.flags import FLAG_TEXTS, Flag
from pipeline.validation.detection import checked
from pipeline.validation.filling import completed, in_steps, with_gaps
from pipeline.validation.model import SECOND, Instants, MeterRules, Series, Totals, Validated
from pipeline.validation.ordering import ordered
from pipeline.validation.registers import register_to_energy
from pipeline.validation.steps import usual_step


def validate(readings: pd.DataFrame, meter: MeterRules, totals: pd.DataFrame | None = None) -> Validated:
    """Validate the readings of one meter and estimate what is missing or impossible.

    ``readings`` in any order: ``ts`` (datetime64[us, UTC]), ``duration_s``, ``energy_kwh`` (NaN: missing marker),
    ``flag``, ``line``. ``totals``: energy of longer periods from a register (``ts``, ``duration_s``, ``energy_kwh``)
    that the intervals must add up to. Neither frame is changed.
    """
    series, duplicates = ordered(readings)
    resets = np.empty(0, np.int64)
    if meter.register:
        series, resets = differenced(series, meter.register_digits)
    if not len(series.start):
        return Validated(as_frame(series), duplicates, {})
    usual = usual_step(series.duration, meter.step_s * SECOND if meter.step_s else None)
    series = checked(series, meter, usual)
    known = _periods(totals)
    if meter.register:
        series, known = in_steps(series, meter, usual)
    series, left_open = with_gaps(series, meter, usual)
    series, without = completed(_reset(series, resets), meter, known)
    return Validated(as_frame(series), duplicates, counts(series), left_open + without)


def differenced(series: Series, digits: int | None) -> tuple[Series, Instants]:
    """Turn readings of a register into energy between them; also the instants at which the register was reset.

    The energy up to a reading carries that reading's line and flags. The interval of an exchange is left out.
    """
    energy, reset = register_to_energy(series.start, series.energy, digits)
    flag = series.flag[1:] | (series.flag[:-1] & Flag.ESTIMATED_AT_SOURCE)
    known = np.flatnonzero(~np.isnan(energy))
    between = Series(series.start[:-1], np.diff(series.start), energy, energy, flag, series.line[1:])
    return between.at(known), series.start[reset]


def _reset(series: Series, resets: Instants) -> Series:
    if not len(resets):
        return series
    mark = np.where(np.isin(series.start, resets), Flag.REGISTER_RESET, 0).astype(np.int32)
    return replace(series, flag=series.flag | mark)


def _periods(totals: pd.DataFrame | None) -> Totals:
    if totals is None:
        return Totals(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    ordered_totals = totals.sort_values("ts")
    start = ordered_totals["ts"].to_numpy("datetime64[us]").view(np.int64)
    end = start + ordered_totals["duration_s"].to_numpy(np.int64) * SECOND
    return Totals(start, end, ordered_totals["energy_kwh"].to_numpy(np.float64))


def counts(series: Series) -> dict[str, int]:
    """Count the readings that carry each flag, by the flag's name; flags that none carries are left out."""
    combinations, numbers = np.unique(series.flag[series.flag != 0], return_counts=True)
    by_flag = {text.name: int(numbers[(combinations & bit) != 0].sum()) for bit, text in FLAG_TEXTS.items()}
    return {name: number for name, number in by_flag.items() if number}


def as_frame(series: Series) -> pd.DataFrame:
    """Give the readings as the frame that ``Validated`` describes."""
    return pd.DataFrame(
        {
            "ts": pd.DatetimeIndex(series.start.view("datetime64[us]")).tz_localize("UTC"),
            "duration_s": (series.duration // SECOND).astype(np.int32),
            "energy_kwh": series.energy,
            "raw_kwh": series.raw,
            "flag": series.flag,
            "line": pd.arrays.IntegerArray(series.line, np.isnan(series.raw)),
        },
        copy=False,
    )
