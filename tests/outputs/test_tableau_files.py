import os
import re
import warnings
import zipfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree
from sqlalchemy import Double, column, func, table
from tableau_files import STORED, Tree, columns_of, named_in, resolved

from pipeline.definitions import MEASURES
from pipeline.errors import UserError
from pipeline.outputs.extract_schema import TABLES
from pipeline.outputs.hyper import create
from pipeline.outputs.options import PACKAGES, PackageKind
from pipeline.outputs.tableau.formulas import formula
from pipeline.outputs.tableau.model import ROOT, TREE, Model, model_of
from pipeline.outputs.tableau.package import check_name, document, pack
from pipeline.outputs.tableau.sheets import DASHBOARD, SHEETS, ZONES
from pipeline.warehouse import semantic

WORLD = Path(__file__).parents[3] / "shared" / "tableau_rest" / "World Indicators.tdsx"
INSIDE = "Data/Extracts/campus.hyper"
SCHEMA_FILE = os.environ.get("TABLEAU_TWB_XSD")
NAMESPACE_OF_USER = "{http://www.tableausoftware.com/xml/user}"
NOT_SHOWN = {"dictionary"}  # it has nothing to relate by


@pytest.fixture(scope="module")
def model() -> Model:
    return model_of("Campus (Wattscape)", TABLES, user_filter=True)


@pytest.fixture(scope="module")
def source(model: Model) -> Tree:
    return resolved(document(model, INSIDE, "tdsx"))


@pytest.fixture(scope="module")
def book(model: Model) -> Tree:
    return resolved(document(model, INSIDE, "twbx"))


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("extract") / "any.hyper"
    create(path, TABLES.values())
    return path


@pytest.fixture(scope="module")
def document_api() -> ModuleType:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(The distutils package|distutils Version classes)", DeprecationWarning)
        import tableaudocumentapi  # noqa: PLC0415 - it warns of itself when it is imported
    return tableaudocumentapi


def fields_of(source: Tree) -> dict[str, Tree]:
    """List the fields of a data source by name, those of whole tables left out."""
    return {one.get("name"): one for one in source.findall("column") if one.get("datatype") != "table"}


@pytest.mark.parametrize("kind", PACKAGES)
def test_a_package_holds_what_it_names_by_relative_paths_alone(
    tmp_path: Path, model: Model, extract: Path, kind: PackageKind
) -> None:
    path = tmp_path / f"campus.{kind}"

    pack(path, extract, model, kind, "campus")

    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        root = etree.fromstring(package.read(names[0]))
        named = [one.get("dbname") for one in root.iter("connection") if one.get("dbname")]
        assert package.testzip() is None
        assert package.read(named[0]) == extract.read_bytes()
    assert names == [f"campus.{kind[:3]}", "Data/Extracts/campus.hyper"]
    assert named == ["Data/Extracts/campus.hyper"]
    texts = [value for one in root.iter(etree.Element) for value in (*one.attrib.values(), one.text or "")]
    assert [text for text in texts if text.startswith(("/", "\\", "file:")) or re.match(r"[A-Za-z]:[\\/]", text)] == []


@pytest.mark.parametrize("kind", PACKAGES)
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, extract: Path, kind: PackageKind) -> None:
    for name in ("one", "two"):
        fresh = model_of("Campus (Wattscape)", sorted(TABLES, reverse=name == "two"), user_filter=True)
        pack(tmp_path / name, extract, fresh, kind, "campus")

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_every_column_of_the_extract_is_a_field_of_its_type(source: Tree, extract: Path) -> None:
    there = columns_of(extract)
    maps = {one.get("key"): tuple(re.findall(r"\[(.+?)\]", one.get("value"))) for one in source.iter("map")}
    relations = {one.get("name"): one.get("table") for one in source.find("connection").iter("relation")}
    fields = fields_of(source)
    shown = set()

    for name, (relation, own) in maps.items():
        schema, stored = re.findall(r"\[(.+?)\]", relations[relation])
        assert schema == "public"
        assert there[stored, own].tag in STORED[fields[name].get("datatype")], f"{name} is not of its column's type"
        shown.add((stored, own))

    assert shown == {known for known in there if known[0] not in NOT_SHOWN}
    assert set(maps) == {name for name, one in fields.items() if one.find("calculation") is None}


