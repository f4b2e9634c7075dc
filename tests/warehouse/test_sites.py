from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from sqlalchemy import Connection, insert, text

from pipeline.errors import SelectionError, UserError
from pipeline.sources.frame import MeterInfo
from pipeline.warehouse import rollups, sites
from pipeline.warehouse.engine import begin
from pipeline.warehouse.partitions import Partitions
from pipeline.warehouse.rollups import Touched
from pipeline.warehouse.schema import meter

pytestmark = pytest.mark.usefixtures("warehouse")


def test_a_site_knows_all_above_it() -> None:
    with begin() as conn:
        root, region, house = three_levels(conn)

        assert sites.ancestors(conn, house) == [house, region, root]


def test_a_site_is_added_once() -> None:
    with begin() as conn:
        assert three_levels(conn) == three_levels(conn)


def test_an_unknown_zone_is_refused_in_words() -> None:
    with begin() as conn, pytest.raises(UserError, match="Europe/London"):
        sites.ensure_site(conn, "House", timezone="CEST or so")


def test_moving_a_site_takes_its_energy_along() -> None:
    with begin() as conn:
        root, region, house = three_levels(conn)
        other = sites.ensure_site(conn, "South", timezone="UTC", parent_id=root)
        meter_with_energy(conn, house, 7.0)

        sites.move_site(conn, house, other)

        assert sites.ancestors(conn, house) == [house, other, root]
        assert energies(conn) == {root: 7.0, other: 7.0, house: 7.0}
        assert region not in energies(conn)


def test_a_site_cannot_be_moved_below_itself() -> None:
    with begin() as conn:
        _, region, house = three_levels(conn)

        with pytest.raises(SelectionError, match="below itself"):
            sites.move_site(conn, region, house)


def test_moving_a_meter_gives_its_days_the_zone_of_the_new_site() -> None:
    with begin() as conn:
        root, _, house = three_levels(conn)
        far = sites.ensure_site(conn, "Auckland", timezone="Pacific/Auckland", parent_id=root)
        meter_id = meter_with_energy(conn, house, 7.0)

        sites.move_meter(conn, meter_id, far)

        days = conn.execute(text("select day::text from meter_day")).scalars().all()
        assert days == ["2024-05-02"]
        assert energies(conn) == {root: 7.0, far: 7.0}


def test_sisters_have_different_names() -> None:
    with begin() as conn:
        root, region, _ = three_levels(conn)
        sites.ensure_site(conn, "South", timezone="UTC", parent_id=root)

        with pytest.raises(UserError, match="South"):
            sites.rename_site(conn, region, "South")

        sites.rename_site(conn, region, "West")
        assert conn.execute(text("select name from site where id = :id"), {"id": region}).scalar_one() == "West"


def test_a_file_cannot_be_given_to_one_of_two_sites_of_the_same_name() -> None:
    with begin() as conn:
        root, region, _ = three_levels(conn)
        for parent in (root, region):
            sites.ensure_site(conn, "Pump", timezone="UTC", parent_id=parent)

        with pytest.raises(UserError, match="2 sites are called 'Pump'"):
            sites.site_for_load(conn, "Pump", "UTC")


def test_a_file_goes_below_the_readers_own_organisation_and_not_below_another_root() -> None:
    with begin() as conn:
        sites.ensure_site(conn, "Company", timezone="UTC", kind="organisation", details={"generated": True})
        sites.ensure_site(conn, "Whole country", timezone="UTC", kind="grid")

        first = sites.site_for_load(conn, "shop", "Europe/Berlin")
        second = sites.site_for_load(conn, "works", "Asia/Kolkata")

        above = text("select name from site where id = (select parent_id from site where id = :id)")
        assert {conn.execute(above, {"id": each}).scalar_one() for each in (first, second)} == {sites.ROOT}


def test_meters_are_added_once_and_keep_what_they_are() -> None:
    with begin() as conn:
        root, region, _ = three_levels(conn)
        first = sites.ensure_meters(conn, root, [MeterInfo("solar", direction="generation", step_s=900)])

        second = sites.ensure_meters(conn, region, [MeterInfo("solar"), MeterInfo("main")])

        assert second["solar"] == first["solar"]
        assert second["solar"].rules.direction == "generation"
        assert set(second) == {"solar", "main"}


def three_levels(conn: Connection) -> tuple[int, int, int]:
    root = sites.ensure_site(conn, "Company", timezone="UTC", kind="organisation")
    region = sites.ensure_site(conn, "North", timezone="UTC", parent_id=root, kind="region")
    house = sites.ensure_site(conn, "House", timezone="UTC", parent_id=region, details={"sector": "household"})
    return root, region, house


def meter_with_energy(conn: Connection, site_id: int, energy_kwh: float) -> int:
    ts = datetime(2024, 5, 1, 20, tzinfo=UTC)
    row = {"site_id": site_id, "name": "main", "longest_s": 3600}
    meter_id: int = conn.execute(insert(meter).values(row).returning(meter.c.id)).scalar_one()
    readings = pa.table(
        {
            "meter_id": pa.array([meter_id], pa.int32()),
            "batch_id": pa.array([1], pa.int32()),
            "ts": pa.array([ts], pa.timestamp("us", "UTC")),
            "energy_kwh": pa.array([energy_kwh]),
            "duration_s": pa.array([3600], pa.int32()),
        }
    )
    partitions = Partitions(conn)
    partitions.append(readings)
    partitions.attach()
    rollups.refresh(conn, [Touched(meter_id, ts, ts + timedelta(hours=1))])
    return meter_id


def energies(conn: Connection) -> dict[int, float]:
    rows = conn.execute(text("select site_id, sum(energy_kwh) from node_hour group by site_id"))
    return {row[0]: row[1] for row in rows}
