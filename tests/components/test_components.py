import json
from collections.abc import Iterator
from datetime import date

import component_frames as frames
import numpy as np
import pandas as pd
import pytest
from dash import Dash
from dash.development.base_component import Component
from hypothesis import example, given
from hypothesis import strategies as st

from components import cards, charts, controls, shell, site_tree, states, tables, toasts, uploads
from components.chart_card import chart_card, chart_id, csv_id, subtitle_id
from pipeline.definitions import MEASURES, SWITCHABLE

ENERGY = MEASURES["energy_kwh"]


@pytest.fixture(autouse=True)
def application() -> Dash:
    """Addresses of assets need an application."""
    return Dash("components", use_async=False)


def parts(component: object) -> Iterator[Component]:
    """Walk a component and all that is in it."""
    if isinstance(component, list | tuple):
        for child in component:
            yield from parts(child)
    elif isinstance(component, Component):
        yield component
        yield from parts(getattr(component, "children", None))
        yield from parts(getattr(component, "custom_spinner", None))


def words(component: object) -> str:
    """Collect the text in a component."""
    if isinstance(component, str):
        return component
    if isinstance(component, list | tuple):
        return "".join(words(child) for child in component)
    return words(component.children) if isinstance(component, Component) and hasattr(component, "children") else ""


def attribute(component: Component, name: str) -> object:
    return component.to_plotly_json()["props"].get(name)


def with_class(component: object, name: str) -> list[Component]:
    return [part for part in parts(component) if name in (getattr(part, "className", None) or "").split()]


def test_a_chart_card_holds_graph_title_subtitle_and_tools() -> None:
    card = chart_card(
        "use", "Use", "kWh per day", csv_href="/chart.csv?chart=use", figure=charts.message_figure("-", "")
    )

    ids = [part.id for part in parts(card) if hasattr(part, "id")]
    assert chart_id("use") in ids
    assert subtitle_id("use") in ids
    assert csv_id("use") in ids
    assert words(card) == "Usekwh per day".replace("kwh", "kWh")
    actions = [attribute(part, "data-chart-action") for part in parts(card)]
    assert {"png", "full"} <= set(actions)


def test_maps_find_their_outlines_in_the_applications_own_assets() -> None:
    card = chart_card("map", "Map")

    graph = next(part for part in parts(card) if getattr(part, "id", None) == chart_id("map"))
    assert graph.config["topojsonURL"] == "/assets/geo/"


def test_a_chart_writes_dates_as_the_rest_of_the_page() -> None:
    card = chart_card("use", "Use")

    graph = next(part for part in parts(card) if getattr(part, "id", None) == chart_id("use"))
    dates = graph.config["locales"][graph.config["locale"]]["format"]
    assert f"{date(2026, 11, 8):{dates['dayMonth']}}" == "8 Nov"
    assert f"{date(2026, 11, 8):{dates['dayMonthYear']}}" == "8 Nov 2026"


def test_every_button_without_words_has_a_label() -> None:
    card = chart_card("use", "Use")
    bar = shell.shell([], states.skeleton(), controls.filter_bar([ENERGY]))

    for part in parts([card, bar]):
        if part.to_plotly_json()["type"] == "Button":
            assert words(part) or attribute(part, "aria-label")


def test_a_kpi_sets_its_unit_smaller_than_its_number() -> None:
    card = cards.kpi_card("Energy", "1,284 MWh", change="+3.1 %", direction="worse", share_estimated="4.2 %")

    assert [words(unit) for unit in with_class(card, "kpi-unit")] == [" MWh"]
    assert [words(change) for change in with_class(card, "kpi-worse")] == ["+3.1 %"]
    assert "4.2 % estimated" in words(card)


def test_millions_of_money_are_one_unit() -> None:
    card = cards.kpi_card("Cost", "3.97 M EUR")

    assert [words(unit) for unit in with_class(card, "kpi-unit")] == [" M EUR"]


def test_a_kpi_without_a_number_is_written_as_it_is() -> None:
    card = cards.kpi_card("Peak", "–", note="no data")  # noqa: RUF001 - the dash that stands for nothing

    assert not with_class(card, "kpi-unit")
    assert not [part for part in parts(card) if part.to_plotly_json()["type"] == "Img"]


@example([5.7e302, -1.8e308])
@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), min_size=2, max_size=30))
def test_a_sparkline_takes_any_course(values: list[float | None]) -> None:
    picture = cards.sparkline(values)

    assert "nan" not in picture.src
    assert "inf" not in picture.src


