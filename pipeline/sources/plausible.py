"""What no meter can have measured: readings in years without electricity, or of more energy than there is."""

import numpy as np
import pandas as pd

from pipeline.sources.frame import REJECTED_COLUMNS, Chunk

FIRST_YEAR, END_YEAR = 1900, 2100
EARLIEST, END = (pd.Timestamp(year, 1, 1, tz="UTC") for year in (FIRST_YEAR, END_YEAR))
MOST_KWH = 1e15  # what all the world uses in thirty years


def plausible(chunk: Chunk) -> Chunk:
    """Reject readings outside 1900 to 2099, which would fill the warehouse with empty months, and endless energies."""
    readings = chunk.readings
    dated = ((readings["ts"] >= EARLIEST) & (readings["ts"] < END)).to_numpy()
    energy = readings["energy_kwh"].to_numpy()
    small = np.isnan(energy) | (np.abs(energy) < MOST_KWH)
    if (dated & small).all():
        return chunk
    rejected = pd.concat([chunk.rejected, _rejected(readings[~(dated & small)], dated[~(dated & small)])])
    return Chunk(readings[dated & small].reset_index(drop=True), rejected.reset_index(drop=True))


def _rejected(readings: pd.DataFrame, dated: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> pd.DataFrame:
    text = readings["meter"].astype("str") + ": " + readings["energy_kwh"].astype("str") + " kWh"
    reason = np.where(
        dated,
        f"more than {MOST_KWH:.0e} kWh is no energy of a meter",
        f"its time is not in the years {FIRST_YEAR} to {END_YEAR - 1}",
    )
    once = pd.DataFrame({"line": readings["line"], "text": text, "reason": reason}).drop_duplicates("line")
    return once[list(REJECTED_COLUMNS)].astype({"line": "int64", "text": "str", "reason": "str"})
