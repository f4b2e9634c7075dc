"""A workbook as Tableau writes it: the data source, worksheets, one dashboard and the windows they are in."""

import re
import uuid
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from pipeline.outputs.tableau.datasource import VERSION, calculated, column_of, datasource, manifest, true_only
from pipeline.outputs.tableau.markup import USER, element, formatted, since
from pipeline.outputs.tableau.model import Model
from pipeline.outputs.tableau.sheets import DASHBOARD, SHEETS, ZONES, Pill, Sheet, Zone

SOURCE = "federated.wattscape"
BUILD = "2021.1.0 (20211.21.0101.0000)"  # of the Tableau whose format this is
IDS = uuid.UUID("3f0c1f4e-6d0b-4c57-9b8e-5d6c0b7f2a11")
SETS = "SetMembershipControl"
NAMES, VALUES = "[:Measure Names]", "[Multiple Values]"
WIDTH, HEIGHT = 1400, 900
SPAN = 100_000


def workbook(model: Model, hyper_path: str) -> ET.Element:
    """Make the starter workbook on the extract that lies at ``hyper_path`` inside the same package."""
    features = manifest()
    features.append(element(since(SETS, SETS)))
    return element(
        "workbook",
        {"original-version": VERSION, "source-build": BUILD, "source-platform": "win", "version": VERSION},
        features,
        element("datasources", None, datasource(model, hyper_path, {"caption": model.name, "name": SOURCE})),
        element("worksheets", None, *(_worksheet(model, sheet) for sheet in SHEETS)),
        element("dashboards", None, _dashboard()),
        element("windows", {"source-height": "30"}, _dashboard_window(), *(_window(sheet) for sheet in SHEETS)),
    )


def _worksheet(model: Model, sheet: Sheet) -> ET.Element:
    title = element("layout-options", None, element("title", None, formatted(sheet.title)))
    view = element(
        "view",
        None,
        element("datasources", None, element("datasource", {"caption": model.name, "name": SOURCE})),
        element("datasource-dependencies", {"datasource": SOURCE}, *_dependencies(model, sheet)),
        *_filters(model, sheet),
        element("slices", None, *(element("column", text=name) for name in _sliced(model, sheet))),
        element("aggregation", {"value": "true"}),
    )
    table = element(
        "table",
        None,
        view,
        element("style"),
        element("panes", None, _pane(model, sheet)),
        element("rows", text=_shelf(model, sheet.rows) or _values_on_rows(sheet)),
        element("cols", text=_shelf(model, sheet.columns)),
    )
    if not sheet.only and not sheet.values:
        view.remove(view.find("slices"))  # type: ignore[arg-type]  # it was made above
    return element("worksheet", {"name": sheet.name}, title, table, _id("worksheet", sheet.name))


def _dependencies(model: Model, sheet: Sheet) -> Iterator[ET.Element]:
    """Repeat each field that the sheet uses, those inside its formulas included, then how it uses them."""
    names = {pill.field(model) for pill in sheet.pills}
    by_name = {one.name: one for one in model.calculations}
    for name in list(names):
        if name in by_name:
            names |= set(re.findall(r"\[[^\]]+\]", by_name[name].formula))
    columns = [column_of(one) for one in model.fields.values() if f"[{one.name}]" in names]
    columns += [calculated(by_name[name]) for name in names if name in by_name]
    yield from sorted(columns, key=lambda one: one.get("name", ""))
    yield from sorted((_instance(model, pill) for pill in sheet.pills), key=lambda one: one.get("name", ""))


def _instance(model: Model, pill: Pill) -> ET.Element:
    return element(
        "column-instance",
        {
            "column": pill.field(model),
            "derivation": pill.derivation,
            "name": pill.instance(model),
            "pivot": "key",
            "type": "nominal" if pill.derivation == "None" else "quantitative",
        },
    )