def test_a_gap_lifts_the_pen_of_a_sparkline() -> None:
    picture = cards.sparkline([1.0, 2.0, None, 3.0, 2.0])

    assert picture.src.count("M") == 2


def test_rows_of_cards_and_panels_hold_what_they_are_given() -> None:
    row = cards.kpi_row([cards.kpi_card("A", "1 kW"), cards.kpi_card("B", "2 kW")])
    panel = cards.panel("Title", "text", subtitle="lead")

    assert len(row.children) == 2
    assert words(panel) == "Titleleadtext"
    assert len(cards.kpi_placeholder(4).children) == 4


def test_the_filter_bar_has_all_controls_under_their_fixed_ids() -> None:
    bar = controls.filter_bar([MEASURES[key] for key in SWITCHABLE])

    ids = {part.id for part in parts(bar) if isinstance(getattr(part, "id", None), str)}
    assert {
        "filter-site",
        "filter-site-tree",
        "filter-site-label",
        "filter-period",
        "filter-dates",
        "filter-compare",
        "filter-measure",
        "filter-chips",
        "filter-summary",
    } <= ids


def test_a_chip_says_that_a_click_removes_it() -> None:
    chip = controls.chip("Sector: office", "sector")

    assert chip.id == {"type": "filter-chip", "key": "sector"}
    assert attribute(chip, "aria-label") == "Remove filter Sector: office"


def test_the_nodes_of_the_tree_name_their_parents() -> None:
    nodes = {node["site"]: node for node in site_tree.site_nodes(frames.tree())}

    assert len(nodes) == len(frames.tree())
    assert nodes[1]["parent"] is None
    assert nodes[21]["parent"] == 13


def test_a_tree_whose_root_is_out_of_sight_starts_at_what_is_visible() -> None:
    branch = frames.tree().query("id in [3, 12, 13]")

    nodes = site_tree.site_nodes(branch)

    assert [node["site"] for node in nodes if node["parent"] is None] == [3]


def test_the_shell_orders_pages_and_holds_the_theme() -> None:
    pages = [
        {"name": "Data", "relative_path": "/data", "order": 3, "icon": "data"},
        {"name": "Overview", "relative_path": "/", "order": 0},
        {"name": "Later", "relative_path": "/later", "order": None},
    ]

    frame = shell.shell(pages, states.skeleton(), controls.filter_bar([ENERGY]), theme="dark")

    assert [words(link) for link in with_class(frame, "nav-text")] == ["Overview", "Data", "Later"]
    stores = {
        part.id: part.data
        for part in parts(frame)
        if part.to_plotly_json()["type"] == "Store" and not part.id.startswith("filter-site")
    }
    assert stores["theme"] == "dark"
    assert set(stores["theme-templates"]) == {"light", "dark"}


def test_the_page_template_sets_language_and_theme_before_the_first_paint(application: Dash) -> None:
    template = shell.index_string(application.get_asset_url)
    application.index_string = template

    assert '<html lang="en"' in template
    assert template.index("boot.js") < template.index("{%css%}")
    assert not [line for line in template.splitlines() if "<script" in line and "src=" not in line]


def test_clientside_callbacks_are_named_functions_of_the_assets(application: Dash) -> None:
    shell.connect_scripts(application)

    named = {
        (entry["clientside_function"]["namespace"], entry["clientside_function"]["function_name"])
        for entry in application._callback_list
    }
    assert named == {("theme", "choose"), ("sitePicker", "show"), ("notices", "told")}


def test_generated_data_is_called_so() -> None:
    assert "Generated demo data" in words(shell.freshness("Data to noon", generated=True))
    assert "Generated" not in words(shell.freshness("Data to noon"))


def test_a_page_opens_with_its_one_heading() -> None:
    header = shell.page_header("Overview", "How much, when, where.")

    assert [part.children for part in parts(header) if part.to_plotly_json()["type"] == "H1"] == ["Overview"]


def test_the_sentence_of_an_empty_state_comes_with_a_way_on() -> None:
    assert "no page at /nowhere" in words(states.not_found("/nowhere"))
    assert "at this address" in words(states.not_found())
    assert words(states.empty_state("Nothing yet.")) == "Nothing yet."


def test_the_toast_has_the_id_that_errors_are_shown_under() -> None:
    assert "toast" in [getattr(part, "id", None) for part in parts(toasts.toast())]


