import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import __main__ as command_line
from pipeline.steps.every import STEPS

KEYS = [
    "file", "format", "batch", "meters", "readings", "duplicates", "rejected", "energy_kwh", "first", "last",
    "step_seconds", "timezone", "warnings",
]  # fmt: skip


@pytest.fixture
def readings(tmp_path: Path) -> Path:
    path = tmp_path / "house.csv"
    lines = [f"2024-01-{day:02} {hour:02}:00,{1 + hour / 8}" for day in range(1, 29) for hour in range(24)]
    path.write_text("\n".join(["time,kwh", *lines]) + "\n")
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """Run a command as `python -m pipeline` does and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["pipeline", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        command_line.main()
    return int(left.value.code or 0)


@pytest.mark.usefixtures("warehouse")
def test_a_load_prints_one_json_object_a_file(
    readings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(monkeypatch, "load", readings, "--timezone", "Europe/Berlin", "--unit", "kWh", "--json")

    report = json.loads(capsys.readouterr().out)
    assert status == 0
    assert list(report) == KEYS
    assert (report["readings"], report["step_seconds"], report["timezone"]) == (672, 3600, "Europe/Berlin")
    assert (report["first"], report["last"]) == ("2023-12-31T23:00:00Z", "2024-01-28T23:00:00Z")


@pytest.mark.usefixtures("warehouse")
def test_a_preview_says_how_a_file_would_be_read_and_stores_nothing(
    readings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "load", readings, "--timezone", "Europe/Berlin", "--preview", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert run(monkeypatch, "load", readings, "--preview") == 0
    shown = capsys.readouterr().out

    run(monkeypatch, "status", "--json")
    assert json.loads(capsys.readouterr().out)["batches"] == 0
    assert list(found) == ["file", "format", "meters", "mapping", "reasons", "readings", "warnings"]
    assert (found["meters"], found["mapping"]["value_columns"]) == (["house kwh"], ["kwh"])
    assert found["readings"][0] == {
        "meter": "house kwh", "ts": "2023-12-31T23:00:00Z", "duration_s": 3600, "energy_kwh": 1.0
    }  # fmt: skip
    assert "house kwh  2024-01-01 00:00:00Z  1.0 kWh" in shown


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {"day_first": True, "stamp": "start", "step_s": 86_400, "entity_columns": ["room"]}),
        (["--month-first"], {"day_first": False, "step_months": 1}),
        (["--stamp", "end"], {"stamp": "end"}),
        (["--step", "3600"], {"step_s": 3600}),
        (["--entity", "note"], {"entity_columns": ["note"]}),
        (["--time", "read at"], {"time_columns": ["read at"], "day_first": None}),
        (["--register"], {"quantity": "register"}),
    ],
)
def test_options_replace_what_would_be_guessed_and_the_rest_follows(
    options: list[str], expected: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = tmp_path / "rooms.csv"
    lines = [
        f"0{day}/01/2024,2024-02-0{day} 12:00,{room},{note},{day % 3}"
        for day in range(1, 8) for room, note in (("A", "x"), ("B", "y"))
    ]  # fmt: skip
    path.write_text("\n".join(["date,read at,room,note,kwh", *lines]))

    times = [] if "--time" in options else ["--time", "date"]
    assert run(monkeypatch, "load", path, *times, "--preview", "--json", *options) == 0

    mapping = json.loads(capsys.readouterr().out)["mapping"]
    assert {name: mapping[name] for name in expected} == expected


@pytest.mark.usefixtures("warehouse")
def test_a_single_reading_of_a_register_waits_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = []
    for day, state in ((1, 100), (2, 124)):
        path = tmp_path / f"day{day}.csv"
        path.write_text(f"meter,time,kwh\nA,2024-01-0{day} 00:00,{state}\n")
        assert run(monkeypatch, "load", path, "--register", "--json") == 0
        reports.append(json.loads(capsys.readouterr().out))

    assert [(report["readings"], report["energy_kwh"]) for report in reports] == [(0, 0), (1, 24)]
    assert ["needs an earlier or later reading" in report["warnings"][-1] for report in reports] == [True, False]


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["load"], "Missing argument"),
        (["load", "--nope", "x.csv"], "No such option"),
        (["load", "--stamp", "middle", "x.csv"], "'middle' is not one of"),
        (["load", "--timezone", "", "x.csv"], "--timezone is empty"),
        (["fly"], "No such command"),
        (["export", "pdf", "--out", "x"], "'pdf' is not one of"),
    ],
)
def test_a_wrong_command_is_one_line_and_status_2(
    arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *arguments) == 2

    printed = capsys.readouterr()
    assert (printed.out, len(printed.err.splitlines())) == ("", 1)
    assert sentence in printed.err


@pytest.mark.usefixtures("warehouse")
def test_names_that_look_like_markup_are_printed_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "names.csv"
    lines = [f"2024-01-{day:02},{day}" for day in range(1, 29)]
    path.write_text("\n".join(["time,kwh [/b]", *lines]) + "\n")

    status = run(monkeypatch, "load", path.rename(tmp_path / "a [red].csv"))

    assert status == 0
    assert "a [red].csv" in capsys.readouterr().out


@pytest.mark.usefixtures("warehouse")
def test_a_file_that_is_refused_costs_the_status_and_not_the_others(
    readings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = readings.with_name("poem.csv")
    bad.write_text("roses are red\n")

    status = run(monkeypatch, "load", bad, readings.with_name("nowhere.csv"), readings, "--timezone", "UTC", "--json")

    printed = capsys.readouterr()
    assert status == 2
    assert json.loads(printed.out)["readings"] == 672
    assert [line.split()[0].endswith(name) for line, name in zip(
        printed.err.splitlines(), ("poem.csv", "nowhere.csv"), strict=True)] == [True, True]  # fmt: skip


@pytest.mark.usefixtures("warehouse")
def test_the_status_counts_what_is_stored(
    readings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "load", readings, "--timezone", "UTC")
    assert "house.csv" in capsys.readouterr().out

    run(monkeypatch, "status", "--json")

    found = json.loads(capsys.readouterr().out)
    assert (found["meters"], found["readings"], found["batches"]) == (1, 672, 1)


@pytest.mark.usefixtures("warehouse")
def test_an_export_prints_what_it_wrote(
    readings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "load", readings, "--timezone", "UTC", "--json")
    loaded = json.loads(capsys.readouterr().out)
    path = tmp_path / "out.csv"

    status = run(monkeypatch, "export", "csv", "--out", path, "--json")

    written = json.loads(capsys.readouterr().out)
    assert status == 0
    assert list(written) == ["path", "rows", "energy_kwh", "peak_kw", "sha256", "seconds"]
    assert (written["rows"], written["energy_kwh"]) == (672, pytest.approx(loaded["energy_kwh"]))
    run(monkeypatch, "export", "csv", "--out", path, "--from", "2024-01-02", "--to", "2024-01-02", "--json")
    assert json.loads(capsys.readouterr().out)["rows"] == 24


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize(
    ("options", "sentence"), [([], "no reading to export"), (["--site", "Nowhere"], "no site called 'Nowhere'")]
)
def test_an_export_of_nothing_is_refused(
    options: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert run(monkeypatch, "export", "csv", "--out", tmp_path / "x.csv", *options) == 2

    assert sentence in capsys.readouterr().err


@pytest.mark.usefixtures("warehouse")
def test_all_steps_run_without_the_demo_where_files_are_given(
    readings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "run", readings, "--json") == 0

    loaded, *steps = map(json.loads, capsys.readouterr().out.splitlines())
    assert loaded["file"] == "house.csv"
    assert [step["step"] for step in steps] == list(STEPS)


def test_init_can_be_repeated(warehouse: str) -> None:
    command = [sys.executable, "-m", "pipeline", "init"]

    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own

    assert warehouse
    assert (done.stdout, done.stderr) == ("The warehouse is ready.\n", "")


def test_a_setting_that_is_not_valid_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTSCAPE_PORT", "zero")
    command = [sys.executable, "-m", "pipeline", "status"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own

    assert done.returncode == 2
    assert "WATTSCAPE_PORT" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("warehouse")
def test_a_site_is_described_and_what_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "site", "Campus", "--timezone", "Europe/Berlin", "--latitude", "52.5") == 0
    assert capsys.readouterr().out == "Campus is up to date.\n"

    assert run(monkeypatch, "site", "Campus", "--under", "Nowhere") == 2
    assert "no site called 'Nowhere'" in capsys.readouterr().err


ROOT = Path(__file__).parents[1]
MENTIONED = re.compile(r"python -m pipeline ([a-z][a-z-]*)")


def names_of_commands() -> set[str]:
    return {info.name or info.callback.__name__.replace("_", "-") for info in command_line.app.registered_commands}


def test_the_user_guide_lists_every_command() -> None:
    listed = re.findall(
        r"^\| `([a-z-]+)` \|", (ROOT / "docs" / "user-guide.md").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert sorted(listed) == sorted(names_of_commands())


def test_every_command_that_people_are_told_of_is_there() -> None:
    known = names_of_commands()
    texts = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    texts += [
        path for folder in ("pipeline", "pages", "dashboard", "components") for path in (ROOT / folder).rglob("*.py")
    ]

    told = {(name, path.name) for path in texts for name in MENTIONED.findall(path.read_text(encoding="utf-8"))}

    assert len(told) > 20
    assert [(name, where) for name, where in sorted(told) if name not in known] == []


@pytest.mark.usefixtures("warehouse")
def test_forecasts_of_a_site_that_is_not_there_end_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "forecast", "--site", "Nowhere") == 2
    assert "There is no site called 'Nowhere'." in capsys.readouterr().err

    assert run(monkeypatch, "forecast", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["step"], report["series"], report["failures"]) == ("forecast", 0, 0)
