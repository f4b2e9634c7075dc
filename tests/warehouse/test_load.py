"""Loading: what is stored, replaced, kept, counted and refused."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Connection, text

from pipeline import sources
from pipeline.errors import FileError
from pipeline.flags import Flag
from pipeline.sources.frame import Chunk, Mapping, Overrides, Plan
from pipeline.warehouse import rollups
from pipeline.warehouse.batches import LoadReport
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.load import load_file

pytestmark = pytest.mark.usefixtures("warehouse")

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
HOURS = pd.Timedelta(hours=1)


def write(
    path: Path, values: list[float | None], *, start: datetime = MONDAY, step_s: int = 3600, meter: str = "main"
) -> Path:
    """Write a file of one meter; None leaves a value empty."""
    stamps = pd.date_range(start, periods=len(values), freq=f"{step_s}s")
    rows = pd.DataFrame({"meter": meter, "time": stamps.strftime("%Y-%m-%d %H:%M:%S"), "kwh": values})
    rows.to_csv(path, index=False)
    return path


def load(path: Path, site: str | None = None) -> LoadReport:
    return load_file(path, Overrides(timezone="UTC"), loaded_by="test", site=site)[0]


def wave(hours: int, mean: float = 5.0) -> list[float | None]:
    """Return a plausible load: a daily wave with some noise."""
    noise = np.random.default_rng(1).normal(0, 0.2, hours)
    return [round(float(mean + 2 * np.sin(hour / 24 * 2 * np.pi) + noise[hour]), 3) for hour in range(hours)]


def test_a_file_is_stored_with_its_batch_and_rollups(tmp_path: Path) -> None:
    values = wave(24 * 40)

    report = load(write(tmp_path / "house.csv", values))

    assert (report.readings, report.meters, report.rejected, report.duplicates) == (960, 1, 0, 0)
    assert (report.first, report.last) == (MONDAY, datetime(2024, 2, 10, tzinfo=UTC))
    assert report.energy_kwh == pytest.approx(sum(v for v in values if v))
    with connect() as conn:
        assert one(conn, "select sum(raw_kwh) from reading") == pytest.approx(report.energy_kwh)
        root = "select sum(energy_kwh) from node_month join site on id = site_id where parent_id is null"
        assert one(conn, root) == pytest.approx(one(conn, "select sum(energy_kwh) from reading"))
        assert one(conn, "select version from data_version") == 1
        assert conn.execute(text("select name from site where parent_id is not null")).scalar_one() == "house"
        assert one(conn, "select step_s from meter") == 3600


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "house.csv", wave(100))
    first = load(path)

    second = load(path)

    assert (second.batch, second.readings, second.duplicates, second.already_stored) == (first.batch, 0, 100, True)
    with connect() as conn:
        assert one(conn, "select count(*) from ingest_batch") == 1
        assert one(conn, "select version from data_version") == 1


def test_a_newer_value_wins_and_the_older_one_is_kept(tmp_path: Path) -> None:
    values = wave(240)
    load(write(tmp_path / "first.csv", values))
    values[100] = 6.5

    report = load(write(tmp_path / "second.csv", values))

    assert (report.readings, report.replaced, report.duplicates) == (1, 1, 239)
    with connect() as conn:
        assert one(conn, "select raw_kwh from reading where ts = '2024-01-05 04:00+00'") == 6.5
        assert one(conn, "select count(*) from reading_history") == 1
        assert one(conn, "select count(*) from reading") == 240
    assert_rollups_are_those_of_a_rebuild()


def test_values_fill_what_was_estimated_and_estimates_never_replace_values(tmp_path: Path) -> None:
    values = wave(240)
    with_hole = [*values[:100], None, None, *values[102:]]
    load(write(tmp_path / "hole.csv", with_hole))
    full = load(write(tmp_path / "full.csv", values))

    again = load(write(tmp_path / "other-hole.csv", [*values[:200], None, *values[201:]]))

    assert (full.readings, full.replaced) == (2, 2)
    assert (again.readings, again.estimated) == (0, 0)
    with connect() as conn:
        assert one(conn, "select count(*) from reading where raw_kwh is null") == 0
        assert one(conn, "select sum(raw_kwh) from reading") == pytest.approx(sum(v for v in values if v))


def test_a_hole_between_two_files_is_estimated(tmp_path: Path) -> None:
    values = wave(24 * 30)
    load(write(tmp_path / "january.csv", values[:480]))

    report = load(write(tmp_path / "later.csv", values[483:], start=MONDAY + 483 * HOURS))

    assert report.estimated == 3
    with connect() as conn:
        between = (
            "select count(*) from reading where raw_kwh is null and ts >= '2024-01-21' and ts < '2024-01-21 03:00'"
        )
        assert one(conn, between) == 3
    assert_rollups_are_those_of_a_rebuild()


def test_a_spike_right_after_the_seam_is_seen(tmp_path: Path) -> None:
    values = wave(24 * 40)
    load(write(tmp_path / "january.csv", values[: 24 * 38]))
    rest = values[24 * 38 :]
    rest[2] = 400.0

    load(write(tmp_path / "february.csv", rest, start=MONDAY + 24 * 38 * HOURS))

    with connect() as conn:
        flag = one(conn, "select flag from reading where raw_kwh = 400")
    assert int(flag) & int(Flag.SPIKE)


def test_readings_of_another_length_take_the_place_of_those_they_overlap(tmp_path: Path) -> None:
    load(write(tmp_path / "quarters.csv", [1.0, 1.1, 1.2, 1.3] * 24, step_s=900))

    load(write(tmp_path / "hours.csv", [4.0, 4.4, 4.5, 4.2] * 6))

    with connect() as conn:
        assert one(conn, "select count(*) from reading where duration_s = 900 and raw_kwh is not null") == 0
        assert one(conn, "select sum(raw_kwh) from reading") == pytest.approx(17.1 * 6)
    assert_rollups_are_those_of_a_rebuild()


def test_what_an_analyst_changed_survives_the_same_value_coming_again(tmp_path: Path) -> None:
    values = wave(240)
    load(write(tmp_path / "first.csv", values))
    edited = int(Flag.EDITED)
    with begin() as conn:
        conn.execute(text(f"update reading set energy_kwh = 99, flag = {edited} where ts = '2024-01-02'"))  # noqa: S608

    load(write(tmp_path / "second.csv", [*values, 5.0]))

    with connect() as conn:
        assert one(conn, "select energy_kwh from reading where ts = '2024-01-02'") == 99


def test_a_file_with_nothing_usable_is_refused_and_recorded(tmp_path: Path) -> None:
    path = write(tmp_path / "empty.csv", [None] * 48)

    with pytest.raises(FileError, match=r"empty\.csv"):
        load(path)

    with connect() as conn:
        assert one(conn, "select count(*) from reading") == 0
        assert one(conn, "select count(*) from ingest_batch where state = 'stored'") == 0


def test_known_meters_stay_at_their_site_and_new_ones_go_where_they_are_told(tmp_path: Path) -> None:
    load(write(tmp_path / "a.csv", wave(48), meter="old"), site="North")
    load(write(tmp_path / "b.csv", wave(48), start=MONDAY + 48 * HOURS, meter="old"), site="South")

    load(write(tmp_path / "c.csv", wave(48), meter="new"), site="South")

    with connect() as conn:
        found = conn.execute(
            text("select m.name, s.name from meter m join site s on s.id = m.site_id order by 1")
        ).all()
    assert [tuple(row) for row in found] == [("new", "South"), ("old", "North")]


def test_more_meters_than_fit_in_memory_are_spilled_and_all_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.warehouse.load.ROWS_AT_ONCE", 500)
    path = tmp_path / "many.csv"
    frames = [pd.read_csv(write(path, wave(60), meter=f"m{number}")) for number in range(100)]
    pd.concat(frames).sort_values("time", kind="stable").to_csv(path, index=False)

    report = load(path)

    assert (report.readings, report.meters) == (6000, 100)
    assert_rollups_are_those_of_a_rebuild()


@pytest.fixture
def chunks_of_one_meter(monkeypatch: pytest.MonkeyPatch) -> list[Chunk]:
    """Replace the sources by one that yields what the test puts into the list."""
    chunks: list[Chunk] = []

    def inspect_file(path: Path, _overrides: Overrides) -> list[Plan]:
        return [Plan(path, "test", Mapping(timezone="UTC"))]

    def read_plan(_plan: Plan) -> Iterator[Chunk]:
        return iter(chunks)

    monkeypatch.setattr(sources, "inspect_file", inspect_file, raising=False)
    monkeypatch.setattr(sources, "read_plan", read_plan, raising=False)
    return chunks


def test_rejected_lines_are_kept_with_every_reason(tmp_path: Path, chunks_of_one_meter: list[Chunk]) -> None:
    rejected = pd.DataFrame(
        {"line": [3, 3, 4], "text": ["a\0b", "a\0b", "c"], "reason": ["no date", "no value", "no date"]}
    )
    chunks_of_one_meter.append(Chunk(frame(48), rejected))
    path = tmp_path / "file.test"
    path.write_text("x")

    report = load(path)

    with connect() as conn:
        rows = conn.execute(text("select line, text, reason from rejected_row order by line")).all()
    assert report.rejected == 2
    assert [tuple(row) for row in rows] == [
        (3, "a\N{REPLACEMENT CHARACTER}b", "no date; no value"),
        (4, "c", "no date"),
    ]


def test_one_long_meter_is_validated_in_parts_without_a_seam(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunks_of_one_meter: list[Chunk]
) -> None:
    monkeypatch.setattr("pipeline.warehouse.load.ROWS_AT_ONCE", 1000)
    readings = frame(5000)
    chunks_of_one_meter += [Chunk(readings[i : i + 700], rejected=readings[:0]) for i in range(0, 5000, 700)]
    path = tmp_path / "file.test"
    path.write_text("x")

    report = load(path)

    assert report.readings == 5000
    with connect() as conn:
        assert one(conn, "select sum(estimated_hours) from meter_month") == 0
        assert one(conn, "select sum(raw_kwh) from reading") == pytest.approx(readings["energy_kwh"].sum())


def test_the_planner_knows_what_a_large_load_has_brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.warehouse.statistics.MANY_READINGS", 40)

    load(write(tmp_path / "house.csv", wave(48)))

    with connect() as conn:
        known = conn.execute(text("select relname from pg_class where reltuples > 0 and relkind = 'r'")).scalars().all()
    assert {"meter_hour_2024_01", "node_hour", "reading_2024_01"} <= set(known)


def frame(hours: int) -> pd.DataFrame:
    """Return readings of one meter in the standard frame."""
    return pd.DataFrame(
        {
            "meter": pd.Categorical(["main"] * hours),
            "ts": pd.date_range(MONDAY, periods=hours, freq="h", unit="us"),
            "duration_s": np.int32(3600),
            "energy_kwh": wave(hours),
            "flag": np.int32(0),
            "line": range(1, hours + 1),
        }
    )


def one(conn: Connection, statement: str) -> float:
    value: float = conn.execute(text(statement)).scalar_one()
    return value


def assert_rollups_are_those_of_a_rebuild() -> None:
    tables = ("meter_hour", "meter_day", "meter_month", "node_hour", "node_day", "node_month")
    rounded = [f"round({value}::numeric, 6)" for value in ("sum(energy_kwh)", "sum(covered_hours)", "max(peak_kw)")]
    columns = ", ".join(["count(*)", *rounded])
    statement = " union all ".join(f"select {columns} from {table}" for table in tables)  # noqa: S608 - named above
    with begin() as conn:
        kept = conn.execute(text(statement)).all()
        rollups.rebuild(conn)
        rebuilt = conn.execute(text(statement)).all()
    assert kept == rebuilt
