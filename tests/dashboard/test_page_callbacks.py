"""The callbacks of the pages, asked as Dash asks them, without a browser."""

from datetime import date
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import dash
import pytest
from dash.exceptions import PreventUpdate
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard.data import ask, ask_now
from dashboard.selection import resolve
from pipeline.errors import SelectionError, UserError
from pipeline.jobs import exports, queue
from pipeline.warehouse.engine import begin
from pipeline.warehouse.queries import sites

pytestmark = pytest.mark.usefixtures("demo_warehouse")
PAGES = [
    "overview",
    "consumption",
    "forecast",
    "anomalies",
    "recommendations",
    "weather",
    "bills",
    "data",
    "exports",
    "tableau",
    "day",
    "not_found_404",
]
MARCH = "time;kWh\n2025-03-01 00:00;1\n2025-03-01 01:00;2\n2025-03-01 02:00;3\n"


@pytest.fixture
def pages(application: Flask) -> dict[str, Any]:
    del application  # registers them
    return {name: import_module(f"pages.{name}") for name in [*PAGES, "shell", "loading"]}


@pytest.fixture
def query() -> dict[str, str]:
    filters = resolve({"period": "last7"})
    assert filters is not None
    return filters.to_query()


@pytest.mark.parametrize("name", PAGES)
def test_a_layout_is_a_skeleton_that_takes_any_query(pages: dict[str, Any], name: str) -> None:
    layout = pages[name].layout

    assert type(layout()) is type(layout(site="'; drop table site", other="x"))


def test_every_page_is_in_the_navigation_but_those_that_others_lead_to(pages: dict[str, Any]) -> None:
    assert pages
    unlisted = {page["path"] for page in dash.page_registry.values() if page.get("order") is None}

    assert unlisted == {"/day", "/404"}


def test_every_chart_is_drawn_for_the_selection(pages: dict[str, Any], query: dict[str, str]) -> None:
    overview, consumption = pages["overview"], pages["consumption"]

    shows = (overview.show_trend, overview.show_map, overview.show_movers, pages["data"].show_flags)
    figures = [show(query, "light")[0] for show in shows]
    figures.append(overview.show_parts(query, "sector", "dark")[0])
    figures.append(consumption.show_overlay(query, "week", "dark")[0])

    assert all(figure.data or figure.layout.annotations for figure in figures)


def test_nothing_is_drawn_before_there_is_a_selection(pages: dict[str, Any]) -> None:
    with pytest.raises(PreventUpdate):
        pages["overview"].show_kpis(None)


def test_every_figure_has_a_card(pages: dict[str, Any], query: dict[str, str]) -> None:
    row = pages["overview"].show_kpis(query)

    assert len(row.children) == len(pages["overview"].KPIS)


def test_what_the_address_leaves_open_is_filled_in(pages: dict[str, Any]) -> None:
    selection, nothing = pages["shell"].select({"period": "last7", "measure": "peak_kw"}, "/", None, None)

    assert nothing is None
    days = date.fromisoformat(selection["end"]) - date.fromisoformat(selection["start"])
    assert (selection["preset"], days.days) == ("last7", 7)
    assert (selection["compare"], selection["measure"]) == ("previous", "peak_kw")


def test_an_address_that_selects_nothing_says_so_and_leads_on(pages: dict[str, Any]) -> None:
    selection, instead = pages["shell"].select({"site": "999999"}, "/", None, None)

    assert selection is None
    assert "There is no site 999999." in str(instead)
    assert "Select everything" in str(instead)
    with pytest.raises(SelectionError):  # what is drawn stays
        pages["shell"].select({"site": "999999"}, "/", None, {"site": "1"})


def test_charts_are_asked_again_only_when_selection_or_data_changed(pages: dict[str, Any]) -> None:
    select = pages["shell"].select
    selection, _ = select({}, "/", None, None)

    assert select({}, "/data", None, selection)[0] is dash.no_update
    assert select({}, "/data", 1, selection | {"data": "0"})[0] == selection


def test_an_unknown_preset_is_custom_or_the_default(pages: dict[str, Any]) -> None:
    preset_of = pages["shell"]._preset_of

    assert (preset_of({}), preset_of({"start": "2025-01-01"}), preset_of({"period": "all"})) == (
        "last30",
        "custom",
        "all",
    )


