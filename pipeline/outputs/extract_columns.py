"""What the tables of an extract are made of: types, columns, keys, and the columns that many tables share."""

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


def key(name: str, comment: str, kind: pa.DataType = WHOLE) -> Column:
    """Describe a column that is never null."""
    return Column(name, kind, comment, required=True)


METER_ID = key("meter_id", "Number of the meter.")
SITE_ID = key("site_id", "Number of the site.")
CALENDAR_ID = key("calendar_id", "Number of the calendar that the site follows.")
LOCAL_DAY = key("day", "Local day of the site.", DAY)
OF_METER = ForeignKey(("meter_id",), "meters", ("meter_id",))
OF_SITE = ForeignKey(("site_id",), "sites", ("site_id",))
OF_DAY = ForeignKey(("calendar_id", "day"), "calendar", ("calendar_id", "day"))
WHEN = (
    key("ts_utc", "Start of the interval, UTC.", UTC_INSTANT),
    key("ts_local", "What the site's clock showed then.", LOCAL_TIME),
    key("utc_offset_min", "Minutes between the two; tells the doubled hour in autumn apart.", SMALL),
    key("interval_end_utc", "End of the interval, UTC; not part of it.", UTC_INSTANT),
)
HOW_MUCH = (
    Column("energy_kwh", NUMBER, "Cleaned energy, in the meter's own direction.", required=True),
    Column(
        "counted_kwh",
        NUMBER,
        "What it adds to the consumption of the selection: export is negative, own generation 0. Add this up.",
        required=True,
    ),
)
COVERAGE = (
    Column("peak_kw", NUMBER, "Highest mean power over a clock hour.", required=True),
    Column("covered_hours", NUMBER, "Hours that have data.", required=True),
    Column("estimated_hours", NUMBER, "Hours whose values are estimates.", required=True),
)
QUALITY = (
    Column("flag", WHOLE, "What is known about the quality, as a sum of bits.", required=True),
    Column("flags", TEXT, "The same in words, separated by commas.", required=True),
)
VALUED = (
    Column("cost", COST, "Cost of the energy at the site's tariff, in its currency; null where no price is known."),
    Column("co2_kg", NUMBER, "CO2 of the imported energy; null where no emission factor is known."),
)
QUANTILES = (
    Column("p10_kwh", NUMBER, "Ten in a hundred are lower.", required=True),
    Column("p50_kwh", NUMBER, "Median: half are lower.", required=True),
    Column("p90_kwh", NUMBER, "Ninety in a hundred are lower.", required=True),
)
