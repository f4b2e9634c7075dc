"""The tables of a ``.hyper`` extract: names, columns, keys and what each means. Data sources for Tableau read this too.

Related by keys as a tree from ``sites``: every table of facts holds the numbers of its site (and meter), names are in
``sites`` and ``meters`` alone. ``calendar`` is shared by all that have a ``day``. Captions and units of measures are in
``pipeline.definitions``, under the column's name.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

TEXT, WORD, YES_NO = pa.string(), pa.string(), pa.bool_()
WHOLE, SMALL, NUMBER, DAY = pa.int32(), pa.int16(), pa.float64(), pa.date32()
UTC_INSTANT, LOCAL_TIME = pa.timestamp("us", "UTC"), pa.timestamp("us")
COST, MONEY, AMOUNT, PRICE, QUANTITY = (pa.decimal128(18, scale) for scale in (6, 2, 3, 8, 6))
SCHEMA = "public"


@dataclass(frozen=True)
class Column:
    """A column; ``required`` ones are never null."""

    name: str
    type: pa.DataType
    comment: str
    required: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """Columns that name a row of another table, by columns of the same names or by ``to``."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class TableSchema:
    """A table: ``partitioned`` ones are updated by meter and month, the others are small and written anew."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    partitioned: bool = False

    @property
    def arrow(self) -> pa.Schema:
        """Return the columns as Arrow takes them."""
        return pa.schema([pa.field(one.name, one.type, nullable=not one.required) for one in self.columns])


def _key(name: str, comment: str, kind: pa.DataType = WHOLE) -> Column:
    return Column(name, kind, comment, required=True)


_METER = _key("meter_id", "Number of the meter.")
_SITE = _key("site_id", "Number of the site.")
_CALENDAR = _key("calendar_id", "Number of the calendar that the site follows.")
_LOCAL_DAY = _key("day", "Local day of the site.", DAY)
_OF_METER = ForeignKey(("meter_id",), "meters", ("meter_id",))
_OF_SITE = ForeignKey(("site_id",), "sites", ("site_id",))
_OF_DAY = ForeignKey(("calendar_id", "day"), "calendar", ("calendar_id", "day"))
_WHEN = (
    _key("ts_utc", "Start of the interval, UTC.", UTC_INSTANT),
    _key("ts_local", "What the site's clock showed then.", LOCAL_TIME),
    _key("utc_offset_min", "Minutes between the two; tells the doubled hour in autumn apart.", SMALL),
    _key("interval_end_utc", "End of the interval, UTC; not part of it.", UTC_INSTANT),
)
_HOW_MUCH = (
    Column("energy_kwh", NUMBER, "Cleaned energy, in the meter's own direction.", required=True),
    Column(
        "counted_kwh",
        NUMBER,
        "What it adds to the consumption of the selection: export is negative, own generation 0. Add this up.",
        required=True,
    ),
)
_COVERAGE = (
    Column("peak_kw", NUMBER, "Highest mean power over a clock hour.", required=True),
    Column("covered_hours", NUMBER, "Hours that have data.", required=True),
    Column("estimated_hours", NUMBER, "Hours whose values are estimates.", required=True),
)
_QUALITY = (
    Column("flag", WHOLE, "What is known about the quality, as a sum of bits.", required=True),
    Column("flags", TEXT, "The same in words, separated by commas.", required=True),
)
_VALUED = (
    Column("cost", COST, "Cost of the energy at the site's tariff, in its currency; null where no price is known."),
    Column("co2_kg", NUMBER, "CO2 of the imported energy; null where no emission factor is known."),
)
_QUANTILES = (
    Column("p10_kwh", NUMBER, "Ten in a hundred are lower.", required=True),
    Column("p50_kwh", NUMBER, "Median: half are lower.", required=True),
    Column("p90_kwh", NUMBER, "Ninety in a hundred are lower.", required=True),
)

READINGS = TableSchema(
    "readings",
    "Every reading, as fine as the meter gives it. The same energy is in hourly and daily: never add up two of them.",
    (
        _METER,
        _SITE,
        _CALENDAR,
        *_WHEN,
        _LOCAL_DAY,
        Column("duration_s", WHOLE, "Length of the interval in seconds.", required=True),
        *_HOW_MUCH,
        Column("raw_kwh", NUMBER, "As the source gave it; null where it gave nothing."),
        *_QUALITY,
        Column("estimated", YES_NO, "True where the value is an estimate.", required=True),
    ),
    ("meter_id", "ts_utc"),
    (_OF_METER, _OF_SITE, _OF_DAY),
    partitioned=True,
)
HOURLY = TableSchema(
    "hourly",
    "Use, cost and CO2 by clock hour and meter.",
    (_METER, _SITE, _CALENDAR, *_WHEN, _LOCAL_DAY, *_HOW_MUCH, *_COVERAGE, *_VALUED, *_QUALITY),
    ("meter_id", "ts_utc"),
    (_OF_METER, _OF_SITE, _OF_DAY),
    partitioned=True,
)
DAILY = TableSchema(
    "daily",
    "Use, cost and CO2 by local day and meter; a day has 23 or 25 hours when the clocks change.",
    (
        _METER,
        _SITE,
        _CALENDAR,
        *_WHEN,
        _LOCAL_DAY,
        *_HOW_MUCH,
        *_COVERAGE,
        Column("peak_ts_utc", UTC_INSTANT, "Start of the hour of the peak, UTC.", required=True),
        *_VALUED,
        *_QUALITY,
    ),
    ("meter_id", "day"),
    (_OF_METER, _OF_SITE, _OF_DAY),
)
SITE_DAILY = TableSchema(
    "site_daily",
    "Use, peak, cost and CO2 by local day of each node of the site tree, all below it included: the figures of the "
    "pages. Choose one site, or one level of the tree, before adding up. Over several time zones, use is by the days "
    "of each zone and power by those of the node: a day may have one of them alone.",
    (
        _SITE,
        _CALENDAR,
        *_WHEN,
        _LOCAL_DAY,
        Column("energy_kwh", NUMBER, "Consumption: import less export."),
        Column("peak_kw", NUMBER, "Highest power of all its meters together over a clock hour."),
        Column("peak_ts_utc", UTC_INSTANT, "Start of the hour of the peak, UTC."),
        Column("clock_kwh", NUMBER, "Consumption of these clock hours; over hours, it is the mean power."),
        Column("hours", NUMBER, "Clock hours with any data, of the day on the node's own clock."),
        Column("covered_hours", NUMBER, "Meter-hours that have data."),
        Column("estimated_hours", NUMBER, "Meter-hours whose values are estimates."),
        *_VALUED,
        *_QUALITY,
    ),
    ("site_id", "day"),
    (_OF_SITE, _OF_DAY),
)
FORECASTS = TableSchema(
    "forecasts",
    "Forecasts in use when they were issued, by hour, day and month ahead, with quantiles. Choose one horizon, one "
    "scenario and one issue before adding up.",
    (
        _key("forecast_id", "Number of the forecast: one issue of one site or meter."),
        _SITE,
        Column("meter_id", WHOLE, "Number of the meter; null for a forecast of the whole site."),
        _CALENDAR,
        Column("horizon", WORD, "hours, days or months.", required=True),
        Column("issued_at_utc", UTC_INSTANT, "End of the readings that the forecast knew.", required=True),
        Column("newest", YES_NO, "True for the newest issue of its horizon.", required=True),
        Column("in_retrospect", YES_NO, "True where it was made later, as of then.", required=True),
        Column("model", WORD, "Model in use: the best by backtest.", required=True),
        _key("scenario", "base, a change of temperature such as +2, or holiday.", WORD),
        *_WHEN,
        _LOCAL_DAY,
        *_QUANTILES,
    ),
    ("forecast_id", "scenario", "ts_utc"),
    (_OF_SITE, ForeignKey(("meter_id",), "meters", ("meter_id",)), _OF_DAY),
)
ANOMALIES = TableSchema(
    "anomalies",
    "Events that detectors found, with energy, cost and what people answered.",
    (
        _key("anomaly_id", "Number of the event; it stays from run to run."),
        _METER,
        _SITE,
        _CALENDAR,
        Column("kind", WORD, "What was found.", required=True),
        *_WHEN,
        _LOCAL_DAY,
        Column("hours", NUMBER, "Length of the event in hours.", required=True),
        Column("expected_kwh", NUMBER, "Energy that was expected."),
        Column("actual_kwh", NUMBER, "Energy that was measured."),
        Column("deviation_kwh", NUMBER, "Measured less expected."),
        Column("cost", pa.decimal128(18, 4), "Cost of the energy above what was expected; negative below it."),
        Column("currency", WORD, "ISO 4217."),
        Column("confidence", NUMBER, "0 to 1.", required=True),
        Column("score", NUMBER, "How far from usual, in the detector's own measure.", required=True),
        Column("rank", NUMBER, "What to look at first: the highest.", required=True),
        Column(
            "status", WORD, "new, acknowledged, expected, resolved, or excused by a holiday or plan.", required=True
        ),
        Column("owner", WORD, "Who takes care of it.", required=True),
        Column("found", YES_NO, "True where the newest run still finds it.", required=True),
        Column("explanation", TEXT, "What was seen, in a sentence.", required=True),
    ),
    ("anomaly_id",),
    (_OF_METER, _OF_SITE, _OF_DAY),
)
RECOMMENDATIONS = TableSchema(
    "recommendations",
    "What could be saved, what people decided, and what was saved since.",
    (
        _key("recommendation_id", "Name of the recommendation; it stays from run to run.", WORD),
        _SITE,
        Column("kind", WORD, "Kind of measure.", required=True),
        Column("recommendation", TEXT, "What to do, in a sentence.", required=True),
        Column("state", WORD, "open, accepted, done or dismissed.", required=True),
        Column("saving_kwh", NUMBER, "Energy saved in a year; negative where the use rises.", required=True),
        Column("saving_money", MONEY, "Money saved in a year; null without a tariff."),
        Column("currency", WORD, "ISO 4217."),
        Column("saving_co2_kg", NUMBER, "CO2 saved in a year; null without an emission factor."),
        Column("confidence", NUMBER, "0 to 1; null where no run finds it any more."),
        Column("effort", WORD, "low, medium or high; null where no run finds it any more."),
        Column("reason", TEXT, "Why it was decided so.", required=True),
        Column("done_on", DAY, "Local day from which it should show."),
        Column("realised_kwh", NUMBER, "Energy saved so far, measured against a baseline; null until measured."),
        Column("realised_money", MONEY, "Money saved so far."),
        Column("realised_days", WHOLE, "Days measured so far."),
    ),
    ("recommendation_id",),
    (_OF_SITE,),
)
BILLS = TableSchema(
    "bills",
    "Monthly bills of sites by their own tariffs.",
    (
        _key("bill_id", "Name of the bill: site, month and tariff.", WORD),
        _SITE,
        _CALENDAR,
        Column("day", DAY, "First day of the month.", required=True),
        Column("tariff", WORD, "Tariff at the month's end.", required=True),
        Column("currency", WORD, "ISO 4217.", required=True),
        Column("total", AMOUNT, "What is to pay, taxes included.", required=True),
        Column("energy_kwh", NUMBER, "Imported energy.", required=True),
        Column("export_kwh", NUMBER, "Exported energy.", required=True),
        Column("peak_kw", NUMBER, "Highest mean power over a clock hour.", required=True),
        Column("peak_ts_utc", UTC_INSTANT, "Start of the hour of the peak, UTC."),
        Column("hours", NUMBER, "Hours of the month by the clock.", required=True),
        Column("covered_hours", NUMBER, "Hours that have data.", required=True),
        Column("share_estimated", NUMBER, "Part of the time whose values are estimates, 0 to 1.", required=True),
        Column("notes", TEXT, "What must be said of it.", required=True),
    ),
    ("bill_id",),
    (_OF_SITE, _OF_DAY),
)
BILL_LINES = TableSchema(
    "bill_lines",
    "The lines of each bill; their amounts add up to its total.",
    (
        _key("bill_id", "Name of the bill.", WORD),
        _key("line", "Place on the bill.", SMALL),
        Column("kind", WORD, "fixed, energy, demand, capacity, minimum, tax or export.", required=True),
        Column("label", TEXT, "What it is for.", required=True),
        Column("period", WORD, "Period of the tariff; empty where it has none.", required=True),
        Column("quantity", QUANTITY, "How much.", required=True),
        Column("unit", WORD, "Of what.", required=True),
        Column("price", PRICE, "Price of one unit.", required=True),
        Column("amount", AMOUNT, "Quantity times price, rounded.", required=True),
        Column("of_energy", YES_NO, "True where it is part of the price of a kWh.", required=True),
    ),
    ("bill_id", "line"),
    (ForeignKey(("bill_id",), "bills", ("bill_id",)),),
)
WEATHER = TableSchema(
    "weather",
    "Weather by hour of the stations that serve the sites, on the clocks of each time zone they serve. Relate it to "
    "sites by station_id and timezone.",
    (
        _key("station_id", "Number of the weather station."),
        _key("timezone", "IANA zone whose clock ts_local and day are of.", WORD),
        *_WHEN,
        _LOCAL_DAY,
        Column("temperature_c", NUMBER, "Temperature of the air in degrees Celsius.", required=True),
        Column("humidity_percent", NUMBER, "Relative humidity."),
        Column("wind_m_s", NUMBER, "Speed of the wind."),
        Column("solar_w_m2", NUMBER, "Global horizontal irradiance."),
        Column("is_forecast", YES_NO, "True until the hour has been measured.", required=True),
    ),
    ("station_id", "timezone", "ts_utc"),
    (ForeignKey(("station_id",), "weather_stations", ("station_id",)),),
)
WEATHER_STATIONS = TableSchema(
    "weather_stations",
    "Weather stations, and points of a provider's grid.",
    (
        _key("station_id", "Number of the weather station."),
        Column("station", WORD, "Name of the station.", required=True),
        Column("provider", WORD, "Who gave the newest hours.", required=True),
        Column("latitude", NUMBER, "Degrees, north is positive.", required=True),
        Column("longitude", NUMBER, "Degrees, east is positive.", required=True),
        Column("generated", YES_NO, "True for demo data.", required=True),
    ),
    ("station_id",),
)
SITES = TableSchema(
    "sites",
    "Nodes of the site tree: those with meters in the selection, and all above them.",
    (
        _SITE,
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
        _CALENDAR,
        Column("station_id", WHOLE, "Number of the nearest weather station; null where several serve the node."),
        Column("complete", YES_NO, "True where all its meters are in the extract.", required=True),
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
        _METER,
        _SITE,
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
    (_OF_SITE,),
)
CALENDAR = TableSchema(
    "calendar",
    "Days with their place in the year, for each country (and part of it) and hemisphere that sites are in.",
    (
        _key("calendar_id", "Number of the calendar."),
        _key("day", "The day.", DAY),
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
        _key("user_name", "Name of the user as Tableau knows it.", WORD),
        _SITE,
        Column("granted_site_id", WHOLE, "The site that was granted: this one, or one above it.", required=True),
    ),
    ("user_name", "site_id"),
    (_OF_SITE,),
)
DICTIONARY = TableSchema(
    "dictionary",
    "What each table and column of this extract means.",
    (
        _key("table_name", "Table.", WORD),
        _key("column_name", "Column; empty for the table itself.", WORD),
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
