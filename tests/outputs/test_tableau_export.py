# ruff: noqa: S608 - the queries are put together from formulas of our own
"""Packages for Tableau made from the warehouse: what is in them, and that their figures are those of the pages."""

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import three_zones as zones
from databases import database, using
from hyper_files import ask_hyper
from lxml import etree
from tableau_files import columns_of, in_sql, resolved
from tableau_held import TableauServer
from tableau_packages import account

from pipeline.definitions import KpiKey
from pipeline.errors import SelectionError, UserError
from pipeline.outputs.options import PACKAGES, PackageKind
from pipeline.outputs.tableau.calculations import calculation_name
from pipeline.outputs.tableau.exporting import export_package, model_for
from pipeline.outputs.tableau.publication import publish_selection
from pipeline.outputs.verify import verify
from pipeline.settings import settings
from pipeline.warehouse.engine import connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import overview

# The clocks of Berlin and of Lord Howe change in this month, those of the latter by half an hour.
FIRST, END = date(2024, 10, 1), date(2024, 11, 1)


@pytest.fixture(scope="module", autouse=True)
def filled(postgres: str, template: str) -> Iterator[None]:
    """Fill one warehouse for all of these tests, which only read."""
    with database(postgres, template) as url, using(url):
        zones.fill()
        yield


@pytest.fixture
def entitled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    file = tmp_path / "who.csv"
    file.write_text("user,site\nanna,Berlin\nboss,Earth\nstranger,Kolkata\n")
    monkeypatch.setenv("WATTSCAPE_ENTITLEMENTS_FILE", str(file))
    settings.cache_clear()
    yield
    settings.cache_clear()


def unpacked(path: Path, folder: Path) -> tuple[etree._Element, Path]:
    """Open a package: its document, and its extract."""
    with zipfile.ZipFile(path) as package:
        document, extract = package.namelist()
        return resolved(package.read(document)), Path(package.extract(extract, folder))


