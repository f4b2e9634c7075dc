import holidays
import pandas as pd

EXCUSED_SHARE = 0.5


def holiday_excuse(
    start: pd.Timestamp, end: pd.Timestamp, timezone: str, country: str | None, subdivision: str | None
) -> str | None:
    """Name the public holiday on which at least half of an event (UTC instants) lies in local time; None without."""
    if country is None or country not in holidays.list_supported_countries():
        return None
    first, last = (moment.tz_convert(timezone) for moment in (start, end))
    known = subdivision in holidays.list_supported_countries()[country]
    free = holidays.country_holidays(
        country, subdiv=subdivision if known else None, years=range(first.year, last.year + 1), language="en_US"
    )
    names = {day: name for day, name in free.items() if first.date() <= day <= last.date()}
    covered = sum((_common(day, first, last) for day in names), pd.Timedelta(0))
    if not names or covered < (end - start) * EXCUSED_SHARE:
        return None
    return str(names[min(names)])


def _common(day: object, start: pd.Timestamp, end: pd.Timestamp) -> pd.Timedelta:
    midnight = pd.Timestamp(str(day), tz=start.tz)
    return max(min(end, midnight + pd.DateOffset(days=1)) - max(start, midnight), pd.Timedelta(0))
