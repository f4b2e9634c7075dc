import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from source_files import hours, load, write

from pipeline.errors import FileError, UserError
from pipeline.settings import Settings
from pipeline.sources import clock, container, inspect_file, read_plan
from pipeline.sources.frame import Overrides, Plan

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def refused(path: Path, because: str) -> None:
    with pytest.raises(FileError, match=because):
        inspect_file(path, Overrides())


@pytest.fixture
def small_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    bound = Settings(max_unpacked_mb=1)
    monkeypatch.setattr(container, "settings", lambda: bound)


def zip_of(folder: Path, **files: str) -> Path:
    path = folder / "pack.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "not a file")
    refused(tmp_path / "absent.csv", "not a file")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    refused(write(tmp_path, ""), "empty")


@pytest.mark.parametrize("text", ["\n\n\n", "time,kwh\n", "hello\nworld\n", "a,b\nc,d\ne,f\n", "\x00" * 50])
def test_text_without_readings_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileError):
        inspect_file(write(tmp_path, text), Overrides())


@pytest.mark.parametrize(
    "text", ["<?xml version='1.0'?><a><b>1</b></a>", "\n<!doctype html><p>Please sign in, or register</p>"]
)
def test_a_web_page_is_refused_as_what_it_is(tmp_path: Path, text: str) -> None:
    refused(write(tmp_path, text), "is XML or a web page")


def test_binary_junk_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "junk.csv"
    path.write_bytes(np.random.default_rng(1).bytes(200_000))

    with pytest.raises(FileError):
        inspect_file(path, Overrides())


