"""From cleaned readings to what the detectors take."""

import pandas as pd

from pipeline.analytics.anomalies.model import Direction, Observed
from pipeline.errors import ModelError

FEWEST_READINGS = 100
LEAST_MONTH_S = 27 * 86_400


def observed_of_readings(
    name: str,
    readings: pd.DataFrame,
    timezone: str,
    *,
    direction: Direction = "import",
    country: str | None = None,
    subdivision: str | None = None,
) -> Observed:
    """Take validated readings (`ts, duration_s, energy_kwh, raw_kwh, flag`). Raises ModelError where they are too few.

    Below a hundred measured readings nobody can say what is usual; readings of months have no time of day or week.
    """
    measured = int(readings["raw_kwh"].notna().sum())
    if measured < FEWEST_READINGS:
        raise ModelError(
            f"{name} has {measured} measured readings; {FEWEST_READINGS} are needed to know what is usual."
        )
    if float(readings["duration_s"].median()) >= LEAST_MONTH_S:
        raise ModelError(f"{name} has readings of months: anomalies are found in readings of days or less.")
    frame = readings.set_index("ts")[["energy_kwh", "raw_kwh", "flag"]].rename(columns={"flag": "flags"})
    return Observed(name, frame, timezone, country, subdivision, direction)
