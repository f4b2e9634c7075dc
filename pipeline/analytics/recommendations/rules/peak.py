"""The few hours of a month that set its demand charge."""

from decimal import Decimal

import numpy as np
import pandas as pd

from pipeline.analytics.recommendations import typical
from pipeline.analytics.recommendations.model import Evidence, Floats, Found, SiteYear, Trace
from pipeline.analytics.recommendations.numbers import CENT, WORTH_SAYING

HOURS_TO_CUT = 8  # in a month: few enough for people or a control to act on
MOST_OF_PEAK = 0.15
LEAST_HOURS = 24 * 20
MONTHS_PER_YEAR = 12


def shave_peak(site: SiteYear, left_kwh: Floats) -> list[Found]:
    """Keep each month under the power that it passes in eight hours only, by at most 15 % of its peak.

    Worth the demand charge of the difference. Peaks are those of clock hours; the energy moves to hours beside them, so
    none is saved. Without a demand charge there is nothing to gain.
    """
    if site.demand_price is None or site.demand_price <= 0 or site.currency is None:
        return []
    months = _months(site, left_kwh)
    if months.empty:
        return []
    cut = months["peak"] - months["level"]
    if cut.mean() < WORTH_SAYING * months["peak"].mean():
        return []
    kw_months = Decimal(str(round(float(cut.mean()) * MONTHS_PER_YEAR, 6)))
    return [
        Found(
            kind="peak",
            text=f"Hold the highest {HOURS_TO_CUT} hours of a month {cut.mean():,.0f} kW lower: stagger starts, "
            "pre-cool, or discharge a battery.",
            saved_kwh=np.zeros(len(left_kwh)),
            per_year=site.per_year,
            confidence=0.55,
            effort="medium",
            evidence=_evidence(months, site),
            other_money=(kw_months * site.demand_price).quantize(CENT),
        )
    ]


def _months(site: SiteYear, left_kwh: Floats) -> pd.DataFrame:
    """Return ``peak`` and ``level`` in kW by month; months with little data are left out."""
    by_month = pd.Series(left_kwh).groupby(site.hours["date"].dt.strftime("%Y-%m").to_numpy())
    enough = by_month.size() >= LEAST_HOURS
    peak = by_month.max()
    level = by_month.apply(lambda power: float(np.sort(power.to_numpy())[-min(HOURS_TO_CUT + 1, len(power))]))
    months = pd.DataFrame({"peak": peak, "level": np.maximum(level, (1 - MOST_OF_PEAK) * peak)})
    return months[enough & (peak > 0)]


def _evidence(months: pd.DataFrame, site: SiteYear) -> Evidence:
    return Evidence(
        "bars",
        "Peak of each month",
        "Month",
        "kW",
        tuple(months.index),
        (
            Trace("Now", "now", typical.rounded(months["peak"])),
            Trace("After", "after", typical.rounded(months["level"])),
        ),
        (("Demand charge", f"{site.demand_price} {site.currency} per kW and month"),),
    )
