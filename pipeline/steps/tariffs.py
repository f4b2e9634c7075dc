"""Bills every site with meters by the month, compares tariffs on the same load, and prices every hour."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.tariffs import TariffError
from pipeline.errors import UNFORESEEN
from pipeline.steps.billing.inputs import Inputs, Place, read
from pipeline.steps.billing.rows import is_storable, replace_all
from pipeline.steps.billing.site_bills import SiteBill, months_with_data, other_bills, own_bills
from pipeline.steps.report import StepReport
from pipeline.warehouse import runs
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.queries import tariff_inputs

STEP = "tariffs"
SHARE_READ, SHARE_BILLED = 0.4, 0.85

Progress: TypeAlias = Callable[[float, str], None]


@dataclass
class Billed:
    """The bills and prices made so far, and the sites that could not be billed."""

    bills: list[SiteBill] = field(default_factory=list)
    prices: list[tuple[int, pd.DataFrame]] = field(default_factory=list)
    failures: list[runs.Failure] = field(default_factory=list)


def run(progress: Progress) -> StepReport:
    """Bill all sites anew where readings, tariffs or prices have changed."""
    started = time.monotonic()
    progress(0.0, "reading loads and tariffs")
    with connect() as conn:
        inputs_digest = _digest(conn)
        if runs.is_current(conn, STEP, inputs_digest):
            return StepReport(STEP, 0, 0, time.monotonic() - started, "nothing has changed", skipped=True)
        inputs = read(conn)
    billed = _bill_all(inputs, progress)
    progress(SHARE_BILLED, "storing the bills")
    seconds = time.monotonic() - started
    outcome = runs.Outcome(STEP, inputs_digest, len(billed.prices), seconds, billed.failures)
    with begin() as conn:
        replace_all(conn, runs.record(conn, outcome), billed.bills, billed.prices)
        raise_version(conn)
    progress(1.0, "done")
    message = f"{sum(one.assigned for one in billed.bills):,} bills of {len(billed.prices):,} sites"
    return StepReport(STEP, len(billed.prices), len(billed.failures), time.monotonic() - started, message)


def _digest(conn: Connection) -> str:
    """Digest what the bills depend on: readings and places, tariffs, who has them, and hourly prices."""
    versions, given = tariff_inputs.versions(conn), tariff_inputs.assignments(conn)
    parameters = (versions.to_json(), given.to_json(), tariff_inputs.state_of_prices(conn))
    return runs.inputs_digest(conn, parameters=parameters)


def _bill_all(inputs: Inputs, progress: Progress) -> Billed:
    billed = Billed()
    for number, place in enumerate(inputs.places):
        share = number / len(inputs.places)
        progress(SHARE_READ + share * (SHARE_BILLED - SHARE_READ), f"billing {place.name}")
        try:
            _bill_site(inputs, place, billed)
        except TariffError as error:
            billed.failures.append(runs.Failure(f"site {place.name}", str(error), site_id=place.site_id))
        except UNFORESEEN as error:
            billed.failures.append(runs.unforeseen(f"site {place.name}", error, place.site_id))
    return billed


def _bill_site(inputs: Inputs, place: Place, billed: Billed) -> None:
    account = inputs.account(place)
    months = months_with_data(account.grid)
    bills, prices = own_bills(account, months)
    if not bills:
        raise TariffError(
            f"{place.name} has no tariff for the days of its readings: choose one from an earlier day on."
        )
    bills += other_bills(account, months)
    for made in bills:
        if not is_storable(made):
            raise TariffError(
                f"The bill of {place.name} for {made.bill.start:%B %Y} would be {made.bill.total:.3g} "
                f"{made.bill.currency}: its readings are in another unit, or wrong."
            )
    billed.bills += bills
    billed.prices.append((place.site_id, prices))
