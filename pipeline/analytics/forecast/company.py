"""Series that live in the same weather: what happened beside a series says more of its tomorrow than it alone.

Where the weather is known, it says more: such series stay alone.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.analytics.forecast.series import STEPS_PER_DAY, Series

MOST = 4
FIRST_SHARE = 0.6  # of the history chooses: what is forecast again in a backtest lies after that
LEAST_DAYS = 60


def with_company(series: Sequence[Series], related: NDArray[np.bool_] | None = None) -> list[Series]:
    """Give each series the few others whose days rise and fall most like its own, to be looked at up to each origin.

    ``related`` says which are no company, because one holds the other: (series, series). Days and months stay alone, as
    do series that have nothing but related ones.
    """
    if len(series) < 2 or STEPS_PER_DAY.get(series[0].step, 1) == 1:  # noqa: PLR2004 - one has no other
        return list(series)
    alike = np.nan_to_num(_changes(series).corr(min_periods=LEAST_DAYS).to_numpy(np.float64, copy=True))
    others = ~np.eye(len(series), dtype=bool) if related is None else ~(related | np.eye(len(series), dtype=bool))
    found = []
    for one, row, allowed in zip(series, alike, others, strict=True):
        if one.temperature_c is not None:
            found.append(one)
            continue
        nearest = [place for place in np.argsort(-row, kind="stable") if allowed[place]][:MOST]
        found.append(replace(one, beside=tuple(series[place].energy_kwh for place in nearest)))
    return found


def _changes(series: Sequence[Series]) -> pd.DataFrame:
    """Return the relative change of each from day to day in the first part of its history, a column each."""
    days = {}
    for number, one in enumerate(series):
        first = one.energy_kwh.iloc[: int(len(one) * FIRST_SHARE)]
        daily = first.groupby(pd.DatetimeIndex(first.index).floor("D")).mean()
        days[number] = daily.diff() / max(float(daily.abs().mean()), 1e-9)
    return pd.DataFrame(days)
