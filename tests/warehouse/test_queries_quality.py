"""Quality and lineage: what is complete, what was estimated, and where each value came from."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import Builder
from sqlalchemy import insert

from pipeline.errors import SelectionError
from pipeline.flags import Flag
from pipeline.warehouse.engine import begin
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import lineage, quality
from pipeline.warehouse.schema import reading_edit, reading_history, rejected_row

START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = date(2024, 1, 2)


@pytest.fixture
def build(warehouse: str) -> Iterator[Builder]:  # noqa: ARG001 - the database it plants in
    with begin() as conn:
        yield Builder(conn)


@pytest.fixture
def site(build: Builder) -> int:
    return build.site("Site")


def test_the_least_complete_meter_comes_first(build: Builder, site: int) -> None:
    build.readings(build.meter(site, "whole"), START, [1.0] * 96)
    half = build.meter(site, "silent since noon of day two")
    build.readings(half, START, [1.0] * 24)
    build.readings(half, START + timedelta(days=1), [1.0] * 12, flag=Flag.ESTIMATED_LINE | Flag.GAP)
    build.readings(build.meter(site, "new"), START + timedelta(days=3), [1.0] * 24)
    build.meter(site, "never read")

    found = quality.meters(build.conn, Filters(site, date(2024, 1, 1), date(2024, 2, 1))).set_index("meter")

    assert found.index.tolist() == ["never read", "silent since noon of day two", "new", "whole"]
    assert found["completeness"].tolist()[1:] == pytest.approx([36 / 96, 1.0, 1.0])
    assert found["expected_hours"].tolist() == [0.0, 96.0, 24.0, 96.0]
    assert found.loc["silent since noon of day two", "share_estimated"] == pytest.approx(12 / 36)
    assert found.loc["silent since noon of day two", "flags"] == "gap, estimated by line"
    assert found["completeness"].isna().tolist() == [True, False, False, False]


def test_each_rule_counts_meters_and_their_days(build: Builder, site: int) -> None:
    first, second = build.meter(site, "first"), build.meter(site, "second")
    build.readings(first, START, [1.0] * 48, flag=Flag.SPIKE)
    build.readings(second, START, [1.0] * 24, flag=Flag.SPIKE | Flag.GAP)
    build.readings(second, START + timedelta(days=1), [1.0] * 24)

    found = quality.flags_by_rule(build.conn, Filters(site, date(2024, 1, 1), date(2024, 2, 1)))

    assert found[["name", "meters", "meter_days"]].to_numpy().tolist() == [["spike", 2, 3], ["gap", 1, 1]]
    assert found["flag"].tolist() == [int(Flag.SPIKE), int(Flag.GAP)]
    assert quality.flags_by_rule(build.conn, Filters(site, date(2023, 1, 1), date(2023, 2, 1))).empty


def test_sources_add_up_their_batches(build: Builder) -> None:
    build.batch("a.csv", format="wide csv", readings=90, estimated=9, rejected=1, first_ts=START)
    build.batch("b.csv", format="wide csv", readings=10, estimated=1, duplicates=2, last_ts=START + timedelta(days=9))
    build.batch("c.csv", format="wide csv", state="refused", rejected=50)

    found = quality.sources(build.conn).set_index("format").loc["wide csv"]

    assert found[["batches", "readings", "estimated", "rejected", "duplicates"]].tolist() == [2, 100, 10, 1, 2]
    assert found["share_estimated"] == pytest.approx(0.1)
    assert (found["first"], found["last"]) == (datetime(2024, 1, 1), datetime(2024, 1, 10))  # noqa: DTZ001 - naive UTC


def test_batches_are_listed_newest_first_and_say_when_there_are_more(build: Builder) -> None:
    build.batch("second.csv")
    build.batch("third.csv")

    two, whole = quality.batches(build.conn, limit=2), quality.batches(build.conn)

    assert two.frame["file_name"].tolist() == ["third.csv", "second.csv"]
    assert (two.cut, whole.cut) == (True, False)


def test_a_batch_reports_its_plan_its_flags_and_its_warnings(build: Builder) -> None:
    batch_id = build.batch(
        "a.csv", readings=7, quality={str(int(Flag.SPIKE)): 3, "gap": 2}, plan={"unit": "kWh", "warnings": ["odd step"]}
    )

    report = quality.batch_report(build.conn, batch_id)

    assert (report.file_name, report.readings, report.state) == ("a.csv", 7, "stored")
    assert report.flags == {"spike": 3, "gap": 2}
    assert report.plan["unit"] == "kWh"
    assert report.warnings == ("odd step",)
    with pytest.raises(SelectionError, match="no load 999"):
        quality.batch_report(build.conn, 999)


def test_rejected_lines_come_in_the_order_of_the_file(build: Builder) -> None:
    rows = [{"batch_id": build.batch_id, "line": line, "text": f"line {line}", "reason": "no date"} for line in (9, 2)]
    build.conn.execute(insert(rejected_row), rows)

    found = list(quality.rejected_rows(build.conn, build.batch_id))

    assert found == [(2, "line 2", "no date"), (9, "line 9", "no date")]


def test_a_day_leads_back_to_file_and_line(build: Builder) -> None:
    meter_id = build.meter(build.site("India", "Asia/Kolkata"), "m")
    build.readings(meter_id, START, [float(hour) for hour in range(72)], flag=Flag.NEGATIVE)

    found = lineage.day(build.conn, meter_id, DAY)

    assert len(found) == 24
    assert found["time"].iloc[0] == datetime(2024, 1, 2, 0, 30)  # noqa: DTZ001 - naive local by contract
    assert found["utc"].iloc[0] == datetime(2024, 1, 1, 19)  # noqa: DTZ001 - naive UTC by contract
    assert found["line"].tolist() == list(range(20, 44))
    assert found["energy_kwh"].equals(found["power_kw"])
    assert set(found["file_name"]) == {"planted.csv"}
    assert set(found["flags"]) == {"negative"}


def test_replaced_values_and_edits_of_the_day_are_kept(build: Builder, site: int) -> None:
    meter_id = build.meter(site, "m")
    build.readings(meter_id, START, [1.0] * 72)
    later = build.batch("later.csv")
    noon = START + timedelta(days=1, hours=12)
    replaced = {"meter_id": meter_id, "energy_kwh": 5.0, "duration_s": 3600, "flag": 1, "batch_id": build.batch_id}
    build.conn.execute(
        insert(reading_history),
        [replaced | {"ts": ts, "replaced_by_batch_id": later} for ts in (noon, noon + timedelta(days=1))],
    )
    edit = {"meter_id": meter_id, "old_kwh": 5.0, "new_kwh": 1.0, "old_flag": 0, "reason": "typo", "edited_by": "Ada"}
    build.conn.execute(insert(reading_edit), [edit | {"ts": noon}, edit | {"ts": noon, "reason": "again"}])

    history = lineage.history(build.conn, meter_id, DAY)
    edits = lineage.edits(build.conn, meter_id, DAY)

    assert history[["energy_kwh", "file_name", "replaced_by_file", "flags"]].to_numpy().tolist() == [
        [5.0, "planted.csv", "later.csv", "gap"]
    ]
    assert history["line"].isna().all()
    assert edits["reason"].tolist() == ["again", "typo"]
    assert edits["restored_at"].isna().all()
    assert lineage.edits(build.conn, meter_id, date(2024, 1, 3)).empty


def test_a_meter_that_does_not_exist_has_no_lineage(build: Builder) -> None:
    for question in (lineage.day, lineage.history, lineage.edits):
        with pytest.raises(SelectionError, match="no meter 999"):
            question(build.conn, 999, DAY)
