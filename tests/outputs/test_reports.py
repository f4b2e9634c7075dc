"""Reports: the same figures in every format as on the pages, nothing cut without a word, no file left half-way."""

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import three_zones as zones
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from small_disk import on_small_disk

from components import theme
from pipeline import __main__ as command_line
from pipeline.definitions import MEASURES, format_value
from pipeline.errors import SelectionError, UserError
from pipeline.outputs.manifest import read_manifest
from pipeline.outputs.reports import excel_file, making, palette, pdf_file
from pipeline.outputs.reports.kinds import FORMATS, Format, format_of
from pipeline.outputs.verify import verify
from pipeline.warehouse.engine import connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import overview

MARCH, END_OF_MARCH = date(2024, 3, 1), date(2024, 4, 1)
TEXT_KPIS = ("energy_kwh", "peak_kw", "mean_kw", "load_factor", "base_load_kw", "share_estimated", "completeness")


@pytest.fixture(scope="module")
def filled(module_warehouse: str) -> str:
    zones.fill()
    return module_warehouse


def page_of(filters: Filters) -> overview.Kpis:
    with connect() as conn:
        return overview.kpis(conn, filters)


def text_of(path: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def sheet(path: Path, name: str) -> list[list[object]]:
    return list(CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python())


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    "filters",
    [
        lambda: zones.filters(MARCH, END_OF_MARCH),
        lambda: zones.filters(MARCH, END_OF_MARCH, place="Berlin"),
        lambda: replace(zones.filters(date(2024, 10, 1), date(2024, 11, 1)), sector="household", measure="peak_kw"),
    ],
    ids=["everything", "site", "sector"],
)
def test_every_format_says_what_the_page_says(filters: object, tmp_path: Path) -> None:
    chosen = filters()  # type: ignore[operator]
    page = page_of(chosen)

    made = {form: making.make_report(tmp_path / f"r.{form}", chosen, form) for form in FORMATS}

    text = text_of(tmp_path / "r.pdf")
    for key in TEXT_KPIS:
        assert format_value(MEASURES[key], page.value(key)) in text
    summary = {row[0]: row[1] for row in sheet(tmp_path / "r.xlsx", "Summary")}
    known = {key: value for key in TEXT_KPIS if (value := page.value(key)) is not None}
    assert {key: summary[MEASURES[key].label] for key in known} == pytest.approx(known)
    lines = pd.read_csv(tmp_path / "r.csv", dtype=str, keep_default_na=False)
    figures = lines[lines["table"] == "figures"].set_index("field")["value"]
    assert {key: float(figures[key]) for key in known} == pytest.approx(known)
    assert [key for key in TEXT_KPIS if figures[key] == "" or summary[MEASURES[key].label] == ""] == [
        key for key in TEXT_KPIS if key not in known
    ]
    days = lines[(lines["table"] == "daily") & (lines["field"] == "energy_kwh")]
    assert (len(days), days["value"].astype(float).sum()) == (31, pytest.approx(page.energy_kwh))
    in_excel = [row[1] for row in sheet(tmp_path / "r.xlsx", "Days")[1:]]
    assert sum(in_excel) == pytest.approx(page.energy_kwh)  # type: ignore[arg-type]
    for manifest in made.values():
        assert (manifest.energy_kwh, manifest.peak_kw) == (pytest.approx(page.energy_kwh), page.peak_kw)
        assert manifest.energy_kwh_by_table["monthly"] == pytest.approx(page.energy_kwh)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("form", FORMATS)
def test_a_report_is_verified_and_a_changed_one_found(form: Format, tmp_path: Path) -> None:
    path = tmp_path / f"r.{form}"
    making.make_report(path, zones.filters(MARCH, END_OF_MARCH), form)

    before = verify(path)
    with path.open("ab") as file:
        file.write(b" ")
    after = verify(path)

    assert (before.state, before.differences) == ("equal", ())
    assert after.state == "differs"
    assert "has changed since it was written" in after.differences[0]


@pytest.mark.usefixtures("filled")
def test_every_page_of_a_pdf_says_which_of_how_many_it_is(tmp_path: Path) -> None:
    path = tmp_path / "r.pdf"

    making.make_report(path, zones.filters(), "pdf")

    pages = PdfReader(path).pages
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert f"page {number} of {len(pages)}" in page.extract_text()


@pytest.mark.usefixtures("filled")
def test_what_a_pdf_leaves_out_it_counts_and_the_other_formats_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_file, "MOST_ROWS", 3)
    filters = zones.filters()

    making.make_report(tmp_path / "r.pdf", filters, "pdf")
    making.make_report(tmp_path / "r.xlsx", filters, "xlsx")

    text = text_of(tmp_path / "r.pdf")
    assert "366 days; all of them are in the report as Excel or CSV" in text
    assert "The first 3 of 12 rows" in text  # months
    assert f"The first 3 of {len(zones.METERS)} rows" in text  # meters
    assert len(sheet(tmp_path / "r.xlsx", "Days")) == 1 + 366
    assert len(sheet(tmp_path / "r.xlsx", "Months")) == 1 + 12


@pytest.mark.usefixtures("filled")
def test_the_notes_name_the_days_on_which_the_clocks_change() -> None:
    notes = making.report_of(zones.filters(place="Berlin")).notes

    said = next(note for note in notes if "clocks" in note)
    assert said == ("Days on which the clocks of Europe/Berlin change: 31 Mar 2024 (23 hours), 27 Oct 2024 (25 hours).")


