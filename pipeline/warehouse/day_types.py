"""Workdays, Saturdays, and Sundays with public holidays: people use electricity differently on each."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays
from sqlalchemy import ARRAY, ColumnElement, Date, bindparam, case, func

from pipeline.definitions import DAY_TYPES
from pipeline.warehouse.filters import Period

SATURDAY, SUNDAY = 6, 7


def public_holidays(country: str | None, subdivision: str | None, period: Period) -> tuple[date, ...]:
    """Return the public holidays in a period; none where the country is unknown, the country's for an unknown part."""
    named = named_holidays(country, subdivision, period.start.year, period.end.year)
    return tuple(day for day in sorted(named) if period.start <= day < period.end)


@lru_cache(maxsize=256)
def named_holidays(country: str | None, subdivision: str | None, first_year: int, last_year: int) -> Mapping[date, str]:
    """Name the public holidays of some years in English; see `public_holidays`."""
    if country is None or country not in holidays.list_supported_countries():
        return {}
    known = subdivision in holidays.list_supported_countries()[country]
    years = range(first_year, last_year + 1)
    found = holidays.country_holidays(country, subdiv=subdivision if known else None, years=years, language="en_US")
    return {day: str(name) for day, name in found.items()}


def day_type(day: ColumnElement[date], free_days: tuple[date, ...]) -> ColumnElement[str]:
    """Return the type of a local day, one of ``DAY_TYPES``."""
    workday, saturday, sunday_or_holiday = DAY_TYPES
    weekday = func.extract("isodow", day)
    free = bindparam(None, list(free_days), type_=ARRAY(Date))
    return case(
        (day == func.any(free), sunday_or_holiday),
        (weekday == SUNDAY, sunday_or_holiday),
        (weekday == SATURDAY, saturday),
        else_=workday,
    )