def test_the_description_of_each_column_repeats_the_map(source: Tree, model: Model) -> None:
    records = {
        one.findtext("local-name"): {child.tag: child.text for child in one} for one in source.iter("metadata-record")
    }
    ids = {thing.name: thing.id for thing in model.things.values()}

    for one in source.iter("map"):
        relation, own = re.findall(r"\[(.+?)\]", one.get("value"))
        record = records.pop(one.get("key"))
        assert (record["remote-name"], record["parent-name"]) == (own, f"[{relation}]")
        assert record["object-id"] == f"[{ids[relation]}]"
        assert record["local-type"] == fields_of(source)[one.get("key")].get("datatype")
    assert records == {}


def test_every_formula_names_fields_that_there_are(source: Tree) -> None:
    fields = fields_of(source)
    calculated = {name: one.find("calculation") for name, one in fields.items()}

    formulas = [one.get("formula") for one in calculated.values() if one is not None]

    assert len(formulas) == 12
    assert set().union(*map(named_in, formulas)) <= set(fields)
    assert all(one.get("caption") and one.findtext("desc//run") for one in fields.values())


def test_no_two_fields_have_one_caption(source: Tree) -> None:
    captions = Counter(one.get("caption") for one in source.findall("column"))

    assert [caption for caption, count in captions.items() if count > 1] == []


def test_hierarchies_folders_and_filters_name_fields_that_there_are(source: Tree) -> None:
    fields = fields_of(source)
    paths = {one.get("name"): [level.text for level in one] for one in source.iter("drill-path")}

    named = [
        *(item.get("name") for item in source.iter("folder-item")),
        *(one.get("column") for one in source.iter("filter")),
    ]

    assert set(named) <= set(fields)
    assert paths["Place"] == ["[region]", "[state (sites)]", "[site]", "[meter]"]
    assert paths["Date"] == [f"[{name} (daily_calendar)]" for name in ("year", "quarter", "month", "day")]
    assert all(level in fields for levels in paths.values() for level in levels)
    in_folders = [item.get("name") for item in source.iter("folder-item")]
    assert sorted(in_folders) == sorted(name for name, one in fields.items() if one.get("hidden") != "true")


def test_places_have_geographic_roles(source: Tree) -> None:
    roles = {name: one.get("semantic-role") for name, one in fields_of(source).items() if one.get("semantic-role")}

    assert roles["[latitude (sites)]"] == "[Geographical].[Latitude]"
    assert roles["[longitude (sites)]"] == "[Geographical].[Longitude]"
    assert roles["[country]"] == "[Country].[ISO3166_2]"
    assert roles["[state (sites)]"] == "[State].[Name]"


def test_measures_add_up_and_are_written_as_the_definitions_say(source: Tree) -> None:
    fields = fields_of(source)
    seen = {name: (one.get("aggregation"), one.get("default-format")) for name, one in fields.items()}

    assert seen["[peak_kw (daily)]"] == ("Max", "n#,##0.##;-#,##0.##")
    assert seen["[counted_kwh (daily)]"] == ("Sum", "n#,##0.##;-#,##0.##")
    assert seen["[cost (daily)]"] == ("Sum", "n#,##0.00;-#,##0.00")
    assert seen["[share_estimated]"] == ("Avg", "p0.0%")
    assert seen["[temperature_c]"][0] == "Avg"
    for key, measure in MEASURES.items():
        if f"[Calculation_{key}]" in fields:
            assert fields[f"[Calculation_{key}]"].get("caption") == measure.label


def test_keys_are_hidden_and_whole_numbers_that_name_are_not_added_up(source: Tree) -> None:
    fields = fields_of(source)

    assert all(one.get("hidden") == "true" for name, one in fields.items() if "_id" in name)
    assert fields["[year (daily_calendar)]"].get("role") == "dimension"
    assert fields["[duration_s]"].get("role") == "measure"


