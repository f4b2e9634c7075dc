"""The coming months from the same days a year before, for histories too short for models of months.

A day is forecast as the day 364 days before it, which is the same weekday in the same season; months are sums of days.
Half of the change between the last quarter and the same quarter a year before is carried on: the whole of it is as
often weather as growth. The width is that of the past: how far each known month was from the same days a year before.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

YEAR = pd.Timedelta(days=364)
QUARTER = 91
CARRIED_ON = 0.5
MOST_CHANGE = 2.0  # a site that doubled or halved has changed; nothing says that it goes on
ENOUGH = 0.9  # of the days of a month
FEWEST_MONTHS = 3  # that can be compared with the year before
COVERED = 0.8  # from P10 to P90


@dataclass(frozen=True)
class YearAhead:
    """``quantiles``: P10, P50, P90 in kWh by month, shape (months, 3); ``naive``: the same days without the change.

    ``errors`` are those of past months against the same days a year before, in kWh and as a share of the month.
    """

    quantiles: Numbers
    naive: Numbers
    actual_kwh: Numbers
    predicted_kwh: Numbers
    coverage: float


def year_ahead(days: pd.Series, months: pd.DatetimeIndex) -> YearAhead | None:
    """Forecast ``months`` (first days) from energy by local day; None where less than 15 months are known."""
    known = days.dropna()
    if known.empty:
        return None
    past = _compared(days)
    if len(past) < FEWEST_MONTHS:
        return None
    every = pd.date_range(months[0], months[-1] + pd.offsets.MonthEnd(1))
    ahead = _of_the_year_before(days, every)
    naive = ahead.groupby(every.to_period("M")).sum().to_numpy(np.float64)
    middle = naive * _change(days)
    misses = (past["actual"] / past["predicted"] - 1).to_numpy(np.float64)
    width = _width(misses)
    return YearAhead(
        quantiles=np.column_stack([middle - width * np.abs(middle), middle, middle + width * np.abs(middle)]),
        naive=naive,
        actual_kwh=past["actual"].to_numpy(np.float64),
        predicted_kwh=past["predicted"].to_numpy(np.float64),
        coverage=_coverage(misses),
    )


def _of_the_year_before(days: pd.Series, every: pd.DatetimeIndex) -> pd.Series:
    """Take each day from a year before, or from as many years before as it takes; gaps from the days around it."""
    found = pd.Series(np.nan, every)
    for years in (1, 2):
        found = found.fillna(pd.Series(days.reindex(every - years * YEAR).to_numpy(np.float64), every))
    return found.fillna(found.rolling(QUARTER, center=True, min_periods=1).mean()).fillna(float(days.mean()))


def _compared(days: pd.Series) -> pd.DataFrame:
    """Set months beside the same days a year before: ``actual, predicted``, where most days of both are known."""
    index = pd.DatetimeIndex(days.index)
    before = pd.Series(days.reindex(index - YEAR).to_numpy(np.float64), index)
    both = (days.notna() & before.notna()).to_numpy()
    month = index.to_period("M")
    sums = (
        pd.DataFrame({"actual": days.where(both), "predicted": before.where(both), "days": both}).groupby(month).sum()
    )
    whole = sums["days"] >= ENOUGH * pd.PeriodIndex(sums.index).days_in_month
    compared: pd.DataFrame = sums[whole & (sums["predicted"] != 0)]
    return compared


def _change(days: pd.Series) -> float:
    """Return by what to multiply: half of the change over a year, of the last quarter."""
    last = days.iloc[-QUARTER:]
    before = days.reindex(pd.DatetimeIndex(last.index) - YEAR).to_numpy(np.float64)
    both = last.notna().to_numpy() & np.isfinite(before)
    now, then = float(last.to_numpy(np.float64)[both].sum()), float(before[both].sum())
    if then <= 0 or now <= 0:
        return 1.0
    return float(np.clip(now / then, 1 / MOST_CHANGE, MOST_CHANGE) ** CARRIED_ON)


def _width(misses: Numbers) -> float:
    """Return the share of a month that covers the misses of the past, about their mean (split conformal)."""
    sizes = np.sort(np.abs(misses - misses.mean()))
    place = min(int(np.ceil((len(sizes) + 1) * COVERED)), len(sizes)) - 1
    return float(sizes[place])


def _coverage(misses: Numbers) -> float:
    """Say how many of the past months a width made from the others would have covered."""
    covered = []
    for place in range(len(misses)):
        others = np.delete(misses, place)
        covered.append(abs(misses[place] - others.mean()) <= _width(others))
    return float(np.mean(covered))
