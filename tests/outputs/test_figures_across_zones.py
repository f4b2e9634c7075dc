# ruff: noqa: S608 - the queries are put together from formulas of our own
"""Power over several zones, of one sector or meter: what Tableau makes of the extract is what the pages show."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from databases import database, using
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from tableau_files import in_sql
from tableauhyperapi import Connection, CreateMode, Inserter

from pipeline.definitions import MEASURES, MeasureKey, format_value
from pipeline.demo.standard import standard_chunk
from pipeline.outputs import hyper
from pipeline.outputs.extract.site_days import site_days
from pipeline.outputs.extract_schema import SITE_DAILY, TABLES
from pipeline.outputs.selected import select_meters
from pipeline.outputs.tableau.calculations import calculation_name
from pipeline.outputs.tableau.model import model_of
from pipeline.sources.frame import Chunk, Mapping, MeterInfo, Plan
from pipeline.warehouse.arrow import same_snapshot
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.load import load_plan
from pipeline.warehouse.queries import overview
from pipeline.warehouse.queries.over_time import over_time, whole
from pipeline.warehouse.schema import meter, node_day, reading
from pipeline.warehouse.selection import resolve
from pipeline.warehouse.sites import ensure_meters, ensure_site

# The clocks of New York change on 10 March, those of Berlin on 31 March; India's are half an hour off.
FIRST, END = date(2024, 3, 1), date(2024, 4, 10)
PLACES = {"Berlin": "Europe/Berlin", "New York": "America/New_York", "Kolkata": "Asia/Kolkata"}
ABROAD = ("New York", "Kolkata")
SECTORS = {"Berlin": "shop", "New York": "office", "Kolkata": "shop"}
SHOPS, METER = "World: shops", "World: meter of New York"
FIGURES: tuple[MeasureKey, ...] = ("energy_kwh", "peak_kw", "mean_kw", "share_estimated")
FORMULAS = {one.name: one.formula for one in model_of("any", TABLES, user_filter=False).calculations}


def chunks() -> Iterator[Chunk]:
    """Plant an hour in five without a reading, and most use when it is another day in Berlin than in New York."""
    for number, (place, zone) in enumerate(PLACES.items()):
        starts = pd.date_range(pd.Timestamp(FIRST, tz=zone), pd.Timestamp(END, tz=zone), freq="h", inclusive="left")
        draws, instants = np.random.default_rng(number), starts.tz_convert("UTC")
        energy_kwh = draws.integers(8, 24, len(starts)) / 8 + 3.0 * (instants.hour < 3)
        kept = draws.random(len(starts)) > 0.2
        yield standard_chunk(place, 3600, instants[kept], energy_kwh[kept])


@pytest.fixture(scope="module", autouse=True)
def nodes(postgres: str, template: str) -> Iterator[dict[str, int]]:
    with database(postgres, template) as url, using(url):
        with begin() as conn:
            world = ensure_site(conn, "World", timezone="Europe/Berlin", kind="organisation")
            abroad = ensure_site(conn, "Abroad", timezone="Europe/Berlin", parent_id=world, kind="region")
            found = {"World": world, "Abroad": abroad}
            for place, zone in PLACES.items():
                parent = abroad if place in ABROAD else world
                found[place] = ensure_site(
                    conn, place, timezone=zone, parent_id=parent, details={"sector": SECTORS[place]}
                )
                ensure_meters(conn, found[place], [MeterInfo(place, "import", "kWh", 3600)])
        plan = Plan(Path("zones.generated"), "test", Mapping())
        load_plan(plan, "digest", loaded_by="test", site=None, progress=lambda *_: None, read=lambda _plan: chunks())
        yield found


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Keep an extract open that has the one table that key figures are over."""
    path = tmp_path_factory.mktemp("days") / "days.hyper"
    hyper.create(path, [SITE_DAILY])
    with hyper.open_extract(path, CreateMode.NONE) as connection:
        yield connection


def chosen(nodes: dict[str, int], what: str, period: Period) -> Filters:
    """Select a node, all shops of the world, or one meter of it."""
    if what == SHOPS:
        return Filters(nodes["World"], period.start, period.end, sector="shop")
    if what == METER:
        with connect() as conn:
            number = conn.scalar(select(meter.c.id).where(meter.c.name == "New York"))
        return Filters(nodes["World"], period.start, period.end, meter_id=number)
    return Filters(nodes[what], period.start, period.end)


def fill(days: Connection, filters: Filters) -> int:
    """Put the days of a selection into the extract, those before taken out; returns the site that stands for all."""
    with connect() as conn, same_snapshot(conn) as bulk:
        selected = select_meters(conn, filters)
        rows = [row for batch in site_days(conn, bulk, selected).batches for row in batch.to_pylist()]
    days.execute_command("truncate table site_daily")
    with Inserter(days, "site_daily") as inserter:
        inserter.add_rows([list(row.values()) for row in rows])
        inserter.execute()
    (whole,) = selected.sites.loc[selected.sites["whole_selection"], "site_id"]
    return int(whole)


