"""Tariffs and bills: pure functions, money in Decimal.

``bill(load, tariffs, start, end, timezone, holidays, series)`` gives a `Bill` whose lines add up; ``LoadGrid.of`` and
``bill_of`` do the same for many periods of one load and price its intervals, too. ``Tariff`` is one dated version;
``to_json`` and ``from_json`` write and read it; ``read_urdb`` imports the OpenEI Utility Rate Database.

How amounts are rounded: a quantity is rounded half up to a thousandth (kWh, kW) or a millionth (months, years), the
price is as the tariff gives it, and their product is rounded half up to the currency's smallest unit. The total is the
sum of the rounded lines.
"""

from pipeline.analytics.tariffs.definition import from_json, to_json
from pipeline.analytics.tariffs.engine import Prices, bill, bill_of
from pipeline.analytics.tariffs.lines import Bill, Line
from pipeline.analytics.tariffs.load_grid import LoadGrid
from pipeline.analytics.tariffs.model import (
    ALWAYS,
    CapacityCharge,
    DemandCharge,
    EnergyCharge,
    EnergyTax,
    ExportCredit,
    FixedCharge,
    HourlyPrice,
    PercentTax,
    Period,
    Ratchet,
    Schedule,
    Tariff,
    TariffError,
    Tier,
    by_month,
    flat,
)
from pipeline.analytics.tariffs.urdb import Imported, read_urdb

__all__ = [
    "ALWAYS",
    "Bill",
    "CapacityCharge",
    "DemandCharge",
    "EnergyCharge",
    "EnergyTax",
    "ExportCredit",
    "FixedCharge",
    "HourlyPrice",
    "Imported",
    "Line",
    "LoadGrid",
    "PercentTax",
    "Period",
    "Prices",
    "Ratchet",
    "Schedule",
    "Tariff",
    "TariffError",
    "Tier",
    "bill",
    "bill_of",
    "by_month",
    "flat",
    "from_json",
    "read_urdb",
    "to_json",
]
