"""A data source as Tableau writes it: connection, columns, fields, folders, hierarchies, tables and relationships."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from pipeline.outputs.extract_columns import SCHEMA
from pipeline.outputs.tableau.calculations import MAY_SEE, Calculation
from pipeline.outputs.tableau.fields import storage
from pipeline.outputs.tableau.markup import (
    CLEAN_SORTS,
    FOLDERS,
    RELATIONS,
    TABLE_FIELDS,
    USER,
    element,
    formatted,
    since,
)
from pipeline.outputs.tableau.model import ROOT, Field, Model, Relationship, Thing

VERSION = "18.1"  # of the format: that of Tableau 2018.1 to 2025.3
CONNECTION = "hyper.wattscape"


def datasource(model: Model, hyper_path: str, attributes: dict[str, str]) -> ET.Element:
    """Make the data source on the extract that lies at ``hyper_path`` inside the same package."""
    return element(
        "datasource",
        {"inline": "true", "version": VERSION} | attributes,
        _connection(model, hyper_path),
        element("aliases", {"enabled": "yes"}),
        *_columns(model),
        element("drill-paths", None, *_drill_paths(model)),
        element(since(FOLDERS, "folders-common"), None, *_folders(model)),
        element("layout", {"dim-ordering": "alphabetic", "measure-ordering": "alphabetic", "show-structure": "true"}),
        element("date-options", {"start-of-week": "monday"}),
        *_filters(model),
        _object_graph(model),
    )


def manifest() -> ET.Element:
    """Name the features of Tableau that the file uses."""
    marked = [element(since(feature, feature)) for feature in (RELATIONS, TABLE_FIELDS, FOLDERS)]
    return element("document-format-change-manifest", None, *marked, element(CLEAN_SORTS))


def _connection(model: Model, hyper_path: str) -> ET.Element:
    extract = element(
        "connection",
        {
            "authentication": "auth-none",
            "author-locale": "en_GB",
            "class": "hyper",
            "dbname": hyper_path,
            "default-settings": "yes",
            "schema": SCHEMA,
            "sslmode": "",
            "tablename": ROOT,
            "username": "tableau_internal_user",
        },
    )
    named = element("named-connection", {"caption": model.name, "name": CONNECTION}, extract)
    return element(
        "connection",
        {"class": "federated"},
        element("named-connections", None, named),
        _relation(model.things[ROOT], since(RELATIONS, "relation", known=False)),
        element(
            since(RELATIONS, "relation"),
            {"type": "collection"},
            *(_relation(thing) for thing in model.things.values()),
        ),
        element("cols", None, *_maps(model)),
        element("metadata-records", None, *(_record(field) for field in model.fields.values())),
    )


def _relation(thing: Thing, name: str = "relation") -> ET.Element:
    return element(
        name,
        {
            "connection": CONNECTION,
            "name": thing.name,
            "table": f"[{SCHEMA}].[{thing.table.name}]",
            "type": "table",
        },
    )


def _maps(model: Model) -> Iterator[ET.Element]:
    for field in sorted(model.fields.values(), key=lambda one: one.name):
        yield element("map", {"key": f"[{field.name}]", "value": f"[{field.thing.name}].[{field.column.name}]"})


def _record(field: Field) -> ET.Element:
    stored = storage(field.column.type)
    ordinal = [one.name for one in field.thing.table.columns].index(field.column.name)
    texts = {
        "remote-name": field.column.name,
        "remote-type": str(stored.code),
        "local-name": f"[{field.name}]",
        "parent-name": f"[{field.thing.name}]",
        "remote-alias": field.column.name,
        "ordinal": str(ordinal),
        "local-type": stored.datatype,
        "aggregation": stored.aggregation,
        "contains-null": "false" if field.column.required else "true",
        since(RELATIONS, "object-id"): f"[{field.thing.id}]",
    }
    return element("metadata-record", {"class": "column"}, *(element(name, text=text) for name, text in texts.items()))


def _columns(model: Model) -> list[ET.Element]:
    """Make the fields, sorted by name, and one for the rows of each table."""
    fields = [column_of(field) for field in model.fields.values()]
    fields += [calculated(one) for one in model.calculations]
    tables = [
        element(
            since(TABLE_FIELDS, "column"),
            {
                "caption": thing.caption,
                "datatype": "table",
                "name": f"[__tableau_internal_object_id__].[{thing.id}]",
                "role": "measure",
                "type": "quantitative",
            },
        )
        for thing in model.things.values()
    ]
    return [*sorted(fields, key=lambda one: one.get("name", "")), *tables]


def column_of(field: Field) -> ET.Element:
    """Make the field of a column."""
    look = field.look
    attributes = {
        "caption": look.caption,
        "datatype": look.datatype,
        "name": f"[{field.name}]",
        "role": look.role,
        "type": look.kind,
    }
    others = {
        "aggregation": look.aggregation,
        "default-format": look.format,
        "semantic-role": look.geography,
        "hidden": "true" if look.hidden else None,
    }
    children = []
    if look.aliases:
        aliases = (element("alias", {"key": str(key), "value": value}) for key, value in look.aliases.items())
        children.append(element("aliases", None, *aliases))
    children.append(element("desc", None, formatted(look.description)))
    return element("column", attributes | {key: value for key, value in others.items() if value}, *children)


def calculated(calculation: Calculation) -> ET.Element:
    """Make a calculated field."""
    measure = calculation.datatype == "real"
    attributes = {
        "caption": calculation.caption,
        "datatype": calculation.datatype,
        "name": calculation.name,
        "role": "measure" if measure else "dimension",
        "type": "quantitative" if measure else "nominal",
    }
    others = {"default-format": calculation.format, "hidden": "true" if calculation.hidden else None}
    return element(
        "column",
        attributes | {key: value for key, value in others.items() if value},
        element("calculation", {"class": "tableau", "formula": calculation.formula}),
        element("desc", None, formatted(calculation.description)),
    )


def _drill_paths(model: Model) -> Iterator[ET.Element]:
    for hierarchy in model.hierarchies:
        levels = (element("field", text=model.reference(*level)) for level in hierarchy.levels)
        yield element("drill-path", {"name": hierarchy.name}, *levels)


def _folders(model: Model) -> Iterator[ET.Element]:
    for name, fields in model.folders.items():
        items = (element("folder-item", {"name": _bracketed(field), "type": "field"}) for field in fields)
        yield element("folder", {"name": name}, *items)


def _bracketed(name: str) -> str:
    return name if name.startswith("[") else f"[{name}]"


def _filters(model: Model) -> Iterator[ET.Element]:
    """Keep to what the signed-in user may see, where that is asked for."""
    if model.user_filter:
        yield true_only(MAY_SEE)


def true_only(field: str) -> ET.Element:
    """Make a filter that keeps the rows for which a field is true."""
    member = {
        "function": "member",
        "level": field,
        "member": "true",
        f"{{{USER}}}ui-domain": "database",
        f"{{{USER}}}ui-enumeration": "inclusive",
        f"{{{USER}}}ui-marker": "enumerate",
    }
    return element("filter", {"class": "categorical", "column": field}, element("groupfilter", member))


def _object_graph(model: Model) -> ET.Element:
    objects = (
        element(
            "object",
            {"caption": thing.caption, "id": thing.id},
            element("properties", {"context": ""}, _relation(thing)),
        )
        for thing in model.things.values()
    )
    relationships = (_relationship(model, one) for one in model.relationships)
    return element(
        since(RELATIONS, "object-graph"),
        None,
        element("objects", None, *objects),
        element("relationships", None, *relationships),
    )


def _relationship(model: Model, one: Relationship) -> ET.Element:
    pairs = [
        element(
            "expression",
            {"op": "="},
            *(element("expression", {"op": model.reference(side, column)}) for side in (one.first, one.second)),
        )
        for column in one.columns
    ]
    expression = pairs[0] if len(pairs) == 1 else element("expression", {"op": "AND"}, *pairs)
    first, second = (
        _end(name, model.things[side], one) for name, side in (("first", one.first), ("second", one.second))
    )
    return element("relationship", None, expression, first, second)


def _end(name: str, thing: Thing, relationship: Relationship) -> ET.Element:
    """Make an end of a relationship; it says whether each row there has other values than all others."""
    unique = set(thing.table.primary_key) <= set(relationship.columns)
    return element(f"{name}-end-point", {"object-id": thing.id} | ({"unique-key": "true"} if unique else {}))
