"""Fewer points for the same line: what an eye at this width would see, extremes included."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tsdownsample import MinMaxLTTBDownsampler


def thin(frame: pd.DataFrame, column: str, most: int) -> pd.DataFrame:
    """Keep at most ``most`` rows so that the line of ``column`` looks the same; the frame is in order of time.

    MinMaxLTTB (Van Der Donckt et al., 2023): the extremes of each bin first, then the largest triangles. First and
    last row, the overall minimum and maximum and the beginning of each gap (a row of NaN) stay as long as gaps take
    no more than half of the rows.
    """
    if len(frame) <= most:
        return frame
    gaps = np.flatnonzero(frame[column].isna())[: most // 2]
    known = np.flatnonzero(frame[column].notna())
    if not len(known):
        return frame.iloc[gaps]
    values = frame[column].to_numpy()[known]
    extremes = known[[np.argmin(values), np.argmax(values)]]
    room = max(3, most - len(gaps) - len(extremes))
    chosen = known[_positions(values, room)] if len(known) > room else known
    return frame.iloc[np.unique(np.concatenate([chosen, extremes, gaps]))]


def _positions(values: NDArray[np.float64], count: int) -> NDArray[np.uint64]:
    sampler = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]  # the package ships no types for it
    positions: NDArray[np.uint64] = sampler.downsample(values, n_out=count)
    return positions
