"""Bills of a node for any days, worked out when they are asked for: to check an invoice."""

from datetime import date

from sqlalchemy import Connection

from pipeline.analytics.tariffs import Bill, bill_of
from pipeline.analytics.tariffs.parts import Days
from pipeline.errors import SelectionError
from pipeline.steps.billing.inputs import read
from pipeline.steps.billing.timeline import dated_tariffs
from pipeline.warehouse.queries.bills import billed_sites

MOST_SITES = 4
MOST_DAYS = 400


def bills_of_days(conn: Connection, site_id: int, first: date, end: date, currency: str) -> list[Bill]:
    """Bill the sites below a node from ``first`` to ``end`` (excluded), those that pay in ``currency``.

    ``conn`` is from `engine.connect`. Raises SelectionError for a node of too many sites, or days that make no sense.
    """
    if not first < end or (end - first).days > MOST_DAYS:
        raise SelectionError(f"Choose a period of an invoice that ends after it begins, of at most {MOST_DAYS} days.")
    sites = billed_sites(conn, site_id)
    if len(sites) > MOST_SITES:
        raise SelectionError(f"An invoice is checked against a site with meters: choose one of the {len(sites)} below.")
    period: Days = (first, end)
    inputs = read(conn, sites)
    accounts = [inputs.account(place) for place in inputs.places if place.stretches]
    bills = [
        bill_of(one.grid, dated_tariffs(one.stretches, dict(one.offers)), period, one.series)[0] for one in accounts
    ]
    return [bill for bill in bills if bill.currency == currency]
