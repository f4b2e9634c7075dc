"""What people call the shape of a day's load."""

from collections.abc import Sequence

import numpy as np

FLAT_SPREAD = 0.3  # between the 10th and 90th percentile, in shares of the mean
CLEARLY = 1.15
MOSTLY = 0.75
SOLAR_DIP = 0.6


def name_of(profile: Sequence[float] | np.ndarray, free_share: float) -> str:
    """Name a mean day of 24 values around 1; ``free_share`` of its days are weekends or holidays.

    Tried in this order: solar dip, flat or around the clock, night, two shifts, day-time, morning and
    evening peaks, evening peak, uneven. The limits are the product's own.
    """
    kind = _kind(np.asarray(profile, dtype=np.float64))
    if free_share > MOSTLY:
        return f"weekend {kind}"
    return f"weekday {kind}" if free_share < 1 - MOSTLY - 0.1 else kind


def _kind(day: np.ndarray) -> str:
    night = float(np.r_[day[22:], day[:6]].mean())
    morning, noon, evening = float(day[6:10].mean()), float(day[11:15].mean()), float(day[17:22].mean())
    working = float(day[8:17].mean())
    least, most = min(morning, working, evening), max(morning, working, evening)
    tried = {
        "solar dip": noon < SOLAR_DIP * min(morning, evening) and noon < night,
        "flat, around the clock": np.quantile(day, 0.9) - np.quantile(day, 0.1) < FLAT_SPREAD,
        "night": night > CLEARLY and night > max(working, evening),
        "two shifts": least > CLEARLY * night and most < CLEARLY * least,
        "day-time": working > CLEARLY and working >= evening,
        "morning and evening peaks": min(morning, evening) > CLEARLY and noon < morning,
        "evening peak": evening > CLEARLY,
    }
    return next((name for name, true in tried.items() if true), "uneven")
