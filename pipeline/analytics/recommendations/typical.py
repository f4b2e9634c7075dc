"""Typical days and weeks, the evidence of most rules."""

import numpy as np
import pandas as pd

from pipeline.analytics.recommendations.model import Evidence, Floats, SiteYear, Trace

DAY_HOURS = 24
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHOWN_DIGITS = 6


def day(site: SiteYear, now_kwh: Floats, after_kwh: Floats, *, chosen: np.ndarray, title: str) -> Evidence:
    """Draw the mean power by local hour over the ``chosen`` hours, as it is and as it would be."""
    hour = site.hours["hour"].to_numpy()
    now, after = (_mean_by(hour, values, chosen, range(DAY_HOURS)) for values in (now_kwh, after_kwh))
    traces = (Trace("Now", "now", now), Trace("After", "after", after))
    return Evidence("lines", title, "Local hour", "kW", tuple(float(h) for h in range(DAY_HOURS)), traces)


def week(site: SiteYear, now_kwh: Floats, after_kwh: Floats, *, title: str) -> Evidence:
    """Draw the mean power by hour of the local week, from Monday."""
    place = (site.hours["date"].dt.day_of_week * DAY_HOURS + site.hours["hour"]).to_numpy()
    everything = np.ones(len(place), dtype=bool)
    hours = range(len(WEEKDAYS) * DAY_HOURS)
    now, after = (_mean_by(place, values, everything, hours) for values in (now_kwh, after_kwh))
    x = tuple(f"{name} {hour:02d}:00" for name in WEEKDAYS for hour in range(DAY_HOURS))
    return Evidence("lines", title, "Local time", "kW", x, (Trace("Now", "now", now), Trace("After", "after", after)))


def rounded(values: pd.Series) -> tuple[float | None, ...]:
    """Write values to six significant digits, None where there is nothing."""
    return tuple(float(f"{value:.{SHOWN_DIGITS}g}") if np.isfinite(value) else None for value in values)


def _mean_by(keys: np.ndarray, values: Floats, chosen: np.ndarray, wanted: range) -> tuple[float | None, ...]:
    means = pd.Series(values[chosen]).groupby(keys[chosen]).mean()
    return rounded(means.reindex(list(wanted)))
