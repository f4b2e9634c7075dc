"""Reactive power that a demand charge bills as apparent power."""

from decimal import Decimal

import numpy as np
import pandas as pd

from pipeline.analytics.recommendations import typical
from pipeline.analytics.recommendations.model import Evidence, Floats, Found, SiteYear, Trace
from pipeline.analytics.recommendations.numbers import CENT

AIM = 0.95
MONTHS_PER_YEAR = 12


def correct_power_factor(site: SiteYear, left_kwh: Floats) -> list[Found]:
    """Raise a known power factor to 0.95 where demand is charged.

    Apparent power is active power over the power factor; the charge falls by ``P * (1/pf - 1/0.95)`` kVA a month with P
    the mean monthly peak, if demand is billed in kVA at the price of a kW. Nothing without a power factor.
    """
    known = site.power_factor
    if known is None or known >= AIM or site.demand_price is None or site.currency is None:
        return []
    peaks = pd.Series(left_kwh).groupby(site.hours["date"].dt.strftime("%Y-%m").to_numpy()).max()
    less_kva = float(peaks.mean()) * (1 / known - 1 / AIM)
    if less_kva <= 0 or site.demand_price <= 0:
        return []
    evidence = Evidence(
        "bars",
        "Apparent power of each month's peak",
        "Month",
        "kVA",
        tuple(peaks.index),
        (
            Trace("Now", "now", typical.rounded(peaks / known)),
            Trace("After", "after", typical.rounded(peaks / AIM)),
        ),
        (("Power factor now", f"{known:.2f}"), ("Aim", f"{AIM:.2f}"), ("Holds if", "demand is billed in kVA")),
    )
    yearly = Decimal(str(round(less_kva * MONTHS_PER_YEAR, 6))) * site.demand_price
    return [
        Found(
            kind="power_factor",
            text=f"Add capacitors that raise the power factor from {known:.2f} to {AIM:.2f}.",
            saved_kwh=np.zeros(len(left_kwh)),
            per_year=site.per_year,
            confidence=0.5,
            effort="medium",
            evidence=evidence,
            other_money=yearly.quantize(CENT),
        )
    ]