def test_the_tables_form_one_tree(source: Tree) -> None:
    ids = [one.get("id") for one in source.iter("object")]
    ends = [
        (one.find("first-end-point").get("object-id"), one.find("second-end-point").get("object-id"))
        for one in source.iter("relationship")
    ]
    reached = {next(known for known in ids if known.startswith(f"{ROOT}_"))}

    for _ in ids:
        reached |= {second for first, second in ends if first in reached}

    assert reached == set(ids)
    assert len(ends) == len(ids) - 1
    assert [one.get("name") for one in source.find("connection/relation[@type='collection']")] == [
        one.find("properties/relation").get("name") for one in source.iter("object")
    ]


def test_relationships_are_keys_of_the_extract_and_one_side_of_each_type(source: Tree, model: Model) -> None:
    names = {f"[{field.name}]": field for field in model.fields.values()}

    for relationship in source.iter("relationship"):
        for pair in relationship.iter("expression"):
            sides = [one.get("op") for one in pair]
            if pair.get("op") == "=":
                left, right = (names[side] for side in sides)
                assert left.column.type == right.column.type
                assert left.column.name == right.column.name
    for one in TREE:
        first, second = (model.things[side].table for side in (one.first, one.second))
        keys = [set(key.columns) for side, other in ((first, second), (second, first)) for key in side.foreign_keys
                if key.table == other.name]  # fmt: skip
        assert set(one.columns) in keys or one.second == "weather", f"{one} is no key of the extract"


def test_a_side_is_unique_where_its_columns_are_its_primary_key(source: Tree, model: Model) -> None:
    by_id = {thing.id: thing for thing in model.things.values()}
    unique = {
        (by_id[end.get("object-id")].name, by_id[other.get("object-id")].name)
        for one in source.iter("relationship")
        for end, other in ((one[-2], one[-1]), (one[-1], one[-2]))
        if end.get("unique-key") == "true"
    }

    assert ("sites", "meters") in unique
    assert ("daily_calendar", "daily") in unique
    assert ("meters", "sites") not in unique
    assert ("daily", "daily_calendar") not in unique
    assert ("weather_stations", "weather") in unique


def test_what_the_extract_leaves_out_the_data_source_leaves_out(model: Model) -> None:
    without = model_of("Campus", set(TABLES) - {"readings", "entitlements"}, user_filter=False)

    names = set(without.things)

    assert names == set(model.things) - {"readings", "entitlements"}
    assert {field.name for field in without.fields.values()} < {field.name for field in model.fields.values()}


def test_a_reader_sees_what_the_entitlements_name_where_there_are_some(source: Tree) -> None:
    (kept,) = source.findall("filter")
    open_to_all = resolved(document(model_of("Campus", TABLES, user_filter=False), INSIDE, "tdsx"))

    assert fields_of(source)[kept.get("column")].find("calculation").get("formula") == "[user_name] = USERNAME()"
    assert (kept[0].get("level"), kept[0].get("member")) == (kept.get("column"), "true")
    assert open_to_all.findall("filter") == []


def test_formulas_come_from_the_expressions_of_the_pages(source: Tree) -> None:
    formulas = {
        name: one.find("calculation").get("formula")
        for name, one in fields_of(source).items()
        if one.find("calculation") is not None
    }
    days = table("days", *(column(name, Double) for name in ("energy_kwh", "hours", "peak_kw")))

    again = formula(
        semantic.load_factor(days), lambda name: "[clock_kwh]" if name == "energy_kwh" else f"[{name} (site_daily)]"
    )

    assert formulas["[Calculation_load_factor]"] == again
    assert formulas["[Calculation_load_factor]"] == (
        "IF MAX([peak_kw (site_daily)]) > 0 THEN (SUM([clock_kwh]) / "
        "(IF SUM([hours (site_daily)]) != 0 THEN SUM([hours (site_daily)]) END)) / MAX([peak_kw (site_daily)]) END"
    )
    assert formulas["[Calculation_share_estimated]"].startswith("SUM([estimated_hours (site_daily)]) / ")


