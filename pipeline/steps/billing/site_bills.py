"""All bills of one site: each month under its own tariff and under those it could have, and the price of each hour."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipeline.analytics.tariffs import Bill, LoadGrid, Prices, Tariff, TariffError, bill_of
from pipeline.analytics.tariffs.load_grid import HOUR_S
from pipeline.analytics.tariffs.parts import Days, next_month
from pipeline.steps.billing.timeline import Offer, Stretch, dated_tariffs, tariff_on

Series = Mapping[str, pd.Series]
_A_DAY = timedelta(days=1)
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class SiteBill:
    """A month's bill of a site, under its own tariff (``assigned``) or another."""

    site_id: int
    tariff_id: int
    assigned: bool
    bill: Bill


@dataclass(frozen=True)
class Account:
    """What a site is billed by: its load, its tariffs over time, and the others to compare with."""

    site_id: int
    grid: LoadGrid
    stretches: Sequence[Stretch]
    offers: Mapping[int, Offer]
    others: Sequence[Offer]
    series: Series


def months_with_data(grid: LoadGrid) -> list[Days]:
    """List the local months in which there is any reading; the first and the last as far as the readings go."""
    known = grid.share_covered > 0
    first, last = (date.fromordinal(_EPOCH + int(day)) for day in grid.clock.day[known][[0, -1]])
    end = last + _A_DAY
    starts = [date(int(month) // 12, int(month) % 12 + 1, 1) for month in np.unique(grid.clock.month[known])]
    return [(max(start, first), min(next_month(start), end)) for start in starts]


def own_bills(account: Account, months: Sequence[Days]) -> tuple[list[SiteBill], pd.DataFrame]:
    """Bill each month under the site's own tariff, and price its hours and those of the month after the last.

    The prices: ``ts`` (UTC), ``price, export_price, demand_price, period, import_kwh, export_kwh``. Raises TariffError.
    """
    tariffs = dated_tariffs(account.stretches, dict(account.offers))
    bills, prices = [], []
    for month in months:
        made, priced = bill_of(account.grid, tariffs, month, account.series)
        tariff_id = tariff_on(account.stretches, month[1] - _A_DAY)
        if made.lines and tariff_id is not None:
            bills.append(SiteBill(account.site_id, tariff_id, assigned=True, bill=_marked(made)))
        prices += priced
    prices += _beyond(account, tariffs, months[-1][1])
    frames = [_hours(account.grid, one) for one in prices]
    return bills, pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def other_bills(account: Account, months: Sequence[Days]) -> Iterator[SiteBill]:
    """Bill each month under the other tariffs; one that cannot bill this site is left out."""
    for offer in account.others:
        tariffs = offer.from_the_start()
        for month in months:
            if tariff_on(account.stretches, month[1] - _A_DAY) == offer.tariff_id:
                continue
            try:
                made, _ = bill_of(account.grid, tariffs, month, account.series)
            except TariffError:
                continue
            yield SiteBill(account.site_id, offer.tariff_id, assigned=False, bill=_marked(made))


def _marked(bill: Bill) -> Bill:
    """Say on the bill of part of a month which days it is for."""
    first, end = bill.start.replace(day=1), next_month(bill.start)
    if (bill.start, bill.end) == (first, end):
        return bill
    note = f"For {bill.start} to {bill.end - _A_DAY} alone, the days with readings; monthly charges in proportion."
    return replace(bill, notes=(note, *bill.notes))


def _beyond(account: Account, tariffs: Sequence[Tariff], end: date) -> list[Prices]:
    """Price the time after the readings to the end of the next month, for forecasts of cost."""
    return bill_of(account.grid, tariffs, (end, next_month(next_month(end - _A_DAY))), account.series)[1]


def _hours(grid: LoadGrid, prices: Prices) -> pd.DataFrame:
    """Take the prices of the first interval of each clock hour, and the energy of all of them."""
    where = prices.where
    starts = grid.utc_s[where] - grid.clock.local_s[where] % HOUR_S
    if not len(starts):
        return pd.DataFrame()
    first = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
    return pd.DataFrame(
        {
            "ts": starts[first],
            "price": prices.price[first],
            "export_price": prices.export_price[first],
            "demand_price": prices.demand_price[first],
            "period": np.array(prices.periods, dtype=object)[prices.period[first]],
            "import_kwh": np.add.reduceat(grid.import_kwh[where], first),
            "export_kwh": np.add.reduceat(grid.export_kwh[where], first),
        }
    )
