"""An extract that follows the data is the one that would be made anew, whatever has happened in between."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hyper_files import ask_hyper, opened
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.demo.standard import standard_chunk
from pipeline.outputs.export import export
from pipeline.outputs.extract import changes, follow
from pipeline.outputs.extract_schema import TABLES
from pipeline.outputs.manifest import Manifest, manifest_path
from pipeline.sources.frame import Mapping, MeterInfo, Plan
from pipeline.warehouse.edits import edit_reading
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.load import load_plan
from pipeline.warehouse.schema import meter, reading, site
from pipeline.warehouse.site_details import SiteDetails, describe_site
from pipeline.warehouse.sites import ensure_meters, ensure_site, move_meter, rename_site
from pipeline.warehouse.tables.costs import emission_factor, emission_series, site_emission
from pipeline.warehouse.tables.tariffs import site_price

FIRST, END = date(2024, 1, 1), date(2024, 7, 1)
ZONES = {"Berlin": "Europe/Berlin", "Lord Howe": "Australia/Lord_Howe"}
PLACES = {"one": "Berlin", "two": "Berlin", "sun": "Berlin", "isle": "Lord Howe"}


class Change(NamedTuple):
    """Something that happens to the data: what, to which meter, and on which day of the period."""

    what: str
    name: str
    day: int


CHANGES = st.builds(
    Change,
    st.sampled_from(["load", "longer", "edit", "away", "back", "zone", "rename", "country", "price"]),
    st.sampled_from(sorted(PLACES)),
    st.integers(0, 180),
)
PERIODS = st.tuples(st.integers(0, 60), st.integers(120, 182)).map(
    lambda days: (FIRST + timedelta(days=days[0]), FIRST + timedelta(days=days[1]))
)


def load(name: str, first: date, days: int, step_s: int, level: float) -> None:
    starts = pd.date_range(first, periods=days * 86_400 // step_s, freq=pd.Timedelta(seconds=step_s), tz="UTC")
    energy = np.round(level + np.sin(np.arange(len(starts)) / 5), 3)
    plan = Plan(Path(f"{name}-{first}-{step_s}-{level}.generated"), "test", Mapping())
    chunk = standard_chunk(name, step_s, starts, energy)
    load_plan(plan, plan.path.name, loaded_by="test", site=None, progress=lambda *_: None, read=lambda _: iter([chunk]))


@pytest.fixture
def root(warehouse: str) -> int:  # noqa: ARG001 - the database that is filled
    with begin() as conn:
        earth = ensure_site(conn, "Earth", timezone="Europe/Berlin", kind="organisation")
        ensure_site(conn, "Elsewhere", timezone="UTC", kind="organisation")
        for name, place in PLACES.items():
            below = ensure_site(conn, place, timezone=ZONES[place], parent_id=earth, details={"latitude": 1.0})
            direction = "generation" if name == "sun" else "import"
            ensure_meters(conn, below, [MeterInfo(name, direction, "kWh", 3600)])
    for number, name in enumerate(PLACES):
        load(name, FIRST - timedelta(days=1), 183, 3600, 5.0 + number)
    return earth


def happen(change: Change, number: int) -> None:
    day = FIRST + timedelta(days=change.day)
    match change.what:
        case "load":
            load(change.name, day, 3, 3600, 20.0 + number)
        case "longer":
            load(change.name, day, 2, 86_400, 90.0 + number)
        case "edit":
            edit(change.name, day, 1.5 + number)
        case "away" | "back":
            with begin() as conn:
                where = "Elsewhere" if change.what == "away" else PLACES[change.name]
                target = conn.execute(select(site.c.id).where(site.c.name.startswith(where))).scalars().first()
                assert target is not None
                move_meter(conn, number_of(change.name), target)
        case "zone":
            with begin() as conn:
                place = conn.execute(
                    select(site.c.name).join(meter, meter.c.site_id == site.c.id).where(meter.c.name == change.name)
                ).scalar_one()
                zone = "Asia/Kolkata" if change.day % 2 else "America/St_Johns"
                describe_site(conn, place, SiteDetails(timezone=zone))
        case "rename":
            with begin() as conn:
                first = conn.execute(select(site.c.id).where(site.c.name.startswith("Berlin"))).scalar_one()
                rename_site(conn, first, f"Berlin {number}")
        case "country":
            with begin() as conn:
                conn.execute(update(site).where(site.c.name == "Lord Howe").values(country="AU"))
        case "price":
            price(change.name, day, number)


def price(name: str, day: date, cents: int) -> None:
    """Give the hours of two days a price, as a tariff does, whether they had one or not."""
    first = datetime(day.year, day.month, day.day, tzinfo=UTC)
    price = {"price": cents / 100, "export_price": 0, "period": "", "import_kwh": 0, "export_kwh": 0}
    with begin() as conn:
        number = conn.execute(select(meter.c.site_id).where(meter.c.name == name)).scalar_one()
        rows = [{"site_id": number, "ts": first + timedelta(hours=hour), **price} for hour in range(48)]
        given = upsert(site_price).values(rows)
        conn.execute(
            given.on_conflict_do_update(index_elements=["site_id", "ts"], set_={"price": given.excluded.price})
        )


def edit(name: str, day: date, energy_kwh: float) -> None:

    with begin() as conn:
        after = datetime(day.year, day.month, day.day, tzinfo=UTC)
        one = select(reading.c.ts).where(reading.c.meter_id == number_of(name), reading.c.ts >= after)
        ts = conn.execute(one.order_by(reading.c.ts).limit(1)).scalar_one()
        edit_reading(conn, number_of(name), ts, energy_kwh, reason="test", edited_by="test")


def number_of(name: str) -> int:
    with connect() as conn:
        return conn.execute(select(meter.c.id).where(meter.c.name == name)).scalar_one()


def content(path: Path) -> dict[str, list[str]]:
    answers = ask_hyper(path, *(f'select * from "{name}"' for name in TABLES))  # noqa: S608 - our own names
    return {name: sorted(map(str, rows)) for name, rows in zip(TABLES, answers, strict=True)}


def but_file_and_time(manifest: Manifest) -> dict[str, object]:
    said = manifest.to_mapping()
    other = {"file_name", "bytes", "sha256", "seconds", "created_at", "energy_kwh_by_table"}
    return {name: said[name] for name in said if name not in other}


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note of every extract that was to follow whether it did."""
    noted: list[bool] = []
    real = follow.follow

    def noting(*given: object) -> bool:
        noted.append(real(*given))  # type: ignore[arg-type]  # passed on as they come
        return noted[-1]

    monkeypatch.setattr("pipeline.outputs.export.follow", noting)
    return noted


