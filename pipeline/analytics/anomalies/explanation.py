"""The one sentence that says what an event is."""

import numpy as np
import pandas as pd

from pipeline.analytics.anomalies.model import Finding
from pipeline.analytics.percent import percent

A_DAY = pd.Timedelta(days=1)


SENTENCES = {
    "spike": "Far more than on like days {when}{compared}.",
    "high_use": "Far more than on like days {when}{compared}.",
    "dip": "Far less than on like days {when}{compared}.",
    "low_use": "Far less than on like days {when}{compared}.",
    "negative": "Values below zero on a meter that counts one way {when}.",
    "stuck": "The same value{value} again and again {when}.",
    "zero_run": "Zero {when}, at a time at which this meter is hardly ever at zero{compared}.",
    "gap": "No usable value came {when}.",
    "leak": "The load by night and at weekends was {change} above usual {when}.",
    "level_shift": "The load moved to {factor:.2f} times its level on {day} and stayed.",
    "unusual_day": "The day of {day} had a shape of its own, unlike the like days around.",
    "clock_shift": "The daily profile was moved by an hour {when}, as by a clock that was not changed.",
    "meter_exchange": "The register started anew on {day}: the meter was exchanged or rolled over.",
    "peers": "The meter used {change} {more} than its group lets expect {when}.",
}


def explain(one: Finding, start: pd.Timestamp, length: pd.Timedelta, expected_kwh: float, actual_kwh: float) -> str:
    """Say what was found, when (local start) and how large it is."""
    return SENTENCES[one.kind].format(
        when=f"from {start:%-d %B %Y %H:%M} for {_long(length)}",
        day=f"{start:%-d %B %Y}",
        compared=_compared(expected_kwh, actual_kwh),
        value=_value(one.evidence.get("value_kwh")),
        change=_percent(one.evidence.get("change")),
        more=_direction(one.evidence.get("change")),
        factor=one.evidence.get("factor", float("nan")),
    )


def _long(length: pd.Timedelta) -> str:
    if length >= 2 * A_DAY:
        return f"{round(length / A_DAY)} days"
    minutes = round(length.total_seconds() / 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} minutes"
    hours = minutes / 60
    return "1 hour" if hours == 1 else f"{hours:g} hours"


def _compared(expected_kwh: float, actual_kwh: float) -> str:
    if np.isnan(expected_kwh) or np.isnan(actual_kwh):
        return ""
    return f": {actual_kwh:,.4g} kWh where {expected_kwh:,.4g} kWh were expected"


def _value(value: object) -> str:
    return f" ({value:,.4g} kWh)" if isinstance(value, float) else ""


def _direction(value: object) -> str:
    return "less" if isinstance(value, float) and value < 0 else "more"


def _percent(value: object) -> str:
    return percent(abs(value)) if isinstance(value, float) else "much"
