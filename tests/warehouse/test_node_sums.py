"""Hours of sites added up in memory are those that SQL adds up."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import Connection, insert, text

from pipeline.flags import Flag
from pipeline.warehouse import node_sums, rollups, sites
from pipeline.warehouse.engine import begin
from pipeline.warehouse.in_memory import add_up
from pipeline.warehouse.node_sums import NodeSums
from pipeline.warehouse.partitions import Partitions
from pipeline.warehouse.rollups import Touched
from pipeline.warehouse.schema import meter

START = datetime(2024, 3, 30, 20, tzinfo=UTC)
ZONE = "Europe/Berlin"
QUARTERS = 400
NODE_HOURS = """
select s.name, h.ts, h.day, round(h.energy_kwh::numeric, 9), round(h.peak_kw::numeric, 9), h.hours,
       h.covered_hours, h.estimated_hours, h.flags
from node_hour h join site s on s.id = h.site_id order by s.name, h.ts, h.day
"""


@pytest.fixture
def meters(warehouse: str) -> dict[int, str]:
    """Lay out two sites below one: with solar panels, and with a meter below a part of its own."""
    del warehouse
    with begin() as conn:
        top = sites.ensure_site(conn, "town", timezone=ZONE)
        house = sites.ensure_site(conn, "house", timezone=ZONE, parent_id=top)
        works = sites.ensure_site(conn, "works", timezone=ZONE, parent_id=top)
        hall = sites.ensure_site(conn, "hall", timezone=ZONE, parent_id=works)
        places = {"import": house, "export": house, "generation": house, "net": works}
        found = {
            add(conn, site_id, f"{direction} of {site_id}", direction): ZONE for direction, site_id in places.items()
        }
        return found | {add(conn, hall, "hall", "import"): ZONE}


def test_sites_of_new_meters_are_those_that_sql_adds_up(meters: dict[int, str]) -> None:
    with begin() as conn:
        readings = store(conn, meters)
        rollups.refresh(conn, periods(meters))
        by_sql = conn.execute(text(NODE_HOURS)).all()
        conn.execute(text("truncate node_hour"))
        nodes = NodeSums.of_meters(conn, list(meters))
        nodes.add(add_up(readings, meters).hours)

        done = nodes.store(conn, list(meters))
        rollups.refresh(conn, periods(meters), done=done)

        assert len(done) == 2
        assert conn.execute(text(NODE_HOURS)).all() == by_sql


def test_a_site_with_another_meter_is_left_to_sql(meters: dict[int, str]) -> None:
    with begin() as conn:
        nodes = NodeSums.of_meters(conn, list(meters))
        nodes.add(add_up(store(conn, meters), meters).hours)

        done = nodes.store(conn, list(meters)[1:])

        assert conn.execute(
            text("select name from site where id = any(:ids)"), {"ids": list(done)}
        ).scalars().all() == ["hall"]


def test_what_does_not_fit_in_memory_is_left_to_sql(meters: dict[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_sums, "MOST_ROWS", 50)
    with begin() as conn:
        nodes = NodeSums.of_meters(conn, list(meters))
        nodes.add(add_up(store(conn, meters), meters).hours)

        assert nodes.store(conn, list(meters)) == frozenset()
        assert conn.execute(text(NODE_HOURS)).all() == []


def add(conn: Connection, site_id: int, name: str, direction: str) -> int:
    row = {"site_id": site_id, "name": name, "direction": direction, "longest_s": 900}
    meter_id: int = conn.execute(insert(meter).values(row).returning(meter.c.id)).scalar_one()
    return meter_id


def store(conn: Connection, meters: dict[int, str]) -> pa.Table:
    readings = pa.concat_tables([readings_of(meter_id) for meter_id in meters])
    partitions = Partitions(conn)
    partitions.append(readings)
    partitions.attach()
    return readings


def readings_of(meter_id: int) -> pa.Table:
    random = np.random.default_rng(meter_id)
    flags = random.choice([0, int(Flag.SPIKE), int(Flag.ESTIMATED_LINE)], QUARTERS)
    return pa.table(
        {
            "meter_id": pa.array(np.full(QUARTERS, meter_id), pa.int32()),
            "batch_id": pa.array(np.ones(QUARTERS), pa.int32()),
            "ts": pa.array([START + timedelta(minutes=15 * i) for i in range(QUARTERS)], pa.timestamp("us", "UTC")),
            "energy_kwh": pa.array(random.integers(0, 64, QUARTERS) / 8),
            "duration_s": pa.array(np.full(QUARTERS, 900), pa.int32()),
            "flag": pa.array(flags, pa.int32()),
        }
    )


def periods(meters: dict[int, str]) -> list[Touched]:
    end = START + timedelta(minutes=15 * QUARTERS)
    return [Touched(meter_id, START, end) for meter_id in meters]