def test_rows_for_the_grid_are_plain_json() -> None:
    frame = pd.DataFrame(
        {
            "time": pd.to_datetime(["2025-01-01 00:30", None]),
            "kwh": [1.5, np.nan],
            "count": pd.array([3, None], dtype="Int64"),
            "flags": [["gap"], []],
            "name": ["a", None],
            "day": [date(2025, 1, 1), None],
        }
    ).drop(columns="day")

    rows = tables.records(frame)

    assert json.loads(json.dumps(rows)) == [
        {"time": "2025-01-01 00:30:00", "kwh": 1.5, "count": 3, "flags": ["gap"], "name": "a"},
        {"time": None, "kwh": None, "count": None, "flags": [], "name": None},
    ]


def test_numbers_in_a_grid_stand_on_the_right_in_their_format() -> None:
    number = tables.column("kwh", "kWh", number=",.1f", width=90, pinned=True)
    text = tables.column("name", "Name")

    assert "d3.format(',.1f')" in number["valueFormatter"]["function"]
    assert (number["width"], number["pinned"]) == (90, "left")
    assert "valueFormatter" not in text
    assert text["flex"] == 1


@pytest.mark.parametrize(("select", "mode"), [("single", "singleRow"), ("multiple", "multiRow")])
def test_a_grid_is_named_and_selects_as_asked(select: str, mode: str) -> None:
    frame = tables.table("rows", [tables.column("name", "Name")], frames.ranking(), label="Rows", select=select)

    assert attribute(frame, "aria-label") == "Rows"
    assert frame.children.dashGridOptions["rowSelection"] == {"mode": mode}
    assert len(frame.children.rowData) == 8


@pytest.mark.parametrize("height", ["short", "normal", "tall"])
def test_a_grid_is_as_high_as_its_rows_up_to_the_height_of_its_frame(height: str) -> None:
    frame = tables.table("rows", [tables.column("name", "Name")], label="Rows", height=height, empty="Nothing yet.")

    most = tables.MOST_ROWS_IN_FULL[height]
    assert frame.children.eventListeners == {"rowDataUpdated": [f"wattscapeFit(params, {most})"]}
    assert frame.children.dashGridOptions["localeText"] == {"noRowsToShow": "Nothing yet."}


def test_a_time_can_be_written_to_the_minute_and_a_cell_can_hold_downloads() -> None:
    time, links = tables.column("at", "At", to_the_minute=True), tables.links_column("links", "Download", width=140)

    assert "slice(0, 16)" in time["valueFormatter"]["function"]
    assert (links["cellRenderer"], links["sortable"]) == ("WattscapeLinks", False)


def test_loads_are_listed_with_state_detail_and_progress() -> None:
    loads = [
        {"name": "a.csv", "state": "running", "share": 0.424, "detail": "half way"},
        {"name": "b.csv", "state": "running", "share": None},
        {"name": "c.csv", "state": "refused", "share": None, "detail": "No date column."},
    ]

    listed = uploads.progress_list(loads)

    bars = with_class(listed, "progress-thin")
    assert [getattr(bar, "value", None) for bar in bars] == ["42", None]
    assert [attribute(bar, "aria-label") for bar in bars] == ["Loading a.csv", "Loading b.csv"]
    assert "RefusedNo date column." in words(listed)


def test_every_decision_of_a_mapping_has_its_id_label_and_reason() -> None:
    fields = [
        {"key": "zone", "label": "Time zone", "value": "UTC", "options": None, "reason": "From the offsets."},
        {"key": "unit", "label": "Unit", "value": "kWh", "options": {"kWh": "kWh", "MW": "MW"}, "reason": ""},
    ]

    form = uploads.mapping_form("mapping", fields)

    ids = [part.id for part in parts(form) if isinstance(getattr(part, "id", None), dict)]
    assert ids == [{"type": "mapping", "key": "zone"}, {"type": "mapping", "key": "unit"}]
    assert words(form) == "Time zoneFrom the offsets.Unit"


def test_a_preview_shows_missing_cells_as_a_dash() -> None:
    preview = uploads.preview_table(pd.DataFrame({"kwh": [1.0, np.nan]}), "First rows")

    cells = [words(part) for part in parts(preview) if part.to_plotly_json()["type"] == "Td"]
    assert cells == ["1.0", "\N{EN DASH}"]


def test_the_upload_zone_takes_several_files() -> None:
    zone = uploads.upload_zone("upload", "CSV up to 1 GB")

    assert zone.multiple
    assert "CSV up to 1 GB" in words(zone)
