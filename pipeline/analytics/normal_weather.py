"""Temperature beyond the last that is known or forecast: what is normal for that hour or day of the year."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

AROUND_DAYS = 10  # days before and after that make a day's normal: long enough to be smooth, short against a season
DAYS_OF_YEAR = 366
SHORTEST_YEARS = 300  # days of history from which there is a normal for every day


def extended(temperature_c: pd.Series, until: pd.Timestamp, freq: str) -> pd.Series:
    """Continue a temperature by its normal up to ``until``; gaps inside are filled in the same way.

    The normal is the mean over the years of the days around the same day of the year, by hour where ``freq`` is finer
    than a day. With less than about ten months of history it is the mean of the last days around.
    """
    if temperature_c.empty:
        return temperature_c
    index = pd.date_range(temperature_c.index[0], max(until, temperature_c.index[-1]), freq=freq)
    known = temperature_c.reindex(index)
    return known.fillna(_normal(temperature_c, index))


def _normal(temperature_c: pd.Series, index: pd.DatetimeIndex) -> pd.Series:
    measured = pd.DatetimeIndex(temperature_c.index)
    if (measured[-1] - measured[0]).days < SHORTEST_YEARS:
        recent = temperature_c[measured > measured[-1] - pd.Timedelta(days=2 * AROUND_DAYS)]
        by_hour = recent.groupby(pd.DatetimeIndex(recent.index).hour).mean()
        return pd.Series(by_hour.reindex(index.hour).fillna(recent.mean()).to_numpy(), index)
    sums, counts = np.zeros((DAYS_OF_YEAR, 24)), np.zeros((DAYS_OF_YEAR, 24))
    np.add.at(sums, (measured.day_of_year - 1, measured.hour), temperature_c.to_numpy(np.float64))
    np.add.at(counts, (measured.day_of_year - 1, measured.hour), 1.0)
    with np.errstate(invalid="ignore"):
        table = _over_days_around(sums) / _over_days_around(counts)
    return pd.Series(table[index.day_of_year - 1, index.hour], index)


def _over_days_around(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add up the days around each day; the year begins again after its end."""
    wrapped = np.vstack([table[-AROUND_DAYS:], table, table[:AROUND_DAYS]]).cumsum(axis=0)
    padded = np.vstack([np.zeros((1, table.shape[1])), wrapped])
    width = 2 * AROUND_DAYS + 1
    summed: NDArray[np.float64] = padded[width:] - padded[:-width]
    return summed
