from decimal import Decimal

import numpy as np
import pandas as pd

NO_EXPECTED = "There is no expected energy to compare with."
NO_TARIFF = "There is no tariff for this site at the time: import one on the Bills page."
TOO_LARGE = "It would cost {amount:.3g} {currency}: its readings are in another unit, or wrong."
LARGEST = 1e11  # of any currency: more is no bill, and more than the warehouse keeps
_CENTS = Decimal("0.0001")


def costs(events: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """Price the energy above what was expected (negative below it), by event.

    ``events``: ``site_id, start, end`` (UTC), ``expected_kwh, actual_kwh``. ``prices``: ``site_id, ts`` (start of a UTC
    hour)``, price_per_kwh, currency``. Returns by the index of ``events``: ``cost`` (Decimal or None), ``currency``,
    ``cost_reason`` (empty where there is a cost).

    The deviation is spread evenly over the event, so its price is the mean of the event's hours that have one: exact
    for a constant price, an approximation where dear hours deviate more than cheap ones.
    """
    by_site: dict[object, _Prices] = {site: _Prices(rows) for site, rows in prices.groupby("site_id")}
    deviations = (events["actual_kwh"] - events["expected_kwh"]).astype(float)
    rows = [
        _cost(start, end, deviation, by_site.get(site))
        for site, start, end, deviation in zip(
            events["site_id"], events["start"], events["end"], deviations, strict=True
        )
    ]
    return pd.DataFrame(rows, columns=["cost", "currency", "cost_reason"], index=events.index, dtype=object)


class _Prices:
    """Mean prices of any stretch of time, by differences of a running sum."""

    def __init__(self, prices: pd.DataFrame) -> None:
        ordered = prices.sort_values("ts")
        self.hours = ordered["ts"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
        self.running = np.concatenate([[0.0], np.cumsum(ordered["price_per_kwh"].astype(float).to_numpy())])
        self.currencies = ordered["currency"].to_numpy()

    def mean(self, start: pd.Timestamp, end: pd.Timestamp) -> tuple[float, str] | None:
        """Return the mean price and its currency; None where no hour has one."""
        bounds = [moment.tz_convert("UTC").tz_localize(None).to_datetime64() for moment in (start.floor("h"), end)]
        first, last = np.searchsorted(self.hours, bounds)
        if first >= last:
            return None
        return float(self.running[last] - self.running[first]) / float(last - first), str(self.currencies[first])


def _cost(
    start: pd.Timestamp, end: pd.Timestamp, deviation_kwh: float, prices: _Prices | None
) -> tuple[Decimal | None, str | None, str]:
    if not np.isfinite(deviation_kwh):
        return None, None, NO_EXPECTED
    price = prices.mean(start, end) if prices is not None else None
    if price is None:
        return None, None, NO_TARIFF
    amount, currency = deviation_kwh * price[0], price[1]
    if abs(amount) >= LARGEST:
        return None, None, TOO_LARGE.format(amount=amount, currency=currency)
    return Decimal(str(amount)).quantize(_CENTS), currency, ""