def test_an_expression_without_a_counterpart_is_refused() -> None:
    days = table("days", column("peak_kw", Double))

    with pytest.raises(TypeError, match="percentile_cont"):
        formula(func.percentile_cont(days.c.peak_kw), str)
    with pytest.raises(TypeError, match="no formula"):
        formula(semantic.base_load(days), str)


def references(sheet: Tree) -> set[str]:
    """List what the shelves, encodings and filters of a sheet name in the data source."""
    texts = [*(one.text or "" for tag in ("rows", "cols", "column") for one in sheet.iter(tag))]
    texts += [value for one in sheet.iter("color", "text", "filter") for value in one.attrib.values()]
    texts += [one.get("member") for one in sheet.iter("groupfilter") if "federated" in (one.get("member") or "")]
    return {name for text in texts for name in re.findall(r"\[federated\.wattscape\]\.(\[[^\[\]]+\])", text)}


def content(node: Tree) -> tuple[object, ...]:
    """Tell what an element says, whatever its indentation."""
    return node.tag, dict(node.attrib), (node.text or "").strip(), [content(one) for one in node]


def test_every_reference_of_the_workbook_resolves(book: Tree) -> None:
    (source,) = book.findall("datasources/datasource")
    fields = fields_of(source)
    sheets = book.findall("worksheets/worksheet")

    for sheet in sheets:
        dependencies = sheet.find("table/view/datasource-dependencies")
        columns = {one.get("name") for one in dependencies.findall("column")}
        instances = {one.get("name"): one.get("column") for one in dependencies.findall("column-instance")}
        assert references(sheet) <= {*instances, "[:Measure Names]", "[Multiple Values]"}
        assert set(instances.values()) <= columns <= set(fields)
        for one in dependencies.findall("column"):
            assert content(one) == content(fields[one.get("name")])
            formulas = [each.get("formula") for each in one.findall("calculation")]
            assert set().union(*map(named_in, formulas)) <= columns
        assert {one.get("name") for one in sheet.findall("table/view/datasources/datasource")} == {source.get("name")}
    assert [one.get("name") for one in sheets] == ["Overview", "Key figures", "Consumption", "Forecast", "Anomalies"]


def test_the_dashboard_shows_every_sheet_without_overlap(book: Tree) -> None:
    (dashboard,) = book.findall("dashboards/dashboard")
    zones = [one for one in dashboard.iter("zone") if one.get("name")]

    assert dashboard.get("name") == DASHBOARD
    assert {one.get("name") for one in zones} == {sheet.name for sheet in SHEETS}
    assert len({one.get("id") for one in dashboard.iter("zone")}) == len(zones) + 1
    assert {one.get("name") for one in book.iter("window")} == {DASHBOARD, *(sheet.name for sheet in SHEETS)}
    for number, one in enumerate(ZONES):
        assert one.x + one.width <= 100_000
        assert one.y + one.height <= 100_000
        for other in ZONES[number + 1 :]:
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            above = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert beside or above, f"{one.sheet} lies over {other.sheet}"


@pytest.mark.filterwarnings("ignore:distutils Version classes are deprecated:DeprecationWarning")
@pytest.mark.parametrize("kind", PACKAGES)
def test_the_document_api_opens_it_and_finds_every_field(
    tmp_path: Path, model: Model, extract: Path, kind: PackageKind, document_api: ModuleType
) -> None:
    path = tmp_path / f"campus.{kind}"
    pack(path, extract, model, kind, "campus")

    if kind == "tdsx":
        found = document_api.Datasource.from_file(str(path))
    else:
        opened = document_api.Workbook(str(path))
        (found,) = opened.datasources
        assert set(opened.worksheets) == {sheet.name for sheet in SHEETS}
        assert set(opened.dashboards) == {DASHBOARD}

    (connection,) = found.connections
    assert (connection.dbclass, connection.dbname) == ("hyper", INSIDE)
    fields = {one.id: one for one in found.fields.values()}
    for field in model.fields.values():
        seen = fields[f"[{field.name}]"]
        assert (seen.caption, seen.datatype, seen.role) == (field.look.caption, field.look.datatype, field.look.role)
    for calculation in model.calculations:
        assert fields[calculation.name].calculation == calculation.formula
    if kind == "twbx":
        assert fields["[counted_kwh (daily)]"].worksheets == ["Consumption"]


