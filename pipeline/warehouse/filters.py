"""What a reader has selected: site, period, comparison and measure, kept in the URL and given to every query."""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeVar, get_args

from pipeline.definitions import MeasureKey
from pipeline.errors import SelectionError

Choice = TypeVar("Choice", bound=str)
Compare = Literal["none", "previous", "year"]
Preset = Literal[
    "today",
    "yesterday",
    "last7",
    "last30",
    "this-month",
    "last-month",
    "this-year",
    "last-year",
    "last12months",
    "all",
]
PRESETS: tuple[Preset, ...] = get_args(Preset)
DEFAULT_PRESET: Preset = "last30"

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
LONGEST_SECTOR = 80
MOST_YEARS = 100
_LARGEST_ID = 2**31 - 1
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_YEAR_OF_WEEKS = timedelta(days=364)


@dataclass(frozen=True)
class Period:
    """Local days, ``end`` not included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Return the number of days."""
        return (self.end - self.start).days


@dataclass(frozen=True)
class Filters:
    """A selection. The period is half-open and in local days, each site's own.

    ``sector`` narrows the node to what in it is of one kind of use; ``meter_id`` to one meter.
    Raises SelectionError where the values make no sense, so that a Filters that exists can be asked.
    """

    site_id: int
    start: date
    end: date
    meter_id: int | None = None
    sector: str | None = None
    compare: Compare = "none"
    measure: MeasureKey = "energy_kwh"

    def __post_init__(self) -> None:
        for name, value in (("site", self.site_id), ("meter", self.meter_id)):
            if value is not None and not 0 < value <= _LARGEST_ID:
                raise SelectionError(f"There is no {name} {value}.")
        if not FIRST_DAY <= self.start < self.end <= LAST_DAY:
            raise SelectionError(
                f"The period from {self.start} to {self.end} is not valid: it must start before it ends,"
                f" between {FIRST_DAY} and {LAST_DAY}."
            )
        if self.period.days > MOST_YEARS * 366:
            raise SelectionError(f"Choose a period of at most {MOST_YEARS} years.")
        if self.sector is not None and not _is_plain(self.sector):
            raise SelectionError(f"The sector must be a name of at most {LONGEST_SECTOR} printable characters.")
        _one_of("compare", self.compare, get_args(Compare))
        _one_of("measure", self.measure, get_args(MeasureKey))

    @property
    def period(self) -> Period:
        """Return the selected period."""
        return Period(self.start, self.end)

    @property
    def shift(self) -> timedelta | None:
        """Return how far before the period lies what it is compared with: whole weeks, so that weekdays align."""
        match self.compare:
            case "previous":
                return timedelta(weeks=-(-self.period.days // 7))
            case "year":
                return _YEAR_OF_WEEKS
        return None

    @property
    def compare_period(self) -> Period | None:
        """Return the period to compare with, of the same length; None where there is no comparison."""
        if self.shift is None:
            return None
        return Period(self.start - self.shift, self.end - self.shift)

    def to_query(self) -> dict[str, str]:
        """Write the selection as the keys of a URL; ``from_query`` reads the same selection back."""
        query = {"site": str(self.site_id), "start": self.start.isoformat(), "end": self.end.isoformat()}
        if self.meter_id is not None:
            query["meter"] = str(self.meter_id)
        if self.sector is not None:
            query["sector"] = self.sector
        return query | {"compare": self.compare, "measure": self.measure}

    @classmethod
    def from_query(
        cls, query: Mapping[str, str], today: date, *, first_day: date | None = None, site_id: int | None = None
    ) -> "Filters":
        """Read a selection from the keys of a URL, which may hold anything; unknown keys are left alone.

        ``today`` is the last local day with data, ``first_day`` the first one: presets (key ``period``, which goes
        before ``start`` and ``end``) resolve against them. ``site_id`` serves where the query names none.
        Raises SelectionError for a value that cannot be read, naming the key.
        """
        chosen = {key: value for key, value in query.items() if value}
        period = _period(chosen, today, first_day or today)
        meter = chosen.get("meter")
        site = _number("site", chosen["site"]) if "site" in chosen else site_id
        if site is None:
            raise SelectionError("Choose a site.")
        return cls(
            site_id=site,
            start=period.start,
            end=period.end,
            meter_id=None if meter is None else _number("meter", meter),
            sector=chosen.get("sector"),
            compare=_one_of("compare", chosen.get("compare", "none"), get_args(Compare)),
            measure=_one_of("measure", chosen.get("measure", "energy_kwh"), get_args(MeasureKey)),
        )


def resolve_preset(preset: str, today: date, first_day: date) -> Period:
    """Return the period that a preset means where ``today`` is the last day with data. Raises SelectionError."""
    tomorrow = today + timedelta(days=1)
    this_month, this_year = today.replace(day=1), today.replace(month=1, day=1)
    starts_and_ends: dict[str, tuple[date, date]] = {
        "today": (today, tomorrow),
        "yesterday": (today - timedelta(days=1), today),
        "last7": (tomorrow - timedelta(days=7), tomorrow),
        "last30": (tomorrow - timedelta(days=30), tomorrow),
        "this-month": (this_month, tomorrow),
        "last-month": ((this_month - timedelta(days=1)).replace(day=1), this_month),
        "this-year": (this_year, tomorrow),
        "last-year": (this_year.replace(year=this_year.year - 1), this_year),
        "last12months": (_a_year_before(tomorrow), tomorrow),
        "all": (min(first_day, today), tomorrow),
    }
    return Period(*starts_and_ends[_one_of("period", preset, PRESETS)])


def _period(query: Mapping[str, str], today: date, first_day: date) -> Period:
    if "period" in query:
        return resolve_preset(query["period"], today, first_day)
    default = resolve_preset(DEFAULT_PRESET, today, first_day)
    end = _date("end", query["end"]) if "end" in query else default.end
    if "start" in query:
        return Period(_date("start", query["start"]), end)
    return Period(end - timedelta(days=default.days), end)


def _a_year_before(day: date) -> date:
    last_of_month = monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last_of_month))


def _number(key: str, value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise SelectionError(f"The {key} must be a number, not {_quoted(value)}.")
    return int(value)


def _date(key: str, value: str) -> date:
    if not _DATE.fullmatch(value):
        raise SelectionError(f"The {key} must be a date like 2024-12-31, not {_quoted(value)}.")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise SelectionError(f"The {key} {value} is not a day of the calendar.") from None


def _one_of(key: str, value: str, choices: tuple[Choice, ...]) -> Choice:
    for choice in choices:
        if value == choice:
            return choice
    raise SelectionError(f"The {key} must be one of {', '.join(choices)}, not {_quoted(value)}.")


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= LONGEST_SECTOR and text.isprintable()


def _quoted(value: object) -> str:
    """Repeat what was given, short and on one line."""
    return ascii(str(value)[:40])
