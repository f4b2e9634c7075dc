import csv
import hashlib
import io
import json
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pantab
import pytest
import three_zones as zones
from hyper_files import ask_hyper
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from pipeline.errors import SelectionError
from pipeline.outputs import hyper
from pipeline.outputs.export import export
from pipeline.outputs.options import CsvOptions, Kind
from pipeline.outputs.tables import ExportTable
from pipeline.outputs.tally import Tally
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import overview
from pipeline.warehouse.schema import meter, reading, site

pytestmark = pytest.mark.usefixtures("filled")

SLOW = settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def filled(warehouse: str) -> None:  # noqa: ARG001 - to be there first
    zones.fill()


def read_csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False, na_values={"raw_kwh": ""})


def expected(filters: Filters) -> tuple[int, float]:
    """Ask the readings themselves: rows, and what adds up to the consumption of the selection."""
    day = func.date(func.timezone(site.c.timezone, reading.c.ts))
    rows = (
        select(meter.c.direction, func.count(), func.sum(reading.c.energy_kwh))
        .join_from(reading, meter, meter.c.id == reading.c.meter_id)
        .join(site, site.c.id == meter.c.site_id)
        .where(day >= filters.start, day < filters.end)
        .group_by(meter.c.direction)
    )
    if filters.meter_id is not None:
        rows = rows.where(meter.c.id == filters.meter_id)
    else:
        rows = rows.where((site.c.id == filters.site_id) | (site.c.parent_id == filters.site_id))
    signs = {"import": 1, "net": 1, "export": -1, "generation": 0}
    with connect() as conn:
        found = conn.execute(rows).all()
    alone = filters.meter_id is not None
    return sum(count for _, count, _ in found), sum((1 if alone else signs[kind]) * kwh for kind, _, kwh in found)


DAYS = st.integers(0, 365).map(lambda days: zones.FIRST + timedelta(days=days))
PLACES = st.sampled_from(
    [("Earth", None), *((place, name) for name, (place, *_) in zones.METERS.items()), ("Berlin", None)]
)


def test_table_page_csv_and_hyper_have_the_same_totals(tmp_path: Path) -> None:

    @SLOW
    @given(DAYS, st.integers(1, 60), PLACES)
    def totals_are_equal(start: date, days: int, where: tuple[str, str | None]) -> None:
        filters = zones.filters(start, start + timedelta(days=days), place=where[0], name=where[1])
        rows, energy_kwh = expected(filters)

        in_csv = export(tmp_path / "e.csv", filters, "csv")
        in_hyper = export(tmp_path / "e.hyper", filters, "hyper")

        with connect() as conn:
            page = overview.kpis(conn, filters)
        frame = read_csv(tmp_path / "e.csv")
        names = ("readings", "hourly", "daily")
        queries = [f"select count(*), sum(counted_kwh) from {name}" for name in names]  # noqa: S608 - names above
        tables = [answer[0] for answer in ask_hyper(tmp_path / "e.hyper", *queries)]
        assert in_csv.rows["readings"] == in_hyper.rows["readings"] == len(frame) == tables[0][0] == rows
        for total in (in_csv.energy_kwh, in_hyper.energy_kwh, frame["counted_kwh"].sum(), page.energy_kwh or 0.0):
            assert total == pytest.approx(energy_kwh, abs=1e-6)
        for _count, total in tables:
            assert float(total or 0.0) == pytest.approx(energy_kwh, abs=1e-6)
        assert in_hyper.peak_kw == page.peak_kw

    totals_are_equal()


@pytest.mark.parametrize(
    ("name", "day", "readings"),
    [
        ("=cmd()|' /C calc'!A0", date(2024, 3, 31), 23 * 4),
        ("=cmd()|' /C calc'!A0", date(2024, 10, 27), 25 * 4),
        ("island", date(2024, 4, 7), 49),
        ("island", date(2024, 10, 6), 47),
        ("mill", date(2024, 3, 31), 24),
    ],
)
def test_days_on_which_the_clocks_change(tmp_path: Path, name: str, day: date, readings: int) -> None:
    place, zone, *_ = zones.METERS[name]
    filters = zones.filters(day, day + timedelta(days=1), place=place, name=name)

    export(tmp_path / "day.csv", filters, "csv")
    export(tmp_path / "day.hyper", filters, "hyper")

    frame = read_csv(tmp_path / "day.csv")
    utc = pd.to_datetime(frame["ts_utc"], utc=True)
    local = utc.dt.tz_convert(zone).dt.tz_localize(None)
    assert len(frame) == readings
    assert (pd.to_datetime(frame["ts_local"]) == local).all()
    assert ((local - utc.dt.tz_localize(None)).dt.total_seconds() / 60 == frame["utc_offset_min"]).all()
    assert set(local.dt.date) == {day}
    rows, days = ask_hyper(
        tmp_path / "day.hyper",
        "select ts_utc, ts_local, utc_offset_min from readings order by ts_utc",
        "select day from daily",
    )
    assert [row[1].to_datetime() for row in rows] == local.tolist()
    assert [row[2] for row in rows] == frame["utc_offset_min"].tolist()
    assert [row[0].to_date() for row in days] == [day]


def test_pantab_reads_the_extract_back(tmp_path: Path) -> None:
    filters = zones.filters(date(2024, 10, 20), date(2024, 11, 1))

    manifest = export(tmp_path / "back.hyper", filters, "hyper")

    frames = pantab.frames_from_hyper(tmp_path / "back.hyper", return_type="pandas")
    by_name = {name[-1] if isinstance(name, tuple) else name: frame for name, frame in frames.items()}
    sizes = {str(name).strip('"'): len(frame) for name, frame in by_name.items()}
    assert sizes == manifest.rows
    assert sizes["meters"] == len(zones.METERS)
    assert sizes["sites"] == 4


