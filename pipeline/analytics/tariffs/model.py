"""What a tariff is: dated versions of charges. Money and prices are Decimal, the currency stands beside them.

Field names follow the OpenEI Utility Rate Database where it has the notion (periods, tiers, schedules, windows,
look-back): https://openei.org/services/doc/rest/util_rates.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from pipeline.errors import UserError

HOURS, MONTHS = 24, 12
TierBasis = Literal["kWh", "kWh/day", "kWh/kW", "kWh/kW/day"]
FixedPer = Literal["day", "month", "year"]
CapacityRule = Literal["mean_of_12_monthly_peaks", "mean_of_top_3_hours"]
WindowMinutes = Literal[5, 10, 15, 20, 30, 60]


class TariffError(UserError):
    """A tariff that cannot be read or that makes no sense, or a period that it cannot bill."""


@dataclass(frozen=True)
class Schedule:
    """Which period of a charge each hour belongs to: 12 months x 24 local hours, of workdays and of free days.

    Saturdays, Sundays and the holidays given to the bill are free days ("weekend").
    """

    weekday: tuple[tuple[int, ...], ...]
    weekend: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        for days in (self.weekday, self.weekend):
            if len(days) != MONTHS or any(len(hours) != HOURS for hours in days):
                raise TariffError("A schedule of a tariff needs 12 months of 24 hours each.")

    @property
    def periods(self) -> frozenset[int]:
        """The numbers of the periods that occur."""
        return frozenset(number for days in (self.weekday, self.weekend) for hours in days for number in hours)


ALWAYS = Schedule(((0,) * HOURS,) * MONTHS, ((0,) * HOURS,) * MONTHS)


def by_month(periods: tuple[int, ...]) -> Schedule:
    """Give every hour of a month the same period."""
    months = tuple((period,) * HOURS for period in periods)
    return Schedule(months, months)


@dataclass(frozen=True)
class Tier:
    """A price up to a limit, which the last tier does not have."""

    price: Decimal
    up_to: Decimal | None = None


@dataclass(frozen=True)
class Period:
    """A named period of a charge with its tiers, lowest first."""

    label: str
    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        limits = [tier.up_to for tier in self.tiers]
        if not limits or limits[-1] is not None or any(limit is None for limit in limits[:-1]):
            raise TariffError(f"{self.label}: every tier but the last needs a limit, and the last must have none.")
        ordered = [limit for limit in limits if limit is not None]
        if ordered != sorted(set(ordered)) or any(limit <= 0 for limit in ordered):
            raise TariffError(f"{self.label}: the limits of the tiers must rise from above zero.")


def flat(label: str, price: Decimal) -> Period:
    """Make a period with a single price."""
    return Period(label, (Tier(price),))


def _check_periods(label: str, periods: int, schedule: Schedule) -> None:
    if not all(0 <= number < periods for number in schedule.periods):
        raise TariffError(f"{label}: its schedule names a period that has no price.")


@dataclass(frozen=True)
class FixedCharge:
    """An amount per local day, month or year; part of a month or year counts by its days."""

    label: str
    amount: Decimal
    per: FixedPer = "month"


@dataclass(frozen=True)
class EnergyCharge:
    """A price per kWh imported, by period and tier.

    The limits count the energy of all periods of the billing month together, and each period has its share of every
    tier in proportion to its energy, as in NREL's System Advisor Model. ``basis`` "kWh/kW" multiplies the limits by
    the month's peak power, "/day" by the days.
    """

    label: str
    periods: tuple[Period, ...]
    schedule: Schedule = ALWAYS
    basis: TierBasis = "kWh"

    def __post_init__(self) -> None:
        _check_periods(self.label, len(self.periods), self.schedule)


@dataclass(frozen=True)
class HourlyPrice:
    """A price of its own for each hour: ``series`` times ``factor`` plus ``margin`` per kWh."""

    label: str
    series: str
    factor: Decimal = Decimal(1)
    margin: Decimal = Decimal(0)


@dataclass(frozen=True)
class Ratchet:
    """The least demand that is billed: ``share`` of the highest peak of the ``months`` months before.

    With ``of_months`` (1 to 12) only those months of the calendar count.
    """

    share: Decimal
    months: int = 11
    of_months: tuple[int, ...] = ()


@dataclass(frozen=True)
class DemandCharge:
    """A price per kW and month of the highest mean power over a window of local time, in each period.

    Limits of tiers are in kW.
    """

    label: str
    periods: tuple[Period, ...]
    schedule: Schedule = ALWAYS
    window_minutes: WindowMinutes = 15
    ratchet: Ratchet | None = None

    def __post_init__(self) -> None:
        _check_periods(self.label, len(self.periods), self.schedule)


@dataclass(frozen=True)
class CapacityCharge:
    """A price per month of a capacity that is worked out from several peaks.

    ``mean_of_12_monthly_peaks``: the mean of the monthly peaks of the last 12 months, each at least ``minimum_kw``
    (Flanders since 2023: quarter-hours, 2.5 kW; VREG, "capaciteitstarief").
    ``mean_of_top_3_hours``: the mean of the month's highest hours on three different days (Norway since 2022, NVE;
    several network operators in Sweden).
    ``tiers`` price each kW, or with ``banded`` the whole capacity by the band that it falls into.
    """

    label: str
    rule: CapacityRule
    tiers: tuple[Tier, ...]
    window_minutes: WindowMinutes = 15
    minimum_kw: Decimal = Decimal(0)
    banded: bool = False


@dataclass(frozen=True)
class ExportCredit:
    """What is paid for a kWh fed in, by period."""

    label: str
    periods: tuple[Period, ...]
    schedule: Schedule = ALWAYS

    def __post_init__(self) -> None:
        _check_periods(self.label, len(self.periods), self.schedule)
        if any(len(period.tiers) > 1 for period in self.periods):
            raise TariffError(f"{self.label}: a price for export cannot have tiers.")


@dataclass(frozen=True)
class EnergyTax:
    """A tax, levy or surcharge per kWh imported."""

    label: str
    price: Decimal


@dataclass(frozen=True)
class PercentTax:
    """A tax in per cent of all that stands before it, energy taxes included; not on the credit for export."""

    label: str
    percent: Decimal


@dataclass(frozen=True)
class Tariff:
    """One dated version of a tariff: valid from a local day, up to the next version or until ``valid_to`` (excluded).

    ``minimum`` is the least that all charges before tax and credit come to in a month.
    """

    name: str
    currency: str
    valid_from: date
    valid_to: date | None = None
    fixed: tuple[FixedCharge, ...] = ()
    energy: tuple[EnergyCharge, ...] = ()
    hourly: tuple[HourlyPrice, ...] = ()
    demand: tuple[DemandCharge, ...] = ()
    capacity: tuple[CapacityCharge, ...] = ()
    export: tuple[ExportCredit, ...] = ()
    energy_taxes: tuple[EnergyTax, ...] = ()
    percent_taxes: tuple[PercentTax, ...] = ()
    minimum: Decimal | None = None

    def __post_init__(self) -> None:
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():  # noqa: PLR2004
            raise TariffError(f"{self.name}: the currency must be a code of three letters, such as EUR.")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise TariffError(f"{self.name}: it ends before it begins.")

    @property
    def windows_minutes(self) -> frozenset[int]:
        """The windows over which its charges measure power."""
        charges: tuple[DemandCharge | CapacityCharge, ...] = (*self.demand, *self.capacity)
        return frozenset(charge.window_minutes for charge in charges)

    @property
    def finest_window_minutes(self) -> int:
        """The shortest window over which power is measured, 60 where no charge measures any."""
        return min(self.windows_minutes, default=60)
