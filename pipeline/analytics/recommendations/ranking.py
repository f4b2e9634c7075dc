"""From what the rules find to yearly figures in the order in which a person should read them."""

from decimal import Decimal

import numpy as np

from pipeline.analytics.recommendations.model import Floats, Found, Recommendation, SiteYear
from pipeline.analytics.recommendations.numbers import CENT, money_of
from pipeline.analytics.recommendations.rules import RULES


def recommend(site: SiteYear) -> list[Recommendation]:
    """Apply every rule to what the rules before it have left; the most money times confidence first.

    So no hour's energy is saved twice: over all rules together, the savings of an hour stay below its load.
    """
    left = site.hours["energy_kwh"].to_numpy(dtype=np.float64).copy()
    recommendations = []
    for rule in RULES:
        for found in rule.find(site, left):
            left = left - found.saved_kwh
            recommendations.append(valued(site, found))
    return sorted(recommendations, key=order)


def valued(site: SiteYear, found: Found) -> Recommendation:
    """Give a finding its yearly energy, money at the price of each hour, and CO2 at the factor of each hour."""
    return Recommendation(
        site_id=site.site_id,
        kind=found.kind,
        subject=found.subject,
        text=found.text,
        kwh=round(float(found.saved_kwh.sum() * found.per_year), 3) + 0.0,  # no minus before a zero
        money=_money(site, found),
        currency=site.currency,
        co2_kg=_co2(site, found),
        confidence=round(found.confidence * site.quality, 3),
        effort=found.effort,
        evidence=found.evidence,
    )


def order(recommendation: Recommendation) -> tuple[bool, float, float, str, str]:
    """Sort by money times confidence, then energy times confidence; those without money last; ties by name."""
    money = recommendation.money
    return (
        money is None,
        -float(money or 0) * recommendation.confidence,
        -recommendation.kwh * recommendation.confidence,
        recommendation.kind,
        recommendation.subject,
    )


def _money(site: SiteYear, found: Found) -> Decimal | None:
    if site.currency is None:
        return None
    energy = money_of(found.saved_kwh, _column(site, "price"))
    if found.exported_kwh is not None:
        energy += money_of(found.exported_kwh, _column(site, "export_price"))
    yearly = energy * Decimal(str(round(found.per_year, 9)))
    return (yearly + (found.other_money or Decimal(0))).quantize(CENT)


def _co2(site: SiteYear, found: Found) -> float | None:
    factor = _column(site, "co2_kg_per_kwh")
    known = np.isfinite(factor)
    if not known.any():
        return None
    avoided = found.saved_kwh + (0.0 if found.exported_kwh is None else found.exported_kwh)
    return float((avoided[known] * factor[known]).sum() * found.per_year)


def _column(site: SiteYear, name: str) -> Floats:
    return np.asarray(site.hours[name].to_numpy(dtype=np.float64), dtype=np.float64)