@pytest.mark.parametrize("kind", PACKAGES)
def test_a_package_is_made_with_its_manifest_and_nothing_else(tmp_path: Path, kind: PackageKind) -> None:
    path = tmp_path / "out" / f"earth.{kind}"
    shares: list[float] = []

    manifest = export_package(path, zones.filters(FIRST, END), kind, progress=lambda share, _: shares.append(share))

    beside = json.loads(path.with_name(f"{path.name}.manifest.json").read_text())
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name, f"{path.name}.manifest.json"]
    assert beside == manifest.to_mapping()
    assert (beside["kind"], beside["file_name"], beside["bytes"]) == (kind, path.name, path.stat().st_size)
    assert beside["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert shares == sorted(shares)


def test_every_field_resolves_to_a_column_of_the_extract_inside(tmp_path: Path) -> None:
    export_package(tmp_path / "earth.tdsx", zones.filters(FIRST, END), "tdsx")

    source, extract = unpacked(tmp_path / "earth.tdsx", tmp_path)

    there = columns_of(extract)
    relations = {one.get("name"): re.findall(r"\[(.+?)\]", one.get("table"))[1] for one in source.iter("relation")
                 if one.get("table")}  # fmt: skip
    for one in source.iter("map"):
        relation, column = re.findall(r"\[(.+?)\]", one.get("value"))
        assert (relations[relation], column) in there
    assert source.get("formatted-name") == "Earth (Wattscape)"


FIGURES: tuple[KpiKey, ...] = ("energy_kwh", "peak_kw", "mean_kw", "load_factor", "share_estimated")


@pytest.mark.parametrize("place", ["Earth", "Berlin", "Kolkata", "Lord Howe"])
def test_the_key_figures_are_those_of_the_pages(tmp_path: Path, place: str) -> None:
    filters = zones.filters(FIRST, END, place=place)

    manifest = export_package(tmp_path / "any.tdsx", filters, "tdsx")

    with connect() as conn:
        kpis = overview.kpis(conn, filters)
    _, extract = unpacked(tmp_path / "any.tdsx", tmp_path)
    formulas = {one.name: one.formula for one in model_for(manifest).calculations}
    queries = [
        f"select {in_sql(formulas[calculation_name(key)])} from site_daily join sites using (site_id) "
        "where whole_selection"
        for key in FIGURES
    ]
    found = [as_number(rows[0][0]) for rows in ask_hyper(extract, *queries)]
    expected = [as_number(kpis.value(key)) for key in FIGURES]
    assert found == pytest.approx(expected, rel=1e-9, nan_ok=True)


def as_number(value: float | None) -> float:
    """Write nothing as NaN: a load factor of a site that exports all the time, for one."""
    return float("nan") if value is None else value


def test_the_energy_of_the_consumption_sheet_is_that_of_the_pages(tmp_path: Path) -> None:
    filters = zones.filters(FIRST, END)

    export_package(tmp_path / "any.twbx", filters, "twbx")

    with connect() as conn:
        energy_kwh = overview.kpis(conn, filters).energy_kwh
    _, extract = unpacked(tmp_path / "any.twbx", tmp_path)
    assert ask_hyper(extract, "select sum(counted_kwh) from daily")[0] == [[pytest.approx(energy_kwh)]]


@pytest.mark.parametrize("kind", PACKAGES)
def test_a_package_is_verified_like_the_extract_inside(tmp_path: Path, kind: PackageKind) -> None:
    path = tmp_path / f"berlin.{kind}"
    export_package(path, zones.filters(FIRST, END, place="Berlin"), kind)

    untouched = verify(path)
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("more.txt", "added")
    touched = verify(path)
    path.write_bytes(path.read_bytes()[:-2000])
    cut = verify(path)

    assert untouched.state == "equal"
    assert (touched.state, len(touched.differences)) == ("differs", 1)
    assert "SHA-256" in touched.differences[0]
    assert cut.state == "differs"


@pytest.mark.usefixtures("entitled")
def test_readers_are_kept_to_their_sites_where_entitlements_are_set(tmp_path: Path) -> None:
    manifest = export_package(tmp_path / "earth.tdsx", zones.filters(FIRST, END), "tdsx")

    source, extract = unpacked(tmp_path / "earth.tdsx", tmp_path)

    assert manifest.rows["entitlements"] > 0
    assert [one.get("column") for one in source.findall("filter")] == ["[Calculation_may_see]"]
    names = "select user_name, site from entitlements join sites using (site_id) order by 1, 2"
    assert ["anna", "Berlin"] in ask_hyper(extract, names)[0]


def test_without_entitlements_nobody_is_kept_out(tmp_path: Path) -> None:
    export_package(tmp_path / "earth.tdsx", zones.filters(FIRST, END), "tdsx")

    source, _ = unpacked(tmp_path / "earth.tdsx", tmp_path)

    assert source.findall("filter") == []


@pytest.mark.parametrize(
    ("name", "filters", "sentence"),
    [
        ("earth.zip", Filters(1, FIRST, END), r"must end in \.tdsx"),
        ("earth.tdsx", Filters(99, FIRST, END), "no site 99"),
        ("earth.tdsx", Filters(1, date(2030, 1, 1), date(2030, 1, 2)), "nothing to export"),
    ],
)
def test_what_cannot_be_made_is_refused_and_leaves_nothing(
    tmp_path: Path, name: str, filters: Filters, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        export_package(tmp_path / name, filters, "tdsx")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.0, 0.9])
def test_what_breaks_midway_leaves_the_old_file_and_nothing_else(tmp_path: Path, share: float) -> None:
    path = tmp_path / "kept.tdsx"
    path.write_text("from before")

    def stop(done: float, _what: str) -> None:
        if done >= share:
            raise SelectionError("stopped midway")

    with pytest.raises(SelectionError, match="stopped midway"):
        export_package(path, zones.filters(FIRST, END), "tdsx", progress=stop)

    assert path.read_text() == "from before"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "open", full)

    with pytest.raises(Exception, match=r"no room for earth\.tdsx"):
        export_package(tmp_path / "earth.tdsx", zones.filters(FIRST, END), "tdsx")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("entitled")
def test_a_selection_is_published_and_open_to_those_entitled_to_it(tmp_path: Path, server: TableauServer) -> None:
    server.users |= {"u1": "anna", "u2": "boss", "u3": "stranger"}
    filters = zones.filters(FIRST, END, place="Berlin")
    shares: list[float] = []

    done = publish_selection(
        tmp_path / "b.tdsx", filters, account(server), progress=lambda share, _what: shares.append(share)
    )

    there = server.named("Berlin (Wattscape)")
    assert there.content == (tmp_path / "b.tdsx").read_bytes()
    assert set(there.permissions) == {"u1", "u2"}
    assert "Electricity of Berlin from 2024-10-01 to 2024-11-01" in there.description
    assert done.manifest.sha256 == hashlib.sha256(there.content).hexdigest()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
