"""Why a period differs from the one it is compared with, in parts that add up exactly.

A site's use of a day is expected from its type of day and its temperature (`Response`, fitted beforehand). Between two
periods of the same length, paired day by day:

- **calendar** is the change of that expectation at the mean temperature of both periods: other types of days;
- **weather** is what the days' own temperatures add to it;
- **sites added or removed** have data in one of the periods only; **days without data** lack it on one side of a pair;
- **price** (or emission factor) is the energy now times the change of the mean price, so moving use to dearer hours
  counts as price; all parts above are valued at each site's mean price before (Laspeyres for the quantity, Paasche for
  the price, whose sum is the whole change);
- **base load** is as much of what is then left as the change of the near-base load of the sites in both accounts for,
  less the weather, which may have raised or lowered it too; never more;
- the **remainder** is the rest.

Amounts are rounded to a thousandth, and the remainder is taken from the rounded ones.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

PartKey: TypeAlias = Literal[
    "before", "added", "removed", "gaps", "calendar", "weather", "price", "base_load", "remainder", "now"
]
NOW, BEFORE = "now", "before"
_THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True)
class Totals:
    """What the whole selection came to in both periods, in the measure's unit.

    The near-base loads (kW) are those of the sites that are in both.
    """

    now: float
    before: float
    base_now_kw: float | None = None
    base_before_kw: float | None = None


@dataclass(frozen=True)
class Part:
    """One step of the waterfall; the first and last are the periods' totals."""

    key: PartKey
    amount: Decimal


@dataclass(frozen=True)
class Change:
    """The steps from one period to the other, and how many of the sites in both have a fitted response."""

    parts: tuple[Part, ...]
    sites: int
    fitted_sites: int

    def amount(self, key: PartKey) -> Decimal:
        """Return one part; zero where there is none."""
        return sum((part.amount for part in self.parts if part.key == key), Decimal(0))


def in_both_periods(days: pd.DataFrame) -> pd.Index:
    """Name the sites that have data in both periods; ``days`` as for `explain`."""
    counted = _by_period(days, "place", "count")
    return counted.index[(counted[NOW] > 0) & (counted[BEFORE] > 0)]


def explain(days: pd.DataFrame, fits: pd.DataFrame, totals: Totals) -> Change:
    """Explain the change between two periods.

    ``days``: ``site_id, period`` ("now" or "before"), ``place`` (number of the day in its period), ``day_type``
    ("workday" or "free"), ``energy_kwh, value`` (of the measure; the energy itself for energy), ``temperature_c`` (NaN
    where not known); one row a site and day with data. ``fits``: ``site_id, day_type`` (or "all"), ``base_kwh,
    heating_slope, heating_balance_c, cooling_slope, cooling_balance_c``. Sites that overlap must not both be given.
    """
    counted = _by_period(days, "place", "count")
    in_both = in_both_periods(days)
    value = _sums(days, "value")
    common = days[days["site_id"].isin(in_both)]
    sides = common.groupby(["site_id", "place"])["period"].transform("count")
    paired, gaps = common[sides > 1], _sums(common[sides == 1], "value")
    by_site = _by_site(paired, fits)
    parts: dict[PartKey, Decimal] = {
        "added": _rounded(value[NOW].loc[counted.index[counted[BEFORE] == 0]].sum()),
        "removed": -_rounded(value[BEFORE].loc[counted.index[counted[NOW] == 0]].sum()),
        "gaps": _rounded(float((gaps[NOW] - gaps[BEFORE]).sum())),
        "calendar": _rounded(float(by_site["calendar"].sum())),
        "weather": _rounded(float(by_site["weather"].sum())),
        "price": _rounded(float(by_site["price"].sum())),
    }
    now, before = _rounded(totals.now), _rounded(totals.before)
    left = now - before - sum(parts.values(), Decimal(0))
    at_base = _rounded(_base_load(paired, totals))
    parts["base_load"] = _toward(left, at_base - _toward(at_base, parts["weather"]))
    parts["remainder"] = left - parts["base_load"]
    steps = [Part("before", before), *(Part(key, amount) for key, amount in parts.items()), Part("now", now)]
    return Change(tuple(steps), len(in_both), int(by_site["fitted"].sum()))