@pytest.mark.usefixtures("filled")
def test_names_that_a_spreadsheet_would_run_stay_text(tmp_path: Path) -> None:
    filters = zones.filters(MARCH, END_OF_MARCH, place="Berlin")

    making.make_report(tmp_path / "r.csv", filters, "csv")
    making.make_report(tmp_path / "r.xlsx", filters, "xlsx")

    with (tmp_path / "r.csv").open(newline="") as file:
        assert not [cell for row in csv.reader(file) for cell in row if cell.startswith("=")]
    assert "=cmd()|' /C calc'!A0" in [row[0] for row in sheet(tmp_path / "r.xlsx", "Meters")]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_selection_is_refused_in_a_sentence_and_leaves_no_file(form: Format, tmp_path: Path) -> None:
    filters = zones.filters(date(2030, 1, 1), date(2030, 2, 1))

    with pytest.raises(SelectionError, match="There is nothing to export: Earth has no reading from 2030-01-01"):
        making.make_report(tmp_path / f"r.{form}", filters, form)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("filled", "may_mount")
@pytest.mark.parametrize(("form", "room"), [("pdf", "size=32k"), ("xlsx", "size=12k"), ("csv", "size=12k")])
def test_a_full_disk_is_said_and_the_earlier_report_stays(form: Format, room: str, tmp_path: Path) -> None:
    path = tmp_path / f"r.{form}"

    done = on_small_disk(room, tmp_path, path, "report", form, "--site", "Earth", "--from", "2024-03-01",
                         "--to", "2024-04-30")  # fmt: skip

    assert done.returncode == 1, done.stderr
    assert done.stderr.strip() == f"There is no room for {path.name} on the disk: make room and try again."
    assert done.stdout.split() == [path.name, "before"]


@pytest.mark.usefixtures("filled")
def test_a_sheet_that_excel_cannot_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel_file, "MOST_ROWS", 30)

    with pytest.raises(SelectionError, match="The table 'By day' has 31 rows, a sheet of Excel takes 30"):
        making.make_report(tmp_path / "r.xlsx", zones.filters(MARCH, END_OF_MARCH), "xlsx")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("filled")
def test_the_command_writes_a_report_and_says_what_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.pdf"
    days = ["--from", "2024-03-01", "--to", "2024-03-31"]
    monkeypatch.setattr(
        "sys.argv", ["pipeline", "report", "pdf", "--out", str(path), "--site", "Berlin", *days, "--json"]
    )

    with pytest.raises(SystemExit) as ended:
        command_line.main()

    told = json.loads(capsys.readouterr().out)
    page = page_of(zones.filters(MARCH, END_OF_MARCH, place="Berlin"))
    assert ended.value.code in (None, 0)
    assert (told["rows"], told["energy_kwh"]) == (31, pytest.approx(page.energy_kwh))
    assert told["sha256"] == read_manifest(path).sha256


@pytest.mark.usefixtures("filled")
def test_the_command_narrows_to_a_sector_and_shows_a_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.csv"
    words = ["pipeline", "report", "csv", "--out", str(path), "--from", "2024-03-01", "--to", "2024-03-31"]
    wrong = {
        ("--sector", "mine"): "There is no sector 'mine' at this site.",
        ("--measure", "joy"): "There is no measure 'joy': choose one of energy_kwh, mean_kw,",
    }

    for more, sentence in wrong.items():
        monkeypatch.setattr("sys.argv", [*words, *more])
        with pytest.raises(SystemExit) as refused:
            command_line.main()
        assert refused.value.code == 2
        assert sentence in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", [*words, "--sector", "factory", "--measure", "peak_kw"])
    with pytest.raises(SystemExit) as ended:
        command_line.main()

    page = page_of(zones.filters(MARCH, END_OF_MARCH, place="Kolkata"))
    manifest = read_manifest(path)
    assert ended.value.code in (None, 0)
    assert (manifest.filters["sector"], manifest.filters["measure"]) == ("factory", "peak_kw")
    assert manifest.energy_kwh == pytest.approx(page.energy_kwh)


@pytest.mark.usefixtures("filled")
def test_a_folder_or_a_site_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["pipeline", "report", "csv", "--out", str(tmp_path / "r.csv"), "--site", "Mars"])

    with pytest.raises(SystemExit) as ended:
        command_line.main()
    with pytest.raises(UserError, match="is a folder: name a file in it"):
        making.make_report(tmp_path, zones.filters(), "csv")

    assert ended.value.code == 2
    assert capsys.readouterr().err == "There is no site called 'Mars'.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_format_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SelectionError, match="A report is one of pdf, xlsx, csv, not 'docx'"):
        format_of("docx")


def test_the_colours_are_those_of_the_pages() -> None:
    ink = theme._INK["light"]

    assert palette.ACTUAL == theme.ACTUAL
    assert theme.CATEGORIES[: len(palette.CATEGORIES)] == palette.CATEGORIES
    assert (
        ink["text"], ink["strong"], ink["grid"], ink["line"],
    ) == (palette.TEXT, palette.STRONG, palette.GRID, palette.LINE)  # fmt: skip
