from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import FileError
from pipeline.sources.emission_file import read_factors


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "factors.csv"
    path.write_text(text)
    return path


def test_times_with_an_offset_become_utc_hours_oldest_first(tmp_path: Path) -> None:
    path = written(tmp_path, "time,kg\n2026-01-01T02:00+01:00,0.2\n2026-01-01T00:00Z,0.1\n")

    found = read_factors(path)

    assert found.tolist() == [0.1, 0.2]
    assert found.index[0] == pd.Timestamp("2026-01-01", tz="UTC")


def test_half_hours_are_averaged_and_grams_converted(tmp_path: Path) -> None:
    path = written(tmp_path, "time;g\n2026-01-01 00:00;100\n2026-01-01 00:30;300\n2026-01-01 01:00;50\n")

    assert read_factors(path, unit="g").tolist() == pytest.approx([0.2, 0.05])


def test_a_factor_by_day_holds_for_its_hours(tmp_path: Path) -> None:
    found = read_factors(written(tmp_path, "day,kg\n2026-01-01,0.1\n2026-01-02,0.2\n"))

    assert len(found) == 48
    assert found.iloc[[23, 24, 47]].tolist() == [0.1, 0.2, 0.2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("time\n2026-01-01\n", "two columns"),
        ("time,kg\nsoon,0.1\n", "line 2: needs a time"),
        ("time,kg\n2026-01-01,0.1\n2026-01-02,much\n", "line 3: needs a time"),
        ("time,kg\n2026-01-01,-0.1\n", "below zero"),
        ("time,kg\n2026-01-01,250\n", "if they are in g, say --unit g"),
        ("time,kg\n", "no factor"),
        ("", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(FileError, match=sentence):
        read_factors(written(tmp_path, text))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        read_factors(tmp_path / "none.csv")
