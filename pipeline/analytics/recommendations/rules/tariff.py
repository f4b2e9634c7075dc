"""The year's load on other tariffs."""

from decimal import Decimal

import numpy as np

from pipeline.analytics.recommendations.model import Evidence, Floats, Found, SiteYear, Trace
from pipeline.analytics.recommendations.numbers import CENT

LEAST_GAIN = Decimal("0.01")  # of the present cost


def better_tariff(site: SiteYear, left_kwh: Floats) -> list[Found]:
    """Recommend the cheapest other tariff for the load as it was, where it costs at least 1 % less.

    The gain counts for the share of the energy that the rules before have left, so that none is gained twice.
    """
    if not site.tariffs or site.currency is None:
        return []
    best = min(site.tariffs, key=lambda tariff: (tariff.cost, tariff.name))
    gain = best.present_cost - best.cost
    if best.present_cost <= 0 or gain < LEAST_GAIN * best.present_cost:
        return []
    now, left = (float(np.clip(each, 0.0, None).sum()) for each in (site.hours["energy_kwh"], left_kwh))
    share = Decimal(str(round(min(1.0, left / now), 6))) if now > 0 else Decimal(1)
    offered = sorted(site.tariffs, key=lambda tariff: (tariff.cost, tariff.name))[:7]
    evidence = Evidence(
        "bars",
        "A year on each tariff, the load as it was",
        "Tariff",
        site.currency,
        (best.present_name, *(tariff.name for tariff in offered)),
        (
            Trace("Present", "now", (float(best.present_cost), *(None for _ in offered))),
            Trace("Other", "after", (None, *(float(tariff.cost) for tariff in offered))),
        ),
        (("Gain on the load as it was", f"{gain:,.0f} {site.currency} a year"),),
    )
    return [
        Found(
            kind="tariff",
            subject=best.name,
            text=f"Ask for the tariff {best.name} instead of {best.present_name}; last year it would have cost less.",
            saved_kwh=np.zeros(len(left_kwh)),
            per_year=site.per_year,
            confidence=0.85,
            effort="low",
            evidence=evidence,
            other_money=(gain * share).quantize(CENT),
        )
    ]
