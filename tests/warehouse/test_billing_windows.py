"""Demand windows of clocks and meters that do not fit into each other."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from builders import Builder
from sqlalchemy import text

from pipeline.analytics.tariffs import DemandCharge, EnergyCharge, Tariff, flat, to_json
from pipeline.steps import tariffs as step
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.tariffs import StoredVersion, assign, store_version

FIRST_DAY = date(2025, 3, 1)


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize(
    ("zone", "step_s", "window"),
    [
        ("Asia/Kathmandu", 900, 30),  # 5:45 ahead of UTC
        ("Asia/Kathmandu", 1800, 30),
        ("Asia/Kolkata", 1200, 20),  # 5:30 ahead
        ("Europe/Berlin", 600, 15),
    ],
)
def test_energy_and_peak_are_right_whatever_the_clock_the_meter_and_the_window(
    zone: str, step_s: int, window: int
) -> None:
    """A meter of 2 kW: 48 kWh a day and a demand of 2 kW."""
    with begin() as conn:
        build = Builder(conn)
        site = build.site("House", zone)
        meter = build.meter(site, "Steady", step_s=step_s)
        start = datetime(2025, 2, 28, 16, 15 if zone == "Asia/Kathmandu" else 0, tzinfo=UTC)
        build.readings(meter, start, [2.0 * step_s / 3600] * (3 * 86_400 // step_s), step_s)
        _give(build, site, window)

    step.run(lambda _share, _what: None)

    with connect() as conn:
        energy, metered = conn.execute(
            text("select sum(energy_kwh), (select sum(energy_kwh) from reading) from bill where assigned")
        ).one()
        demand = conn.execute(
            text("select max(quantity) from bill_line where kind = 'demand' and unit = 'kW x month'")
        ).scalar_one()
        days = conn.execute(text("select count(*) from node_day where day >= '2025-03-01'")).scalar_one()
    assert energy == pytest.approx(metered)
    assert demand == pytest.approx(Decimal(2 * days) / 31, abs=Decimal("0.001"))


def _give(build: Builder, site: int, window: int) -> None:
    charged = Tariff(
        "Power",
        "EUR",
        date(2025, 1, 1),
        energy=(EnergyCharge("Energy", (flat("All", Decimal(1)),)),),
        demand=(DemandCharge("Demand", (flat("All", Decimal(10)),), window_minutes=window),),  # type: ignore[arg-type]
    )
    version = StoredVersion(
        name=charged.name,
        currency=charged.currency,
        valid_from=charged.valid_from,
        valid_to=None,
        definition=to_json(charged),
        utility="",
        country=None,
        sector=None,
        source_label="",
        warnings=(),
    )
    assign(build.conn, site, store_version(build.conn, version), charged.valid_from, assigned_by="test")
