"""Both days on which the clocks change, in three zones, one of which moves by half an hour; and nodes across zones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import Builder
from sqlalchemy import func, select

from pipeline.warehouse.engine import begin
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import consumption, overview
from pipeline.warehouse.schema import meter_day, node_day, node_hour, node_month

STEP_S = 1800


@dataclass(frozen=True)
class Change:
    """A day that is not 24 hours long; ``odd`` is the clock hour that is skipped or repeated, in whole or in half."""

    zone: str
    day: date
    hours: float
    odd: int

    @property
    def start(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


CHANGES = [
    Change("Europe/Berlin", date(2024, 3, 31), 23, 2),
    Change("Europe/Berlin", date(2024, 10, 27), 25, 2),
    Change("America/New_York", date(2024, 3, 10), 23, 2),
    Change("America/New_York", date(2024, 11, 3), 25, 1),
    Change("Australia/Lord_Howe", date(2024, 10, 6), 23.5, 2),
    Change("Australia/Lord_Howe", date(2024, 4, 7), 24.5, 1),
]
HOURLY = [change for change in CHANGES if change.hours in (23, 25)]


@pytest.fixture
def build(warehouse: str) -> Iterator[Builder]:  # noqa: ARG001 - the database it plants in
    with begin() as conn:
        yield Builder(conn)


def plant(build: Builder, change: Change) -> Filters:
    """Fill the day before, the day and the day after with 1 kW."""
    site = build.site("Site", change.zone)
    start = change.start - timedelta(days=1)
    steps = int((72 + change.hours - 24) * 3600 / STEP_S)
    build.readings(build.meter(site, "m", step_s=None), start, [0.5] * steps, STEP_S)
    return Filters(site, change.day, change.day + timedelta(days=1))


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_the_day_has_the_energy_of_the_hours_that_it_lasts(build: Builder, change: Change) -> None:
    day = plant(build, change)

    series = consumption.series(build.conn, day)
    found = overview.kpis(build.conn, day)
    three_days = overview.trend(build.conn, Filters(day.site_id, day.start - timedelta(days=1), day.end))

    assert found.energy_kwh == pytest.approx(change.hours)
    assert found.peak_kw == pytest.approx(1.0)
    assert found.base_load_kw == pytest.approx(1.0)
    assert found.completeness == pytest.approx(1.0)
    assert series.resolution == "hour"
    assert series.frame["value"].notna().all()
    assert series.frame["value"].sum() == pytest.approx(change.hours)
    assert three_days["value"].sum() == pytest.approx(24 + change.hours)
    assert consumption.rows(build.conn, day).frame["energy_kwh"].sum() == pytest.approx(change.hours)


@pytest.mark.parametrize("change", HOURLY, ids=str)
def test_the_line_has_a_point_for_every_hour_that_there_was(build: Builder, change: Change) -> None:
    times = consumption.series(build.conn, plant(build, change)).frame["time"].dt.hour.tolist()

    assert len(times) == change.hours
    assert times.count(change.odd) == (0 if change.hours == 23 else 2)


@pytest.mark.parametrize("change", HOURLY, ids=str)
def test_the_carpet_skips_the_hour_or_shows_the_mean_of_both(build: Builder, change: Change) -> None:
    cells = consumption.carpet(build.conn, plant(build, change)).set_index("minute")

    assert len(cells) == 24
    assert cells["missing"].sum() == (change.hours == 23)
    assert cells.loc[change.odd * 60, "missing"] == (change.hours == 23)
    assert cells["value"].dropna().tolist() == [1.0] * (23 if change.hours == 23 else 24)


@pytest.mark.parametrize(("day", "hour", "kwh"), [(date(2024, 4, 7), 1, 0.75), (date(2024, 10, 6), 2, 0.5)])
def test_in_lord_howe_half_an_hour_is_a_cell_of_its_own_or_the_mean_with_its_double(
    build: Builder, day: date, hour: int, kwh: float
) -> None:
    change = next(change for change in CHANGES if change.day == day)

    asked = plant(build, change)

    cells = consumption.carpet(build.conn, asked).set_index("minute")["value"]
    power = consumption.carpet(build.conn, replace(asked, measure="peak_kw")).set_index("minute")["value"]

    assert cells.drop(hour * 60).tolist() == [1.0] * 23
    assert cells[hour * 60] == kwh
    assert power.tolist() == pytest.approx([1.0] * 24)


@pytest.mark.parametrize("change", HOURLY, ids=str)
def test_a_day_is_compared_hour_by_hour_of_the_clock(build: Builder, change: Change) -> None:
    plant(build, change)
    site = build.site("Weeks", change.zone)
    build.readings(
        build.meter(site, "weeks"), change.start - timedelta(days=7), [float(hour) for hour in range(24 * 8)]
    )

    found = consumption.series(
        build.conn, Filters(site, change.day, change.day + timedelta(days=1), compare="previous")
    ).frame

    assert found["compare_value"].tolist() == [float(hour) for hour in found["time"].dt.hour]


@pytest.fixture
def world(build: Builder) -> Filters:
    """Plant a root in Berlin over sites in Tokyo, Kolkata and New York, ten days around a change of the clocks."""
    root = build.site("World", "Europe/Berlin")
    start = datetime(2024, 3, 25, tzinfo=UTC)
    for number, zone in enumerate(("Asia/Tokyo", "Asia/Kolkata", "America/New_York"), start=1):
        site = build.site(zone, zone, root, sector="office" if number < 3 else "shop")
        values = [float(number + hour % 5) for hour in range(24 * 14)]
        build.readings(build.meter(site, zone), start, values)
    return Filters(root, date(2024, 3, 28), date(2024, 4, 3))


@pytest.mark.parametrize("sector", [None, "office", "shop"])
def test_across_zones_every_chart_has_the_energy_of_the_sites_own_days(
    build: Builder, world: Filters, sector: str | None
) -> None:
    asked = Filters(world.site_id, world.start, world.end, sector=sector)
    sites = [1, 2, 3] if sector is None else [1, 2] if sector == "office" else [3]
    in_days = (meter_day.c.day >= world.start, meter_day.c.day < world.end)
    own = build.conn.scalar(select(func.sum(meter_day.c.energy_kwh)).where(meter_day.c.meter_id.in_(sites), *in_days))

    assert overview.kpis(build.conn, asked).energy_kwh == pytest.approx(own)
    assert overview.trend(build.conn, asked)["value"].sum() == pytest.approx(own)
    assert consumption.series(build.conn, asked).frame["value"].sum() == pytest.approx(own)
    assert consumption.carpet(build.conn, asked)["value"].sum() == pytest.approx(own)
    assert consumption.ranking(build.conn, asked)["value"].sum() == pytest.approx(own)
    assert consumption.rows(build.conn, asked).frame["energy_kwh"].sum() == pytest.approx(own)
    assert overview.movers(build.conn, asked)["amount"].sum() == pytest.approx(own)
    assert overview.breakdown(build.conn, asked)["amount"].iloc[0] == pytest.approx(own)


@pytest.mark.parametrize(("sector", "days", "is_partial"), [(None, 6, True), ("shop", 6, False), (None, 90, False)])
def test_a_line_says_that_its_ends_hold_a_part_of_the_sites(
    build: Builder, world: Filters, *, sector: str | None, days: int, is_partial: bool
) -> None:
    asked = Filters(world.site_id, world.start, world.start + timedelta(days=days), sector=sector)

    assert consumption.series(build.conn, asked).partial_ends is is_partial


def test_across_zones_the_peak_is_that_of_all_together_at_every_resolution(build: Builder, world: Filters) -> None:
    asked = Filters(world.site_id, world.start, world.end, measure="peak_kw")
    long = Filters(world.site_id, world.start, world.end + timedelta(days=400), measure="peak_kw")

    peak = overview.kpis(build.conn, asked).peak_kw

    assert peak is not None
    assert consumption.series(build.conn, asked).frame["value"].max() == pytest.approx(peak)
    assert consumption.series(build.conn, long).resolution == "day"
    assert consumption.series(build.conn, long).frame["value"].max() >= peak
    assert consumption.duration_curve(build.conn, asked)["power_kw"].max() == pytest.approx(peak)


def test_the_rollups_of_a_node_agree_on_the_energy(build: Builder, world: Filters) -> None:
    sums = [
        build.conn.scalar(select(func.sum(table.c.energy_kwh)).where(table.c.site_id == world.site_id))
        for table in (node_hour, node_day, node_month)
    ]

    assert sums == pytest.approx([sums[0]] * 3)
