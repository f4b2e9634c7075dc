"""What a feed states of a billing period is compared with its intervals when it is loaded."""

from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline.flags import Flag
from pipeline.sources.frame import Overrides
from pipeline.warehouse.engine import connect
from pipeline.warehouse.load import load_file

FLAGGED = text("select count(*), sum(raw_kwh) from reading where flag & :flag <> 0")


@pytest.mark.shared
@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize(
    ("name", "hours", "energy_kwh"),
    [
        ("openespi__1hrLP_32Days.xml", 0, None),  # 2,215.348 kWh are stated, and add up
        ("greenely__Desert_Single_Family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_7.xml", 720, 794.439),  # 1,876 stated
    ],
)
def test_intervals_that_do_not_add_up_to_the_bill_are_flagged(
    shared_data: Path, name: str, hours: int, energy_kwh: float | None
) -> None:
    load_file(shared_data / "green_button" / name, Overrides(), loaded_by="test")

    with connect() as conn:
        assert conn.execute(FLAGGED, {"flag": int(Flag.SUM_CHECK)}).one() == (
            hours,
            pytest.approx(energy_kwh) if energy_kwh else None,
        )
