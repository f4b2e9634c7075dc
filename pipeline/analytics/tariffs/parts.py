"""A billed period falls into parts: one for each calendar month and version of the tariff."""

from calendar import isleap, monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from pipeline.analytics.tariffs.model import Tariff, TariffError

_SHARE = Decimal("0.000001")
Days = tuple[date, date]  # the first day and the one after the last


@dataclass(frozen=True)
class Part:
    """Local days of one month under one version of a tariff; ``end`` is excluded."""

    start: date
    end: date
    tariff: Tariff

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.end - self.start).days

    @property
    def month(self) -> int:
        """The month, counted since year 0."""
        return self.start.year * 12 + self.start.month - 1

    @property
    def months(self) -> Decimal:
        """The share of the month, by days, to a millionth."""
        return (Decimal(self.days) / monthrange(self.start.year, self.start.month)[1]).quantize(_SHARE)

    @property
    def years(self) -> Decimal:
        """The share of the year, by days, to a millionth."""
        return (Decimal(self.days) / (365 + isleap(self.start.year))).quantize(_SHARE)


def parts_of(period: Days, tariffs: Sequence[Tariff]) -> tuple[list[Part], list[Days]]:
    """Cut a period into parts, oldest first, and list the days [first, end) for which there is no tariff.

    Each day has the version with the latest ``valid_from`` on or before it. Raises TariffError for an empty period and
    for versions in several currencies.
    """
    start, end = period
    if start >= end:
        raise TariffError("A bill needs a period that starts before it ends.")
    parts: list[Part] = []
    gaps: list[Days] = []
    for first, last in _stretches(start, end, tariffs):
        version = _valid_on(first, tariffs)
        if version is None:
            gaps = [*gaps[:-1], (gaps[-1][0], last)] if gaps and gaps[-1][1] == first else [*gaps, (first, last)]
        else:
            parts.append(Part(first, last, version))
    if len({part.tariff.currency for part in parts}) > 1:
        raise TariffError("The tariffs of this period are in several currencies: bill the time before a change apart.")
    return parts, gaps


def _stretches(start: date, end: date, tariffs: Sequence[Tariff]) -> Iterator[Days]:
    changes = {day for one in tariffs for day in (one.valid_from, one.valid_to) if day is not None}
    bounds = sorted({start, end, *_months(start, end), *(day for day in changes if start < day < end)})
    yield from pairwise(bounds)


def _months(start: date, end: date) -> Iterator[date]:
    first = next_month(start)
    while first < end:
        yield first
        first = next_month(first)


def next_month(day: date) -> date:
    """Return the first of the next month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _valid_on(day: date, tariffs: Sequence[Tariff]) -> Tariff | None:
    begun = [one for one in tariffs if one.valid_from <= day]
    newest = max(begun, key=lambda one: one.valid_from, default=None)
    ended = newest is not None and newest.valid_to is not None and newest.valid_to <= day
    return None if ended else newest