def ask(days: Connection, key: str, node: int, by: str) -> dict[date, float | None]:
    """Compute a calculated field for each day or month that has one, as Tableau would."""
    at = f"cast(date_trunc('{by}', day) as date)"
    figure = in_sql(FORMULAS[calculation_name(key)])
    rows = days.execute_list_query(f"select {at}, {figure} from site_daily where site_id = {node} group by 1")
    return {at.to_date(): value for at, value in rows if value is not None}


def power_by_hour(period: Period) -> pd.Series:
    """Add up the readings of each place's own days, by the hour of the clock that they begin in."""
    statement = select(meter.c.name, reading.c.ts, reading.c.energy_kwh).join_from(
        reading, meter, meter.c.id == reading.c.meter_id
    )
    with connect() as conn:
        found = pd.read_sql(statement, conn)
    day = [ts.tz_convert(PLACES[place]).date() for place, ts in zip(found["name"], found["ts"], strict=True)]
    inside = found[[period.start <= one < period.end for one in day]]
    return inside.groupby(inside["ts"].dt.floor("h"))["energy_kwh"].sum()


def test_the_peak_of_several_zones_is_that_of_their_common_hour(nodes: dict[str, int], days: Connection) -> None:
    filters = Filters(nodes["World"], FIRST, END)
    power_kw = power_by_hour(filters.period)
    mean_kw, load_factor = (in_sql(FORMULAS[calculation_name(key)]) for key in ("mean_kw", "load_factor"))

    fill(days, filters)

    of_node = f"from site_daily where site_id = {filters.site_id}"
    query = f"select max(peak_kw), {mean_kw}, {load_factor} {of_node}"
    expected = [power_kw.max(), power_kw.mean(), power_kw.mean() / power_kw.max()]
    assert days.execute_list_query(query)[0] == pytest.approx(expected, rel=1e-12)
    peak_ts = days.execute_list_query(f"select peak_ts_utc {of_node} order by peak_kw desc limit 1")[0][0]
    assert peak_ts.to_datetime() == power_kw.idxmax()
    with connect() as conn:  # what days of each zone hold is less
        of_days = conn.scalar(select(func.max(node_day.c.peak_kw)).where(node_day.c.site_id == filters.site_id))
    assert of_days < power_kw.max()


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 10), 24), (date(2024, 3, 31), 23)])
def test_a_day_of_the_node_has_the_hours_of_its_own_clock(
    nodes: dict[str, int], days: Connection, day: date, hours: int
) -> None:
    fill(days, Filters(nodes["World"], FIRST, END))

    query = f"select hours from site_daily where site_id = {nodes['World']} and day = date '{day}'"
    assert days.execute_scalar_query(query) == hours


def test_a_day_that_only_power_reaches_says_nothing_of_energy(nodes: dict[str, int], days: Connection) -> None:
    fill(days, Filters(nodes["Abroad"], date(2024, 2, 20), date(2024, 3, 5)))

    first = f"select energy_kwh, covered_hours, flags, hours > 0 from site_daily where site_id = {nodes['Abroad']}"
    assert days.execute_list_query(f"{first} order by day limit 1") == [[None, None, "", True]]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    what=st.sampled_from(["World", SHOPS, METER, "Abroad", *PLACES]),
    start=st.dates(FIRST - timedelta(days=3), END),
    length=st.integers(1, 30),
)
def test_every_figure_by_day_month_and_in_all_is_that_of_the_pages(
    nodes: dict[str, int], days: Connection, what: str, start: date, length: int
) -> None:
    by: Literal["day", "month"] = "day" if length % 2 else "month"
    period = Period(start, start + timedelta(days=length))
    asked = [replace(chosen(nodes, what, period), measure=key) for key in FIGURES]
    with connect() as conn:
        selection, kpis = resolve(conn, asked[0]), overview.kpis(conn, asked[0])
        pages = {one.measure: over_time(conn, selection, one, whole(period), by) for one in asked}

    whole_selection = fill(days, asked[0])

    for key, page in pages.items():
        shown = page.dropna(subset="value").assign(time=lambda frame: frame["time"].dt.date)
        assert_same(key, ask(days, key, whole_selection, by), dict(zip(shown["time"], shown["value"], strict=True)))
    for key in (*FIGURES, "load_factor"):
        figure = in_sql(FORMULAS[calculation_name(key)])
        found = days.execute_scalar_query(f"select {figure} from site_daily where site_id = {whole_selection}")
        assert_same(key, {start: found}, {start: kpis.value(key)})  # type: ignore[arg-type]  # keys of figures


def assert_same(key: str, found: dict[date, float | None], shown: dict[date, float | None]) -> None:
    """Compare as written on the pages, and closer than any of them writes it."""
    written = [{at: format_value(MEASURES[key], value) for at, value in one.items()} for one in (found, shown)]
    assert written[0] == written[1]
    for at, value in found.items():
        assert value == (None if shown[at] is None else pytest.approx(shown[at], rel=1e-9))
