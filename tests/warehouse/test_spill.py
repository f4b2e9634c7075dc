from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.warehouse import spill as spilling
from pipeline.warehouse.spill import Part, Spill


def chunk(meters: list[str], first_line: int = 1) -> pd.DataFrame:
    size = len(meters)
    return pd.DataFrame(
        {
            "meter": pd.Categorical(meters),
            "ts": pd.date_range("2024-01-01", periods=size, freq="min", tz="UTC", unit="us"),
            "duration_s": np.int32(60),
            "energy_kwh": np.arange(size, dtype=float),
            "flag": np.int32(0),
            "line": np.arange(first_line, first_line + size),
        }
    )


@settings(deadline=None)  # makes files
@given(
    chunks=st.lists(st.lists(st.sampled_from([f"m{n}" for n in range(80)]), min_size=1, max_size=60), max_size=8),
    rows_at_once=st.integers(1, 200),
    expected=st.integers(0, 500),
)
def test_every_reading_comes_back_once_under_its_own_meter(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[list[str]], rows_at_once: int, expected: int
) -> None:
    with Spill(tmp_path_factory.mktemp("spill"), rows_at_once, expected) as spill:
        line = 1
        for meters in chunks:
            spill.add(chunk(meters, line))
            line += len(meters)
        parts = list(spill.parts())

    given_lines = dict(enumerate((name for meters in chunks for name in meters), 1))
    found = {row["line"]: spill.names[row["meter"]] for part in parts for row in part.readings.to_pylist()}
    assert found == given_lines
    assert sum(part.readings.num_rows for part in parts) == len(given_lines)


def test_a_meter_is_never_divided_between_parts_unless_it_is_larger_than_one(tmp_path: Path) -> None:
    meters = [f"m{number}" for number in range(200) for _ in range(10)]
    with Spill(tmp_path, 100) as spill:
        spill.add(chunk(meters))
        parts = list(spill.parts())

    seen = Counter(code for part in parts for code in set(part.readings["meter"].to_pylist()))
    assert set(seen.values()) == {1}
    assert all(part.whole for part in parts)


@pytest.mark.parametrize("expected", [0, 10, 300, 10_000])
def test_meters_come_back_in_the_order_of_their_first_reading(tmp_path: Path, expected: int) -> None:
    with Spill(tmp_path, 100, expected) as spill:
        for _ in range(5):
            spill.add(chunk([f"m{number}" for number in range(300)]))
        parts = list(spill.parts())

    first_seen = dict.fromkeys(code for part in parts for code in sorted(set(part.readings["meter"].to_pylist())))
    assert list(first_seen) == list(range(300))


def test_a_long_meter_comes_in_periods_of_bounded_size(tmp_path: Path) -> None:
    with Spill(tmp_path, 100) as spill:
        for start in range(0, 1000, 50):
            spill.add(chunk(["one"] * 1000).iloc[start : start + 50])
        parts = list(spill.parts())

    assert not any(part.whole for part in parts)
    assert max(part.readings.num_rows for part in parts) <= 101
    ends = [bounds(part) for part in parts]
    assert all(before[1] < after[0] for before, after in pairwise(ends))


def test_parts_in_memory_are_cut_between_meters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spilling, "ROWS_IN_PART", 25)
    with Spill(tmp_path, 10_000) as spill:
        spill.add(chunk([f"m{number % 10}" for number in range(100)]))
        parts = list(spill.parts())

    assert [part.readings.num_rows for part in parts] == [30, 20, 30, 20]


def test_nothing_is_left_on_disk(tmp_path: Path) -> None:
    with Spill(tmp_path, 10) as spill:
        spill.add(chunk([f"m{number}" for number in range(100)]))

        assert list(tmp_path.iterdir()) == []


def test_usable_readings_are_those_with_a_value(tmp_path: Path) -> None:
    readings = chunk(["a"] * 4)
    readings.loc[1, "energy_kwh"] = np.nan
    with Spill(tmp_path, 10) as spill:
        spill.add(readings)

        assert (spill.rows, spill.usable) == (4, 3)


def bounds(part: Part) -> tuple[object, object]:
    ts: pa.ChunkedArray = part.readings["ts"]
    return min(ts.to_pylist()), max(ts.to_pylist())
