"""Abbreviations of time zones as exports write them beside a time: ``2023-10-29 02:00 CEST``.

Several mean other zones elsewhere (CST is that of Chicago, Havana and Shanghai), so what the zone of the file calls
itself comes first.
"""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

HOURS_EAST = {
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3,
    "MSK": 3, "SAST": 2, "IST": 5.5, "JST": 9, "KST": 9, "AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11,
    "NZST": 12, "NZDT": 13, "NST": -3.5, "NDT": -2.5, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip
ANYWHERE = {name: round(hours * 3600) for name, hours in HOURS_EAST.items()}
FIRST_YEAR, LAST_YEAR = 1990, 2040
SEASONS = (1, 7)


@cache
def seconds_east(zone: str) -> dict[str, int]:
    """Return what each abbreviation means in files of a zone, in seconds east of UTC."""
    own = {}
    for year in range(FIRST_YEAR, LAST_YEAR):
        for month in SEASONS:
            moment = datetime(year, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone))
            offset = moment.utcoffset()
            if offset is not None:
                own[moment.tzname() or ""] = int(offset.total_seconds())
    return ANYWHERE | own
