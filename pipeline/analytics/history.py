"""Load as models may learn from it: on a complete index, without intervals that hold a part of the meters only."""

import numpy as np
import pandas as pd

ENOUGH = 0.9  # of the usual metered time: less is a part of the load, which would be learnt as a fall
USUAL_DAYS = 29  # days around, or hours of as many days, whose median is the usual metered time


def whole_intervals(energy_kwh: pd.Series, covered_hours: pd.Series, freq: str) -> pd.Series:
    """Complete the index, blank what is covered by less than usual, and end with the last whole interval.

    Both are indexed by interval start; ``freq`` is ``h`` or ``D``. Empty where no interval is whole.
    """
    around = USUAL_DAYS * (24 if freq == "h" else 1)
    usual = covered_hours.rolling(around, center=True, min_periods=1).median()
    return _between_ends(energy_kwh.where(covered_hours >= ENOUGH * usual), freq)


def months(days: pd.Series) -> pd.Series:
    """Add up whole days to months, indexed by first day; months with less than 90 % of their days are blank.

    What their missing days would have had is taken from the others. Only whole months at the ends.
    """
    first = pd.DatetimeIndex(days.index).to_period("M").to_timestamp()
    known = days.notna().groupby(first).sum()
    share = known / pd.DatetimeIndex(known.index).days_in_month
    sums = days.groupby(first).sum(min_count=1)
    return _between_ends((sums / share).where(share >= ENOUGH), "MS", trailing=_last_whole_month(days))


def daily_peaks(hourly_kwh: pd.Series, timezone: str) -> tuple[pd.Series, pd.Series]:
    """Return the highest mean power over an hour by local day in kW, and its instant; both by naive day."""
    known = hourly_kwh.dropna()
    local = pd.DatetimeIndex(known.index).tz_localize("UTC").tz_convert(timezone).tz_localize(None).normalize()
    places = known.groupby(local).idxmax()
    return pd.Series(known.loc[places].to_numpy(np.float64), index=places.index), places


def _last_whole_month(days: pd.Series) -> pd.Timestamp | None:
    """Return the first day of the last month that the days reach to the end of."""
    if days.empty:
        return None
    following = days.index[-1] + pd.Timedelta(days=1)
    last: pd.Timestamp = following.replace(day=1) - pd.offsets.MonthBegin(1)
    return last


def _between_ends(values: pd.Series, freq: str, trailing: pd.Timestamp | None = None) -> pd.Series:
    """Put values on a complete index from the first to the last that is known."""
    known = values.dropna()
    if trailing is not None:
        known = known[known.index <= trailing]
    if known.empty:
        return known
    return values.reindex(pd.date_range(known.index[0], known.index[-1], freq=freq))
