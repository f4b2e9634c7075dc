"""What forecasts by day mean for the month in progress: its energy and its highest power."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.analytics.month_end import MonthEnd, Range, month_end
from pipeline.steps.forecasting.histories import Histories
from pipeline.steps.forecasting.issue import BASE, Issued
from pipeline.steps.forecasting.refusals import Refused, alone
from pipeline.warehouse.forecasts import MONTH_END

Numbers = NDArray[np.float64]
Row = dict[str, object]

QUANTILES = ["p10", "p50", "p90"]
MONTHS_BEFORE = 11  # with the month in progress they make the twelve that ratchets and capacity tariffs look at


def month_ends(
    days: Sequence[Issued], peaks: Sequence[Issued], histories: Histories
) -> tuple[dict[str, Row], list[Refused]]:
    """Project the month of the first forecast day of each owner: rows of ``forecast_month_end`` by ``Owner.key``."""
    powers = {one.owner.key: one for one in peaks}
    rows: dict[str, Row] = {}
    refused: list[Refused] = []
    for one in days:
        if len(one.index):
            with alone(one.owner, refused, MONTH_END):
                rows[one.owner.key] = _row(one, powers.get(one.owner.key), histories)
    return rows, refused


def _row(days: Issued, peaks: Issued | None, histories: Histories) -> Row:
    key, month = days.owner.key, days.index[0].replace(day=1)
    rest = days.index[days.index < month + pd.DateOffset(months=1)]
    so_far = _energy_so_far(histories.days[key].loc[month:])
    peaks_known = histories.peaks.get(key, pd.Series(dtype=float, index=pd.DatetimeIndex([]))).dropna()
    this_month = peaks_known.loc[month:]
    year = peaks_known.loc[month - pd.DateOffset(months=MONTHS_BEFORE) : month - pd.Timedelta(days=1)]
    projected = month_end(
        so_far,
        float(this_month.max()) if len(this_month) else None,
        days.scenarios[BASE][: len(rest)],
        _of_days(peaks, rest),
        days.correlation,
        peak_correlation=None if peaks is None else peaks.correlation,
    )
    moments = histories.peak_moments.get(key, pd.Series(dtype="datetime64[us]"))
    return {
        "month": month.date(),
        "days_left": len(rest),
        "so_far_kwh": so_far,
        **_peak("so_far_kw", this_month, moments),
        **_peak("year_kw", year, moments),
        **_quantiles(projected),
    }


def _of_days(peaks: Issued | None, days: pd.DatetimeIndex) -> Numbers | None:
    """Take the peaks of the days; None where one of them has none."""
    places = np.array([-1]) if peaks is None else peaks.index.get_indexer(days)
    return None if peaks is None or (places < 0).any() else peaks.scenarios[BASE][places]


def _energy_so_far(days: pd.Series) -> float:
    """Add up the days so far; one that is not whole counts as the mean of the others."""
    return float(days.mean() * len(days)) if days.notna().any() else 0.0


def _peak(name: str, peaks: pd.Series, moments: pd.Series) -> Row:
    if peaks.empty:
        return {name: None, f"{name}_ts": None}
    moment = pd.Timestamp(moments.loc[pd.Timestamp(str(peaks.idxmax()))]).tz_localize("UTC")
    return {name: float(peaks.max()), f"{name}_ts": moment.to_pydatetime()}


def _quantiles(projected: MonthEnd) -> Mapping[str, float | None]:
    return {
        **_named("{}_kwh", projected.energy_kwh),
        **_named("{}_kw", projected.peak_kw),
        **_named("rest_{}_kw", projected.rest_peak_kw),
        "chance_of_new_peak": projected.chance_of_new_peak,
    }


def _named(pattern: str, of: Range | None) -> dict[str, float | None]:
    return {pattern.format(name): None if of is None else float(getattr(of, name)) for name in QUANTILES}
