"""Charges per kWh: by period and tier, by the hour, and energy taxes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from pipeline.analytics.tariffs.load_grid import HOUR_S, Floats, Integers, LoadGrid
from pipeline.analytics.tariffs.model import EnergyCharge, ExportCredit, HourlyPrice, Period, TariffError, Tier
from pipeline.analytics.tariffs.money import quantity
from pipeline.analytics.tariffs.parts import Part
from pipeline.analytics.tariffs.priced import Priced

_MILLION, _WH = 1_000_000, 1_000
_HOURS_OF_A_MONTH = 720
_AN_HOUR, _A_DAY = pd.Timedelta(hours=1), timedelta(days=1)


def slice_of(grid: LoadGrid, part: Part) -> slice:
    """Return the intervals of a part."""
    return grid.clock.between(part.start, part.end)


def add_energy(priced: Priced, grid: LoadGrid, part: Part, charge: EnergyCharge) -> None:
    """Bill the energy of each period by its tiers."""
    where = slice_of(grid, part)
    numbers = grid.clock.period_of(charge.schedule, where)
    energy = by_period(numbers, grid.import_kwh[where], len(charge.periods))
    total = sum(energy, Decimal(0))
    factor = _limit_factor(grid, part, charge)
    prices = np.zeros(len(energy))
    for number, (period, used) in enumerate(zip(charge.periods, energy, strict=True)):
        shares = _in_tiers(period.tiers, used, total, factor)
        prices[number] = float(_mean_of(period.tiers, shares) if used else _usual_price(grid, part, charge, period))
        for place, (share, tier) in enumerate(zip(shares, period.tiers, strict=True), start=1):
            if share and tier.price:
                named = f", tier {place}" if len(period.tiers) > 1 else ""
                label = _label(charge.label, period.label, len(charge.periods)) + named
                priced.charge("energy", label, (share, "kWh"), tier.price, period=period.label, of_energy=True)
    priced.price += prices[numbers]


def add_hourly(
    priced: Priced, grid: LoadGrid, part: Part, charge: HourlyPrice, series: Mapping[str, pd.Series]
) -> None:
    """Bill each interval at the price of its hour.

    The sum is exact: energy in whole Wh times prices in whole millionths. Raises TariffError without any price.
    """
    where = slice_of(grid, part)
    known = _completed(priced, grid, where, charge, series)
    spot = np.rint(known * _MILLION).astype(np.int64)
    energy_wh = np.rint(grid.import_kwh[where] * _WH).astype(np.int64)
    energy = Decimal(int(energy_wh.sum())) / _WH
    exact = Decimal(int(np.dot(energy_wh.astype(object), spot.astype(object)) if len(spot) else 0)) / (_WH * _MILLION)
    cost = charge.factor * exact + charge.margin * energy
    priced.price += spot / _MILLION * float(charge.factor) + float(charge.margin)
    if energy:
        priced.exact(charge.label, energy, cost)


def add_energy_taxes(priced: Priced, grid: LoadGrid, part: Part) -> None:
    """Bill what is due for every kWh imported."""
    energy = quantity(float(grid.import_kwh[slice_of(grid, part)].sum()))
    for tax in part.tariff.energy_taxes:
        priced.price += float(tax.price)
        if energy:
            priced.charge("tax", tax.label, (energy, "kWh"), tax.price, of_energy=True)


def add_export(priced: Priced, grid: LoadGrid, part: Part, credit: ExportCredit) -> Floats:
    """Credit what was fed in; returns what a kWh fed in earns in each interval."""
    where = slice_of(grid, part)
    numbers = grid.clock.period_of(credit.schedule, where)
    energy = by_period(numbers, grid.export_kwh[where], len(credit.periods))
    for period, fed_in in zip(credit.periods, energy, strict=True):
        price = period.tiers[0].price
        if fed_in and price:
            label = _label(credit.label, period.label, len(credit.periods))
            priced.charge("export", label, (fed_in, "kWh"), -price, period=period.label)
    earned: Floats = np.array([float(period.tiers[0].price) for period in credit.periods])[numbers]
    return earned


def by_period(numbers: Integers, energy_kwh: Floats, periods: int) -> list[Decimal]:
    """Add up the energy of each period, rounded to a Wh."""
    return [quantity(float(value)) for value in np.bincount(numbers, energy_kwh, periods)]


def _label(charge: str, period: str, periods: int) -> str:
    return f"{charge}, {period}" if periods > 1 and period else charge


def _usual_price(grid: LoadGrid, part: Part, charge: EnergyCharge, period: Period) -> Decimal:
    """Return what a kWh costs in a period that nothing was used in: its tiers as reached in the part, or where it is
    still to come, in the month before.
    """  # noqa: D205 - one thought
    if len(period.tiers) == 1:
        return period.tiers[0].price
    month = part.start.replace(day=1)
    for reference in (part, replace(part, start=(month - _A_DAY).replace(day=1), end=month)):
        total = quantity(float(grid.import_kwh[slice_of(grid, reference)].sum()))
        if total:
            shares = _in_tiers(period.tiers, total, total, _limit_factor(grid, reference, charge))
            return _mean_of(period.tiers, shares)
    return period.tiers[0].price


def _mean_of(tiers: tuple[Tier, ...], shares: list[Decimal]) -> Decimal:
    cost = sum((share * tier.price for share, tier in zip(shares, tiers, strict=True)), Decimal(0))
    return cost / sum(shares, Decimal(0))


def _limit_factor(grid: LoadGrid, part: Part, charge: EnergyCharge) -> Decimal:
    """Say by what the limits of the tiers count: the share of the month, the days, or either times the peak."""
    per_day = charge.basis.endswith("/day")
    factor = Decimal(part.days) if per_day else part.months
    if "/kW" in charge.basis:
        minutes = part.tariff.finest_window_minutes
        windows = grid.windows(minutes)
        kw = windows.kw[windows.clock.between(part.start, part.end)]
        factor *= quantity(float(kw.max(initial=0.0)))
    return factor


def _in_tiers(tiers: tuple[Tier, ...], used: Decimal, total: Decimal, factor: Decimal) -> list[Decimal]:
    """Split a period's energy over the tiers as the energy of all periods is split; the parts add up to it."""
    shares, below, left = [], Decimal(0), used
    for tier in tiers[:-1]:
        upper = (tier.up_to or Decimal(0)) * factor
        of_all = max(min(total, upper) - below, Decimal(0))
        share = min(quantity(used * of_all / total), left) if total else Decimal(0)
        shares.append(share)
        below, left = upper, left - share
    return [*shares, left]


