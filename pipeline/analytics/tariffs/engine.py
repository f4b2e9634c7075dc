"""The bill of a load under a tariff, and what each of its intervals cost."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from pipeline.analytics.tariffs.demand import add_capacity, add_demand, price_of_demand
from pipeline.analytics.tariffs.energy import add_energy, add_energy_taxes, add_export, add_hourly, slice_of
from pipeline.analytics.tariffs.lines import Bill, Line
from pipeline.analytics.tariffs.load_grid import HOUR_S, Floats, Integers, LoadGrid
from pipeline.analytics.tariffs.model import Tariff
from pipeline.analytics.tariffs.money import rounded
from pipeline.analytics.tariffs.parts import Days, Part, parts_of
from pipeline.analytics.tariffs.priced import Priced

_WORTH_SAYING = 0.005
Series = Mapping[str, pd.Series]


@dataclass(frozen=True)
class Prices:
    """What a kWh imported, a kWh exported and one more kW of the month's peak cost in each interval of ``where``.

    ``price`` times the energy imported adds up to the bill's ``energy_cost``, up to rounding: where tiers apply it is
    the period's mean over its tiers. ``demand_price`` is per kW and month, NaN where power costs nothing. ``period``
    holds places in ``periods``, the names of the tariff's periods.
    """

    where: slice
    price: Floats
    export_price: Floats
    demand_price: Floats
    period: Integers
    periods: tuple[str, ...]


def bill(
    load: pd.DataFrame,
    tariffs: Sequence[Tariff],
    period: Days,
    timezone: str,
    holidays: Collection[date] = (),
    *,
    series: Series | None = None,
) -> Bill:
    """Bill some local days of a load: ``period`` is the first day and the one after the last.

    ``load`` has ``ts`` (UTC, start of the interval), ``import_kwh`` and, where known, ``export_kwh``,
    ``share_covered`` and ``share_estimated``; what lies before the period counts for ratchets and capacity alone.
    ``tariffs`` are dated versions; ``series`` holds hourly prices by name, indexed by UTC instants. Raises TariffError.
    """
    return bill_of(LoadGrid.of(load, timezone, holidays), tariffs, period, series)[0]


def bill_of(
    grid: LoadGrid, tariffs: Sequence[Tariff], period: Days, series: Series | None = None
) -> tuple[Bill, list[Prices]]:
    """Bill some local days of a load that is laid out, and price its intervals, part by part. Raises TariffError."""
    parts, gaps = parts_of(period, tariffs)
    lines: list[Line] = []
    notes: list[str] = [f"There is no tariff {_text(gap)}." for gap in gaps]
    prices: list[Prices] = []
    for part in parts:
        priced, of_part = _bill_part(grid, part, series or {})
        told = f" ({_text((part.start, part.end))})" if len(parts) > 1 else ""
        lines += [_named(one, told) for one in priced.lines]
        notes += [note for note in priced.notes if note not in notes]
        prices.append(of_part)
    currency = parts[0].tariff.currency if parts else ""
    return _bill(grid, period, currency, lines, notes), prices


def _bill_part(grid: LoadGrid, part: Part, series: Series) -> tuple[Priced, Prices]:
    where, tariff = slice_of(grid, part), part.tariff
    priced = Priced(np.zeros(where.stop - where.start), tariff.currency)
    _add_fixed(priced, part)
    for charge in tariff.energy:
        add_energy(priced, grid, part, charge)
    for hourly in tariff.hourly:
        add_hourly(priced, grid, part, hourly, series)
    for demand in tariff.demand:
        add_demand(priced, grid, part, demand)
    for capacity in tariff.capacity:
        add_capacity(priced, grid, part, capacity)
    _add_minimum(priced, part)
    add_energy_taxes(priced, grid, part)
    _add_percent_taxes(priced, part)
    earned = np.zeros_like(priced.price)
    for credit in tariff.export:
        earned += add_export(priced, grid, part, credit)
    period, periods = _periods(grid, where, tariff)
    return priced, Prices(where, priced.price, earned, _demand_price(grid, part), period, periods)


def _add_fixed(priced: Priced, part: Part) -> None:
    counted = {"day": Decimal(part.days), "month": part.months, "year": part.years}
    for charge in part.tariff.fixed:
        count = counted[charge.per]
        unit = charge.per if count == 1 else f"{charge.per}s"
        priced.charge("fixed", charge.label, (count, unit), charge.amount)


def _add_minimum(priced: Priced, part: Part) -> None:
    if part.tariff.minimum is None:
        return
    missing = rounded(part.tariff.minimum * part.months, priced.currency) - priced.sum()
    if missing > 0:
        priced.charge("minimum", "Up to the minimum charge", (Decimal(1), "month"), missing)


def _add_percent_taxes(priced: Priced, part: Part) -> None:
    """Add each tax as two lines: on what a kWh costs, and on the rest."""
    for tax in part.tariff.percent_taxes:
        rate = tax.percent / 100
        bases = {"energy": priced.sum(of_energy=True), "other charges": priced.sum(of_energy=False)}
        for on, base in bases.items():
            if base:
                label = f"{tax.label} {tax.percent:f} % on {on}"
                priced.charge("tax", label, (base, priced.currency), rate, of_energy=on == "energy")
        priced.price *= 1 + float(rate)


def _demand_price(grid: LoadGrid, part: Part) -> Floats:
    """Add up what one more kW costs in each interval under all demand charges; NaN where there is none."""
    where = slice_of(grid, part)
    total: Floats = np.zeros(where.stop - where.start)
    for charge in part.tariff.demand:
        total += price_of_demand(charge, grid.clock, where)
    rate = float(np.prod([1 + float(tax.percent) / 100 for tax in part.tariff.percent_taxes]))
    return np.where(total > 0, total * rate, np.nan)


def _periods(grid: LoadGrid, where: slice, tariff: Tariff) -> tuple[Integers, tuple[str, ...]]:
    """Name the tariff period of each interval: that of the energy charge with the most periods."""
    if not tariff.energy:
        name = tariff.hourly[0].label if tariff.hourly else ""
        return np.zeros(where.stop - where.start, dtype=np.int64), (name,)
    charge = max(tariff.energy, key=lambda one: len(one.periods))
    return grid.clock.period_of(charge.schedule, where), tuple(period.label for period in charge.periods)


def _bill(grid: LoadGrid, period: Days, currency: str, lines: list[Line], notes: list[str]) -> Bill:
    start, end = period
    where = grid.clock.between(start, end)
    hours = grid.windows(HOUR_S // 60)
    in_hours = hours.clock.between(start, end)
    kw, per_hour = hours.kw[in_hours], grid.step_s / HOUR_S
    expected, covered = grid.hours_by_clock(start, end), float(grid.share_covered[where].sum()) * per_hour
    estimated = float(np.dot(grid.share_estimated[where], grid.share_covered[where])) * per_hour
    share = estimated / covered if covered else 0.0
    place = int(kw.argmax()) if len(kw) else None
    return Bill(
        start=start,
        end=end,
        currency=currency,
        lines=tuple(lines),
        notes=(*_about_data(expected, covered, share), *notes),
        energy_kwh=float(grid.import_kwh[where].sum()),
        export_kwh=float(grid.export_kwh[where].sum()),
        peak_kw=0.0 if place is None else float(kw[place]),
        peak_at=None if place is None else datetime.fromtimestamp(int(hours.utc_s[in_hours][place]), UTC),
        hours=expected,
        covered_hours=covered,
        share_estimated=share,
    )


def _about_data(expected: float, covered: float, estimated: float) -> list[str]:
    notes = []
    if expected - covered >= 1:
        missing = expected - covered
        notes.append(f"{missing:,.0f} of {expected:,.0f} hours have no data, so energy and peaks are too low.")
    if estimated > _WORTH_SAYING:
        notes.append(f"{estimated:.1%} of the readings are estimated.")
    return notes


def _text(days: Days) -> str:
    first, last = days[0], days[1] - timedelta(days=1)
    return f"{first} to {last}"


def _named(one: Line, told: str) -> Line:
    if not told:
        return one
    return replace(one, label=one.label + told)
