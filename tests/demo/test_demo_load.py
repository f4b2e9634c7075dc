from datetime import date

import pytest
from sqlalchemy import Connection, func, select, text

from pipeline.demo.generate import Demo
from pipeline.demo.load import load_demo
from pipeline.demo.taylor import SITE
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.schema import (
    data_version,
    ground_truth,
    ingest_batch,
    meter,
    node_day,
    reading,
    site,
)
from pipeline.warehouse.tables.weather import weather, weather_station

pytestmark = pytest.mark.usefixtures("warehouse")

END = date(2025, 4, 10)
METERS, DAYS = 12, 30
CITIES = 8


def load(end: date = END) -> list[tuple[float, str]]:
    told: list[tuple[float, str]] = []
    load_demo(lambda share, what: told.append((share, what)), end=end, meters=METERS, days=DAYS)
    return told


def one(conn: Connection, query: str) -> object:
    return conn.execute(text(query)).scalar_one()


def test_the_demo_fills_the_warehouse() -> None:
    told = load()

    with connect() as conn:
        batches = conn.execute(select(ingest_batch).order_by(ingest_batch.c.id)).all()
        zones = set(conn.execute(select(site.c.timezone)).scalars())
        truth = conn.execute(select(func.count()).select_from(ground_truth)).scalar_one()
        degrees = conn.execute(select(func.count(), func.min(weather.c.temperature_c)).select_from(weather)).one()
        stations = conn.execute(select(weather_station.c.name, weather_station.c.generated)).all()
        versions = one(conn, "select count(*) from tariff_version")
        with_tariff = one(
            conn,
            "select count(distinct c.descendant_id) from site_tariff t "
            "join site_closure c on c.ancestor_id = t.site_id join site s on s.id = c.descendant_id "
            "where s.kind = 'site'",
        )
        generated = conn.execute(select(site.c.name).where(~site.c.generated)).scalars().all()
    assert [batch.state for batch in batches] == ["stored", "stored"]
    assert batches[0].meters == METERS
    assert batches[1].readings == 4032
    assert zones == {"Europe/London", "Europe/Berlin", "Asia/Kolkata"}
    assert truth == len(Demo(END, METERS, DAYS).truth()) > 4
    assert degrees[0] == CITIES * (DAYS + 2) * 24
    assert -25 < degrees[1] < 15
    assert len(stations) == CITIES
    assert all(name.endswith(" (demo)") and generated for name, generated in stations)
    assert versions == 24
    assert with_tariff == METERS
    assert generated == [SITE]
    assert told[-1][0] == 1
    assert [share for share, _ in told] == sorted(share for share, _ in told)


def test_what_is_stored_is_what_was_generated() -> None:
    demo = Demo(END, METERS, DAYS)
    load()
    for one_meter in demo.meters:
        if one_meter.kind.register:
            continue
        generated = demo.chunk_of(one_meter).readings["energy_kwh"]
        with connect() as conn:
            raw = func.sum(reading.c.raw_kwh)
            stored = select(func.count(reading.c.raw_kwh), raw).join_from(
                reading, meter, meter.c.id == reading.c.meter_id
            )
            count, total = conn.execute(stored.where(meter.c.name == one_meter.name)).one()

        assert (count, total) == (generated.notna().sum(), pytest.approx(generated.sum()))


def test_the_register_is_stored_as_energy() -> None:
    load()
    demo = Demo(END, METERS, DAYS)
    register = next(one_meter for one_meter in demo.meters if one_meter.kind.register)
    hours = select(func.count(), func.min(reading.c.energy_kwh), func.avg(reading.c.energy_kwh))
    with connect() as conn:
        stored = hours.join_from(reading, meter, meter.c.id == reading.c.meter_id).where(meter.c.name == register.name)
        count, least, mean = conn.execute(stored).one()

    assert count >= DAYS * 24 - 1
    assert least >= 0
    assert 0.4 * register.mean_kw < mean < 2 * register.mean_kw


def test_sites_form_a_tree_with_places_on_the_map() -> None:
    load()
    with connect() as conn:
        counted = conn.execute(select(site.c.kind, func.count()).group_by(site.c.kind))
        kinds = {kind: number for kind, number in counted}  # noqa: C416 - a result of rows has keys, so dict() fails
        nowhere = select(func.count()).select_from(site).where(site.c.kind == "site", site.c.latitude.is_(None))
        assert conn.execute(nowhere).scalar_one() == 0
        assert one(conn, "select count(*) from site where parent_id is null") == 2
        root = select(func.sum(node_day.c.energy_kwh)).where(node_day.c.site_id == 1)
        parts = text(
            "select sum(d.energy_kwh * case m.direction when 'export' then -1 when 'generation' then 0 else 1 end) "
            "from meter_day d join meter m on m.id = d.meter_id join site s on s.id = m.site_id where s.generated"
        )
        assert conn.execute(root).scalar_one() == pytest.approx(conn.execute(parts).scalar_one())
    assert kinds == {"organisation": 1, "region": 5, "city": CITIES, "site": 12, "grid": 1}


def test_a_second_call_changes_nothing_even_a_day_later() -> None:
    load()
    with connect() as conn:
        before = conn.execute(select(data_version.c.version)).scalar_one()

    load(date(2025, 4, 11))

    with connect() as conn:
        assert conn.execute(select(data_version.c.version)).scalar_one() == before
        assert one(conn, "select count(*) from ingest_batch") == 2


def test_a_demo_of_an_earlier_version_gets_its_tariffs_at_the_next_call() -> None:
    load()
    with begin() as conn:
        conn.execute(text("delete from site_tariff"))
        conn.execute(text("update tariff set source = 'earlier'"))

    load()

    with connect() as conn:
        assert one(conn, "select count(*) from tariff where source = 'demo'") == 12
        assert one(conn, "select count(*) from site_tariff") > 0


def test_a_demo_that_was_cut_off_is_finished_by_the_next_call() -> None:
    load()
    with begin() as conn:
        conn.execute(ingest_batch.delete().where(ingest_batch.c.file_name == "demo.generated"))
        conn.execute(reading.delete().where(reading.c.meter_id.in_(select(meter.c.id).where(meter.c.name != "none"))))

    load(date(2025, 4, 11))

    with connect() as conn:
        assert one(conn, "select count(*) from ingest_batch") == 2
        assert one(conn, "select count(distinct valid_from) from tariff_version") == 2
        demo = Demo(date(2025, 4, 11), METERS, DAYS)
        assert one(conn, "select count(*) from ground_truth") == len(demo.truth())
