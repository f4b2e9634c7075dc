"""The command `detect`, on files with faults planted at known times."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted_meters import instant, load, span, times

from pipeline import __main__ as command_line
from pipeline.settings import Settings

KEYS = ["series", "start", "end", "kind", "score", "expected_kwh", "actual_kwh"]
DAYS = 130


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """Run the command as `python -m pipeline detect` does and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["pipeline", "detect", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        command_line.main()
    return int(left.value.code or 0)


def write(path: Path, columns: dict[str, pd.Series]) -> Path:
    """Write loads by UTC time, missing values as empty cells."""
    frame = pd.DataFrame(columns)
    frame.index = frame.index.strftime("%Y-%m-%d %H:%M")
    frame.to_csv(path, index_label="time (UTC)")
    return path


def planted() -> pd.Series:
    """Three faults: a spike in March, a gap and a stuck meter in April."""
    energy = times(load(DAYS), "2023-03-07 10:00", "2023-03-07 11:00", 9)
    energy[span(energy, "2023-04-04 06:00", "2023-04-06 06:00")] = np.nan
    alike = span(energy, "2023-04-18 06:00", "2023-04-20 06:00")
    return energy.where(~alike, energy[alike].iloc[0])


def test_planted_faults_come_out_as_json_with_their_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    energy = planted()
    path = write(tmp_path / "works.csv", {"kWh": energy})

    status = run(monkeypatch, path, "--timezone", "UTC", "--json")

    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 0
    assert all(list(event) == KEYS for event in events)
    assert [(event["kind"], event["start"], event["end"]) for event in events] == [
        ("spike", "2023-03-07T09:00:00Z", "2023-03-07T10:00:00Z"),
        ("gap", "2023-04-04T04:00:00Z", "2023-04-06T04:00:00Z"),
        ("stuck", "2023-04-18T04:00:00Z", "2023-04-20T04:00:00Z"),
    ]
    spike, gap, stuck = events
    assert spike["actual_kwh"] == pytest.approx(energy[instant("2023-03-07 10:00")])
    assert spike["expected_kwh"] == pytest.approx(spike["actual_kwh"] / 9, rel=0.2)
    assert gap["actual_kwh"] is None
    assert gap["expected_kwh"] > 0
    assert stuck["actual_kwh"] == pytest.approx(48 * energy[instant("2023-04-18 06:00")])


def test_one_column_of_several_is_looked_at_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = times(load(DAYS), "2023-03-07 10:00", "2023-03-07 11:00", 9)
    path = write(tmp_path / "site.csv", {"north kWh": broken, "south kWh": load(DAYS, seed=2)})

    assert run(monkeypatch, path, "--timezone", "UTC", "--column", "south kWh") == 0
    assert capsys.readouterr().out.split() == ["site.csv:", "no", "anomaly", "found."]

    assert run(monkeypatch, path, "--timezone", "UTC", "--json") == 0
    [event] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (event["series"], event["kind"]) == ("site north kWh", "spike")


def test_the_unit_given_is_the_one_of_the_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "works.csv", {"value": planted()})

    run(monkeypatch, path, "--timezone", "UTC", "--unit", "MWh", "--json")

    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first["actual_kwh"] == pytest.approx(1000 * planted()[instant("2023-03-07 10:00")])


def test_files_that_cannot_be_examined_are_refused_in_one_line_each_and_keep_no_other_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    poem = tmp_path / "poem.csv"
    poem.write_text("roses are red\n")
    short = write(tmp_path / "short.csv", {"kWh": load(3)})
    months = tmp_path / "months.csv"
    months.write_text(
        "month,kWh\n" + "".join(f"{2010 + n // 12}-{n % 12 + 1:02}-01,{100 + n % 7}\n" for n in range(120))
    )
    good = write(tmp_path / "works.csv", {"kWh": planted()})

    status = run(monkeypatch, poem, tmp_path / "nowhere.csv", short, months, good, "--timezone", "UTC", "--json")

    printed = capsys.readouterr()
    assert status == 2
    assert len(printed.out.splitlines()) == 3
    sentences = printed.err.splitlines()
    assert "poem.csv" in sentences[0]
    assert "nowhere.csv is not a file" in sentences[1]
    assert "short kWh has 72 measured readings; 100 are needed" in sentences[2]
    assert sentences[3] == "short.csv holds no series in which anomalies can be found."
    assert "readings of months" in sentences[4]
    assert len(sentences) == 6


def test_a_column_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "works.csv", {"kWh": planted()})

    assert run(monkeypatch, path, "--column", "MWh") == 2
    assert "has no column 'MWh'" in capsys.readouterr().err


def test_nothing_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    monkeypatch.setenv("WATTSCAPE_DATA_FOLDER", str(data))
    monkeypatch.delenv("WATTSCAPE_DATABASE_URL", raising=False)
    path = write(tmp_path / "works.csv", {"kWh": planted()})

    assert run(monkeypatch, path, "--timezone", "UTC") == 0

    assert Settings().data_folder == data
    assert not data.exists()
    assert "spike" in capsys.readouterr().out
