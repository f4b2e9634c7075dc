"""The files of one register join without losing the energy between them."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from pipeline.sources.frame import Overrides
from pipeline.warehouse.engine import connect
from pipeline.warehouse.load import load_file

STATES = 5000 + np.cumsum(np.append(0, 1 + np.arange(24 * 28) % 24 / 8))  # a reading an hour, four weeks
USE = np.diff(STATES)


def write(path: Path, first: int, last: int) -> Path:
    stamps = np.datetime64("2024-01-01T00:00") + np.timedelta64(1, "h") * np.arange(first, last)
    lines = [f"{stamp},{state:.3f}" for stamp, state in zip(stamps, STATES[first:last], strict=True)]
    path.write_text("time,meter reading kWh\n" + "\n".join(lines) + "\n")
    return path


def load(path: Path) -> None:
    load_file(path, Overrides(timezone="UTC", meter="register"), loaded_by="test")


def stored() -> tuple[int, float]:
    with connect() as conn:
        row = conn.execute(text("select count(*), sum(energy_kwh) from reading")).one()
        rolled_up = conn.execute(text("select sum(energy_kwh) from meter_month")).scalar_one()
    assert rolled_up == pytest.approx(row[1])
    return row[0], row[1]


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (0, 2, 1)])
def test_the_interval_between_two_files_is_kept(tmp_path: Path, order: tuple[int, int, int]) -> None:
    parts = [(0, 200), (200, 401), (401, len(STATES))]

    for which in order:
        load(write(tmp_path / f"part-{which}.csv", *parts[which]))

    assert stored() == (len(USE), pytest.approx(USE.sum()))


@pytest.mark.usefixtures("warehouse")
def test_readings_missing_between_two_files_share_their_difference(tmp_path: Path) -> None:
    load(write(tmp_path / "before.csv", 0, 400))

    load(write(tmp_path / "after.csv", 410, len(STATES)))

    assert stored() == (len(USE), pytest.approx(USE.sum()))


@pytest.mark.usefixtures("warehouse")
def test_a_file_that_overlaps_needs_no_joining(tmp_path: Path) -> None:
    load(write(tmp_path / "before.csv", 0, 400))

    load(write(tmp_path / "overlapping.csv", 300, len(STATES)))

    assert stored() == (len(USE), pytest.approx(USE.sum()))
