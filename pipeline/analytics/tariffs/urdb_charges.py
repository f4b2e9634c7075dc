"""Energy and demand structures of URDB as charges."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pipeline.analytics.tariffs.model import (
    DemandCharge,
    EnergyCharge,
    ExportCredit,
    Period,
    Ratchet,
    Schedule,
    Tier,
    TierBasis,
    WindowMinutes,
    by_month,
    flat,
)

Rate = Mapping[str, Any]
_BASES: dict[str, TierBasis] = {
    "kwh": "kWh",
    "kwh daily": "kWh/day",
    "kwh/kw": "kWh/kW",
    "kwh/kw daily": "kWh/kW/day",
}
_WINDOWS: dict[int, WindowMinutes] = {5: 5, 10: 10, 15: 15, 20: 20, 30: 30, 60: 60}
_DEFAULT_WINDOW: WindowMinutes = 15
_NEVER = Decimal("1e12")  # some entries write this or more for "no limit"


def decimal(value: object) -> Decimal:
    """Read a number; nothing is 0."""
    return Decimal(0) if value in (None, "") else Decimal(str(value))


def energy_charges(rate: Rate, warnings: list[str]) -> list[EnergyCharge]:
    """Read the energy structure, and the monthly fuel adjustments as a charge of its own."""
    structure = rate.get("energyratestructure")
    charges = []
    if structure:
        labels = rate.get("energytoulabels") or []
        periods = tuple(_period(tiers, number, labels) for number, tiers in enumerate(structure))
        schedule = _schedule(rate, "energy", warnings)
        charges.append(EnergyCharge("Energy", periods, schedule, _basis(structure, warnings)))
    fuel = [decimal(value) for value in rate.get("fueladjustmentsmonthly") or []]
    if any(fuel):
        periods = tuple(flat(f"Month {number}", price) for number, price in enumerate(fuel, start=1))
        charges.append(EnergyCharge("Fuel adjustment", periods, by_month(tuple(range(12)))))
    return charges


def export_credits(rate: Rate) -> list[ExportCredit]:
    """Read what is paid for energy fed in: ``sell`` of the first tier of each period."""
    structure = rate.get("energyratestructure") or []
    prices = [decimal(tiers[0].get("sell")) for tiers in structure]
    if not any(prices):
        return []
    labels = rate.get("energytoulabels") or []
    periods = tuple(flat(_label(number, labels), price) for number, price in enumerate(prices))
    return [ExportCredit("Export", periods, _schedule(rate, "energy", []))]


def flat_demand_charges(rate: Rate, warnings: list[str]) -> list[DemandCharge]:
    """Read the demand that is billed whatever the hour, by month."""
    structure = rate.get("flatdemandstructure")
    if not structure or not _in_kw(rate, "flatdemandunit", warnings):
        return []
    periods = tuple(_period(tiers, number, ()) for number, tiers in enumerate(structure))
    months = tuple(int(month) for month in rate.get("flatdemandmonths") or (0,) * 12)
    return [DemandCharge("Demand", periods, by_month(months), _window(rate, warnings), _ratchet(rate))]


def demand_charges(rate: Rate, warnings: list[str]) -> list[DemandCharge]:
    """Read the demand that is billed by period of the day."""
    structure = rate.get("demandratestructure")
    if not structure or not _in_kw(rate, "demandrateunit", warnings):
        return []
    periods = tuple(_period(tiers, number, rate.get("demandtoulabels") or ()) for number, tiers in enumerate(structure))
    schedule = _schedule(rate, "demand", warnings)
    return [DemandCharge("Time-of-use demand", periods, schedule, _window(rate, []), _ratchet(rate))]


def _period(tiers: Sequence[Mapping[str, Any]], number: int, labels: Sequence[str]) -> Period:
    """Read the tiers of a period; the price is rate plus adjustment, the last tier has no limit."""
    prices = [decimal(tier.get("rate")) + decimal(tier.get("adj")) for tier in tiers]
    limits = [decimal(tier["max"]) if tier.get("max") else None for tier in tiers[:-1]]
    known = [limit if limit is not None and limit < _NEVER else None for limit in limits]
    last = next((place for place, limit in enumerate(known) if limit is None), len(known))
    pairs = zip(prices[: last + 1], [*known[:last], None], strict=True)
    return Period(_label(number, labels), tuple(Tier(price, limit) for price, limit in pairs))


def _label(number: int, labels: Sequence[str]) -> str:
    named = labels[number] if number < len(labels) else None
    return str(named) if named else f"Period {number + 1}"


def _schedule(rate: Rate, kind: str, warnings: list[str]) -> Schedule:
    weekday = rate.get(f"{kind}weekdayschedule")
    weekend = rate.get(f"{kind}weekendschedule")
    if weekday and not weekend:
        warnings.append(f"{kind}weekendschedule: missing, weekends are taken as workdays.")
    days = weekday or weekend or [[0] * 24] * 12
    return Schedule(_table(days), _table(weekend or days))


def _table(months: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(period) for period in hours) for hours in months)


def _basis(structure: Sequence[Sequence[Mapping[str, Any]]], warnings: list[str]) -> TierBasis:
    """Say what the limits count; a unit matters only where there are tiers."""
    tiers = (tier for period in structure if len(period) > 1 for tier in period)
    units = {str(tier["unit"]).lower() for tier in tiers if tier.get("unit")}
    unit = min(units, default="kwh")
    if len(units) > 1:
        warnings.append(f"energyratestructure: tiers in several units, all are taken to be in {unit}.")
    if unit not in _BASES:
        warnings.append(f"energyratestructure: tiers in {unit} are taken to be in kWh.")
    return _BASES.get(unit, "kWh")


def _in_kw(rate: Rate, field: str, warnings: list[str]) -> bool:
    """Say whether a demand charge can be billed: per kW and month."""
    unit = str(rate.get(field) or "kW")
    if "daily" in unit.lower() or unit.lower() == "hp":
        warnings.append(f"{field}: demand in {unit} is not billed.")
        return False
    if unit != "kW":
        warnings.append(f"{field}: demand in {unit} is billed by the kW, which takes the power factor to be 1.")
    return True


def _window(rate: Rate, warnings: list[str]) -> WindowMinutes:
    given = int(decimal(rate.get("demandwindow")))
    if given in _WINDOWS:
        return _WINDOWS[given]
    if given:
        warnings.append(f"demandwindow: {given} minutes is not supported, {_DEFAULT_WINDOW} are used.")
    else:
        warnings.append(f"demandwindow: not given, peaks are taken over {_DEFAULT_WINDOW} minutes.")
    return _DEFAULT_WINDOW


def _ratchet(rate: Rate) -> Ratchet | None:
    share = decimal(rate.get("lookbackPercent"))
    if not share:
        return None
    chosen = [month for month, counts in enumerate(rate.get("lookbackMonths") or [], start=1) if counts]
    months = int(decimal(rate.get("lookbackRange"))) or 11
    return Ratchet(share / 100 if share > 1 else share, months, tuple(chosen))
