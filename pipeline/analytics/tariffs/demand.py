"""Charges for power: demand by period with ratchet, and capacity from several peaks."""

from decimal import Decimal

import numpy as np

from pipeline.analytics.tariffs.lines import Kind
from pipeline.analytics.tariffs.load_grid import Clock, Floats, LoadGrid, Windows, day_number
from pipeline.analytics.tariffs.model import CapacityCharge, DemandCharge, Period, Ratchet
from pipeline.analytics.tariffs.money import quantity
from pipeline.analytics.tariffs.parts import Part
from pipeline.analytics.tariffs.priced import Priced

_YEAR, _TOP = 12, 3


def add_demand(priced: Priced, grid: LoadGrid, part: Part, charge: DemandCharge) -> None:
    """Bill the highest window of each period that occurs in the part, or what the ratchet holds it to."""
    windows = grid.windows(charge.window_minutes)
    where = windows.clock.between(part.start, part.end)
    for number, measured_kw in _peaks(charge, windows, where).items():
        least_kw = _held_by(charge.ratchet, charge, windows, part, number)
        billed = quantity(max(measured_kw, least_kw))
        period = charge.periods[number]
        label = f"{charge.label}, {period.label}" if len(charge.periods) > 1 else charge.label
        if least_kw > measured_kw and charge.ratchet is not None:
            label += f" (ratchet, {charge.ratchet.share:.0%} of the highest; measured {measured_kw:,.1f} kW)"
        _add_tiers(priced, "demand", label, period, (billed, part.months))
    _note_coarse(priced, grid, charge.window_minutes)


def price_of_demand(charge: DemandCharge, clock: Clock, where: slice) -> Floats:
    """Return what one more kW would cost a month at each instant: the price of the last tier of its period."""
    last = np.array([float(period.tiers[-1].price) for period in charge.periods])
    priced: Floats = last[clock.period_of(charge.schedule, where)]
    return priced


def add_capacity(priced: Priced, grid: LoadGrid, part: Part, charge: CapacityCharge) -> None:
    """Bill the capacity that follows from the peaks."""
    kw, months = capacity_kw(grid, part, charge)
    if charge.rule == "mean_of_12_monthly_peaks" and months < _YEAR:
        priced.note(f"{charge.label}: the mean of {months} monthly peaks, because no earlier ones are known.")
    billed = quantity(kw)
    if charge.banded:
        band = next(tier for tier in charge.tiers if tier.up_to is None or billed <= tier.up_to)
        label = f"{charge.label}, band of {billed} kW"
        priced.charge("capacity", label, (part.months, "month"), band.price)
    else:
        _add_tiers(priced, "capacity", charge.label, Period("", charge.tiers), (billed, part.months))
    _note_coarse(priced, grid, charge.window_minutes)


def capacity_kw(grid: LoadGrid, part: Part, charge: CapacityCharge) -> tuple[float, int]:
    """Return the capacity in kW, and from how many months or days it comes."""
    windows = grid.windows(charge.window_minutes)
    until = windows.clock.day < day_number(part.end)
    if charge.rule == "mean_of_top_3_hours":
        chosen = until & (windows.clock.month == part.month)
        peaks = np.sort(_highest_by(windows.clock.day[chosen], windows.kw[chosen]))[-_TOP:]
    else:
        chosen = until & (windows.clock.month <= part.month) & (windows.clock.month > part.month - _YEAR)
        peaks = _highest_by(windows.clock.month[chosen], windows.kw[chosen])
    held = np.maximum(peaks, float(charge.minimum_kw))
    return (float(held.mean()) if len(held) else float(charge.minimum_kw)), len(held)


def _highest_by(group: np.ndarray[tuple[int], np.dtype[np.int64]], kw: Floats) -> Floats:
    """Return the highest value of each group; groups stand together, in order."""
    if not len(kw):
        return kw
    first = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    highest: Floats = np.maximum.reduceat(kw, first)
    return highest


def _peaks(charge: DemandCharge, windows: Windows, where: slice) -> dict[int, float]:
    """Return the highest power of each period that occurs."""
    numbers, kw = windows.clock.period_of(charge.schedule, where), windows.kw[where]
    return {int(number): float(kw[numbers == number].max()) for number in np.unique(numbers)}


def _held_by(ratchet: Ratchet | None, charge: DemandCharge, windows: Windows, part: Part, number: int) -> float:
    """Return the least demand that a ratchet leaves: of a charge that is one period a month, from all of its hours."""
    if ratchet is None:
        return 0.0
    before = (windows.clock.month < part.month) & (windows.clock.month >= part.month - ratchet.months)
    if ratchet.of_months:
        before &= np.isin(windows.clock.month % 12 + 1, ratchet.of_months)
    if not _is_flat(charge):
        before &= windows.clock.period_of(charge.schedule) == number
    return float(windows.kw[before].max(initial=0.0)) * float(ratchet.share)


def _is_flat(charge: DemandCharge) -> bool:
    return all(len({*charge.schedule.weekday[month], *charge.schedule.weekend[month]}) == 1 for month in range(_YEAR))


def _add_tiers(priced: Priced, kind: Kind, label: str, period: Period, power: tuple[Decimal, Decimal]) -> None:
    """Bill each tier of a power (kW, share of the month); for part of a month in proportion to its days."""
    (billed, months), below = power, Decimal(0)
    for place, tier in enumerate(period.tiers, start=1):
        upper = billed if tier.up_to is None else min(billed, tier.up_to)
        kw = max(upper - below, Decimal(0))
        below = max(below, upper)
        if kw and tier.price:
            named = f"{label}, tier {place}" if len(period.tiers) > 1 else label
            counted = (kw, "kW") if months == 1 else (quantity(kw * months), "kW x month")
            priced.charge(kind, named, counted, tier.price, period=period.label)


def _note_coarse(priced: Priced, grid: LoadGrid, minutes: int) -> None:
    if grid.step_s > minutes * 60:
        step = grid.step_s // 60
        priced.note(f"Readings come every {step} minutes: peaks over {minutes} minutes may have been higher.")
