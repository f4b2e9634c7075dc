"""Rows of a load wait until a COPY is worth its while, and none is lost, doubled or put into another month."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import Connection, text

from pipeline.warehouse import partitions
from pipeline.warehouse.engine import begin
from pipeline.warehouse.partitions import Partitions, by_month
from pipeline.warehouse.prepare import READING

HOURS_IN_YEAR = 365 * 24


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize("most", [0, 1_000, 1_000_000])
def test_what_waits_is_copied_once_however_much_may_wait(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "ROWS_WAITING", most)
    with begin() as conn:
        new = Partitions(conn)

        for meter_id in (1, 2, 3):
            new.append(year_of(meter_id))
        new.attach()

        assert stored(conn) == [(meter_id, HOURS_IN_YEAR, sum(range(HOURS_IN_YEAR))) for meter_id in (1, 2, 3)]
        assert conn.execute(text("select count(*) from reading_2023_02")).scalar_one() == 3 * 28 * 24


@pytest.mark.usefixtures("warehouse")
def test_a_new_month_is_known_to_the_planner_before_the_load_is_stored() -> None:
    with begin() as conn:
        new = Partitions(conn)

        new.append(pa.concat_tables([year_of(1), year_of(2)]))
        new.attach()

        known = conn.execute(text("select attname, n_distinct from pg_stats where tablename = 'reading_2023_02'")).all()
        assert sorted(row.attname for row in known) == ["meter_id", "ts"]
        assert next(row.n_distinct for row in known if row.attname == "meter_id") == 2
        assert new.written == set()


@pytest.mark.usefixtures("warehouse")
def test_months_that_were_there_are_named_for_a_sample_after_the_load() -> None:
    with begin() as conn:
        before = Partitions(conn)
        before.append(year_of(1).slice(0, 40 * 24))
        before.attach()
        later = Partitions(conn)

        later.append(year_of(2).slice(0, 80 * 24))
        later.attach()

        assert later.written == {"reading_2023_01", "reading_2023_02"}


@pytest.mark.parametrize("first", [datetime(1969, 11, 30, 22, tzinfo=UTC), datetime(2024, 1, 31, 23, tzinfo=UTC)])
def test_a_table_is_divided_at_the_beginning_of_months(first: datetime) -> None:
    table = year_of(1, first)

    months = list(by_month(table))

    assert [str(month) for month, _ in months] == sorted({str(ts)[:7] for ts in table["ts"].to_pylist()})
    assert all({str(ts)[:7] for ts in rows["ts"].to_pylist()} == {str(month)} for month, rows in months)
    assert pa.concat_tables([rows for _, rows in months]).equals(table)


def year_of(meter_id: int, first: datetime = datetime(2023, 1, 1, tzinfo=UTC)) -> pa.Table:
    """A year of hours that hold 0, 1, 2 … kWh."""
    start = np.datetime64(first.replace(tzinfo=None), "us")
    energy = np.arange(HOURS_IN_YEAR, dtype=float)
    columns = {
        "meter_id": np.full(HOURS_IN_YEAR, meter_id),
        "batch_id": np.ones(HOURS_IN_YEAR, int),
        "ts": start + np.arange(HOURS_IN_YEAR) * np.timedelta64(1, "h"),
        "energy_kwh": energy,
        "raw_kwh": energy,
        "duration_s": np.full(HOURS_IN_YEAR, 3600),
        "flag": np.zeros(HOURS_IN_YEAR, int),
        "line": np.arange(HOURS_IN_YEAR),
    }
    return pa.table(columns).cast(READING)


def stored(conn: Connection) -> list[tuple[object, ...]]:
    statement = text("select meter_id, count(*), sum(energy_kwh) from reading group by meter_id order by meter_id")
    return [tuple(row) for row in conn.execute(statement)]