def test_it_equals_a_full_extract_after_any_changes(
    root: int, tmp_path: Path, followed: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "followed.hyper"
    monkeypatch.setattr(changes, "MOST_SHARE", 1.0)  # however much has changed
    export(path, Filters(root, FIRST, END), "hyper")

    @settings(
        max_examples=5,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.lists(CHANGES, min_size=1, max_size=3), PERIODS)
    def equals(happened: list[Change], period: tuple[date, date]) -> None:
        for change in happened:
            happen(change, len(followed) + change.day)
            event(change.what)
        filters = Filters(root, *period)

        by_changes = export(path, filters, "hyper", incremental=True)
        anew = export(tmp_path / "anew.hyper", filters, "hyper")

        assert content(path) == content(tmp_path / "anew.hyper")
        assert but_file_and_time(by_changes) == but_file_and_time(anew)
        assert by_changes.energy_kwh_by_table == pytest.approx(anew.energy_kwh_by_table, rel=1e-12)

    equals()
    assert all(followed)


def test_a_moved_price_reaches_hours_whose_energy_stayed(root: int, tmp_path: Path, followed: list[bool]) -> None:
    path, filters = tmp_path / "e.hyper", Filters(root, FIRST, END)
    price("one", date(2024, 2, 10), 20)
    export(path, filters, "hyper")

    price("one", date(2024, 2, 11), 20)  # the same sum, a day later
    export(path, filters, "hyper", incremental=True)
    export(tmp_path / "anew.hyper", filters, "hyper")

    assert followed == [True]
    assert content(path) == content(tmp_path / "anew.hyper")
    priced = "select count(*) from hourly where cost is not null"
    assert ask_hyper(path, priced)[0] == [[72 * 2]]


def test_other_emission_factors_reach_all_hours(root: int, tmp_path: Path, followed: list[bool]) -> None:
    path, filters = tmp_path / "e.hyper", Filters(root, FIRST, END)
    export(path, filters, "hyper")
    with begin() as conn:
        series = {"name": "grid", "kind": "average", "source": "test"}
        number = conn.execute(insert(emission_series).values(series).returning(emission_series.c.id)).scalar_one()
        conn.execute(
            insert(emission_factor).values(series_id=number, ts=datetime(2024, 3, 1, tzinfo=UTC), kg_per_kwh=0.5)
        )
        conn.execute(insert(site_emission).values(site_id=root, kind="average", series_id=number))

    export(path, filters, "hyper", incremental=True)

    assert followed == [False]
    emitting = "select count(*), sum(co2_kg / energy_kwh) from hourly where co2_kg is not null"
    assert ask_hyper(path, emitting)[0] == [[3, pytest.approx(1.5)]]


def test_only_what_changed_is_read_again(root: int, tmp_path: Path, followed: list[bool]) -> None:
    path = tmp_path / "e.hyper"
    filters = Filters(root, FIRST, END)
    export(path, filters, "hyper")
    edit("one", date(2024, 3, 10), 77.0)
    read: list[str] = []

    manifest = export(path, filters, "hyper", progress=lambda _share, message: read.append(message), incremental=True)

    [[[changed]], [[rows]]] = ask_hyper(
        path, "select count(*) from readings where energy_kwh = 77", "select count(*) from readings"
    )
    appended = int(read[-1].split()[0].replace(",", ""))
    assert followed == [True]
    assert (changed, rows) == (1, manifest.rows["readings"])
    assert appended < sum(manifest.rows.values()) / 2
    assert [one.name for one in sorted(tmp_path.iterdir())] == ["e.hyper", "e.hyper.manifest.json"]


def _fewer_rows(path: Path) -> None:
    with opened(path) as connection:
        connection.execute_command("delete from readings where energy_kwh > 8")


def _no_manifest(path: Path) -> None:
    manifest_path(path).unlink()


def _restored(path: Path) -> None:
    text = manifest_path(path).read_text()
    version = '"data_changed_at": "2020'
    manifest_path(path).write_text(text.replace('"data_changed_at": "20', version))


def _older_layout(path: Path) -> None:
    text = manifest_path(path).read_text()
    manifest_path(path).write_text(text.replace('"layout": "', '"layout": "x'))


@pytest.mark.parametrize("happens", [_fewer_rows, _no_manifest, _restored, _older_layout])
def test_where_it_cannot_know_all_is_written(
    root: int, tmp_path: Path, followed: list[bool], happens: Callable[[Path], None]
) -> None:
    path = tmp_path / "e.hyper"
    filters = Filters(root, date(2024, 6, 1), END)
    export(path, filters, "hyper")
    shutil.copyfile(path, tmp_path / "first.hyper")
    happens(path)

    export(path, filters, "hyper", incremental=True)

    assert followed == [False]
    assert content(path) == content(tmp_path / "first.hyper")
