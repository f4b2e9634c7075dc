"""Histories as the series that models take: with calendar and weather, and with horizons that end together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.analytics.forecast import Series, with_company
from pipeline.steps.forecasting.histories import ByKey
from pipeline.steps.forecasting.owners import DAY_S, HOUR_S, Owner
from pipeline.steps.forecasting.refusals import Refused
from pipeline.steps.forecasting.temperatures import Temperatures

Step = Literal["30min", "h", "D", "MS"]
Kind = Literal["hours", "days", "months", "peaks"]
Ends = Mapping[int, pd.Timestamp]

FINE = ("30min", "h")
LENGTHS: dict[Step, pd.DateOffset] = {
    "30min": pd.DateOffset(hours=48),
    "h": pd.DateOffset(hours=48),
    "D": pd.DateOffset(days=35),
    "MS": pd.DateOffset(months=13),
}
ONE: dict[Step, pd.DateOffset] = {
    "30min": pd.DateOffset(minutes=30),
    "h": pd.DateOffset(hours=1),
    "D": pd.DateOffset(days=1),
    "MS": pd.DateOffset(months=1),
}
LONGEST_S: dict[Kind, int] = {"hours": HOUR_S, "peaks": HOUR_S, "days": 25 * HOUR_S}  # readings that tell of a kind
MOST_BEHIND = pd.Timedelta(days=3)  # a series that ends earlier than its tree by more is not forecast
MOST_BEHIND_MONTHS = pd.Timedelta(days=62)


@dataclass(frozen=True)
class Group:
    """Series of one step that learn together, with the owner of each and the instant up to which it is forecast."""

    step: Step
    owners: list[Owner]
    series: list[Series]
    ends: list[pd.Timestamp]

    @property
    def horizon(self) -> int:
        """Return the most intervals that any of them has to be forecast."""
        return max((len(ahead(series, end)) for series, end in zip(self.series, self.ends, strict=True)), default=0)

    def in_company(self) -> "Group":
        """Let each series see those of others that it is no part of and that are no part of it."""
        related = [[one.number in two.above or two.number in one.above for two in self.owners] for one in self.owners]
        return replace(self, series=with_company(self.series, np.array(related, dtype=bool)))

    def only(self, chosen: Sequence[bool]) -> "Group":
        """Return the part of the group that is chosen."""
        return Group(
            self.step,
            list(compress(self.owners, chosen)),
            list(compress(self.series, chosen)),
            list(compress(self.ends, chosen)),
        )


def ahead(series: Series, end: pd.Timestamp) -> pd.DatetimeIndex:
    """Return the intervals after a series that begin before ``end``."""
    return pd.date_range(series.index[-1], end, freq=series.step, inclusive="neither")


def group(owners: Sequence[Owner], values: ByKey, newest: Ends, temperatures: Temperatures, step: Step) -> Group:
    """Make the series of those owners that have values up to about the newest of their tree."""
    fresh = [
        owner for owner in owners if owner.key in values and not _is_behind(values[owner.key], newest, owner, step)
    ]
    ends = [newest[owner.root] + LENGTHS[step] for owner in fresh]
    series = [
        _series(owner, values[owner.key], step, temperatures, end) for owner, end in zip(fresh, ends, strict=True)
    ]
    return Group(step, fresh, series, [end.tz_localize("UTC") if step in FINE else end for end in ends])


def newest_ends(owners: Sequence[Owner], values: ByKey, step: Step) -> dict[int, pd.Timestamp]:
    """Return the end of the newest whole interval in each tree: the instant its forecasts are issued at."""
    newest: dict[int, pd.Timestamp] = {}
    for owner in owners:
        if owner.key in values:
            end = _end(values[owner.key], step)
            newest[owner.root] = max(end, newest.get(owner.root, end))
    return newest


def left_behind(owners: Sequence[Owner], hours: ByKey, newest: Ends) -> list[Refused]:
    """Say of each owner without whole hours, or with none as new as those of its tree, what is missing."""
    refused = []
    for owner in owners:
        if owner.key not in hours:
            refused.append(Refused(owner, "There is no whole hour of readings: load readings of some weeks."))
        elif _is_behind(hours[owner.key], newest, owner, "h"):
            last = hours[owner.key].index[-1]
            reason = (
                f"The readings end on {last:%-d %b %Y}, those of others in the same tree on "
                f"{newest[owner.root]:%-d %b %Y}: load what is missing since."
            )
            refused.append(Refused(owner, reason))
    return refused


def tells(owner: Owner, kind: Kind) -> bool:
    """Say whether the readings of an owner are short enough to forecast hours, days, months or peaks from."""
    return owner.step_s <= LONGEST_S.get(kind, owner.step_s)


def too_coarse(owners: Sequence[Owner]) -> list[Refused]:
    """Say of each owner what its readings are too long to tell of; the warehouse spreads them evenly over hours."""
    kinds: tuple[Kind, ...] = ("hours", "days")
    return [
        Refused(owner, f"Its readings last {_length(owner.step_s)} each: load shorter ones to forecast {kind}.", kind)
        for owner in owners
        for kind in kinds
        if not tells(owner, kind)
    ]


def _length(seconds: int) -> str:
    return f"{seconds / DAY_S:.3g} days" if seconds > 2 * DAY_S else f"{seconds / HOUR_S:.3g} hours"


def _end(values: pd.Series, step: Step) -> pd.Timestamp:
    end: pd.Timestamp = values.index[-1] + ONE[step]
    return end


def _is_behind(values: pd.Series, newest: Ends, owner: Owner, step: Step) -> bool:
    allowed = MOST_BEHIND_MONTHS if step == "MS" else MOST_BEHIND
    return bool(newest[owner.root] - _end(values, step) > allowed)


def _series(owner: Owner, values: pd.Series, step: Step, temperatures: Temperatures, end: pd.Timestamp) -> Series:
    known = (temperatures.hours if step in FINE else temperatures.days).get(owner.site_id)
    temperature = None if known is None else _at(step, known, values.index[0], end)
    energy = values.astype(float)
    if step in FINE:
        energy = energy.tz_localize("UTC")
        temperature = None if temperature is None else temperature.tz_localize("UTC")
    return Series(
        owner.title, energy, step, owner.timezone, owner.country, owner.subdivision, temperature_c=temperature
    )


def _at(step: Step, known: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Bring a temperature to the steps of a series: finer ones have their hour's, months the mean of their days."""
    if step == "MS":
        days = known.loc[start : end + ONE[step]]
        return days.groupby(pd.DatetimeIndex(days.index).to_period("M").to_timestamp()).mean()
    return known.reindex(pd.date_range(start, end, freq=step), method="ffill")
