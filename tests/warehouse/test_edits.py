from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from sqlalchemy import Connection, insert, text

from pipeline.errors import SelectionError, UserError
from pipeline.flags import Flag
from pipeline.warehouse import edits, rollups, sites
from pipeline.warehouse.engine import begin
from pipeline.warehouse.partitions import Partitions
from pipeline.warehouse.rollups import Touched
from pipeline.warehouse.schema import meter

pytestmark = pytest.mark.usefixtures("warehouse")

FIRST = datetime(2024, 5, 1, tzinfo=UTC)
SECOND = FIRST + timedelta(hours=1)


def test_an_edit_changes_the_value_the_rollups_and_nothing_raw() -> None:
    with begin() as conn:
        meter_id = meter_with(conn, [1.0, 2.0, 3.0])

        edits.edit_reading(conn, meter_id, SECOND, 20.0, reason="meter was stuck", edited_by="ana")

        row = conn.execute(text("select energy_kwh, raw_kwh, flag from reading where ts = :ts"), {"ts": SECOND}).one()
        assert tuple(row) == (20.0, 2.0, int(Flag.EDITED))
        assert energy(conn, "meter_hour") == energy(conn, "node_month") == 24.0
        kept = conn.execute(text("select old_kwh, new_kwh, reason, edited_by from reading_edit")).one()
        assert tuple(kept) == (2.0, 20.0, "meter was stuck", "ana")


def test_restoring_undoes_all_edits_and_keeps_their_record() -> None:
    with begin() as conn:
        meter_id = meter_with(conn, [1.0, 2.0, 3.0])
        edits.edit_reading(conn, meter_id, SECOND, 20.0, reason="first", edited_by="ana")
        edits.edit_reading(conn, meter_id, SECOND, 30.0, reason="second", edited_by="ben")

        edits.restore_reading(conn, meter_id, SECOND, restored_by="eve")

        row = conn.execute(text("select energy_kwh, flag from reading where ts = :ts"), {"ts": SECOND}).one()
        assert tuple(row) == (2.0, 0)
        assert energy(conn, "meter_day") == energy(conn, "node_day") == 6.0
        restored = conn.execute(text("select restored_by from reading_edit where restored_at is not null")).scalars()
        assert restored.all() == ["eve", "eve"]


def test_what_was_not_edited_cannot_be_restored() -> None:
    with begin() as conn:
        meter_id = meter_with(conn, [1.0])

        with pytest.raises(SelectionError, match="not been edited"):
            edits.restore_reading(conn, meter_id, FIRST, restored_by="eve")


@pytest.mark.parametrize(("energy_kwh", "reason"), [(1.0, "  "), (float("nan"), "typo"), (float("inf"), "typo")])
def test_an_edit_needs_a_reason_and_a_number(energy_kwh: float, reason: str) -> None:
    with begin() as conn:
        meter_id = meter_with(conn, [1.0])

        with pytest.raises(UserError):
            edits.edit_reading(conn, meter_id, FIRST, energy_kwh, reason=reason, edited_by="ana")


def test_a_reading_that_is_not_there_cannot_be_edited() -> None:
    with begin() as conn:
        meter_id = meter_with(conn, [1.0])

        with pytest.raises(SelectionError, match="2024-05-01 01:00"):
            edits.edit_reading(conn, meter_id, SECOND, 1.0, reason="typo", edited_by="ana")


def meter_with(conn: Connection, values: list[float]) -> int:
    site_id = sites.ensure_site(conn, "House", timezone="UTC")
    row = {"site_id": site_id, "name": "main", "longest_s": 3600}
    meter_id: int = conn.execute(insert(meter).values(row).returning(meter.c.id)).scalar_one()
    stamps = [FIRST + timedelta(hours=hour) for hour in range(len(values))]
    readings = pa.table(
        {
            "meter_id": pa.array([meter_id] * len(values), pa.int32()),
            "batch_id": pa.array([1] * len(values), pa.int32()),
            "ts": pa.array(stamps, pa.timestamp("us", "UTC")),
            "energy_kwh": pa.array(values, pa.float64()),
            "raw_kwh": pa.array(values, pa.float64()),
            "duration_s": pa.array([3600] * len(values), pa.int32()),
        }
    )
    partitions = Partitions(conn)
    partitions.append(readings)
    partitions.attach()
    rollups.refresh(conn, [Touched(meter_id, FIRST, stamps[-1] + timedelta(hours=1))])
    return meter_id


def energy(conn: Connection, table: str) -> float:
    total: float = conn.execute(text(f"select sum(energy_kwh) from {table}")).scalar_one()  # noqa: S608 - named above
    return total
