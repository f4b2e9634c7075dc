from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_files import load, write

from pipeline.errors import UserError
from pipeline.sources import clock

ZONES = [
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "UTC",
]
CHANGES = [
    ("Europe/Berlin", "2024-03-30 23:00", "2024-10-26 22:00"),
    ("America/New_York", "2024-03-10 05:00", "2024-11-03 04:00"),
    ("Australia/Lord_Howe", "2024-10-05 13:30", "2024-04-06 13:00"),
]


def write_local(folder: Path, zone: str, start: str, count: int, step: str) -> tuple[Path, pd.DatetimeIndex]:
    """Write readings of a day and a half as the clock on the wall shows them."""
    instants = pd.date_range(start, periods=count, freq=step, tz="UTC")
    stamps = instants.tz_convert(zone).strftime("%Y-%m-%d %H:%M")
    lines = [f"{meter},{stamp},1" for meter in "AB" for stamp in stamps]
    return write(folder, "\n".join(["meter,time,kwh", *lines])), instants


@given(zone=st.sampled_from(ZONES), second=st.integers(0, 4_000_000_000))
def test_the_offset_is_that_of_the_standard_library(zone: str, second: int) -> None:
    there = pd.Timestamp(second, unit="s", tz="UTC").to_pydatetime().astimezone(ZoneInfo(zone))

    wall = clock.to_wall(np.array([second]), zone)

    assert wall[0] - second == there.utcoffset().total_seconds()  # type: ignore[union-attr]


@given(zone=st.sampled_from(ZONES), second=st.integers(0, 4_000_000_000))
def test_utc_to_wall_and_back_is_the_same_instant(zone: str, second: int) -> None:
    instants = np.array([second])
    wall = clock.to_wall(instants, zone)

    first, later = (clock.to_utc(wall, zone, "wall", np.array([fold])) for fold in (False, True))

    assert second in (first[0], later[0])
    assert (first[0] != later[0]) == clock.comes_twice(wall, zone)[0]


@pytest.mark.parametrize(("zone", "spring", "autumn"), CHANGES)
@pytest.mark.parametrize("step", ["30min", "15min"])
def test_both_days_of_the_change_read_back(tmp_path: Path, zone: str, spring: str, autumn: str, step: str) -> None:
    for start in (spring, autumn):
        path, instants = write_local(tmp_path, zone, start, 36 * 4, step)

        _, readings, _ = load(path, timezone=zone)

        for _, one in readings.groupby("meter"):
            assert one.ts.tolist() == instants.tolist()


def test_lines_of_meters_that_alternate_read_back(tmp_path: Path) -> None:
    instants = pd.date_range("2024-10-26 22:00", periods=30, freq="h", tz="UTC")
    stamps = instants.tz_convert("Europe/Berlin").strftime("%Y-%m-%d %H:%M")
    path = write(tmp_path, "\n".join(["meter,time,kwh", *(f"{meter},{stamp},1" for stamp in stamps for meter in "AB")]))

    _, readings, _ = load(path, timezone="Europe/Berlin")

    assert readings[readings.meter == "B"].ts.tolist() == instants.tolist()


def test_newest_first_reads_the_doubled_hour_backwards(tmp_path: Path) -> None:
    instants = pd.date_range("2024-10-26 22:00", periods=30, freq="h", tz="UTC")[::-1]
    stamps = instants.tz_convert("Europe/Berlin").strftime("%Y-%m-%d %H:%M")
    path = write(tmp_path, "\n".join(["time,kwh", *(f"{stamp},{number}" for number, stamp in enumerate(stamps))]))

    _, readings, _ = load(path, timezone="Europe/Berlin")

    assert readings.ts.tolist() == instants.tolist()


def test_hour_ending_labels_are_seen_by_the_hour_they_double(tmp_path: Path) -> None:
    instants = pd.date_range("2024-03-01 05:00", "2024-12-01", freq="h", tz="UTC")
    local = instants.tz_convert("America/New_York").tz_localize(None) + pd.Timedelta("1h")
    path = write(tmp_path, "\n".join(["time,kwh", *(f"{stamp},1" for stamp in local)]))

    plan, readings, _ = load(path, timezone="America/New_York")

    assert plan.mapping is not None
    assert (plan.mapping.clock, plan.mapping.stamp) == ("label", "end")
    assert readings.ts.tolist() == instants.tolist()


def test_a_file_that_keeps_standard_time_is_seen(tmp_path: Path) -> None:
    stamps = pd.date_range("2024-01-01", "2024-12-31 23:00", freq="h")
    path = write(tmp_path, "\n".join(["time,kwh", *(f"{stamp},1" for stamp in stamps)]))

    plan, readings, _ = load(path, timezone="Europe/Berlin")

    assert plan.mapping is not None
    assert plan.mapping.clock == "standard"
    assert (readings.ts.diff().dropna() == pd.Timedelta("1h")).all()


def test_a_stamp_that_does_not_exist_moves_on_with_a_flag(tmp_path: Path) -> None:
    stamps = [
        *pd.date_range("2024-03-01", "2024-03-31 01:00", freq="h").astype(str),
        "2024-03-31 02:30:00",
        *pd.date_range("2024-03-31 03:00", "2024-11-30", freq="h").astype(str),
    ]
    autumn = stamps.index("2024-10-27 02:00:00")
    stamps.insert(autumn + 1, "2024-10-27 02:00:00")
    path = write(tmp_path, "\n".join(["time,kwh", *(f"{stamp},1" for stamp in stamps)]))

    _, readings, _ = load(path, timezone="Europe/Berlin")

    moved = readings[readings.flag > 0]
    assert moved.ts.tolist() == [pd.Timestamp("2024-03-31 01:30", tz="UTC"), pd.Timestamp("2024-10-27 01:00", tz="UTC")]


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(UserError, match="Nowhere"):
        clock.zone_of("Nowhere")
