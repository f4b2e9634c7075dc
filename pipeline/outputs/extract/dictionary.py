"""What each table and column of an extract is called, measured in and means, as a table inside the extract."""

import pandas as pd

from pipeline.definitions import CURRENCY, DIMENSIONS, MEASURES
from pipeline.outputs.extract_columns import Column
from pipeline.outputs.extract_schema import TABLES

UNITS = {
    "_kwh": "kWh",
    "_kw": "kW",
    "_kg": "kg",
    "_m2": "m\N{SUPERSCRIPT TWO}",
    "_s": "s",
    "_min": "min",
    "_c": "\N{DEGREE SIGN}C",
    "_percent": "%",
    "_w_m2": "W/m\N{SUPERSCRIPT TWO}",
    "_m_s": "m/s",
    "hours": "h",
}
MONEY = ("cost", "total", "amount", "saving_money", "realised_money")
WORDS = {"kwh": "kWh", "kw": "kW", "co2": "CO\N{SUBSCRIPT TWO}", "utc": "(UTC)", "id": "number", "p10": "P10",
         "p50": "P50", "p90": "P90", "ts": "time", "iso": "ISO"}  # fmt: skip


def dictionary() -> pd.DataFrame:
    """Return the columns of the extract's ``dictionary``, tables and columns in their order."""
    rows = [
        row
        for table in TABLES.values()
        for row in (
            (table.name, "", _words(table.name), "", table.comment),
            *((table.name, one.name, caption(one), unit(one), one.comment) for one in table.columns),
        )
    ]
    return pd.DataFrame(rows, columns=["table_name", "column_name", "caption", "unit", "description"])


def caption(column: Column) -> str:
    """Say what people call a column: as the pages do, where it is a measure or dimension of theirs."""
    if column.name in MEASURES:
        return MEASURES[column.name].label
    return DIMENSIONS[column.name].label if column.name in DIMENSIONS else _words(column.name)


def unit(column: Column) -> str:
    """Return what a column is measured in; empty where that is nothing. Money is in the row's own currency."""
    if column.name in MONEY:
        return CURRENCY
    if column.name in MEASURES:
        return MEASURES[column.name].unit
    endings = [ending for ending in UNITS if column.name.endswith(ending) and not column.name.endswith("_utc")]
    return UNITS[max(endings, key=len)] if endings else ""


def _words(name: str) -> str:
    words = " ".join(WORDS.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]
