"""The frame of weather, by the hour."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

MEASURED = ("temperature_c", "humidity_percent", "wind_m_s", "solar_w_m2")
COLDEST_C, HOTTEST_C = -90.0, 60.0  # beyond what was ever measured on Earth (-89.2 and 56.7)
LEAST, MOST = {"humidity_percent": 0.0, "wind_m_s": 0.0}, {"humidity_percent": 105.0, "wind_m_s": 120.0}
Numbers: TypeAlias = Sequence[float | None] | pd.Series


def by_the_hour(times: pd.DatetimeIndex, values: Mapping[str, Numbers]) -> pd.DataFrame:
    """Put values at UTC instants into the frame: the mean of each hour, by the columns of MEASURED that are given.

    Values that cannot be count as missing, and an hour without temperature is left out.
    """
    columns = {name: np.asarray(values[name], dtype=np.float64) for name in values}
    frame = pd.DataFrame(columns, index=times).reindex(columns=MEASURED)
    frame["temperature_c"] = frame["temperature_c"].where(frame["temperature_c"].between(COLDEST_C, HOTTEST_C))
    for name, least in LEAST.items():
        frame[name] = frame[name].where(frame[name].between(least, MOST[name]))
    hourly = frame.groupby(times.floor("h")).mean()
    known = hourly[hourly["temperature_c"].notna()].rename_axis("ts").reset_index()
    known["ts"] = pd.to_datetime(known["ts"], utc=True).dt.as_unit("us")
    return known.sort_values("ts", ignore_index=True)