def shapes(root: Tree) -> dict[str, set[str]]:
    """List the elements by their place, with the attributes that occur there."""
    found: dict[str, set[str]] = {}
    for one in root.iter(etree.Element):
        place = "/".join([*(above.tag for above in reversed(list(one.iterancestors()))), one.tag])
        found.setdefault(place, set()).update(one.attrib)
    return found


# Of several related tables, a filter by user and a calendar's first day there is nothing in that file.
NOT_IN_THEIRS = (
    "datasource/connection/cols",
    "datasource/connection/relation/relation",
    "datasource/object-graph/relationships",
    "datasource/filter",
    "datasource/date-options",
)
ATTRIBUTES_NOT_IN_THEIRS = {
    "datasource/connection/named-connections/named-connection/connection": {"schema", "tablename"},
    "datasource/column": {"hidden"},
}


@pytest.mark.shared
@pytest.mark.skipif(not WORLD.is_file(), reason="World Indicators.tdsx, ../shared/tableau_rest, is not here")
def test_the_data_source_is_built_like_one_that_tableau_made(source: Tree) -> None:
    with zipfile.ZipFile(WORLD) as package:
        theirs_root = resolved(package.read("World Indicators new.tds"))
    ours, theirs = shapes(source), shapes(theirs_root)

    unknown = [place for place in ours if place not in theirs and not place.startswith(NOT_IN_THEIRS)]
    assert unknown == []
    for place in set(ours) & set(theirs):
        assert ours[place] - theirs[place] <= ATTRIBUTES_NOT_IN_THEIRS.get(place, set()), place
    order = list(dict.fromkeys(one.tag for one in theirs_root))
    common = [order.index(one.tag) for one in source if one.tag in order]
    assert all(before <= after for before, after in pairwise(common))
    assert theirs_root.get("version") == source.get("version")


if SCHEMA_FILE is not None:  # Tableau publishes it, no package carries it

    def test_the_workbook_keeps_to_the_schema_that_tableau_publishes(tmp_path: Path, book: Tree) -> None:
        schema = etree.XMLSchema(etree.parse(str(with_imports(Path(str(SCHEMA_FILE)), tmp_path))))

        schema.validate(book)

        # Newer than the format of 2021, and absent from files that Tableau 2025 writes, too.
        assert [one.message for one in schema.error_log if "explain-data" not in one.message] == []


def with_imports(path: Path, folder: Path) -> Path:
    """Copy a schema and give it the two that it imports and that are not published with it."""
    text = path.read_text(encoding="utf-8")
    xs = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    user, xml = "http://www.tableausoftware.com/xml/user", "http://www.w3.org/XML/1998/namespace"
    anything = f'<xs:anyAttribute namespace="{user}" processContents="skip"/>'
    parts = {
        user: f'<xs:attributeGroup name="UserAttributes-AG">{anything}</xs:attributeGroup>',
        xml: '<xs:attribute name="base" type="xs:anyURI"/>',
    }
    for number, (namespace, part) in enumerate(parts.items()):
        (folder / f"{number}.xsd").write_text(f'<xs:schema {xs} targetNamespace="{namespace}">{part}</xs:schema>')
        bare = f'<xs:import namespace="{namespace}"/>'
        assert bare in text
        text = text.replace(bare, f'<xs:import namespace="{namespace}" schemaLocation="{number}.xsd"/>')
    (folder / "workbook.xsd").write_text(text, encoding="utf-8")
    return folder / "workbook.xsd"


def test_names_that_xml_cannot_hold_are_cleaned() -> None:
    odd = model_of("A\x00B <&'\"> \x1b", TABLES, user_filter=False)

    root = etree.fromstring(document(odd, INSIDE, "twbx"))

    assert root.find("datasources/datasource").get("caption") == "AB <&'\"> "


def test_a_file_with_another_ending_is_refused() -> None:
    with pytest.raises(UserError, match=r"campus.zip must end in \.tdsx"):
        check_name(Path("campus.zip"), "tdsx")

    check_name(Path("Campus.TDSX"), "tdsx")
