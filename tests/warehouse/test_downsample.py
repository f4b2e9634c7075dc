import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.warehouse.downsample import thin

MOST = 100


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 3000), st.integers(0, 2**32 - 1), st.floats(0, 0.02))
def test_a_thinned_line_keeps_its_extremes_ends_and_gaps(rows: int, seed: int, gaps: float) -> None:
    random = np.random.default_rng(seed)
    values = random.normal(size=rows)
    values[random.random(rows) < gaps] = np.nan
    frame = pd.DataFrame({"time": np.arange(rows), "value": values})

    drawn = thin(frame, "value", MOST)

    assert len(drawn) <= MOST
    assert drawn["time"].is_monotonic_increasing
    assert drawn["time"].is_unique
    if frame["value"].notna().any():
        assert drawn["value"].min() == frame["value"].min()
        assert drawn["value"].max() == frame["value"].max()
    if frame["value"].isna().sum() <= MOST // 2:
        assert drawn["value"].isna().sum() == frame["value"].isna().sum()


def test_a_short_line_is_left_alone() -> None:
    frame = pd.DataFrame({"value": [1.0, np.nan, 3.0]})

    assert thin(frame, "value", MOST) is frame


def test_a_line_of_gaps_alone_stays_one() -> None:
    frame = pd.DataFrame({"value": [np.nan] * 300})

    assert thin(frame, "value", MOST)["value"].isna().all()
