"""An event that still goes on costs its excess every hour until someone ends it."""

import numpy as np
import pandas as pd

from pipeline.analytics.recommendations import typical
from pipeline.analytics.recommendations.model import Evidence, Floats, Found, OpenEvent, SiteYear, Trace
from pipeline.analytics.recommendations.numbers import HOURS_PER_YEAR

KINDS = ("leak", "level_shift")
SHOWN_DAYS = 28


def fix_events(site: SiteYear, left_kwh: Floats) -> list[Found]:
    """Recommend to end each open event; a year of its mean excess is saved, as nothing says that it ends by itself."""
    return [found for event in site.events if (found := _fix(site, left_kwh, event)) is not None]


def _fix(site: SiteYear, left_kwh: Floats, event: OpenEvent) -> Found | None:
    inside = np.asarray((site.hours.index >= event.start) & (site.hours.index < event.end))
    hours = int(inside.sum())
    if not hours or event.excess_kwh <= 0:
        return None
    rate = event.excess_kwh / max(hours, (event.end - event.start) / pd.Timedelta(hours=1))
    saved = np.where(inside, np.minimum(rate, np.clip(left_kwh, 0.0, None)), 0.0)
    return Found(
        kind="anomaly",
        subject=event.fingerprint,
        text=f"Find and end what began on {event.start:%-d %b %Y}: {event.explanation}",
        saved_kwh=saved,
        per_year=HOURS_PER_YEAR / hours,
        confidence=event.confidence,
        effort="low",
        evidence=_evidence(site, left_kwh, saved, event),
    )


def _evidence(site: SiteYear, now_kwh: Floats, saved: Floats, event: OpenEvent) -> Evidence:
    shown = np.asarray(
        (site.hours.index >= event.start - pd.Timedelta(days=SHOWN_DAYS)) & (site.hours.index < event.end)
    )
    dates = site.hours["date"].to_numpy()[shown]
    now, after = (pd.Series(values[shown]).groupby(dates).sum() for values in (now_kwh, now_kwh - saved))
    return Evidence(
        "lines",
        "Energy by day before and during the event",
        "Day",
        "kWh",
        tuple(str(day)[:10] for day in now.index),
        (
            Trace("Measured", "now", typical.rounded(now)),
            Trace("Without the event", "after", typical.rounded(after)),
        ),
        (("Mean excess", f"{float(saved.sum()) / max(1, int((saved > 0).sum())):,.1f} kW"),),
    )