def _filters(model: Model, sheet: Sheet) -> Iterator[ET.Element]:
    if sheet.values:
        shown = (
            element(
                "groupfilter", {"function": "member", "level": NAMES, "member": f'"{_in_source(one.instance(model))}"'}
            )
            for one in sheet.values
        )
        union = element("groupfilter", {"function": "union", f"{{{USER}}}op": "manual"}, *shown)
        yield element("filter", {"class": "categorical", "column": _in_source(NAMES)}, union)
    for pill, member in sheet.only:
        kept = true_only(pill.instance(model))
        kept.set("column", _in_source(pill.instance(model)))
        kept[0].set("member", member)
        yield kept


def _sliced(model: Model, sheet: Sheet) -> list[str]:
    """Name the fields that are filtered by."""
    only = [_in_source(pill.instance(model)) for pill, _ in sheet.only]
    return [*only, *([_in_source(NAMES)] if sheet.values else [])]


def _pane(model: Model, sheet: Sheet) -> ET.Element:
    encodings = element("encodings")
    if sheet.colour is not None:
        encodings.append(element("color", {"column": _in_source(sheet.colour.instance(model))}))
    elif sheet.values:
        in_table = sheet.mark == "Text"
        encodings.append(
            element("text", {"column": _in_source(VALUES)})
            if in_table
            else element("color", {"column": _in_source(NAMES)})
        )
    parts = [element("view", None, element("breakdown", {"value": "auto"})), element("mark", {"class": sheet.mark})]
    return element("pane", None, *parts, *([encodings] if len(encodings) else []))


def _shelf(model: Model, pills: tuple[Pill, ...]) -> str:
    return " / ".join(_in_source(pill.instance(model)) for pill in pills)


def _values_on_rows(sheet: Sheet) -> str:
    return _in_source(NAMES if sheet.mark == "Text" else VALUES) if sheet.values else ""


def _in_source(name: str) -> str:
    return f"[{SOURCE}].{name}"


def _dashboard() -> ET.Element:
    zones = (_zone(number, zone) for number, zone in enumerate(ZONES, 2))
    whole = {"h": str(SPAN), "id": "1", "w": str(SPAN), "x": "0", "y": "0"} | {
        since(SETS, "type", known=False): "layout-basic",
        since(SETS, "type-v2"): "layout-basic",
    }
    size = {"maxheight": str(HEIGHT), "maxwidth": str(WIDTH), "minheight": str(HEIGHT), "minwidth": str(WIDTH)}
    return element(
        "dashboard",
        {"name": DASHBOARD},
        element("style"),
        element("size", size),
        element("zones", None, element("zone", whole, *zones)),
        _id("dashboard", DASHBOARD),
    )


def _zone(number: int, zone: Zone) -> ET.Element:
    numbers = {"h": zone.height, "id": number, "w": zone.width, "x": zone.x, "y": zone.y}
    return element("zone", {"name": zone.sheet} | {name: str(value) for name, value in numbers.items()})


def _dashboard_window() -> ET.Element:
    views = (element("viewpoint", {"name": zone.sheet}, element("zoom", {"type": "entire-view"})) for zone in ZONES)
    return element(
        "window",
        {"class": "dashboard", "maximized": "true", "name": DASHBOARD},
        element("viewpoints", None, *views),
        element("active", {"id": "-1"}),
        _id("window", DASHBOARD),
    )


def _window(sheet: Sheet) -> ET.Element:
    left = element(
        "strip", {"size": "160"}, *(element("card", {"type": kind}) for kind in ("pages", "filters", "marks"))
    )
    top = (
        element("strip", {"size": "2147483647"}, element("card", {"type": kind}))
        for kind in ("columns", "rows", "title")
    )
    edges = (element("edge", {"name": "left"}, left), element("edge", {"name": "top"}, *top))
    return element(
        "window",
        {"class": "worksheet", "name": sheet.name},
        element("cards", None, *edges),
        _id("window", sheet.name),
    )


def _id(kind: str, name: str) -> ET.Element:
    return element("simple-id", {"uuid": f"{{{str(uuid.uuid5(IDS, f'{kind}/{name}')).upper()}}}"})
