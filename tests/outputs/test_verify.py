"""Exports compared with their manifests and with the warehouse."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import three_zones as zones
from hyper_files import ask_hyper, opened
from sqlalchemy import select
from typer.testing import CliRunner, Result

from pipeline.__main__ import app
from pipeline.errors import FileError
from pipeline.jobs import exports, making, worker
from pipeline.outputs.export import export
from pipeline.outputs.manifest import manifest_path
from pipeline.outputs.options import CsvOptions, HyperOptions
from pipeline.outputs.tableau.exporting import export_package
from pipeline.outputs.verify import verify
from pipeline.warehouse.edits import edit_reading
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.schema import export as export_table
from pipeline.warehouse.schema import meter, reading

pytestmark = pytest.mark.usefixtures("filled")
START, END = date(2024, 10, 20), date(2024, 11, 3)


@pytest.fixture
def filled(warehouse: str) -> None:  # noqa: ARG001 - to be there first
    zones.fill()


def edit() -> None:
    with begin() as conn:
        meter_id = conn.execute(select(meter.c.id).where(meter.c.name == "mill")).scalar_one()
        after = datetime(2024, 10, 25, tzinfo=UTC)
        first = select(reading.c.ts).where(reading.c.meter_id == meter_id, reading.c.ts >= after)
        ts = conn.execute(first.order_by(reading.c.ts).limit(1)).scalar_one()
        edit_reading(conn, meter_id, ts, 1234.5, reason="test", edited_by="test")


def command(*words: str) -> Result:
    return CliRunner().invoke(app, ["verify", *words, "--json"])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.csv", CsvOptions()),
        ("b.csv", CsvOptions("daily", ";", ",", "lines")),
        ("c.csv", CsvOptions("hourly", "\t", ".", "lines")),
        ("d.hyper", HyperOptions("without")),
    ],
)
def test_an_export_equals_manifest_and_warehouse(tmp_path: Path, name: str, options: CsvOptions | HyperOptions) -> None:
    path = tmp_path / name
    export(path, zones.filters(START, END), "hyper" if name.endswith("hyper") else "csv", options)
    before = path.read_bytes()

    result = command(str(path))

    said = json.loads(result.stdout)
    assert (result.exit_code, said["equal"], said["state"], said["differences"]) == (0, True, "equal", [])
    assert said["data_version"] == said["data_version_now"]
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == [name, f"{name}.manifest.json"]


def test_newer_data_is_told_from_a_wrong_file(tmp_path: Path) -> None:
    export(tmp_path / "a.hyper", zones.filters(START, END), "hyper")
    edit()

    found = verify(tmp_path / "a.hyper")

    told = " ".join(found.differences)
    assert (found.state, found.data_version_now) == ("outdated", found.data_version + 1)
    for table in ("readings", "hourly", "daily"):
        assert f"energy kWh of {table}:" in told
    assert "peak kW:" in told
    assert "The data has changed since: version 1 then, 2 now." in told
    assert command(str(tmp_path / "a.hyper")).exit_code == 1


def test_the_extract_inside_a_package_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.tdsx"
    export_package(path, zones.filters(START, END), "tdsx", HyperOptions("without"))
    assert verify(path).state == "equal"
    whole = path.read_bytes()

    path.write_bytes(whole[: len(whole) // 2] + b"\0" * 64 + whole[len(whole) // 2 + 64 :])

    found = verify(path)
    assert found.state == "differs"
    assert "SHA-256" in found.differences[0]
    assert "cannot be read" in found.differences[1]


def test_newer_data_elsewhere_changes_nothing(tmp_path: Path) -> None:
    export(tmp_path / "a.csv", zones.filters(date(2024, 5, 1), date(2024, 5, 8)), "csv")
    edit()

    assert verify(tmp_path / "a.csv").state == "equal"


def _cut_csv(path: Path) -> None:
    path.write_text("\n".join(path.read_text().splitlines()[:-3]) + "\n")


def _change_csv(path: Path) -> None:
    lines = path.read_text().splitlines()
    cells = lines[5].split(",")
    cells[8] = "99"
    path.write_text("\n".join([*lines[:5], ",".join(cells), *lines[6:]]) + "\n")


def _delete_hour(path: Path) -> None:
    with opened(path) as connection:
        connection.execute_command("delete from hourly where ts_utc = (select min(ts_utc) from hourly)")


def _garble(path: Path) -> None:
    path.write_bytes(b"nothing that could be read\n" * 9)


@pytest.mark.parametrize(
    ("name", "harm", "sentence"),
    [
        ("a.csv", _cut_csv, "rows of readings: 4,200 in the manifest, 4,197 in the file."),
        ("a.csv", _change_csv, "energy kWh of readings: "),
        ("a.csv", _garble, "The file cannot be read"),
        ("a.hyper", _delete_hour, "rows of hourly: "),
        ("a.hyper", _garble, "The file cannot be read"),
    ],
)
def test_a_harmed_file_differs(tmp_path: Path, name: str, harm: Callable[[Path], None], sentence: str) -> None:
    path = tmp_path / name
    manifest = export(path, zones.filters(START, END), "hyper" if name.endswith("hyper") else "csv")
    harm(path)

    found = verify(path)

    assert found.state == "differs"
    assert "SHA-256" in found.differences[0]
    assert any(
        sentence.replace("4,200", f"{manifest.rows['readings']:,}").replace(
            "4,197", f"{manifest.rows['readings'] - 3:,}"
        )
        in told
        for told in found.differences
    )


def test_a_manifest_that_was_changed_differs(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    manifest = export(path, zones.filters(START, END), "csv")
    said = manifest.to_mapping() | {"peak_kw": 1.0, "share_estimated": None}
    manifest_path(path).write_text(json.dumps(said))

    found = verify(path)

    assert found.state == "differs"
    assert [told.split(":")[0] for told in found.differences] == ["peak kW", "share estimated"]


def test_without_manifest_or_file_there_is_nothing_to_compare(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(FileError, match="not a file"):
        verify(path)
    path.write_text("x")
    with pytest.raises(FileError, match=r"no manifest beside it: a\.csv\.manifest\.json"):
        verify(path)
    for text in ("{", "[]", "{}", '{"origin": 1}'):
        manifest_path(path).write_text(text)
        with pytest.raises(FileError, match="not a manifest"):
            verify(path)


def test_opening_an_extract_elsewhere_is_seen_but_its_tables_are_equal(tmp_path: Path) -> None:
    path = tmp_path / "a.hyper"
    export(path, zones.filters(START, END), "hyper", HyperOptions("without"))
    ask_hyper(path, "select count(*) from daily")

    found = verify(path)

    assert found.state == "differs"
    assert len(found.differences) == 1
    assert "SHA-256" in found.differences[0]


def test_exports_are_checked_at_night_and_on_demand() -> None:
    filters = zones.filters(START, END)
    numbers = [exports.request_export(filters, "csv", requested_by="a") for _ in range(3)]
    worker.run_worker(until_idle=True)
    with connect() as conn:
        files = [exports.export_file(conn, number) for number in numbers]
    _cut_csv(files[1])
    manifest_path(files[2]).unlink()

    making.check_exports(0)

    with connect() as conn:
        rows = conn.execute(select(export_table).order_by(export_table.c.id)).all()
    assert [row.check_state for row in rows] == ["equal", "differs", "failed"]
    assert "no manifest" in rows[2].check_message
    assert all(row.checked_at is not None for row in rows)
    edit()
    exports.request_check(numbers[0])
    with connect() as conn:
        assert exports.listed(conn).set_index("id")["checking"].to_dict() == dict.fromkeys(numbers, False) | {
            numbers[0]: True
        }
    worker.run_worker(until_idle=True)
    with connect() as conn:
        listed = exports.listed(conn).set_index("id")
    assert listed.loc[numbers[0], "check_state"] == "outdated"
    assert not listed["checking"].any()