def test_a_manifest_says_what_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "with.csv"
    filters = zones.filters(date(2024, 5, 1), date(2024, 5, 3), place="Lord Howe")

    manifest = export(path, filters, "csv", CsvOptions(table="hourly"))

    beside = json.loads((tmp_path / "with.csv.manifest.json").read_text())
    assert beside == manifest.to_mapping()
    assert beside["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert beside["bytes"] == path.stat().st_size
    assert beside["filters"] == filters.to_query()
    assert beside["rows"] == {"hourly": 96 // 2}
    assert beside["origin"]["timezones"] == ["Australia/Lord_Howe"]
    assert beside["origin"]["site"] == "Lord Howe"
    assert (beside["share_estimated"], beside["origin"]["generated"]) == (0.0, False)


def test_header_lines_decimal_comma_and_semicolon(tmp_path: Path) -> None:
    options = CsvOptions("daily", ";", ",", "lines")
    filters = zones.filters(date(2024, 5, 1), date(2024, 5, 8), place="Kolkata")

    manifest = export(tmp_path / "lines.csv", filters, "csv", options)

    text = (tmp_path / "lines.csv").read_text()
    head = [line for line in text.splitlines() if line.lstrip('"').startswith("#")]
    frame = pd.read_csv(io.StringIO(text), sep=";", decimal=",", comment="#")
    assert any("Asia/Kolkata" in line for line in head)
    assert any("Unit: kWh" in line for line in head)
    assert any("Data version: 1" in line for line in head)
    assert frame["energy_kwh"].sum() == pytest.approx(manifest.energy_kwh)
    assert frame["day"].tolist() == [f"2024-05-0{day}" for day in range(1, 8)]


def test_cells_that_a_spreadsheet_would_run_are_harmless(tmp_path: Path) -> None:
    with begin() as conn:
        conn.execute(site.update().where(site.c.name == "Berlin").values(name="+1;=2"))

    export(tmp_path / "safe.csv", zones.filters(date(2024, 5, 1), date(2024, 5, 2), place="+1;=2"), "csv",
           CsvOptions(separator=";", header="lines"))  # fmt: skip

    with (tmp_path / "safe.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file, delimiter=";") for cell in row]
    assert "'=cmd()|' /C calc'!A0" in cells
    assert "'+1;=2" in cells
    assert not [cell for cell in cells if cell[:1] in set("=+@\t\r")]


@pytest.mark.parametrize("kind", ["csv", "hyper"])
def test_an_empty_selection_is_refused_and_leaves_no_file(tmp_path: Path, kind: Kind) -> None:
    future = zones.filters(date(2030, 1, 1), date(2030, 1, 2))
    schools = Filters(future.site_id, zones.FIRST, zones.END, sector="school")

    for nothing in (future, schools):
        with pytest.raises(SelectionError, match="Earth has no reading from"):
            export(tmp_path / f"none.{kind}", nothing, kind)

    assert list(tmp_path.iterdir()) == []


def test_a_sector_narrows_the_rows(tmp_path: Path) -> None:
    earth = zones.filters(date(2024, 5, 1), date(2024, 5, 2))

    some = export(tmp_path / "some.csv", Filters(earth.site_id, earth.start, earth.end, sector="factory"), "csv")

    assert some.rows == {"readings": 24}


def test_an_unknown_site_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="no site 99"):
        export(tmp_path / "x.csv", Filters(99, zones.FIRST, zones.END), "csv")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["csv", "hyper"])
def test_what_breaks_midway_leaves_no_file_and_the_old_one(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / f"kept.{kind}"
    path.write_text("from before")

    def fail(_share: float, _message: str) -> None:
        raise SelectionError("stopped midway")

    with pytest.raises(SelectionError, match="stopped midway"):
        export(path, zones.filters(), kind, progress=fail)

    assert path.read_text() == "from before"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_rows_that_take_several_turns_are_all_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[Path] = []

    def small_turns(path: Path, tables: Iterable[ExportTable], tally: Tally) -> None:
        for_all = hyper.pantab.frames_to_hyper

        def counted(*given: object, **named: object) -> None:
            turns.append(path)
            for_all(*given, **named)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hyper.pantab, "frames_to_hyper", counted)
            hyper.append(path, tables, tally, rows_at_once=9_000)

    monkeypatch.setattr("pipeline.outputs.export.append", small_turns)
    manifest = export(tmp_path / "e.hyper", zones.filters(zones.FIRST, date(2024, 4, 1)), "hyper")

    [[found]] = ask_hyper(tmp_path / "e.hyper", "select count(*), sum(counted_kwh) from readings")
    assert len(turns) > 2
    assert manifest.rows["readings"] > 9_000
    assert found == [manifest.rows["readings"], pytest.approx(manifest.energy_kwh_by_table["readings"])]


def test_hyper_leaves_no_log_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    export(tmp_path / "out" / "quiet.hyper", zones.filters(date(2024, 5, 1), date(2024, 5, 2)), "hyper")

    assert sorted(one.name for one in tmp_path.rglob("*") if one.is_file()) == [
        "quiet.hyper",
        "quiet.hyper.manifest.json",
    ]


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    shares: list[float] = []

    export(tmp_path / "p.csv", zones.filters(), "csv", progress=lambda share, _message: shares.append(share))

    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1