def _by_site(paired: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """Value ``calendar, weather, price`` of each site; ``fitted`` says whether its response to temperature is known."""
    days = _expected(paired, fits)
    sums = {name: _sums(days, name) for name in ("energy_kwh", "value", "usual", "expected")}
    energy, value = sums["energy_kwh"], sums["value"]
    price = (value[BEFORE] / energy[BEFORE]).replace([np.inf, -np.inf], np.nan).fillna(0.0)
    calendar = sums["usual"][NOW] - sums["usual"][BEFORE]
    both = sums["expected"][NOW] - sums["expected"][BEFORE]
    return pd.DataFrame(
        {
            "calendar": price * calendar,
            "weather": price * (both - calendar),
            "price": value[NOW] - value[BEFORE] - price * (energy[NOW] - energy[BEFORE]),
            "fitted": days.groupby("site_id")["is_fitted"].any(),
        }
    )


def _expected(paired: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """Add ``usual``, what is expected of a day at the site's mean temperature, and ``expected``, at its own.

    A site without a response, or without temperatures, is expected to use its mean by type of day.
    """
    own = paired.merge(_by_day_type(fits), on=["site_id", "day_type"], how="left")
    mean_c = own.groupby("site_id")["temperature_c"].transform("mean")
    at_mean, at_own = _response(own, mean_c), _response(own, own["temperature_c"].fillna(mean_c))
    of_type = own.groupby(["site_id", "day_type"])["energy_kwh"].transform("mean")
    is_fitted = at_mean.notna().groupby(own["site_id"]).transform("all")
    return own.assign(
        usual=at_mean.where(is_fitted, of_type), expected=at_own.where(is_fitted, of_type), is_fitted=is_fitted
    )


def _by_day_type(fits: pd.DataFrame) -> pd.DataFrame:
    """Let the response of all days stand in for a type of day that has none of its own."""
    of_all = fits[fits["day_type"] == "all"]
    stand_ins = [of_all.assign(day_type=day_type) for day_type in ("workday", "free")]
    return pd.concat([fits[fits["day_type"] != "all"], *stand_ins]).drop_duplicates(["site_id", "day_type"])


def _response(days: pd.DataFrame, temperature_c: pd.Series) -> pd.Series:
    cold = (days["heating_balance_c"] - temperature_c).clip(lower=0).where(days["heating_balance_c"].notna(), 0.0)
    hot = (temperature_c - days["cooling_balance_c"]).clip(lower=0).where(days["cooling_balance_c"].notna(), 0.0)
    use = days["base_kwh"] + days["heating_slope"] * cold + days["cooling_slope"] * hot
    return use.where(temperature_c.notna())


def _base_load(paired: pd.DataFrame, totals: Totals) -> float:
    """Value the change of the near-base load over the days now, at the mean price before."""
    if totals.base_now_kw is None or totals.base_before_kw is None:
        return 0.0
    of_before = paired[paired["period"] == BEFORE]
    energy, value = float(of_before["energy_kwh"].sum()), float(of_before["value"].sum())
    hours = 24.0 * of_before["place"].nunique()
    return (totals.base_now_kw - totals.base_before_kw) * hours * (value / energy if energy else 0.0)


def _sums(days: pd.DataFrame, column: str) -> pd.DataFrame:
    return _by_period(days, column, "sum")


def _by_period(days: pd.DataFrame, column: str, how: Literal["sum", "count"]) -> pd.DataFrame:
    """Aggregate a column by site and period: a row a site, columns ``now`` and ``before``, zero where there is none."""
    table = days.pivot_table(index="site_id", columns="period", values=column, aggfunc=how, fill_value=0)
    return table.reindex(columns=[NOW, BEFORE], fill_value=0)


def _toward(left: Decimal, wanted: Decimal) -> Decimal:
    """Return as much of ``wanted`` as lies between nothing and ``left``."""
    return max(Decimal(0), min(left, wanted)) if left > 0 else min(Decimal(0), max(left, wanted))


def _rounded(amount: float) -> Decimal:
    return Decimal(repr(float(amount))).quantize(_THOUSANDTH)
