"""Bills and prices as rows, written by COPY in place of those of the run before."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, delete

from pipeline.steps.billing.site_bills import SiteBill
from pipeline.warehouse.copy import copy_into
from pipeline.warehouse.tables.tariffs import bill, site_price

AMOUNT, PRICE, QUANTITY = pa.decimal128(16, 3), pa.decimal128(18, 8), pa.decimal128(20, 6)
LARGEST = Decimal(10) ** 12  # of a currency or kWh, in a month of one site
_PRICES = ("price", "export_price", "demand_price")
_DIGITS = 8
_MICROSECONDS = 1_000_000


def is_storable(made: SiteBill) -> bool:
    """Say whether the numbers of a bill are of a size that anybody could be billed, and so fit into the tables."""
    sizes = (abs(size) for line in made.bill.lines for size in (line.quantity, line.amount))
    return max(sizes, default=Decimal(0)) < LARGEST


def replace_all(
    conn: Connection, run_id: int, bills: Sequence[SiteBill], prices: Sequence[tuple[int, pd.DataFrame]]
) -> None:
    """Write all bills with their lines, and the prices of each site's hours."""
    conn.execute(delete(bill))
    conn.execute(delete(site_price))
    if bills:
        copy_into(conn, "bill", _bills(bills, run_id))
        copy_into(conn, "bill_line", _lines(bills))
    for site_id, frame in prices:
        copy_into(conn, "site_price", _prices(site_id, frame))


def _bills(bills: Sequence[SiteBill], run_id: int) -> pa.Table:
    made = [one.bill for one in bills]
    return pa.table(
        {
            **_keys(bills),
            "run_id": pa.array([run_id] * len(bills), pa.int32()),
            "currency": [one.currency for one in made],
            "total": pa.array([one.total for one in made], AMOUNT),
            **{
                name: pa.array([getattr(one, name) for one in made], pa.float64())
                for name in ("energy_kwh", "export_kwh", "peak_kw", "hours", "covered_hours", "share_estimated")
            },
            "peak_ts": pa.array([one.peak_at for one in made], pa.timestamp("us", "UTC")),
            "notes": pa.array([list(one.notes) for one in made], pa.list_(pa.string())),
        }
    )


def _lines(bills: Sequence[SiteBill]) -> pa.Table:
    owners = [one for one in bills for _ in one.bill.lines]
    lines = [line for one in bills for line in one.bill.lines]
    numbers = [number for one in bills for number in range(1, len(one.bill.lines) + 1)]
    return pa.table(
        {
            **_keys(owners),
            "number": pa.array(numbers, pa.int16()),
            **{name: [getattr(line, name) for line in lines] for name in ("kind", "label", "period", "unit")},
            "quantity": pa.array([line.quantity for line in lines], QUANTITY),
            "price": pa.array([line.price for line in lines], PRICE),
            "amount": pa.array([line.amount for line in lines], AMOUNT),
            "of_energy": pa.array([line.of_energy for line in lines], pa.bool_()),
        }
    )


def _keys(owners: Sequence[SiteBill]) -> dict[str, pa.Array]:
    return {
        "site_id": pa.array([one.site_id for one in owners], pa.int32()),
        "month": pa.array([one.bill.start.replace(day=1) for one in owners], pa.date32()),
        "tariff_id": pa.array([one.tariff_id for one in owners], pa.int32()),
        "assigned": pa.array([one.assigned for one in owners], pa.bool_()),
    }


def _prices(site_id: int, frame: pd.DataFrame) -> pa.Table:
    return pa.table(
        {
            "site_id": pa.array(np.full(len(frame), site_id), pa.int32()),
            "ts": pa.array(frame["ts"].to_numpy() * _MICROSECONDS, pa.timestamp("us", "UTC")),
            **{name: _decimals(frame[name]) for name in _PRICES},
            "period": pa.array(frame["period"], pa.string()),
            "import_kwh": pa.array(frame["import_kwh"], pa.float64()),
            "export_kwh": pa.array(frame["export_kwh"], pa.float64()),
        }
    )


def _decimals(prices: pd.Series) -> pa.Array:
    """Write prices to eight decimals; NaN becomes null."""
    rounded = pa.array(prices.to_numpy(dtype=np.float64).round(_DIGITS), pa.float64(), from_pandas=True)
    return rounded.cast(PRICE, safe=False)
