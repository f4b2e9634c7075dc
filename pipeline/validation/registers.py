"""Cumulative registers: differences, roll-over, exchange, and the check of intervals against them."""

import numpy as np

from pipeline.validation.model import Instants, Positions, Values

FEWEST_DIGITS = 4
ROUNDING_KWH = 1e-6
FEWEST_DIFFERENCES = 10
PLAUSIBLE_RATE = 2
PLAUSIBLE_SHARE = 0.1
TOLERANCE = 0.01
TOLERANCE_KWH = 1.0


def register_to_energy(start: Instants, register: Values, digits: int | None = None) -> tuple[Values, Positions]:
    """Energy between successive readings of a register in kWh, and the positions where it was reset.

    ``start`` holds the instants of the readings; the result is one shorter. Where the register falls back, it rolled
    over if the energy counted through its last digit is at most twice the highest rate seen (given ten differences;
    else a tenth of its range); that energy is used. Otherwise the meter was exchanged and the energy is NaN.
    ``digits`` None: the fewest whole digits, four or more, that hold every reading.
    """
    energy = np.diff(register)
    energy[(energy < 0) & (energy > -ROUNDING_KWH)] = 0
    reset = np.flatnonzero(energy < 0)
    if not len(reset):
        return energy, reset
    capacity = 10.0 ** (digits or whole_digits(register))
    duration = np.diff(start)
    forward = energy >= 0
    counted = energy[reset] + capacity
    limit = np.full(len(reset), PLAUSIBLE_SHARE * capacity)
    if np.count_nonzero(forward) >= FEWEST_DIFFERENCES:
        limit = PLAUSIBLE_RATE * float(np.max(energy[forward] / duration[forward])) * duration[reset]
    energy[reset] = np.where((counted >= 0) & (counted <= limit), counted, np.nan)
    return energy, reset


def whole_digits(register: Values) -> int:
    """Fewest whole digits, four or more, that show every reading."""
    return max(FEWEST_DIGITS, len(str(int(np.max(register, initial=0)))))


def sum_check(total: Values, summed: Values) -> Positions:
    """Positions of periods whose intervals do not add up to the register's difference; both in kWh.

    They must agree within 1 % or 1 kWh, whichever is more: the resolution of common registers. The check is that of
    the VEE standards of California and Ontario; the tolerance is ours. A sum of NaN (incomplete) is not judged.
    """
    return np.flatnonzero(np.abs(summed - total) > np.maximum(TOLERANCE * np.abs(total), TOLERANCE_KWH))
