"""Nights and weekends at work, against sites that go quieter when nobody is there."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.analytics.percent import percent
from pipeline.analytics.recommendations import typical
from pipeline.analytics.recommendations.model import Effort, Floats, Found, SiteYear
from pipeline.analytics.recommendations.numbers import WORTH_SAYING, is_day, is_night, sells
from pipeline.analytics.recommendations.rules.trust import in_peers

HOMES = "household"  # people are in at night and at weekends


@dataclass(frozen=True)
class _Setback:
    kind: str
    indicator: str
    quiet: np.ndarray
    busy: np.ndarray
    when: str
    do: str
    effort: Effort = "low"


def night_setback(site: SiteYear, left_kwh: Floats) -> list[Found]:
    """Bring workday nights (22:00 to 06:00), as a share of workday days, to the best fifth of the peers."""
    workday = (site.hours["day_type"] == 0).to_numpy()
    hour = site.hours["hour"]
    do = "Set heating, cooling, ventilation and lights back on workday nights"
    return _found(
        site,
        left_kwh,
        _Setback("night", "night_ratio", workday & is_night(hour), workday & is_day(hour), "Nights", do),
    )


def weekend_setback(site: SiteYear, left_kwh: Floats) -> list[Found]:
    """Bring Saturdays, Sundays and holidays, as a share of workdays, to the best fifth of the peers."""
    workday = (site.hours["day_type"] == 0).to_numpy()
    do = "Put weekends and holidays into the time switches and the building control"
    return _found(site, left_kwh, _Setback("weekend", "weekend_ratio", ~workday, workday, "Free days", do))


def _found(site: SiteYear, left_kwh: Floats, rule: _Setback) -> list[Found]:
    best = site.best.get(rule.indicator)
    if sells(left_kwh) or best is None or site.sector == HOMES or not rule.quiet.any() or not rule.busy.any():
        return []
    quiet_kw, busy_kw = float(left_kwh[rule.quiet].mean()), float(left_kwh[rule.busy].mean())
    if busy_kw <= 0 or quiet_kw <= 0 or best < 0:
        return []
    ratio = quiet_kw / busy_kw
    part = max(0.0, 1 - best / ratio)
    saved = np.where(rule.quiet, np.clip(left_kwh, 0.0, None) * part, 0.0)
    if saved.sum() < WORTH_SAYING * left_kwh.sum():
        return []
    evidence = typical.week(site, left_kwh, left_kwh - saved, title="Mean week")
    facts = (
        (f"{rule.when} now", f"{percent(ratio)} of the load at work"),
        ("Best fifth of the peers", percent(best)),
        ("Peers", f"{site.peers} sites"),
    )
    return [
        Found(
            kind=rule.kind,
            text=f"{rule.do}: {quiet_kw * part:,.1f} kW less on average then.",
            saved_kwh=saved,
            per_year=site.per_year,
            confidence=in_peers(site, 0.65),
            effort=rule.effort,
            evidence=replace(evidence, facts=facts),
        )
    ]
