from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from builders import Builder

from pipeline.errors import SelectionError
from pipeline.warehouse.engine import begin
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import sites
from pipeline.warehouse.selection import resolve

START, END = date(2024, 1, 1), date(2024, 1, 2)


@pytest.fixture
def build(warehouse: str) -> Iterator[Builder]:  # noqa: ARG001 - the database it plants in
    with begin() as conn:
        yield Builder(conn)


@pytest.fixture
def campus(build: Builder) -> dict[str, int]:
    """Plant a university with a school inside an office park, and a lone site beside it."""
    root = build.site("University", "Europe/Berlin", kind="organisation", country="DE", subdivision="BE")
    park = build.site("Park", "Europe/Berlin", root, kind="campus", sector="office")
    annexe = build.site("Annexe", "Europe/Berlin", park, sector="office")
    school = build.site("Annexe school", "Asia/Tokyo", park, sector="school", country="JP")
    lone = build.site("Lone")
    build.readings(build.meter(annexe, "annexe 1"), datetime(2024, 1, 1, tzinfo=UTC), [1.0] * 24)
    build.meter(school, "school 1", step_s=900)
    build.meter(school, "school solar", "generation", 300)
    return {"root": root, "park": park, "annexe": annexe, "school": school, "lone": lone}


@pytest.mark.usefixtures("campus")
def test_the_tree_lists_parents_before_children_and_siblings_by_name(build: Builder) -> None:
    found = sites.tree(build.conn)

    assert found["name"].tolist() == ["Lone", "University", "Park", "Annexe", "Annexe school"]
    assert found["depth"].tolist() == [0, 0, 1, 2, 2]
    assert found["parent_id"].isna().tolist() == [True, True, False, False, False]


def test_searching_finds_names_that_begin_with_the_text_first(build: Builder, campus: dict[str, int]) -> None:
    found = sites.search(build.conn, "ANNEXE")
    inside = sites.search(build.conn, "school 1")

    assert found["name"].tolist() == ["Annexe", "annexe 1", "Annexe school"]
    assert found["kind"].tolist() == ["site", "meter", "site"]
    assert found["path"].iloc[0] == "University / Park"
    assert inside["path"].tolist() == ["University / Park / Annexe school"]
    assert inside["site_id"].tolist() == [campus["school"]]
    assert sites.search(build.conn, "%").empty


def test_meters_and_sectors_are_those_below_the_node(build: Builder, campus: dict[str, int]) -> None:
    assert sites.meters(build.conn, campus["school"])["name"].tolist() == ["school 1", "school solar"]
    assert sites.meters(build.conn, campus["lone"]).empty
    assert sites.sectors(build.conn, campus["root"]) == ["office", "school"]
    assert sites.sectors(build.conn, campus["lone"]) == []


def test_a_reader_starts_at_the_largest_tree(build: Builder) -> None:
    assert sites.root(build.conn) is None

    small, large = build.site("A"), build.site("B")
    build.site("C", parent=large)

    assert sites.root(build.conn) == large != small


def test_the_span_is_the_days_with_data_in_the_sites_own_zone(build: Builder, campus: dict[str, int]) -> None:
    found = sites.span(build.conn, campus["root"])
    nothing = sites.span(build.conn, campus["lone"])

    assert (found.timezone, found.first_day, found.last_day) == ("Europe/Berlin", date(2024, 1, 1), date(2024, 1, 2))
    assert (nothing.first_day, nothing.last_day) == (None, None)
    with pytest.raises(SelectionError, match="no site 999"):
        sites.span(build.conn, 999)


def test_a_sector_selects_its_topmost_nodes(build: Builder, campus: dict[str, int]) -> None:
    def ids(site: str, sector: str) -> tuple[int, ...]:
        return resolve(build.conn, Filters(campus[site], START, END, sector=sector)).ids

    assert ids("root", "office") == (campus["park"],)
    assert ids("root", "school") == (campus["school"],)
    assert ids("root", "shop") == ()
    assert ids("annexe", "office") == (campus["annexe"],)


def test_a_selection_knows_its_zone_steps_and_calendar(build: Builder, campus: dict[str, int]) -> None:
    root = resolve(build.conn, Filters(campus["root"], START, END))
    annexe = resolve(build.conn, Filters(campus["annexe"], START, END))
    school = resolve(build.conn, Filters(campus["school"], START, END))

    assert (root.compound, root.meters, root.step_s, root.finest_s) == (True, 2, None, 900)
    assert (annexe.compound, annexe.step_s, annexe.country, annexe.subdivision) == (False, 3600, "DE", "BE")
    assert (school.compound, school.step_s, school.country, school.subdivision) == (False, 900, "JP", None)
