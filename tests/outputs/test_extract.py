# ruff: noqa: S608 - the queries are put together from the names of our own tables
"""The tables of a full extract, made from the demo, beside what the warehouse and the pages say."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pantab
import pytest
from hyper_files import ask_hyper, opened
from plant_stories import FOUND, GONE, plant
from sqlalchemy import func, select

from pipeline.outputs.export import export
from pipeline.outputs.extract_schema import TABLES
from pipeline.outputs.manifest import Manifest
from pipeline.settings import settings
from pipeline.steps.every import run_step
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import bills, overview, sites
from pipeline.warehouse.schema import meter, node_day, site
from pipeline.warehouse.tables.costs import node_cost_day
from pipeline.warehouse.tables.tariffs import bill

LAST = datetime(2025, 12, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Extract:
    """An extract, its manifest, and what was selected; ``place`` is a site with one meter or more."""

    path: Path
    manifest: Manifest
    filters: Filters
    place: int

    def frame(self, query: str) -> pd.DataFrame:
        """Ask pantab."""
        return pantab.frame_from_hyper_query(self.path, query, return_type="pyarrow").to_pandas()

    def one(self, query: str) -> Any:  # noqa: ANN401 - of any type
        """Ask the Hyper API for one value."""
        return ask_hyper(self.path, query)[0][0][0]


@pytest.fixture(scope="module")
def extract(demo_warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Extract]:  # noqa: ARG001
    for step in ("weather", "tariffs", "costs"):
        assert not run_step(step, lambda _share, _what: None).failed
    folder = tmp_path_factory.mktemp("extract")
    with begin() as conn:
        root = sites.root(conn)
        place, name = conn.execute(
            select(site.c.id, site.c.name).join(meter, meter.c.site_id == site.c.id).where(site.c.country == "GB")
        ).first() or (0, "")
        plant(conn, place, LAST)
    (folder / "who.csv").write_text(f"user,site\nanna,{name}\nboss,{_name(root)}\nanna,{_name(root)}\n")
    assert root is not None
    filters = Filters(root, date(2025, 9, 15), date(2025, 12, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATTSCAPE_ENTITLEMENTS_FILE", str(folder / "who.csv"))
        settings.cache_clear()
        manifest = export(folder / "demo.hyper", filters, "hyper")
    settings.cache_clear()
    return Extract(folder / "demo.hyper", manifest, filters, place)


def _name(site_id: int | None) -> str:
    with connect() as conn:
        return conn.execute(select(site.c.name).where(site.c.id == site_id)).scalar_one()


def test_every_table_has_its_columns_types_keys_and_comments(extract: Extract) -> None:
    keys = "select count(*) from pg_catalog.pg_constraint where contype = '{}'"
    comments = "select count(*) from pg_catalog.pg_description"

    primary, foreign, described = (
        ask_hyper(extract.path, keys.format("p"))[0][0][0],
        extract.one(keys.format("f")),
        extract.one(comments),
    )

    with opened(extract.path) as connection:
        names = connection.catalog.get_table_names("public")
        found = {name.name.unescaped: connection.catalog.get_table_definition(name) for name in names}
    types = {
        (table, column.name.unescaped): (str(column.type).upper(), column.nullability.name == "NOT_NULLABLE")
        for table, definition in found.items()
        for column in definition.columns
    }
    assert set(found) == set(TABLES)
    assert set(types) == {(table.name, one.name) for table in TABLES.values() for one in table.columns}
    assert types["readings", "ts_utc"] == ("TIMESTAMP_TZ", True)
    assert types["readings", "ts_local"] == ("TIMESTAMP", True)
    assert types["bills", "total"] == ("NUMERIC(18, 3)", True)
    assert types["forecasts", "meter_id"] == ("INT", False)
    assert primary == len(TABLES)
    assert foreign == sum(len(table.foreign_keys) for table in TABLES.values())
    assert described == len(types)


def test_keys_hold(extract: Extract) -> None:
    queries = {}
    for table in TABLES.values():
        names = ", ".join(f'"{name}"' for name in table.primary_key)
        queries[f"{table.name} twice"] = (
            f'select count(*) from (select {names} from "{table.name}" group by {names} having count(*) > 1) twice'
        )
        for key in table.foreign_keys:
            same = " and ".join(f'o."{to}" = m."{own}"' for own, to in zip(key.columns, key.to, strict=True))
            given = " and ".join(f'm."{own}" is not null' for own in key.columns)
            queries[f"{table.name} to {key.table}"] = (
                f'select count(*) from "{table.name}" m where {given} '
                f'and not exists (select 1 from "{key.table}" o where {same})'
            )

    answers = ask_hyper(extract.path, *queries.values())

    assert {name: answer[0][0] for name, answer in zip(queries, answers, strict=True)} == dict.fromkeys(queries, 0)


def test_no_table_is_empty_and_the_manifest_counts_them(extract: Extract) -> None:
    queries = [f'select count(*) from "{name}"' for name in TABLES]

    rows = {name: answer[0][0] for name, answer in zip(TABLES, ask_hyper(extract.path, *queries), strict=True)}

    assert rows == extract.manifest.rows
    assert all(rows.values()), rows


def test_sums_are_those_of_the_pages(extract: Extract) -> None:
    with connect() as conn:
        page = overview.kpis(conn, extract.filters)
    root = extract.filters.site_id

    facts = ask_hyper(
        extract.path, *(f"select sum(counted_kwh) from {name}" for name in ("readings", "hourly", "daily"))
    )
    of_site = f"from site_daily where site_id = {root}"
    energy, share, mean = ask_hyper(
        extract.path,
        f"select sum(energy_kwh), sum(estimated_hours) / sum(covered_hours), sum(energy_kwh) / sum(hours) {of_site}",
    )[0][0]

    for total in (*(answer[0][0] for answer in facts), energy, extract.manifest.energy_kwh):
        assert total == pytest.approx(page.energy_kwh, abs=1e-5)
    assert share == pytest.approx(page.share_estimated)
    assert mean == pytest.approx(page.mean_kw)
    assert extract.manifest.peak_kw == page.peak_kw


def test_cost_and_co2_of_hours_add_up_to_those_of_days(extract: Extract) -> None:
    of_days = "select meter_id, day, cost, co2_kg from daily order by 1, 2"
    of_hours = "select meter_id, day, sum(cost), sum(co2_kg) from hourly group by 1, 2 order by 1, 2"
    known = "select count(cost), count(co2_kg) from hourly"

    days, hours, [[priced, emitting]] = ask_hyper(extract.path, of_days, of_hours, known)

    assert [row[:2] for row in hours] == [row[:2] for row in days]
    for place in (2, 3):
        found, expected = ([None if row[place] is None else float(row[place]) for row in of] for of in (hours, days))
        assert [one is None for one in found] == [one is None for one in expected]
        assert [one or 0 for one in found] == pytest.approx([one or 0 for one in expected], rel=1e-9, abs=2e-5)
    assert priced > 0
    assert emitting > 0


def test_peak_cost_and_co2_of_each_site_are_those_of_the_warehouse(extract: Extract) -> None:
    period = (node_day.c.day >= extract.filters.start, node_day.c.day < extract.filters.end)
    stored = (
        select(
            node_day.c.site_id,
            func.max(node_day.c.peak_kw).label("peak_kw"),
            func.sum(node_cost_day.c.cost).label("cost"),
            func.sum(node_cost_day.c.co2_kg).label("co2_kg"),
        )
        .outerjoin(
            node_cost_day, (node_cost_day.c.site_id == node_day.c.site_id) & (node_cost_day.c.day == node_day.c.day)
        )
        .where(*period)
        .group_by(node_day.c.site_id)
    )
    with connect() as conn:
        wanted = {row.site_id: row for row in conn.execute(stored)}

    found = ask_hyper(
        extract.path, "select site_id, max(peak_kw), sum(cost), sum(co2_kg) from site_daily group by site_id"
    )[0]

    in_demo = {row[0] for row in ask_hyper(extract.path, "select site_id from sites where complete")[0]}
    assert {row[0] for row in found} == in_demo & set(wanted)
    assert any(row[2] for row in found)
    for site_id, peak_kw, cost, co2_kg in found:
        assert peak_kw == wanted[site_id].peak_kw
        assert float(cost or 0) == pytest.approx(float(wanted[site_id].cost or 0), abs=1e-3)
        assert (co2_kg or 0) == pytest.approx(wanted[site_id].co2_kg or 0)


def test_days_last_23_to_25_hours_and_fit_together(extract: Extract) -> None:
    days = extract.frame(
        "select meter_id, day, ts_utc, ts_local, interval_end_utc from daily d join meters m using (meter_id) "
        "where m.timezone = 'Europe/London' order by meter_id, day"
    )

    lengths = (days["interval_end_utc"] - days["ts_utc"]).dt.total_seconds() / 3600
    by_day = dict(zip(days["day"], lengths, strict=True))
    assert by_day[date(2025, 10, 26)] == 25
    assert {hours for day, hours in by_day.items() if day != date(2025, 10, 26)} == {24}
    assert (pd.to_datetime(days["day"]) == days["ts_local"]).all()


def test_bills_are_decimal_and_their_lines_add_up(extract: Extract) -> None:
    totals = ask_hyper(
        extract.path,
        "select b.bill_id, b.total, sum(l.amount) from bills b join bill_lines l using (bill_id) group by 1, 2",
        "select currency, sum(total) from bills group by currency",
    )

    assert all(isinstance(total, Decimal) and total == lines for _name, total, lines in totals[0])
    with connect() as conn:
        months = (bill.c.assigned, bill.c.month >= date(2025, 9, 1), bill.c.month < extract.filters.end)
        stored = conn.execute(select(bill.c.currency, func.sum(bill.c.total)).where(*months).group_by("currency")).all()
        assert set(bills.currencies(conn, extract.filters.site_id)) == {row[0] for row in totals[1]}
    assert dict(totals[1]) == dict(map(tuple, stored))


def test_forecasts_have_quantiles_issue_and_their_own_lengths(extract: Extract) -> None:
    rows = extract.frame("select * from forecasts order by horizon, ts_utc")

    lengths = (rows["interval_end_utc"] - rows["ts_utc"]).groupby(rows["horizon"]).unique()
    assert rows.groupby("horizon").size().to_dict() == {"days": 1, "hours": 24, "months": 1}
    assert {name: list(map(pd.Timedelta, values)) for name, values in lengths.items()} == {
        "hours": [pd.Timedelta(hours=1)],
        "days": [pd.Timedelta(days=1)],
        "months": [pd.Timedelta(days=31)],
    }
    assert set(rows["issued_at_utc"]) == {pd.Timestamp(LAST)}
    assert (rows[["p10_kwh", "p50_kwh", "p90_kwh"]].drop_duplicates().to_numpy() == [[1, 2, 3]]).all()
    assert set(rows["site_id"]) == {extract.place}


def test_anomalies_and_recommendations_carry_money_and_state(extract: Extract) -> None:
    event = ask_hyper(
        extract.path, "select kind, hours, deviation_kwh, cost, currency, status, ts_utc, day from anomalies"
    )[0]
    state = ask_hyper(
        extract.path,
        "select recommendation_id, state, saving_money, realised_kwh from recommendations order by recommendation_id",
    )[0]

    assert [row[:6] for row in event] == [["spike", 2.0, 6.0, Decimal("1.2345"), "EUR", "new"]]
    assert event[0][6].to_datetime() == LAST - timedelta(hours=5)
    assert state == [
        [FOUND, "open", Decimal("12.34"), None],
        [GONE, "done", Decimal("12.34"), 7.0],
    ]


def test_weather_can_be_joined_to_the_hours_of_sites(extract: Extract) -> None:
    missing, joined = ask_hyper(
        extract.path,
        "select count(*) from sites where complete and station_id is null and latitude is not null",
        "select count(*) from hourly h join sites s using (site_id) join weather w on w.station_id = s.station_id "
        "and w.timezone = s.timezone and w.ts_utc = h.ts_utc",
    )

    assert missing == [[0]]
    assert joined[0][0] > extract.manifest.rows["hourly"] / 2


def test_calendar_names_holidays_weeks_and_seasons(extract: Extract) -> None:
    days = extract.frame("select * from calendar where calendar = 'GB-ENG'").set_index("day")

    christmas = days.loc[date(2025, 12, 25)]
    assert christmas["holiday"] == "Christmas Day"
    assert (christmas["day_type"], christmas["season"], christmas["weekday_name"]) == (
        "sunday or holiday",
        "winter",
        "Thursday",
    )
    assert (christmas["iso_year"], christmas["iso_week"], christmas["week_start"]) == (2025, 52, date(2025, 12, 22))
    assert len(days) in {365, 730}


def test_entitlements_spread_down_the_tree_each_pair_once(extract: Extract) -> None:
    pairs = ask_hyper(extract.path, "select user_name, site_id, granted_site_id from entitlements")[0]

    everything = {row[0] for row in ask_hyper(extract.path, "select site_id from sites")[0]}
    by_user = {user: {row[1] for row in pairs if row[0] == user} for user in ("anna", "boss")}
    assert by_user == {"anna": everything, "boss": everything}
    assert len(pairs) == len({(user, place) for user, place, _grant in pairs})
    assert ["anna", extract.place, extract.place] in pairs


def test_the_dictionary_explains_all_columns(extract: Extract) -> None:
    rows = extract.frame("select * from dictionary").set_index(["table_name", "column_name"])

    assert len(rows) == sum(1 + len(table.columns) for table in TABLES.values())
    assert rows.loc[("site_daily", "peak_kw"), "unit"] == "kW"
    assert rows.loc[("site_daily", "energy_kwh"), "caption"] == "Energy"
    assert rows.loc[("weather", "solar_w_m2"), "unit"] == "W/m²"
    assert (rows["description"] != "").all()
