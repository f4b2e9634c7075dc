"""The tables of a ``.hyper`` extract: names, columns, keys and what each means. Data sources for Tableau read this too.

Related by keys as a tree from ``sites``: every table of facts holds the numbers of its site (and meter), names are in
``sites`` and ``meters`` alone. ``calendar`` is shared by all that have a ``day``. Captions and units of measures are in
``pipeline.definitions``, under the column's name.
"""

import hashlib
from collections.abc import Mapping

from pipeline.outputs.extract_columns import (
    CALENDAR_ID,
    COVERAGE,
    DAY,
    HOW_MUCH,
    LOCAL_DAY,
    METER_ID,
    NUMBER,
    OF_DAY,
    OF_METER,
    OF_SITE,
    QUALITY,
    SITE_ID,
    SMALL,
    TEXT,
    UTC_INSTANT,
    VALUED,
    WHEN,
    WHOLE,
    WORD,
    YES_NO,
    Column,
    ForeignKey,
    TableSchema,
    key,
)
from pipeline.outputs.extract_stories import (
    ANOMALIES,
    BILL_LINES,
    BILLS,
    FORECASTS,
    RECOMMENDATIONS,
    WEATHER,
    WEATHER_STATIONS,
)

READINGS = TableSchema(
    "readings",
    "Every reading, as fine as the meter gives it. The same energy is in hourly and daily: never add up two of them.",
    (
        METER_ID,
        SITE_ID,
        CALENDAR_ID,
        *WHEN,
        LOCAL_DAY,
        Column("duration_s", WHOLE, "Length of the interval in seconds.", required=True),
        *HOW_MUCH,
        Column("raw_kwh", NUMBER, "As the source gave it; null where it gave nothing."),
        *QUALITY,
        Column("estimated", YES_NO, "True where the value is an estimate.", required=True),
    ),
    ("meter_id", "ts_utc"),
    (OF_METER, OF_SITE, OF_DAY),
    partitioned=True,
)
HOURLY = TableSchema(
    "hourly",
    "Use, cost and CO2 by clock hour and meter.",
    (METER_ID, SITE_ID, CALENDAR_ID, *WHEN, LOCAL_DAY, *HOW_MUCH, *COVERAGE, *VALUED, *QUALITY),
    ("meter_id", "ts_utc"),
    (OF_METER, OF_SITE, OF_DAY),
    partitioned=True,
)
DAILY = TableSchema(
    "daily",
    "Use, cost and CO2 by local day and meter; a day has 23 or 25 hours when the clocks change.",
    (
        METER_ID,
        SITE_ID,
        CALENDAR_ID,
        *WHEN,
        LOCAL_DAY,
        *HOW_MUCH,
        *COVERAGE,
        Column("peak_ts_utc", UTC_INSTANT, "Start of the hour of the peak, UTC.", required=True),
        *VALUED,
        *QUALITY,
    ),
    ("meter_id", "day"),
    (OF_METER, OF_SITE, OF_DAY),
)
SITE_DAILY = TableSchema(
    "site_daily",
    "Use, peak, cost and CO2 by local day of each node of the site tree, all below it included: the figures of the "
    "pages. Choose one site, or one level of the tree, before adding up. Over several time zones, use is by the days "
    "of each zone and power by those of the node: a day may have one of them alone.",
    (
        SITE_ID,
        CALENDAR_ID,
        *WHEN,
        LOCAL_DAY,
        Column("energy_kwh", NUMBER, "Consumption: import less export."),
        Column("peak_kw", NUMBER, "Highest power of all its meters together over a clock hour."),
        Column("peak_ts_utc", UTC_INSTANT, "Start of the hour of the peak, UTC."),
        Column("clock_kwh", NUMBER, "Consumption of these clock hours; over hours, it is the mean power."),
        Column("hours", NUMBER, "Clock hours with any data, of the day on the node's own clock."),
        Column("covered_hours", NUMBER, "Meter-hours that have data."),
        Column("estimated_hours", NUMBER, "Meter-hours whose values are estimates."),
        *VALUED,
        *QUALITY,
    ),
    ("site_id", "day"),
    (OF_SITE, OF_DAY),
)
SITES = TableSchema(
    "sites",
    "Nodes of the site tree: those with meters in the selection, and all above them. Where none of them stands for the "
    "whole selection, as of one meter or sector, a row of kind selection does.",
    (
        SITE_ID,
        Column("parent_site_id", WHOLE, "Number of the site above; null at the top."),
        Column("site", WORD, "Name of the site.", required=True),
        Column("kind", WORD, "organisation, region, state, city, campus, building …", required=True),
        Column("path", TEXT, "Names from the top down to the site, separated by ' / '.", required=True),
        Column("depth", SMALL, "Steps below the top.", required=True),
        Column("region", WORD, "Nearest node of kind region, itself included."),
        Column("state", WORD, "Nearest node of kind state, itself included, or the code of the state for holidays."),
        Column("city", WORD, "Nearest node of kind city, itself included."),
        Column("sector", WORD, "Kind of use, of the nearest node that has one."),
        Column("timezone", WORD, "IANA zone of its days and hours.", required=True),
        Column("country", WORD, "ISO 3166 code of the country, of the nearest node that has one."),
        Column("subdivision", WORD, "Code of the state or region for public holidays."),
        Column("latitude", NUMBER, "Degrees, north is positive."),
        Column("longitude", NUMBER, "Degrees, east is positive."),
        Column("floor_area_m2", NUMBER, "Floor area in square metres."),
        Column("currency", WORD, "ISO 4217, where all below it is billed in one."),
        CALENDAR_ID,
        Column("station_id", WHOLE, "Number of the nearest weather station; null where several serve the node."),
        Column("complete", YES_NO, "True where all its meters are in the extract.", required=True),
        Column(
            "whole_selection",
            YES_NO,
            "True for the one that stands for all that was exported: its figures are those of the pages.",
            required=True,
        ),
        Column("generated", YES_NO, "True for demo data.", required=True),
    ),
    ("site_id",),
    (
        ForeignKey(("parent_site_id",), "sites", ("site_id",)),
        ForeignKey(("station_id",), "weather_stations", ("station_id",)),
    ),
)
METERS = TableSchema(
    "meters",
    "Metering points of the selection.",
    (
        METER_ID,
        SITE_ID,
        Column("meter", WORD, "Name of the meter.", required=True),
        Column("direction", WORD, "import, export, generation or net.", required=True),
        Column("sign", NUMBER, "What one kWh of it adds to the consumption of the selection.", required=True),
        Column("timezone", WORD, "IANA zone of its days and hours.", required=True),
        Column("step_s", WHOLE, "Usual length of an interval in seconds; null where it differs."),
        Column("unit", WORD, "Unit at the source.", required=True),
        Column("capacity_kw", NUMBER, "What the connection can carry."),
        Column("first_ts_utc", UTC_INSTANT, "Start of the first reading, UTC."),
        Column("last_ts_utc", UTC_INSTANT, "End of the last reading, UTC."),
    ),
    ("meter_id",),
    (OF_SITE,),
)
CALENDAR = TableSchema(
    "calendar",
    "Days with their place in the year, for each country (and part of it) and hemisphere that sites are in.",
    (
        key("calendar_id", "Number of the calendar."),
        key("day", "The day.", DAY),
        Column("calendar", WORD, "Country and its part, such as DE-BY; empty where unknown.", required=True),
        Column("year", SMALL, "Year.", required=True),
        Column("quarter", SMALL, "Quarter of the year, 1 to 4.", required=True),
        Column("month", SMALL, "Month of the year, 1 to 12.", required=True),
        Column("month_name", WORD, "Name of the month.", required=True),
        Column("month_start", DAY, "First day of the month.", required=True),
        Column("iso_year", SMALL, "Year that the ISO 8601 week belongs to.", required=True),
        Column("iso_week", SMALL, "ISO 8601 week, Monday to Sunday.", required=True),
        Column("week_start", DAY, "Monday of the week.", required=True),
        Column("day_of_month", SMALL, "1 to 31.", required=True),
        Column("weekday", SMALL, "1 for Monday to 7 for Sunday.", required=True),
        Column("weekday_name", WORD, "Name of the weekday.", required=True),
        Column("day_type", WORD, "workday, saturday, or sunday or holiday.", required=True),
        Column("holiday", WORD, "Name of the public holiday; null on other days."),
        Column("season", WORD, "Meteorological season of the hemisphere; null where that is unknown."),
    ),
    ("calendar_id", "day"),
)
ENTITLEMENTS = TableSchema(
    "entitlements",
    "Which user sees which site; a grant counts for all below the site. For row-level security filter by user_name.",
    (
        key("user_name", "Name of the user as Tableau knows it.", WORD),
        SITE_ID,
        Column("granted_site_id", WHOLE, "The site that was granted: this one, or one above it.", required=True),
    ),
    ("user_name", "site_id"),
    (OF_SITE,),
)
DICTIONARY = TableSchema(
    "dictionary",
    "What each table and column of this extract means.",
    (
        key("table_name", "Table.", WORD),
        key("column_name", "Column; empty for the table itself.", WORD),
        Column("caption", WORD, "How the pages call it.", required=True),
        Column("unit", WORD, "What it is measured in; empty where it has no unit.", required=True),
        Column("description", TEXT, "What it says.", required=True),
    ),
    ("table_name", "column_name"),
)


# In this order tables are written: what others refer to comes first.
TABLES: Mapping[str, TableSchema] = {
    table.name: table
    for table in (
        WEATHER_STATIONS,
        CALENDAR,
        SITES,
        METERS,
        ENTITLEMENTS,
        READINGS,
        HOURLY,
        DAILY,
        SITE_DAILY,
        FORECASTS,
        ANOMALIES,
        RECOMMENDATIONS,
        BILLS,
        BILL_LINES,
        WEATHER,
        DICTIONARY,
    )
}


def layout() -> str:
    """Return a short digest of all names, types and keys: where it differs, so do the tables."""
    described = [(table.name, str(table.arrow), table.primary_key, table.foreign_keys) for table in TABLES.values()]
    return hashlib.sha256(repr(described).encode()).hexdigest()[:12]
