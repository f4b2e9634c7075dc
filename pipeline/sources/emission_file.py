"""Reads hourly emission factors from a CSV file: a column of times and one of kg (or g) CO2 per kWh."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import FileError

LARGEST_KG_PER_KWH = 2.5  # above any fuel burnt for electricity: such a column is in other units
AN_HOUR_S = 3600
SEPARATORS = (",", ";", "\t")


def read_factors(path: Path, *, unit: str = "kg") -> pd.Series:
    """Read the first column as times (ISO 8601; without an offset they are UTC), the second as factors.

    Returns kg per kWh indexed by UTC hours, oldest first; values of less than an hour are averaged.
    Raises FileError with what is wrong.
    """
    try:
        header = path.read_text(encoding="utf-8-sig").split("\n", 1)[0]
        separator = max(SEPARATORS, key=header.count)
        table = pd.read_csv(path, sep=separator, dtype=str, skipinitialspace=True, encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # pandas' and Unicode's errors are ValueErrors
        raise FileError(f"{path.name} cannot be read as CSV: {error}.") from error
    if table.shape[1] < 2:  # noqa: PLR2004 - the two columns of the docstring
        raise FileError(f"{path.name} needs two columns: the time and the factor in kg CO2 per kWh.")
    times = pd.to_datetime(table.iloc[:, 0], utc=True, format="ISO8601", errors="coerce")
    factors = pd.to_numeric(table.iloc[:, 1], errors="coerce") / (1000 if unit == "g" else 1)
    _check(path.name, times.isna() | factors.isna(), "needs a time like 2026-01-31T13:00Z and a number")
    _check(path.name, factors < 0, "has a factor below zero")
    _check(
        path.name,
        factors > LARGEST_KG_PER_KWH,
        "has more kg per kWh than any power station: if they are in g, say --unit g",
    )
    if not len(factors):
        raise FileError(f"{path.name} has no factor in it.")
    by_hour = pd.Series(factors.to_numpy(dtype="float64"), index=pd.DatetimeIndex(times)).groupby(level=0).mean()
    hours = by_hour.groupby(pd.DatetimeIndex(by_hour.index).floor("h")).mean()
    return _filled(hours)


def _filled(hours: pd.Series) -> pd.Series:
    """Let a factor hold until the next one where the file gives them by day, month or year."""
    steps = pd.TimedeltaIndex(hours.index[1:] - hours.index[:-1])
    if not len(steps) or float(np.median(steps.total_seconds())) <= AN_HOUR_S:
        return hours
    end = hours.index[-1] + steps[-1]
    every = pd.date_range(hours.index[0], end, freq="h", inclusive="left")
    return hours.reindex(every, method="ffill")


def _check(name: str, wrong: pd.Series, what: str) -> None:
    if wrong.any():
        raise FileError(f"{name}, line {int(wrong.to_numpy().argmax()) + 2}: {what}.")
