"""What always runs, against sites that do the same with less of it."""

from dataclasses import replace

import numpy as np

from pipeline.analytics.percent import percent
from pipeline.analytics.recommendations import typical
from pipeline.analytics.recommendations.model import Floats, Found, SiteYear
from pipeline.analytics.recommendations.numbers import WORTH_SAYING, base_load_kw, sells
from pipeline.analytics.recommendations.rules.trust import in_peers

MOST_OF_BASE = 0.5  # nobody switches off more than half of what always runs without changing what a site is for


def cut_base_load(site: SiteYear, left_kwh: Floats) -> list[Found]:
    """Bring the base load to that of the best fifth of the peers, with the load above it as it is.

    With ``s`` the peers' best share of base in mean load and ``a`` the site's mean load above its base, the base that
    gives this share is ``s / (1 - s) * a``.
    """
    best = site.best.get("base_share")
    base, mean = base_load_kw(left_kwh), float(left_kwh.mean())
    if sells(left_kwh) or best is None or not 0 <= best < 1 or base <= 0:
        return []
    aim = best / (1 - best) * (mean - base)
    cut_kw = min(base - aim, MOST_OF_BASE * base)
    if cut_kw < WORTH_SAYING * mean:
        return []
    saved = np.minimum(cut_kw, np.clip(left_kwh, 0.0, None))
    every_hour = np.ones(len(saved), dtype=bool)
    evidence = typical.day(site, left_kwh, left_kwh - saved, chosen=every_hour, title="Mean day, all days")
    facts = (
        ("Base load now", f"{base:,.1f} kW, {percent(base / mean)} of the mean load"),
        ("Best fifth of the peers", f"{percent(best)} of the mean load"),
        ("Peers", f"{site.peers} sites"),
    )
    return [
        Found(
            kind="base_load",
            text=f"Walk through at night and switch off {cut_kw:,.1f} kW of what runs around the clock.",
            saved_kwh=saved,
            per_year=site.per_year,
            confidence=in_peers(site, 0.6),
            effort="medium",
            evidence=replace(evidence, facts=facts),
        )
    ]