@pytest.mark.parametrize(
    "content",
    [b"PAR1 not really", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0 broken", b"\x1f\x8b broken", b"BZh9 broken"],
)
def test_damaged_formats_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(content)

    with pytest.raises(FileError):
        inspect_file(path, Overrides())


def test_a_cut_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    whole = gzip.compress(hours(2000).encode())
    path.write_bytes(whole[: len(whole) // 2])

    refused(path, "damaged or cut short")


@pytest.mark.usefixtures("small_bound")
def test_bombs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"0" * 3_000_000))

    refused(path, "unpacks to more than 1 MB")
    refused(zip_of(tmp_path, a="0" * 3_000_000), "unpacks to more than 1 MB")


@pytest.mark.parametrize("name", ["../outside.csv", "/etc/outside.csv", "a/../../outside.csv", "..\\outside.csv"])
def test_names_outside_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    refused(zip_of(tmp_path, **{name: hours(5)}), "outside itself")


def test_an_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", hours(5))
    path = tmp_path / "outer.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())

    refused(path, "archive inside an archive")


def test_an_archive_gives_a_plan_a_file_and_names_the_rest(tmp_path: Path) -> None:
    path = zip_of(
        tmp_path, **{"one.csv": hours(5), "folder/two.csv": hours(6), "notes.txt": "nothing here", "__MACOSX/x": "junk"}
    )

    plans = inspect_file(path, Overrides())

    assert [plan.member for plan in plans] == ["one.csv", "folder/two.csv"]
    assert any("notes.txt" in warning for warning in plans[0].warnings)
    assert sum(len(chunk.readings) for chunk in read_plan(plans[1])) == 12


def test_nul_bytes_reject_their_line_only(tmp_path: Path) -> None:
    lines = hours(30).splitlines()
    lines[7] = "A,2024-03-01 06:00:00,\x001"

    _, readings, rejected = load(write(tmp_path, "\n".join(lines)))

    assert len(readings) == 59
    assert rejected.line.tolist() == [8]
    assert "\x00" not in rejected.text[0]


def test_a_very_long_line_is_cut_in_the_report(tmp_path: Path) -> None:
    lines = hours(30).splitlines()
    lines[7] = "A," + "x" * 2_000_000 + ",1"

    _, readings, rejected = load(write(tmp_path, "\n".join(lines)))

    assert len(readings) == 59
    assert len(rejected.text[0]) < 1000


def test_an_endless_line_does_not_stop_the_rest(tmp_path: Path) -> None:
    lines = hours(30).splitlines()
    lines[7] = "A," + "x" * 20_000_000 + ",1"

    _, readings, rejected = load(write(tmp_path, "\n".join(lines)))

    assert len(readings) == 59
    assert rejected.line.tolist() == [8]


def test_a_stray_quote_rejects_lines_not_the_file(tmp_path: Path) -> None:
    lines = hours(200).splitlines()
    lines[50] = 'A,"2024-03-03 00:00:00,1'

    _, readings, rejected = load(write(tmp_path, "\n".join(lines)))

    assert len(readings) >= 49
    assert len(rejected) >= 1


def test_ten_thousand_columns_are_read(tmp_path: Path) -> None:
    header = "time," + ",".join(f"meter {number}" for number in range(10_000))
    lines = [f"2024-03-01 {hour:02d}:00," + ",".join(["1"] * 10_000) for hour in range(5)]

    _, readings, _ = load(write(tmp_path, "\n".join([header, *lines])))

    assert readings.energy_kwh.sum() == 50_000


def test_names_that_are_formulas_stay_names(tmp_path: Path) -> None:
    _, readings, _ = load(write(tmp_path, hours(30).replace("B,", "=cmd|' /C calc'!A0,")))

    assert "=cmd|' /C calc'!A0" in set(readings.meter)


def test_a_header_alone_says_what_is_missing(tmp_path: Path) -> None:
    refused(write(tmp_path, "name,kwh\nA,1\nB,2\nC,3\n"), "no column with dates or times")


def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no format 'lotus'"):
        inspect_file(write(tmp_path, hours(5)), Overrides(format="lotus"))


def test_members_without_a_name_of_a_file_are_left_out(tmp_path: Path) -> None:
    refused(zip_of(tmp_path, **{".": hours(5), "./": hours(5)}), "without a file")


def test_a_packed_member_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content", gzip.compress(hours(30).encode()))

    assert len(load(path)[1]) == 60


def test_a_damaged_member_is_refused_however_it_is_packed(tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.csv", hours(100))
    content = bytearray(path.read_bytes())
    content[80:120] = b"\xff" * 40
    path.write_bytes(content)

    refused(path, "cannot be unpacked")


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "\udcff.csv"
    path.write_text(hours(30))

    refused(path, "not valid UTF-8")


def test_objects_in_objects_without_end_are_refused(tmp_path: Path) -> None:
    refused(write(tmp_path, '{"a":' * 20_000 + "1" + "}" * 20_000), "is JSON, but not one object a line")


@pytest.mark.parametrize("day", ["0000-01-01", "0001-01-01", "1899-12-31", "2100-01-01", "9999-12-31"])
def test_readings_of_impossible_years_are_rejected_and_the_rest_is_read(tmp_path: Path, day: str) -> None:
    far = "".join(f"A,{day} {hour:02d}:00:00,1\n" for hour in range(5))

    _, readings, rejected = load(write(tmp_path, hours(30) + far))

    assert len(readings) == 60
    assert len(rejected) == 5
    assert rejected.reason.str.contains("not in the years 1900 to 2099").all()


def test_more_energy_than_there_is_is_rejected(tmp_path: Path) -> None:
    lines = hours(30).splitlines()
    lines[7] = "A,2024-03-01 06:00:00,1e308"

    _, readings, rejected = load(write(tmp_path, "\n".join(lines)))

    assert len(readings) == 59
    assert rejected.reason.tolist() == ["more than 1e+15 kWh is no energy of a meter"]


@pytest.mark.parametrize(
    "zone", ["../../etc/passwd", "localtime", "Factory", "right/Europe/Berlin", "Europe", "", "\0"]
)
def test_only_zones_that_the_database_knows_are_taken(zone: str) -> None:
    with pytest.raises(UserError, match="no time zone"):
        clock.zone_of(zone)


def workbook_of(folder: Path, rows: str) -> Path:
    main = f'xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}"'
    book = f'Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"'
    sheet = f'Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"'
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship {book}/></Relationships>',
        "xl/workbook.xml": f'<workbook {main}><sheets><sheet name="S" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship {sheet}/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{rows}</sheetData></worksheet>",
    }
    return zip_of(folder, **parts).rename(folder / "book.xlsx")


def test_a_sheet_that_spans_more_cells_than_memory_holds_is_refused(tmp_path: Path) -> None:
    corners = ("A1", "1"), ("XFD1048576", "1048576")
    rows = "".join(f'<row r="{row}"><c r="{cell}"><v>1</v></c></row>' for cell, row in corners)

    refused(workbook_of(tmp_path, rows), "more than 50,000,000 cells")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=400),
        st.text(max_size=300).map(str.encode),
        st.text('0123456789-/:;,. \n"TZ', max_size=300).map(str.encode),
    )
)
def test_anything_is_read_or_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)

    refusal, plans = refused_or_read(path)

    assert not refusal or refusal.endswith((".", ")"))
    assert all(np.isfinite(chunk.readings.duration_s).all() for plan in plans for chunk in read_plan(plan))


def refused_or_read(path: Path) -> tuple[str, list[Plan]]:
    try:
        return "", inspect_file(path, Overrides())
    except UserError as error:
        return str(error), []
