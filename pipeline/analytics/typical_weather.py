"""What a model says of a typical year: the mean over all years that a station knows, not of an average year.

A year of average temperatures has no cold spells, so that a model with balance points would say too little. Therefore
the model is asked for each day of the history, and its answers are averaged around each day of the calendar.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import ModelError

Floats: TypeAlias = NDArray[np.float64]

DAYS_OF_CALENDAR = 366
DAYS_AROUND = 7  # to each side: with few years, single days of the calendar would still be weather
FEWEST_DAYS_OF_CALENDAR = 350  # known; a history of less than a year is not a typical one


def typical_kwh(
    days: pd.DatetimeIndex, history_c: "pd.Series[float]", predict: Callable[[Floats], Floats]
) -> "pd.Series[float]":
    """Return the use of each day at typical weather, in kWh.

    ``history_c`` holds mean temperatures by day, ``predict`` turns temperatures into use. Raises ModelError where the
    history does not cover a whole year.
    """
    known = history_c.dropna()
    places = np.asarray(pd.DatetimeIndex(known.index).day_of_year, dtype=np.int64) - 1
    covered = len(np.unique(places))
    if covered < FEWEST_DAYS_OF_CALENDAR:
        raise ModelError(
            f"The weather station knows {covered} days of the calendar; a typical year needs {FEWEST_DAYS_OF_CALENDAR}."
        )
    use = predict(np.asarray(known, dtype=np.float64))
    calendar = _around_each_day(places, use) / _around_each_day(places, np.ones(len(use)))
    return pd.Series(calendar[np.asarray(days.day_of_year) - 1], index=days, name="typical_kwh")


def _around_each_day(places: NDArray[np.int64], values: Floats) -> Floats:
    """Add up the values on each day of the calendar and those around it; the year's end meets its beginning."""
    totals = np.zeros(DAYS_OF_CALENDAR)
    for shift in range(-DAYS_AROUND, DAYS_AROUND + 1):
        np.add.at(totals, (places + shift) % DAYS_OF_CALENDAR, values)
    return totals
