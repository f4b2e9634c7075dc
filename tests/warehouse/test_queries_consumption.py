"""The charts of the Consumption page, on planted values."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from builders import Builder

from pipeline.errors import SelectionError
from pipeline.flags import Flag
from pipeline.warehouse.engine import begin
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import consumption
from pipeline.warehouse.selection import MOST_POINTS

START = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday, and New Year's Day
DAYS = 120
NAIVE = START.replace(tzinfo=None)


@pytest.fixture
def build(warehouse: str) -> Iterator[Builder]:  # noqa: ARG001 - the database it plants in
    with begin() as conn:
        yield Builder(conn)


@pytest.fixture
def minutes(build: Builder) -> Filters:
    """Plant five-minute readings with one spike and one dip, three hours missing and one day estimated."""
    values: list[float | None] = [1.0 + index % 7 for index in range(288 * DAYS)]
    values[1000], values[2000] = 500.0, -300.0
    values[600:636] = [None] * 36
    values[288 * 5 : 288 * 6] = [None] * 288
    site = build.site("Works", country="DE", sector="factory")
    meter = build.meter(site, "five minutes", "net", 300)
    build.readings(meter, START, values, 300)
    build.readings(meter, START + timedelta(days=5), [2.0] * 288, 300, Flag.ESTIMATED_LIKE_DAY)
    return Filters(site, START.date(), START.date() + timedelta(days=DAYS))


def part(filters: Filters, days: int, **changes: object) -> Filters:
    return Filters(filters.site_id, filters.start, filters.start + timedelta(days=days), **changes)


@pytest.mark.parametrize(
    ("days", "resolution", "sampled"),
    [(2, "reading", False), (14, "reading", True), (82, "hour", False), (83, "day", False), (120, "day", False)],
)
def test_the_finest_resolution_that_fits_is_drawn(
    build: Builder, minutes: Filters, days: int, resolution: str, *, sampled: bool
) -> None:
    found = consumption.series(build.conn, part(minutes, days))

    assert (found.resolution, found.sampled) == (resolution, sampled)
    assert len(found.frame) <= MOST_POINTS


def test_zooming_shows_more(build: Builder, minutes: Filters) -> None:
    whole = consumption.series(build.conn, minutes)
    zoomed = consumption.series(build.conn, minutes, zoom=(NAIVE + timedelta(hours=6), NAIVE + timedelta(hours=9)))

    assert whole.resolution == "day"
    assert zoomed.resolution == "reading"
    assert zoomed.frame["time"].iloc[0] == NAIVE + timedelta(hours=6)
    assert len(zoomed.frame) == 36


def test_zooming_out_of_the_period_is_refused(build: Builder, minutes: Filters) -> None:
    with pytest.raises(SelectionError, match="Zoom to a part"):
        consumption.series(build.conn, minutes, zoom=(NAIVE - timedelta(days=9), NAIVE - timedelta(days=8)))


def test_a_sampled_line_keeps_minimum_and_maximum(build: Builder, minutes: Filters) -> None:
    found = consumption.series(build.conn, part(minutes, 14))

    assert found.sampled
    assert found.frame["value"].max() == 500.0
    assert found.frame["value"].min() == -300.0


def test_a_gap_between_readings_breaks_the_line(build: Builder, minutes: Filters) -> None:
    frame = consumption.series(build.conn, part(minutes, 5)).frame

    assert frame.loc[frame["value"].isna(), "time"].tolist() == [NAIVE + timedelta(minutes=3000)]


def test_every_step_without_data_is_a_row(build: Builder, minutes: Filters) -> None:
    hours = consumption.series(build.conn, part(minutes, 82)).frame
    missing = hours.loc[hours["value"].isna(), "time"].tolist()

    assert len(hours) == 82 * 24
    assert missing == [NAIVE + timedelta(hours=50 + hour) for hour in range(3)]
    assert hours.loc[hours["estimated"], "time"].dt.day.unique().tolist() == [6]


def test_totals_are_equal_in_every_resolution(build: Builder, minutes: Filters) -> None:
    parts = [consumption.series(build.conn, part(minutes, days)) for days in (5, 82, 120)]
    sums = {found.resolution: found.frame["value"].sum() for found in parts}
    whole = consumption.rows(build.conn, minutes, limit=100_000).frame["energy_kwh"]

    assert sums["day"] == pytest.approx(whole.sum())
    assert sums["hour"] == pytest.approx(whole.iloc[: 82 * 288 - 36].sum())
    assert sums["reading"] == pytest.approx(whole.iloc[: 5 * 288 - 36].sum())


def test_meters_of_one_step_are_added_up_reading_by_reading(build: Builder) -> None:
    site = build.site("House")
    for name, direction, kwh in (("grid", "import", 5.0), ("feed-in", "export", 2.0), ("roof", "generation", 9.0)):
        build.readings(build.meter(site, name, direction, 900), START, [kwh] * 96, 900)

    found = consumption.series(build.conn, Filters(site, START.date(), START.date() + timedelta(days=1)))

    assert found.resolution == "reading"
    assert found.frame["value"].tolist() == [3.0] * 96


@pytest.mark.parametrize(("measure", "value"), [("energy_kwh", 4.0), ("mean_kw", 8.0), ("share_estimated", 0.5)])
def test_a_reading_is_drawn_by_every_measure(build: Builder, measure: str, value: float) -> None:
    site = build.site("House")
    for name, flag in (("grid", 0), ("annexe", Flag.ESTIMATED_LINE)):
        build.readings(build.meter(site, name, step_s=1800), START, [2.0] * 48, 1800, flag)

    found = consumption.series(
        build.conn, Filters(site, START.date(), START.date() + timedelta(days=1), measure=measure, compare="previous")
    )

    assert found.frame["value"].tolist() == [value] * 48


def test_readings_are_compared_by_the_clock(build: Builder, minutes: Filters) -> None:
    week = Filters(minutes.site_id, date(2024, 1, 15), date(2024, 1, 17), compare="previous")

    found = consumption.series(build.conn, week).frame
    before = consumption.series(build.conn, Filters(minutes.site_id, date(2024, 1, 8), date(2024, 1, 10))).frame

    assert found["compare_value"].tolist() == before["value"].tolist()


def test_long_steps_are_not_drawn_finer_than_they_are(build: Builder) -> None:
    site = build.site("Bill")
    build.readings(build.meter(site, "monthly", step_s=30 * 86_400), START, [720.0] * 3, 30 * 86_400)

    assert consumption.series(build.conn, Filters(site, START.date(), date(2024, 2, 1))).resolution == "month"


def test_months_of_a_partly_covered_period_are_the_parts(build: Builder) -> None:
    site = build.site("Bill")
    build.readings(build.meter(site, "monthly", step_s=30 * 86_400), START, [720.0] * 6, 30 * 86_400)

    found = consumption.series(build.conn, Filters(site, date(2024, 1, 16), date(2024, 3, 2), compare="previous")).frame

    assert found["value"].tolist() == [16 * 24.0, 29 * 24.0, 24.0]
    assert found["time"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-01", "2024-02-01", "2024-03-01"]


def test_the_carpet_has_every_cell_of_the_period(build: Builder, minutes: Filters) -> None:
    found = consumption.carpet(build.conn, part(minutes, 10, measure="mean_kw"))

    assert len(found) == 240
    assert found.loc[found["missing"], "minute"].tolist() == [120, 180, 240]
    assert found.loc[found["estimated"], "day"].unique().tolist() == [pd.Timestamp("2024-01-06")]
    assert found["value"].isna().equals(found["missing"])


def test_a_long_carpet_has_a_row_a_week(build: Builder) -> None:
    site = build.site("Years")
    build.readings(build.meter(site, "m"), START, [float(hour % 24) for hour in range(24 * 500)])

    found = consumption.carpet(build.conn, Filters(site, date(2024, 1, 3), date(2025, 5, 1)))

    assert found["day"].dt.day_of_week.unique().tolist() == [0]
    assert found["value"].tolist() == [minute / 60 for minute in found["minute"]]


def test_a_profile_keeps_workdays_saturdays_and_holidays_apart(build: Builder) -> None:
    site = build.site("Office", country="DE", subdivision="BY")
    by_weekday = [10.0, 20.0, 20.0, 20.0, 20.0, 5.0, 1.0]  # Monday 1 January is a holiday, Saturday 6 in Bavaria too
    build.readings(build.meter(site, "m"), START, list(np.repeat(by_weekday, 24)))

    found = consumption.profile(build.conn, Filters(site, date(2024, 1, 1), date(2024, 1, 8)))

    assert found["day_type"].unique().tolist() == ["workday", "sunday or holiday"]
    assert found.groupby("day_type")["mean"].mean().to_dict() == pytest.approx(
        {"workday": 20.0, "sunday or holiday": (10 + 5 + 1) / 3}
    )
    free = found[found["day_type"] == "sunday or holiday"]
    assert free["hour"].tolist() == list(range(24))
    assert (free["p10"] <= free["mean"]).all()
    assert (free["mean"] <= free["p90"]).all()


def test_without_a_country_there_are_no_holidays(build: Builder) -> None:
    site = build.site("Office")
    build.readings(build.meter(site, "m"), START, [1.0] * 24 * 6)

    found = consumption.profile(build.conn, Filters(site, date(2024, 1, 1), date(2024, 1, 7)))

    assert found["day_type"].unique().tolist() == ["workday", "saturday"]


def test_the_duration_curve_falls_from_the_peak_to_the_lowest(build: Builder) -> None:
    site = build.site("Site")
    build.readings(build.meter(site, "m"), START, [float(hour) for hour in range(101)])

    found = consumption.duration_curve(build.conn, Filters(site, date(2024, 1, 1), date(2024, 2, 1)))

    assert (found["share_of_time"].iloc[0], found["power_kw"].iloc[0]) == (0.0, 100.0)
    assert (found["share_of_time"].iloc[-1], found["power_kw"].iloc[-1]) == (1.0, 0.0)
    assert found["power_kw"].is_monotonic_decreasing
    assert found.loc[found["share_of_time"] == 0.5, "power_kw"].tolist() == [50.0]


def test_weeks_lie_over_each_other_by_hour_of_the_week(build: Builder) -> None:
    site = build.site("Site")
    build.readings(build.meter(site, "m"), START, [float(hour) for hour in range(24 * 7 * 30)])

    found = consumption.overlay(build.conn, Filters(site, date(2024, 1, 1), date(2024, 7, 29)))

    assert found["group"].nunique() == 26
    assert found["group"].iloc[[0, -1]].tolist() == ["2024-W05", "2024-W30"]
    assert found[found["group"] == "2024-W05"]["value"].tolist() == [float(4 * 168 + hour) for hour in range(168)]


def test_years_lie_over_each_other_by_day_of_the_year(build: Builder) -> None:
    site = build.site("Site")
    build.readings(build.meter(site, "m", step_s=86_400), START, [float(day) for day in range(366 + 59)], 86_400)

    found = consumption.overlay(build.conn, Filters(site, date(2025, 1, 30), date(2025, 2, 2)), by="year")

    assert found["group"].tolist() == ["2024"] * 3 + ["2025"] * 3
    assert found["position"].tolist() == [30, 31, 32] * 2
    assert found["value"].tolist() == pytest.approx([29.0, 30.0, 31.0, 395.0, 396.0, 397.0])


def test_the_ranking_divides_a_node_into_its_sites_and_own_meters(build: Builder) -> None:
    root = build.site("Campus")
    hall = build.site("Hall", parent=root, sector="office")
    build.readings(build.meter(hall, "hall"), START, [3.0] * 24)
    build.readings(build.meter(root, "yard"), START, [1.0] * 24)
    build.readings(build.meter(root, "roof", "generation"), START, [9.0] * 24)
    day = Filters(root, date(2024, 1, 1), date(2024, 1, 2))

    found = consumption.ranking(build.conn, day)
    of_sector = consumption.ranking(build.conn, Filters(root, day.start, day.end, sector="office"))

    assert found["kind"].tolist() == ["site", "meter"]
    assert found["name"].tolist() == ["Hall", "yard"]
    assert found["value"].tolist() == [72.0, 24.0]
    assert found["share"].tolist() == [0.75, 0.25]
    assert of_sector["name"].tolist() == ["Hall"]


def test_the_histogram_counts_every_hour_once(build: Builder) -> None:
    site = build.site("Site")
    build.readings(build.meter(site, "m"), START, [0.0] * 10 + [3.9] * 20 + [40.0] * 30)

    found = consumption.histogram(build.conn, Filters(site, date(2024, 1, 1), date(2024, 1, 4)), bins=10)

    assert found["hours"].sum() == 60
    assert (found["to_kw"] - found["from_kw"]).unique().tolist() == [5.0]
    assert found.loc[found["hours"] > 0, ["from_kw", "hours"]].to_numpy().tolist() == [[0.0, 30.0], [40.0, 30.0]]
    assert found["from_kw"].tolist() == [5.0 * number for number in range(9)]


def test_the_histogram_of_a_flat_load_has_one_class(build: Builder) -> None:
    site = build.site("Site")
    build.readings(build.meter(site, "m"), START, [7.5] * 24)

    found = consumption.histogram(build.conn, Filters(site, date(2024, 1, 1), date(2024, 1, 2)))

    assert found.to_numpy().tolist() == [[7.0, 8.0, 24.0]]


def test_rows_say_where_each_value_came_from_and_whether_there_are_more(build: Builder) -> None:
    site = build.site("Site", "Asia/Kolkata")
    build.readings(build.meter(site, "b", step_s=1800), START, [2.0] * 48, 1800, Flag.SPIKE | Flag.EDITED)
    build.readings(build.meter(site, "a", step_s=1800), START, [1.0] * 48, 1800)
    day = Filters(site, date(2024, 1, 1), date(2024, 1, 2))

    cut, whole = consumption.rows(build.conn, day, limit=50), consumption.rows(build.conn, day)

    assert (cut.cut, len(cut.frame), cut.limit) == (True, 50, 50)
    assert (whole.cut, len(whole.frame)) == (False, 2 * 37)  # from 05:30 to midnight in India
    first, last = whole.frame.iloc[0], whole.frame.iloc[-1]
    assert (first["meter"], first["line"], first["flags"]) == ("a", 1, "")
    assert (first["time"], first["utc"]) == (NAIVE + timedelta(hours=5, minutes=30), NAIVE)
    assert (last["meter"], last["power_kw"], last["flags"]) == ("b", 4.0, "spike, edited")


def test_nothing_to_show_is_an_empty_frame(build: Builder, minutes: Filters) -> None:
    nothing = Filters(minutes.site_id, date(1990, 1, 1), date(1990, 3, 1), compare="year")

    for filters in (nothing, Filters(minutes.site_id, minutes.start, minutes.end, sector="none")):
        for question in (
            consumption.carpet, consumption.profile, consumption.duration_curve, consumption.overlay,
            consumption.ranking, consumption.histogram,
        ):  # fmt: skip
            assert question(build.conn, filters).empty
        assert consumption.overlay(build.conn, filters, by="year").empty
        assert consumption.rows(build.conn, filters).frame.empty
        assert consumption.series(build.conn, filters).frame.empty
    assert consumption.series(build.conn, nothing, zoom=(datetime(1990, 1, 2), datetime(1990, 1, 3))).frame.empty  # noqa: DTZ001 - naive local by contract
