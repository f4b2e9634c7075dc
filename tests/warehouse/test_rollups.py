"""Energy is the same from readings, hours, days and months, whatever the tree, the zones and the steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, insert, select, text

from pipeline.flags import Flag
from pipeline.warehouse import rollups, sites
from pipeline.warehouse.engine import begin
from pipeline.warehouse.partitions import Partitions
from pipeline.warehouse.rollups import Touched
from pipeline.warehouse.schema import meter, node_day, sector_hour
from pipeline.warehouse.selection import topmost_of_sector

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Kolkata"]
STEPS = [300, 900, 1800, 3600, 7200, 86_400, 30 * 86_400]
CLOCK_CHANGES = [
    datetime(2024, 3, 31, tzinfo=UTC),
    datetime(2024, 10, 27, tzinfo=UTC),
    datetime(2024, 3, 10, tzinfo=UTC),
    datetime(2024, 11, 3, tzinfo=UTC),
    datetime(2024, 4, 6, tzinfo=UTC),
    datetime(2024, 10, 5, tzinfo=UTC),
]
SECTORS = [None, "office", "shop"]
SIGN = {"import": 1, "net": 1, "export": -1, "generation": 0}


@dataclass(frozen=True)
class Node:
    parent: int | None
    zone: str
    sector: str | None


@dataclass(frozen=True)
class Load:
    node: int
    direction: str
    step_s: int
    start: datetime
    values: Sequence[float]

    @property
    def instants(self) -> list[datetime]:
        return [self.start + timedelta(seconds=self.step_s * i) for i in range(len(self.values))]


@st.composite
def trees(draw: st.DrawFn) -> list[Node]:
    size = draw(st.integers(1, 5))
    return [
        Node(draw(st.integers(0, i - 1)) if i else None, draw(st.sampled_from(ZONES)), draw(st.sampled_from(SECTORS)))
        for i in range(size)
    ]


@st.composite
def loads(draw: st.DrawFn, nodes: int) -> Load:
    step = draw(st.sampled_from(STEPS))
    start = draw(st.sampled_from(CLOCK_CHANGES)) + timedelta(minutes=draw(st.integers(-96, 96)) * 15)
    values = draw(st.lists(st.integers(0, 1000).map(lambda n: n / 8), min_size=1, max_size=30 if step > 3600 else 200))
    return Load(draw(st.integers(0, nodes - 1)), draw(st.sampled_from(list(SIGN))), step, start, values)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Node], list[Load]]:
    tree = draw(trees())
    return tree, draw(st.lists(loads(len(tree)), min_size=1, max_size=4))


@pytest.mark.usefixtures("warehouse")
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=worlds())
def test_energy_is_the_same_at_every_level(world: tuple[list[Node], list[Load]]) -> None:
    tree, given_loads = world
    with begin() as conn:
        empty(conn)
        site_ids = plant(conn, tree)

        for number, load in enumerate(given_loads):  # later refreshes meet the rollups of earlier ones
            for part in parts(store(conn, site_ids[load.node], f"meter {number}", load), load):
                rollups.refresh(conn, [part])

        for number, load in enumerate(given_loads):
            expected = pytest.approx(sum(load.values))
            assert energy(conn, "meter_hour", f"meter {number}") == expected
            assert energy(conn, "meter_day", f"meter {number}") == expected
            assert energy(conn, "meter_month", f"meter {number}") == expected
        total = pytest.approx(sum(SIGN[load.direction] * sum(load.values) for load in given_loads), abs=1e-6)
        for table in ("node_hour", "node_day", "node_month"):
            assert root_energy(conn, table, site_ids[0]) == total
        for site_id, node in zip(site_ids, tree, strict=True):
            for sector in {"office", "shop"} - {node.sector}:  # a node of the sector itself is asked as a whole
                of_sites = pytest.approx(energy_of_topmost(conn, site_id, sector), abs=1e-6)
                assert sector_energy(conn, site_id, sector) == of_sites
        incremental = everything(conn)
        rollups.rebuild(conn)
        assert everything(conn) == incremental


@pytest.mark.usefixtures("warehouse")
def test_a_day_lasts_as_many_hours_as_the_clock_of_the_site_says() -> None:
    spring, autumn = datetime(2024, 3, 30, 23, tzinfo=UTC), datetime(2024, 10, 26, 22, tzinfo=UTC)
    with begin() as conn:
        site_id = sites.ensure_site(conn, "Berlin", timezone="Europe/Berlin")
        for name, start in (("spring", spring), ("autumn", autumn)):
            load = Load(0, "import", 1800, start, [0.5] * 96)
            rollups.refresh(conn, [whole(store(conn, site_id, name, load), load)])

        hours = conn.execute(
            text("select day, hours, energy_kwh from meter_day where day in ('2024-03-31', '2024-10-27') order by day")
        ).all()

        assert [(row.hours, row.energy_kwh) for row in hours] == [(23, 23), (25, 25)]


@pytest.mark.usefixtures("warehouse")
def test_the_half_hour_shift_of_lord_howe_gives_a_day_of_24_and_a_half_hours() -> None:
    day_begins = datetime(2024, 4, 6, 13, tzinfo=UTC)
    load = Load(0, "import", 1800, day_begins, [1.0] * 49)
    with begin() as conn:
        site_id = sites.ensure_site(conn, "Lord Howe", timezone="Australia/Lord_Howe")
        rollups.refresh(conn, [whole(store(conn, site_id, "meter", load), load)])

        rows = conn.execute(text("select day::text, covered_hours, energy_kwh from meter_day")).all()

    assert [tuple(row) for row in rows] == [("2024-04-07", 24.5, 49.0)]


@pytest.mark.usefixtures("warehouse")
def test_a_month_on_a_bill_is_spread_over_its_hours_and_says_so() -> None:
    load = Load(0, "import", 31 * 86_400, datetime(2024, 1, 1, tzinfo=UTC), [744.0])
    with begin() as conn:
        site_id = sites.ensure_site(conn, "Site", timezone="UTC")
        rollups.refresh(conn, [whole(store(conn, site_id, "meter", load), load)])

        rows = conn.execute(text("select energy_kwh, peak_kw, flags from meter_hour")).all()

    assert len(rows) == 744
    assert {tuple(row) for row in rows} == {(1.0, 1.0, int(Flag.SPREAD))}


@pytest.mark.usefixtures("warehouse")
def test_hours_of_a_portfolio_over_two_zones_add_up_to_the_clock() -> None:
    start, hours = datetime(2024, 1, 1, tzinfo=UTC), 240
    with begin() as conn:
        root = sites.ensure_site(conn, "World", timezone="UTC")
        for zone in ("Asia/Kolkata", "America/New_York"):
            site_id = sites.ensure_site(conn, zone, timezone=zone, parent_id=root)
            load = Load(0, "import", 1800, start, [1.0] * (2 * hours))
            rollups.refresh(conn, [whole(store(conn, site_id, zone, load), load)])

        total = conn.execute(text("select sum(hours) from node_day where site_id = :id"), {"id": root}).scalar_one()

    assert total == pytest.approx(hours, abs=1)  # Indian hours begin at the half: the first and last one are shared


@pytest.mark.usefixtures("warehouse")
def test_the_peak_of_a_day_is_its_highest_hour_and_the_earliest_of_equals() -> None:
    load = Load(0, "import", 3600, datetime(2024, 1, 1, tzinfo=UTC), [1.0, 5.0, 2.0, 5.0])
    with begin() as conn:
        site_id = sites.ensure_site(conn, "Site", timezone="UTC")
        rollups.refresh(conn, [whole(store(conn, site_id, "meter", load), load)])

        row = conn.execute(text("select peak_kw, peak_ts from node_month")).one()

    assert tuple(row) == (5.0, datetime(2024, 1, 1, 1, tzinfo=UTC))


def empty(conn: Connection) -> None:
    conn.execute(
        text(
            "truncate reading, meter_hour, meter_day, meter_month, node_hour, node_day, node_month, sector_hour, "
            "site, meter "
            "restart identity cascade"
        )
    )


def plant(conn: Connection, tree: list[Node]) -> list[int]:
    ids: list[int] = []
    for number, node in enumerate(tree):
        parent = None if node.parent is None else ids[node.parent]
        details = {"sector": node.sector}
        ids.append(sites.ensure_site(conn, f"site {number}", timezone=node.zone, parent_id=parent, details=details))
    return ids


def store(conn: Connection, site_id: int, name: str, load: Load) -> int:
    values = {"site_id": site_id, "name": name, "direction": load.direction, "longest_s": load.step_s}
    meter_id: int = conn.execute(insert(meter).values(values).returning(meter.c.id)).scalar_one()
    size = len(load.values)
    readings = pa.table(
        {
            "meter_id": pa.array([meter_id] * size, pa.int32()),
            "batch_id": pa.array([1] * size, pa.int32()),
            "ts": pa.array(load.instants, pa.timestamp("us", "UTC")),
            "energy_kwh": pa.array(load.values, pa.float64()),
            "duration_s": pa.array([load.step_s] * size, pa.int32()),
            "flag": pa.array([0] * size, pa.int32()),
        }
    )
    partitions = Partitions(conn)
    partitions.append(readings)
    partitions.attach()
    return meter_id


def whole(meter_id: int, load: Load) -> Touched:
    return Touched(meter_id, load.start, load.instants[-1] + timedelta(seconds=load.step_s))


def parts(meter_id: int, load: Load) -> list[Touched]:
    """Divide a load in two, as if its second half had come later."""
    middle = load.instants[len(load.values) // 2]
    end = whole(meter_id, load).end
    return [
        Touched(meter_id, load.start, max(middle, load.instants[0] + timedelta(seconds=load.step_s))),
        Touched(meter_id, middle, end),
    ]


def energy(conn: Connection, table: str, name: str) -> float:
    statement = f"select sum(energy_kwh) from {table} t join meter m on m.id = t.meter_id where m.name = :name"  # noqa: S608 - names from above
    return float(conn.execute(text(statement), {"name": name}).scalar_one())


def root_energy(conn: Connection, table: str, site_id: int) -> float:
    statement = f"select coalesce(sum(energy_kwh), 0) from {table} where site_id = :id"  # noqa: S608 - names from above
    return float(conn.execute(text(statement), {"id": site_id}).scalar_one())


def sector_energy(conn: Connection, site_id: int, sector: str) -> float:
    hours = select(func.coalesce(func.sum(sector_hour.c.energy_kwh), 0.0))
    return float(
        conn.execute(hours.where(sector_hour.c.site_id == site_id, sector_hour.c.sector == sector)).scalar_one()
    )


def energy_of_topmost(conn: Connection, site_id: int, sector: str) -> float:
    topmost = topmost_of_sector(site_id, sector)
    days = select(func.coalesce(func.sum(node_day.c.energy_kwh), 0.0)).where(node_day.c.site_id.in_(topmost))
    return float(conn.execute(days).scalar_one())


def everything(conn: Connection) -> list[tuple[object, ...]]:
    """Return all rollups, rounded to what the order of adding up leaves alone.

    Times pi, so that none lies just between two roundings, as eighths of a kWh may.
    """
    return [
        (table, *(round(value * math.pi, 6) if isinstance(value, float) else value for value in row))
        for table in ("meter_hour", "meter_day", "meter_month", "node_hour", "node_day", "node_month", "sector_hour")
        for row in conn.execute(text(f"select * from {table} order by 1, 2, 3, 4"))  # noqa: S608 - names from above
    ]
