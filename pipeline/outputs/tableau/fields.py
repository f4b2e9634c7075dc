"""What each column of the extract is to Tableau: dimension or measure, how it adds up, how it is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from pipeline.definitions import MEASURES, Aggregation, Measure
from pipeline.outputs.extract.dictionary import MONEY, caption
from pipeline.outputs.extract_columns import Column

Role = Literal["dimension", "measure"]
Kind = Literal["nominal", "ordinal", "quantitative"]

AGGREGATIONS: Mapping[Aggregation, str] = {
    "sum": "Sum",
    "mean": "Avg",
    "max": "Max",
    "ratio": "Avg",
    "percentile": "Avg",
}
D3_FORMATS = {",.4~g": "n#,##0.##;-#,##0.##", ",.2f": "n#,##0.00;-#,##0.00", ".1%": "p0.0%"}
MONEY_FORMAT, SHARE_FORMAT, NUMBER_FORMAT = D3_FORMATS[",.2f"], D3_FORMATS[".1%"], D3_FORMATS[",.4~g"]

# Whole numbers that name or order something: adding them up would mean nothing.
ORDINALS = frozenset(
    {
        "year",
        "quarter",
        "month",
        "iso_year",
        "iso_week",
        "day_of_month",
        "weekday",
        "depth",
        "flag",
        "line",
        "utc_offset_min",
        "step_s",
    }
)
MEANS = frozenset(
    {
        "temperature_c",
        "humidity_percent",
        "wind_m_s",
        "solar_w_m2",
        "confidence",
        "score",
        "price",
        "latitude",
        "longitude",
    }
)
MAXIMA = frozenset({"rank"})
SHARES = frozenset({"confidence"})
TECHNICAL = frozenset({"flag", "sign", "clock_kwh"})
GEOGRAPHY = {
    "latitude": "[Geographical].[Latitude]",
    "longitude": "[Geographical].[Longitude]",
    "country": "[Country].[ISO3166_2]",
    "state": "[State].[Name]",
    "city": "[City].[Name]",
}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
ALIASES: Mapping[str, Mapping[int, str]] = {
    "quarter": {number: f"Q{number}" for number in range(1, 5)},
    "month": dict(enumerate(MONTHS, 1)),
}


@dataclass(frozen=True)
class Storage:
    """A type of the extract, as Tableau calls it: code, type of the field, aggregation of the raw column."""

    code: int
    datatype: str
    aggregation: str


@dataclass(frozen=True)
class Look:
    """How a field is offered: ``aggregation`` None is Tableau's default, ``format`` None leaves it to Tableau."""

    caption: str
    datatype: str
    role: Role
    kind: Kind
    description: str
    aggregation: str | None = None
    format: str | None = None
    geography: str | None = None
    hidden: bool = False
    aliases: Mapping[int, str] | None = None


def storage(kind: pa.DataType) -> Storage:
    """Return how Tableau sees a type of the extract."""
    if pa.types.is_decimal(kind):
        return Storage(131, "real", "Sum")
    return _STORAGE[kind]


def look(column: Column) -> Look:
    """Return how a column is offered."""
    datatype = storage(column.type).datatype
    measure = _is_measure(column, datatype)
    return Look(
        caption=caption(column),
        datatype=datatype,
        role="measure" if measure else "dimension",
        kind="quantitative" if measure else "nominal" if datatype in {"string", "boolean"} else "ordinal",
        description=column.comment,
        aggregation=_aggregation(column.name) if measure else None,
        format=_format(column) if measure else None,
        geography=GEOGRAPHY.get(column.name),
        hidden=column.name.endswith("_id") or column.name in TECHNICAL,
        aliases=ALIASES.get(column.name),
    )


def format_of(measure: Measure) -> str:
    """Return how Tableau writes a measure."""
    return D3_FORMATS[measure.d3_format]


def _is_measure(column: Column, datatype: str) -> bool:
    counts = datatype == "integer" and not column.name.endswith("_id") and column.name not in ORDINALS
    return datatype == "real" or counts


def _aggregation(name: str) -> str:
    if name in MEASURES:
        return AGGREGATIONS[MEASURES[name].aggregation]
    if name in MEANS:
        return "Avg"
    return "Max" if name in MAXIMA or name.endswith("_kw") else "Sum"


def _format(column: Column) -> str | None:
    if column.name in MEASURES:
        return format_of(MEASURES[column.name])
    if column.name in SHARES:
        return SHARE_FORMAT
    if column.name in GEOGRAPHY:
        return None
    return MONEY_FORMAT if column.name in MONEY else NUMBER_FORMAT


_STORAGE: Mapping[pa.DataType, Storage] = {
    pa.string(): Storage(129, "string", "Count"),
    pa.bool_(): Storage(11, "boolean", "Count"),
    pa.int16(): Storage(2, "integer", "Sum"),
    pa.int32(): Storage(3, "integer", "Sum"),
    pa.float64(): Storage(5, "real", "Sum"),
    pa.date32(): Storage(133, "date", "Year"),
    pa.timestamp("us", "UTC"): Storage(135, "datetime", "Year"),
    pa.timestamp("us"): Storage(135, "datetime", "Year"),
}