def test_chips_name_what_narrows_the_selection(pages: dict[str, Any], query: dict[str, str]) -> None:
    narrowed = query | {"sector": "office", "meter": "1"}

    chips, summary = pages["shell"].show_narrowing(narrowed, narrowed)

    assert len(chips) == 3
    assert summary.startswith("Meridian Energy")
    assert len(pages["shell"].show_narrowing(query, None)[0]) == 0


def test_tables_hold_the_rows_behind(pages: dict[str, Any], query: dict[str, str]) -> None:
    rows, note = pages["consumption"].show_rows(query)
    meters, _ = pages["data"].show_meters(query)
    sources, batches = pages["data"].show_loads(query, 0)

    assert len(rows) == 1_000
    assert note.startswith("The first 1,000 readings")
    assert len(meters) > 20
    assert len(sources) > 0
    assert {batch["file_name"] for batch in batches} >= {"demo.generated"}


def test_the_course_of_sites_in_several_zones_says_what_its_ends_hold(
    pages: dict[str, Any], query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    consumption = pages["consumption"]
    monkeypatch.setattr(consumption, "ctx", SimpleNamespace(triggered_id="selection"))

    _, subtitle, _ = consumption.show_series(query, None, "light")

    assert subtitle == f"Energy by hours; {consumption.PARTIAL_ENDS}"


def test_a_load_has_its_report(pages: dict[str, Any]) -> None:
    report = pages["data"].show_report([{"batch_id": 1}])

    assert "demo.generated" in str(report)
    with pytest.raises(PreventUpdate):
        pages["data"].show_report([])
    with pytest.raises(SelectionError):
        pages["data"].show_report([{"batch_id": 4711}])


def test_a_meter_leads_to_its_readings(pages: dict[str, Any], query: dict[str, str]) -> None:
    links = pages["data"].offer_readings([{"meter": "Main", "meter_id": 3, "site_id": 2}], query)

    assert "/day?site=2" in str(links)
    assert pages["data"].offer_readings([], query) is None


def test_a_day_is_shown_corrected_and_restored(
    pages: dict[str, Any], query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    day = pages["day"]
    monkeypatch.setattr(day, "set_props", Mock())
    _, meter, date = day.offer_meters(query, None, None)
    rows = day.show_day(meter, date, 0)[0][:1]

    changes = day.edit(clicks=1, meter=meter, rows=rows, value=99.0, reason="seen", changes=0)

    edited = day.show_day(meter, date, changes)
    assert edited[0][0]["energy_kwh"] == 99.0
    assert len(edited[3]) == 1
    assert day.offer_correction(edited[0][:1])[2] == 99.0
    day.restore(1, meter, rows, changes)
    assert day.show_day(meter, date, 2)[0][0]["energy_kwh"] == rows[0]["energy_kwh"]


def test_a_correction_needs_a_number_a_reason_and_a_click(pages: dict[str, Any], query: dict[str, str]) -> None:
    day = pages["day"]
    _, meter, date = day.offer_meters(query, None, None)
    rows = day.show_day(meter, date, 0)[0][:1]

    with pytest.raises(SelectionError, match="as a number"):
        day.edit(clicks=1, meter=meter, rows=rows, value=None, reason="", changes=0)
    with pytest.raises(UserError, match="reason"):
        day.edit(clicks=1, meter=meter, rows=rows, value=1.0, reason=" ", changes=0)
    with pytest.raises(PreventUpdate):
        day.edit(clicks=None, meter=meter, rows=rows, value=1.0, reason="x", changes=0)
    with pytest.raises(SelectionError, match="as a date"):
        day.show_day(meter, "yesterday", 0)
    with pytest.raises(SelectionError, match="from the list"):
        day.show_day("all", date, 0)


def test_a_file_is_looked_at_changed_and_handed_to_the_worker(
    pages: dict[str, Any], client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading = pages["loading"]
    monkeypatch.setattr(loading, "set_props", Mock())
    received = client.post("/uploads?name=march.csv", data=MARCH.encode()).json
    _, plan, hidden, disabled, _ = loading.preview(received, None)
    assert (hidden, disabled) == (False, False)
    path = loading.uploaded(received["token"], received["name"])
    form = {field.key: field.value for field in loading.fields_of(loading.plan_from_json(plan, path))}
    form |= {"timezone": "Asia/Kolkata"}

    given = loading.read_again(1, received, plan, list(form.values()), [{"key": key} for key in form])

    assert given["options"]["mapping"]["timezone"] == "Asia/Kolkata"
    assert "2025-02-28 18:30" in str(loading.preview(received, given)[0])
    loading.store(1, received, given)
    listed, idle, _ = loading.show_jobs(0, 0)
    assert "march.csv" in str(listed)
    assert not idle


def test_a_file_of_anything_else_is_refused_in_place(pages: dict[str, Any], client: FlaskClient) -> None:
    received = client.post("/uploads?name=poem.txt", data=b"Roses are red\n").json

    shown, plan, _, disabled, _ = pages["loading"].preview(received, None)

    assert "poem.txt" in str(shown)
    assert plan is None
    assert disabled
    assert "too large" in str(pages["loading"].preview({"error": "too large"}, None)[0])
    assert pages["loading"].preview(None, None)[0] == []


def test_an_export_is_asked_for_listed_and_cancelled(pages: dict[str, Any], query: dict[str, str]) -> None:
    exports = pages["exports"]
    asked = {"table": "daily", "separator": ";", "decimal": ",", "header": "lines"}

    number = exports.make(clicks=1, query=query, kind="csv", asked=asked, readings="with")

    rows, idle = exports.show_exports(0, number, None, None, None)
    assert (rows[0]["id"], rows[0]["state"], idle) == (number, "waiting", False)
    assert exports.show_chosen(rows[:1], rows)[1] is False
    assert exports.cancel(1, rows[:1]) == number
    rows, idle = exports.show_exports(0, number, number, None, None)
    assert (rows[0]["state"], idle) == ("cancelled", True)
    assert exports.show_chosen(rows[:1], rows)[1] is True


@pytest.mark.parametrize(
    ("kind", "hidden"), [("csv", (False, True)), ("hyper", (True, False)), ("twbx", (True, False))]
)
def test_each_kind_of_export_shows_its_own_options(pages: dict[str, Any], kind: str, hidden: tuple[bool, bool]) -> None:
    assert pages["exports"].offer_options(kind) == hidden


@pytest.mark.parametrize("kind", ["tdsx", "twbx"])
def test_packages_for_tableau_are_asked_for_like_extracts(
    pages: dict[str, Any], query: dict[str, str], kind: str
) -> None:
    number = pages["exports"].make(clicks=1, query=query, kind=kind, asked={}, readings="without")

    row = ask_now(exports.listed).set_index("id").loc[number]
    assert (row["kind"], row["options"], row["requested_by"]) == (kind, {"readings": "without"}, "local user")
    assert row["file_name"].endswith(f".{kind}")
    exports.cancel_export(number)


def test_a_ready_export_says_how_to_check_it(pages: dict[str, Any]) -> None:
    row = {
        "id": 7,
        "state": "ready",
        "file_name": "a.csv",
        "rows": 3,
        "energy_kwh": 12.0,
        "sha256": "abc",
        "message": "",
        "checking": False,
        "check_state": "differs",
        "check_message": "rows of readings: 3 in the manifest, 2 in the file.",
    }

    shown, cannot_cancel, cannot_check = pages["exports"].show_chosen([row], [row])

    assert "abc" in str(shown)
    assert "2 in the file" in str(shown)
    assert cannot_cancel
    assert not cannot_check


@pytest.mark.parametrize(
    ("state", "checking", "check_state", "word"),
    [
        ("ready", False, None, "Not yet"),
        ("ready", True, "equal", "Being checked"),
        ("ready", False, "outdated", "Data changed since"),
        ("failed", False, None, ""),
    ],
)
def test_the_list_says_what_the_last_check_found(
    pages: dict[str, Any], state: str, *, checking: bool, check_state: str | None, word: str
) -> None:
    row = {"state": state, "checking": checking, "check_state": check_state}

    assert pages["exports"]._checked_as(row) == word


@pytest.mark.parametrize(
    ("state", "links"), [("ready", ["/exports/7", "/exports/7/manifest"]), ("running", []), ("failed", [])]
)
def test_an_export_offers_file_and_manifest_once_it_is_ready(
    pages: dict[str, Any], state: str, links: list[str]
) -> None:
    offered = pages["exports"]._links({"id": 7, "state": state, "file_name": "a.csv"})

    assert [link["href"] for link in offered] == links


def test_an_export_form_that_was_tampered_with_is_refused(pages: dict[str, Any], query: dict[str, str]) -> None:
    exports = pages["exports"]
    asked = {"table": "app_user", "separator": ",", "decimal": ".", "header": "file"}

    with pytest.raises(SelectionError):
        exports.make(clicks=1, query=query, kind="csv", asked=asked, readings="with")
    with pytest.raises(SelectionError):
        exports.make(clicks=1, query=query, kind="exe", asked=asked, readings="with")


def test_a_zoom_reads_finer_and_a_new_selection_starts_unzoomed(
    pages: dict[str, Any], query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    consumption = pages["consumption"]
    zoom = {"zoom_start": f"{query['start']} 06:00", "zoom_end": f"{query['start']} 12:00"}

    monkeypatch.setattr(consumption, "ctx", SimpleNamespace(triggered_id="consumption-zoom"))
    zoomed, _, kept = consumption.show_series(query, zoom, "light")
    monkeypatch.setattr(consumption, "ctx", SimpleNamespace(triggered_id="selection"))
    whole, _, dropped = consumption.show_series(query, zoom, "light")

    assert (kept, dropped) == (zoom, {})
    assert 0 < len(zoomed.data[-1].x) < len(whole.data[-1].x)


@pytest.mark.parametrize(
    "clicked", [{"points": [{"x": "2025-11-02", "y": "06:00"}]}, {"colId": "time", "value": "2025-11-02 06:00:00"}]
)
def test_a_clicked_day_leads_to_its_lines(
    pages: dict[str, Any], query: dict[str, str], monkeypatch: pytest.MonkeyPatch, clicked: dict[str, Any]
) -> None:
    consumption = pages["consumption"]
    monkeypatch.setattr(consumption, "ctx", SimpleNamespace(triggered=[{"value": clicked}]))

    shown = str(consumption.show_way_back(None, None, None, query))

    assert "Sunday, 2 Nov 2025" in shown
    assert "day=2025-11-02" in shown


@pytest.mark.parametrize("clicked", [None, {"colId": "flags", "value": "gap"}])
def test_a_click_that_names_no_day_changes_nothing(
    pages: dict[str, Any], query: dict[str, str], monkeypatch: pytest.MonkeyPatch, clicked: dict[str, Any] | None
) -> None:
    monkeypatch.setattr(pages["consumption"], "ctx", SimpleNamespace(triggered=[{"value": clicked}]))

    with pytest.raises(PreventUpdate):
        pages["consumption"].show_way_back(None, None, None, query)


def test_the_shell_says_while_models_are_run_and_draws_anew_when_they_are_done(
    pages: dict[str, Any], query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell, told = pages["shell"], Mock()
    monkeypatch.setattr(shell, "set_props", told)
    assert shell.show_steps(query, None, was_idle=True) == ([], True)
    with begin() as conn:
        conn.execute(queue.DEFER_ONCE, {"task": queue.RUN_STEPS})

    words, is_over = shell.show_steps(query, 1, was_idle=True)
    with begin() as conn:
        conn.execute(text("delete from procrastinate_jobs where task_name = :task"), {"task": queue.RUN_STEPS})
    told.assert_not_called()

    assert "Working out" in str(words)
    assert not is_over
    assert shell.show_steps(query, 2, was_idle=False) == ([], True)
    told.assert_called_once_with("data-changed", {"data": -2})


def test_the_shell_shows_the_way_to_the_site_and_how_fresh_it_is(pages: dict[str, Any], query: dict[str, str]) -> None:
    shell = pages["shell"]
    leaf = query | {"site": str(ask(sites.tree)["id"].iloc[-1])}

    assert len(shell.show_breadcrumb(leaf).children) > 2
    assert len(shell.show_breadcrumb(query).children) == 1
    assert "Data to" in str(shell.show_freshness(query))
    assert "Generated demo data" in str(shell.show_freshness(query))
    assert leaf["site"] in {str(node["site"]) for node in shell.list_sites(leaf)}


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("<script>", "light")])
def test_the_theme_of_the_last_visit_comes_first(
    pages: dict[str, Any], application: Flask, cookie: str, theme: str
) -> None:
    with application.test_request_context(headers={"Cookie": f"wattscape-theme={cookie}"}):
        assert pages["shell"]._theme_of_reader() == theme
