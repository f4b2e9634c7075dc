"""What is added up in memory is what SQL adds up, around the changes of the clocks of any zone."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import Connection, insert, text

from pipeline.flags import Flag
from pipeline.warehouse import rollups, sites
from pipeline.warehouse.copy import copy_into
from pipeline.warehouse.engine import begin
from pipeline.warehouse.in_memory import add_up
from pipeline.warehouse.partitions import Partitions
from pipeline.warehouse.rollups import Touched
from pipeline.warehouse.schema import meter

ZONES = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana", "America/Sao_Paulo"]
CHANGES = [
    datetime(2024, 3, 30, 20, tzinfo=UTC),  # Berlin, and Lord Howe and Havana within weeks
    datetime(2024, 4, 6, 8, 15, tzinfo=UTC),
    datetime(2024, 10, 5, 8, 30, tzinfo=UTC),
    datetime(2024, 11, 3, 1, tzinfo=UTC),
    datetime(2018, 2, 17, 20, tzinfo=UTC),  # Sao Paulo, at midnight
]
SIZE = 300


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize("step_s", [300, 900, 1800, 3600])
@pytest.mark.parametrize("start", CHANGES)
def test_memory_and_sql_agree(start: datetime, step_s: int) -> None:
    with begin() as conn:
        zones = {one_meter(conn, zone): zone for zone in ZONES}
        readings = pa.concat_tables([readings_of(meter_id, start, step_s) for meter_id in zones])
        partitions = Partitions(conn)
        partitions.append(readings)
        partitions.attach()
        end = start + timedelta(seconds=SIZE * step_s)
        rollups.refresh(conn, [Touched(meter_id, start, end) for meter_id in zones])
        by_sql = hours_and_days(conn)
        conn.execute(text("truncate meter_hour, meter_day"))

        added_up = add_up(readings, zones)

        copy_into(conn, "meter_hour", added_up.hours)
        copy_into(conn, "meter_day", added_up.days)
        assert added_up.meter_ids == set(zones)
        assert hours_and_days(conn) == by_sql


def test_long_readings_are_left_to_sql() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    readings = pa.concat_tables([readings_of(1, start, 3600), readings_of(2, start, 86_400)])

    added_up = add_up(readings, {1: "UTC", 2: "UTC"})

    assert added_up.meter_ids == {1}
    assert set(added_up.hours["meter_id"].to_pylist()) == {1}


def test_nothing_adds_up_to_nothing() -> None:
    readings = readings_of(1, datetime(2024, 1, 1, tzinfo=UTC), 3600).slice(0, 0)

    added_up = add_up(readings, {})

    assert (added_up.hours.num_rows, added_up.days.num_rows) == (0, 0)


def one_meter(conn: Connection, zone: str) -> int:
    site_id = sites.ensure_site(conn, zone, timezone=zone)
    row = {"site_id": site_id, "name": zone, "longest_s": 3600}
    meter_id: int = conn.execute(insert(meter).values(row).returning(meter.c.id)).scalar_one()
    return meter_id


def readings_of(meter_id: int, start: datetime, step_s: int) -> pa.Table:
    random = np.random.default_rng(meter_id)
    flags = random.choice([0, int(Flag.SPIKE), int(Flag.ESTIMATED_LINE)], SIZE)
    return pa.table(
        {
            "meter_id": pa.array(np.full(SIZE, meter_id), pa.int32()),
            "batch_id": pa.array(np.ones(SIZE), pa.int32()),
            "ts": pa.array([start + timedelta(seconds=i * step_s) for i in range(SIZE)], pa.timestamp("us", "UTC")),
            "energy_kwh": pa.array(random.integers(0, 64, SIZE) / 8),  # sums of eighths are exact in any order
            "duration_s": pa.array(np.full(SIZE, step_s), pa.int32()),
            "flag": pa.array(flags, pa.int32()),
        }
    )


def hours_and_days(conn: Connection) -> list[tuple[object, ...]]:
    return [
        tuple(round(value, 9) if isinstance(value, float) else value for value in row)
        for table in ("meter_hour", "meter_day")
        for row in conn.execute(text(f"select * from {table} order by 1, 2"))  # noqa: S608 - named above
    ]
