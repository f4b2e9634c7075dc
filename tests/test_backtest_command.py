"""The command `backtest`: what it prints, what it refuses, and that it stores nothing."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import __main__ as command_line
from pipeline.commands.backtest import steps_of
from pipeline.errors import UserError

KEYS = [
    "series", "model", "wape", "mase", "coverage", "skill", "origins", "train_seconds", "predict_seconds", "selected",
]  # fmt: skip


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["pipeline", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        command_line.main()
    return int(left.value.code or 0)


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def written(path: Path, columns: dict[str, pd.Series]) -> Path:
    pd.DataFrame(columns).rename_axis("time").to_csv(path)
    return path


def load(days: int, mean_kwh: float, freq: str = "h") -> pd.Series:
    """Make a load that works from Monday to Friday, with a chance of two per cent."""
    index = pd.date_range("2024-01-01", periods=days * (24 if freq == "h" else 1), freq=freq)
    at_work = (index.day_of_week < 5) & ((index.hour >= 8) & (index.hour < 18) if freq == "h" else True)
    chance = 1 + 0.02 * np.random.default_rng(int(mean_kwh)).standard_normal(len(index))
    return pd.Series(mean_kwh * (1 + 0.5 * at_work) * chance, index).round(4)


@pytest.fixture
def hours(tmp_path: Path) -> Path:
    return written(tmp_path / "plant.csv", {"North kWh": load(45, 10), "South kWh": load(45, 40)})


def test_every_model_of_every_series_is_one_json_object_and_one_is_selected(
    hours: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(monkeypatch, "backtest", hours, "--origins", "7", "--timezone", "Europe/Berlin", "--json")

    rows = said(capsys)
    assert status == 0
    assert all(list(row) == KEYS for row in rows)
    assert len({row["series"] for row in rows}) == 2
    for name in {row["series"] for row in rows}:
        own = [row for row in rows if row["series"] == name]
        assert "seasonal_naive" in {row["model"] for row in own}
        assert [row["selected"] for row in own].count(True) == 1
        assert {row["origins"] for row in own} == {7}
        naive = next(row for row in own if row["model"] == "seasonal_naive")
        assert naive["skill"] == 0
        assert naive["wape"] == pytest.approx(0.02 * 2 / np.sqrt(np.pi), rel=0.2)


def test_one_column_is_chosen_and_forecasts_begin_after_a_date(
    hours: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--column", "South kWh", "--after", "2024-02-10", "--horizon", "48h", "--origins", "50")

    status = run(monkeypatch, "backtest", hours, *options, "--json")

    rows = said(capsys)
    assert status == 0
    assert {"South" in str(row["series"]) for row in rows} == {True}
    assert {row["origins"] for row in rows} == {3}  # 10, 11 and 12 February; the file ends with the 14th


def test_days_are_tried_35_ahead_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "days.csv", {"kWh": load(100, 100, "D")})

    assert run(monkeypatch, "backtest", path, "--json") == 0
    by_usual = said(capsys)
    assert run(monkeypatch, "backtest", path, "--horizon", "7d", "--json") == 0
    by_week = said(capsys)

    assert by_usual
    assert by_week
    assert max(int(str(row["origins"])) for row in by_usual) < max(int(str(row["origins"])) for row in by_week)


def test_a_file_too_short_and_one_that_is_none_are_refused_and_the_rest_is_scored(
    hours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    short = written(tmp_path / "short.csv", {"kWh": load(5, 10)})
    nonsense = tmp_path / "nonsense.csv"
    nonsense.write_text("no readings in here\n")

    status = run(monkeypatch, "backtest", short, nonsense, tmp_path / "none.csv", hours, "--origins", "3", "--json")

    captured = capsys.readouterr()
    assert status == 2
    assert "too short or too broken" in captured.err
    assert "short.csv holds no series that can be forecast." in captured.err
    assert "nonsense.csv" in captured.err
    assert "none.csv" in captured.err
    assert "Traceback" not in captured.err
    assert len(captured.out.splitlines()) >= 2


@pytest.mark.parametrize("wrong", [("--horizon", "soon"), ("--horizon", "0h"), ("--after", "x"), ("--origins", "0")])
def test_options_that_make_no_sense_are_refused(
    hours: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: tuple[str, str]
) -> None:
    assert run(monkeypatch, "backtest", hours, *wrong, "--json") == 2
    message = capsys.readouterr().err
    assert wrong[0] in message or wrong[1] in message


def test_people_see_a_table_rather_than_json(
    hours: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "backtest", hours, "--origins", "3", "--column", "North kWh") == 0

    shown = capsys.readouterr().out
    assert "seasonal_naive" in shown
    assert "wape" in shown
    assert "{" not in shown


@pytest.mark.parametrize(
    ("given", "step", "steps"),
    [("24h", "30min", 48), ("2d", "h", 48), ("5w", "D", 35), ("13mo", "MS", 13), ("1h", "D", 1), (None, "h", 24)],
)
def test_horizons_are_told_in_hours_days_weeks_or_months(given: str | None, step: str, steps: int) -> None:
    assert steps_of(given, step) == steps


def test_a_horizon_without_a_unit_is_refused() -> None:
    with pytest.raises(UserError, match="write hours, days, weeks or months"):
        steps_of("24", "h")


def test_a_grid_operator_is_scored_on_the_column_asked_for(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = shared_data / "eia930_labelled_2015_20" / "SCL.csv"
    path = tmp_path / "SCL.csv"
    lines = whole.read_text().splitlines()
    path.write_text("\n".join([lines[0], *lines[-50 * 24 :]]) + "\n")
    options = ("--column", "cleaned demand (MW)", "--timezone", "America/Los_Angeles", "--country", "US")

    status = run(monkeypatch, "backtest", path, *options, "--origins", "10", "--json")

    rows = said(capsys)
    assert status == 0
    assert len({row["series"] for row in rows}) == 1
    assert 0.02 < min(float(str(row["wape"])) for row in rows) < 0.1
