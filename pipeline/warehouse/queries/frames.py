from collections.abc import Collection
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Boolean, ColumnElement, Connection, Date, DateTime, Float, Integer, Select, String, func

from pipeline.flags import FLAG_TEXTS


def fetch(conn: Connection, statement: Select[Any], nullable: Collection[str] = ()) -> pd.DataFrame:
    """Run a statement; the types of the columns come from the statement, so that an empty answer has them too.

    Numbers are float64 or int64 (Int64 for those named in ``nullable``), dates and times datetime64[us], text str.
    """
    rows = conn.execute(statement).all()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(statement.selected_columns)
    return pd.DataFrame(
        {
            column.name: pd.Series(list(values), dtype=_dtype(column, nullable=column.name in nullable))
            for column, values in zip(statement.selected_columns, columns, strict=True)
        }
    )


def utc(ts: ColumnElement[Any]) -> ColumnElement[datetime]:
    """Write an instant as naive UTC."""
    return func.timezone("UTC", ts, type_=DateTime())


def flag_names(flags: int) -> str:
    """Write the names of a reading's flags, comma separated."""
    return ", ".join(text.name for flag, text in FLAG_TEXTS.items() if flags & flag)


def with_flag_names(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the column ``flags``: what the bits of ``flag`` are called."""
    names = {flag: flag_names(flag) for flag in frame["flag"].unique()}
    return frame.assign(flags=frame["flag"].map(names).astype("str"))


def or_empty(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop a complete grid on which nothing has a ``value``: there is nothing to draw."""
    return frame.iloc[:0] if frame["value"].isna().all() else frame


def _dtype(column: ColumnElement[Any], *, nullable: bool) -> str:
    match column.type:
        case Boolean():
            return "bool"
        case Integer():
            return "Int64" if nullable else "int64"
        case Float():
            return "float64"
        case Date() | DateTime():
            return "datetime64[us]"
        case String():
            return "str"
    raise TypeError(f"The column {column} of a chart's frame cannot be of type {column.type!r}.")
