import numpy as np
import pandas as pd

from pipeline.demo.clock import Floats
from pipeline.sources.frame import REJECTED_COLUMNS, Chunk


def standard_chunk(meter: str, step_s: int, starts: pd.DatetimeIndex, energy_kwh: Floats) -> Chunk:
    """Put the readings of one meter into the standard frame; ``starts`` in UTC, nothing rejected."""
    readings = pd.DataFrame(
        {
            "meter": pd.Categorical.from_codes([0] * len(starts), pd.Index([meter])),
            "ts": starts.as_unit("us"),
            "duration_s": np.full(len(starts), step_s, dtype=np.int32),
            "energy_kwh": energy_kwh,
            "flag": np.zeros(len(starts), dtype=np.int32),
            "line": np.arange(1, len(starts) + 1, dtype=np.int64),
        }
    )
    return Chunk(readings, pd.DataFrame(columns=list(REJECTED_COLUMNS)))
