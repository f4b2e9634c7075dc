"""How long the load takes to follow the temperature: their correlation with the temperature some hours before.

Both follow the clock and the seasons, which would correlate them on their own. Therefore each is taken as its departure
from the mean of the same hour in the same month; workdays, Saturdays and Sundays apart. Cold and warm days are taken
apart too, because heating and cooling answer with opposite signs.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

LONGEST_LAG_HOURS = 48
SPLIT_C = 15.5  # the base that British degree days are counted from
FRIDAY = 4
FEWEST_HOURS = 500  # of a season
COLUMNS = ["season", "lag_hours", "correlation", "hours"]


def correlation_by_lag(hours: pd.DataFrame, *, longest: int = LONGEST_LAG_HOURS) -> pd.DataFrame:
    """Correlate load and temperature: ``season`` (cold, warm), ``lag_hours``, ``correlation``, ``hours``.

    ``hours`` has ``energy_kwh`` and ``temperature_c`` by local hour, with its zone. A season with fewer than
    FEWEST_HOURS hours, or without any change, has no rows.
    """
    spaced = hours[["energy_kwh", "temperature_c"]].asfreq("h") if len(hours) else hours
    if not len(spaced):
        return pd.DataFrame(columns=COLUMNS)
    index = pd.DatetimeIndex(spaced.index)
    of_day = spaced["temperature_c"].groupby(index.tz_localize(None).normalize()).transform("mean")
    cold = np.asarray(of_day < SPLIT_C)
    known = np.asarray(of_day.notna())
    rows = [
        row
        for season, chosen in (("cold", cold & known), ("warm", ~cold & known))
        for row in _of_season(season, spaced, chosen, longest)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_season(season: str, hours: pd.DataFrame, chosen: Flags, longest: int) -> list[tuple[str, int, float, int]]:
    index = pd.DatetimeIndex(hours.index)
    kind = np.maximum(index.day_of_week - FRIDAY, 0)  # workdays, Saturdays, Sundays
    usual = np.asarray(((index.year * 12 + index.month) * 3 + kind) * 24 + index.hour)
    load = _departures(hours["energy_kwh"], chosen, usual)
    load[~chosen] = np.nan
    degrees = _departures(hours["temperature_c"], chosen, usual)
    rows = []
    for lag in range(longest + 1):
        before = np.roll(degrees, lag)
        before[:lag] = np.nan
        both = np.isfinite(load) & np.isfinite(before)
        if both.sum() < FEWEST_HOURS or np.ptp(load[both]) == 0 or np.ptp(before[both]) == 0:
            continue
        rows.append((season, lag, float(np.corrcoef(load[both], before[both])[0, 1]), int(both.sum())))
    return rows


def _departures(values: "pd.Series[float]", chosen: Flags, group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Take off the mean of the group, over the chosen hours."""
    means = values[chosen].groupby(group[chosen]).mean().reindex(group)
    return np.asarray(values, dtype=np.float64) - np.asarray(means, dtype=np.float64)
