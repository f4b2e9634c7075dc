"""Amounts just below zero, such as the cost of an hour that fed in a little, are in the extract to the last digit."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tableauhyperapi import CreateMode

from pipeline.outputs import hyper
from pipeline.outputs.tables import ExportTable
from pipeline.outputs.tally import Tally, no_progress

SCHEMA = pa.schema(
    {
        "place": pa.int32(),
        "ts_utc": pa.timestamp("us", "UTC"),
        "day": pa.date32(),
        "price": pa.decimal128(18, 8),
        "amount": pa.decimal128(18, 2),
    }
)
MOMENT, DAY = datetime(2026, 3, 29, 1, tzinfo=UTC), date(2026, 3, 29)
AMOUNTS = st.none() | st.decimals("-2", "2", places=2)
PRICES = st.decimals("-0.2", "0.2", places=8) | st.sampled_from([Decimal("-0.00000001"), Decimal("-0.1")])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(PRICES, AMOUNTS), min_size=1, max_size=40))
def test_every_amount_is_kept_with_its_row(
    tmp_path_factory: pytest.TempPathFactory, money: list[tuple[Decimal, Decimal | None]]
) -> None:
    path = tmp_path_factory.mktemp("amounts") / "amounts.hyper"
    rows = [(place, MOMENT, DAY, price, amount) for place, (price, amount) in enumerate(money)]
    columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), SCHEMA.types, strict=True)]
    batches = pa.table(columns, schema=SCHEMA).to_batches(max_chunksize=7)
    with hyper.open_extract(path, CreateMode.CREATE_AND_REPLACE) as connection:
        connection.execute_command(
            'create table "bills" ("place" integer, "ts_utc" timestamp with time zone, "day" date, '
            '"price" numeric(18, 8), "amount" numeric(18, 2))'
        )

    hyper.append(path, [ExportTable("bills", SCHEMA, iter(batches))], Tally(len(rows), no_progress))

    with hyper.open_extract(path) as connection:
        found = connection.execute_list_query('select "place", "price", "amount" from "bills" order by "place"')
    assert [tuple(row) for row in found] == [(place, price, amount) for place, _, _, price, amount in rows]