def _prices_at(grid: LoadGrid, where: slice, name: str, series: Mapping[str, pd.Series]) -> Floats:
    if name not in series:
        raise TariffError(f"There is no price series called {name}: load one, or choose another tariff.")
    at: Floats = (
        series[name]
        .reindex(grid.ts[where], method="ffill", tolerance=_AN_HOUR - pd.Timedelta(seconds=1))
        .to_numpy(dtype=np.float64)
    )
    return at


def _completed(
    priced: Priced, grid: LoadGrid, where: slice, charge: HourlyPrice, series: Mapping[str, pd.Series]
) -> Floats:
    """Give the hours without a price the mean of the others, and say so where energy was used in them.

    Where no hour has one and nothing was used, as in the time to come, it is the mean of the newest month of prices.
    Raises TariffError where energy was used and no hour has a price.
    """
    known = _prices_at(grid, where, charge.series, series)
    missing = ~np.isfinite(known)
    used = missing & (grid.import_kwh[where] > 0)
    if used.any() and missing.all():
        raise TariffError(
            f"The price series {charge.series} has no price for days that it would bill: load more of it."
        )
    if used.any():
        hours = used.sum() * grid.step_s / HOUR_S
        priced.note(f"{hours:,.0f} hours have no price in {charge.series}; they cost the mean of the others.")
    others = series[charge.series].iloc[-_HOURS_OF_A_MONTH:] if missing.all() else known[~missing]
    return np.where(missing, float(others.mean()) if len(others) else 0.0, known)
