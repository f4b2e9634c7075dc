"""The command `export`: what it takes, and what it refuses in a sentence."""

import json
from pathlib import Path

import pytest
import three_zones as zones
from hyper_files import ask_hyper

from pipeline import __main__ as command_line
from pipeline.outputs.verify import verify


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["pipeline", *words])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["csv", "--incremental"], "--incremental is for hyper, not for csv."),
        (["tdsx", "--incremental"], "--incremental is for hyper, not for tdsx."),
        (["csv", "--no-readings"], "--no-readings for what goes to Tableau"),
        (["hyper", "--table", "daily"], "--table is for csv"),
        (["csv", "--table", "weekly"], "must be one of 'readings', 'hourly', 'daily'"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], sentence: str
) -> None:
    status = run(monkeypatch, "export", *words, "--out", str(tmp_path / "x"))

    told = capsys.readouterr()
    assert status == 2
    assert sentence in told.err
    assert (told.err.count("\n"), told.out) == (1, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("warehouse")
def test_an_extract_is_made_followed_and_verified(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    zones.fill()
    path = tmp_path / "e.hyper"
    days = ["--from", "2024-03-30", "--to", "2024-04-01"]

    run(monkeypatch, "export", "hyper", "--out", str(path), "--site", "Berlin", *days, "--no-readings", "--json")
    first = json.loads(capsys.readouterr().out)
    again = ["--site", "Berlin", *days, "--no-readings", "--incremental", "--json"]
    run(monkeypatch, "export", "hyper", "--out", str(path), *again)
    second = json.loads(capsys.readouterr().out)
    run(
        monkeypatch,
        "export",
        "csv",
        "--out",
        str(tmp_path / "d.csv"),
        "--site",
        "Berlin",
        *days,
        "--table",
        "daily",
        "--json",
    )
    daily = json.loads(capsys.readouterr().out)

    assert first.keys() == {"path", "rows", "energy_kwh", "peak_kw", "sha256", "seconds"}
    assert first["rows"] == second["rows"] == 3 * (24 + 23 + 24)
    assert second["energy_kwh"] == pytest.approx(first["energy_kwh"])
    assert (daily["rows"], daily["energy_kwh"]) == (9, pytest.approx(first["energy_kwh"]))
    assert verify(path).state == "equal"
    [tables] = ask_hyper(path, "select count(*) from sites where site = 'Kolkata'")
    assert tables == [[0]]
