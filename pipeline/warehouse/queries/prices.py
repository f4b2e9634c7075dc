"""What a kWh costs at a site at a time, as the tariffs step worked it out from the site's own tariff."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Date, Double, Select, and_, cast, func, select

from pipeline.warehouse.queries.frames import fetch
from pipeline.warehouse.schema import site, site_closure
from pipeline.warehouse.tables.tariffs import bill, site_price

_AN_HOUR = timedelta(hours=1)
_DIGITS = Decimal("0.00000001")


def hourly_prices(
    conn: Connection, site_ids: Sequence[int], start: datetime | None = None, end: datetime | None = None
) -> pd.DataFrame:
    """Read the price of each hour at some sites with meters, by site and time; hours without a tariff have no row.

    Columns: ``site_id, ts`` (datetime64[us, UTC], start of the clock hour), ``price_per_kwh`` of energy imported and
    ``export_price_per_kwh`` of energy exported (float64, for multiplying with energy; round sums of money at the end),
    ``demand_price_per_kw`` (per kW of the month's peak; NaN where power costs nothing), ``period`` (name of the
    tariff's period), ``currency``, ``import_kwh`` and ``export_kwh`` (what was used and fed in).

    ``price_per_kwh`` holds all that a kWh costs: energy, energy taxes and per cent taxes on both, of tiers the mean of
    the month. Price times ``import_kwh`` adds up to the lines ``of_energy`` of the bills. There are prices to the end
    of the month after the last reading, with energy 0 there, for forecasts of cost.
    """
    local_month = cast(func.date_trunc("month", func.timezone(site.c.timezone, site_price.c.ts)), Date)
    of_month = and_(bill.c.site_id == site_price.c.site_id, bill.c.assigned, bill.c.month == local_month)
    statement = (
        select(
            site_price.c.site_id,
            func.timezone("UTC", site_price.c.ts, type_=site_price.c.ts.type).label("ts"),
            cast(site_price.c.price, Double).label("price_per_kwh"),
            cast(site_price.c.export_price, Double).label("export_price_per_kwh"),
            cast(site_price.c.demand_price, Double).label("demand_price_per_kw"),
            site_price.c.period,
            func.coalesce(bill.c.currency, _newest_currency(), type_=bill.c.currency.type).label("currency"),
            site_price.c.import_kwh,
            site_price.c.export_kwh,
        )
        .join_from(site_price, site, site.c.id == site_price.c.site_id)
        .outerjoin(bill, of_month)
        .where(site_price.c.site_id.in_(site_ids), *_between(start, end))
        .order_by(site_price.c.site_id, site_price.c.ts)
    )
    frame = fetch(conn, statement)
    return frame.assign(ts=frame["ts"].dt.tz_localize("UTC"))


def marginal_price(conn: Connection, site_id: int, start_ts: datetime, end_ts: datetime) -> Decimal | None:
    """Return what a kWh costs at a node from ``start_ts`` to ``end_ts`` (excluded): the mean over the energy used.

    Where none was used it is the mean over time. None without a tariff, or where several currencies are paid below.
    """
    if currency_of(conn, site_id) is None:
        return None
    used = func.sum(site_price.c.import_kwh)
    weighted = func.sum(cast(site_price.c.price, Double) * site_price.c.import_kwh) / func.nullif(used, 0.0)
    statement = select(weighted, func.avg(cast(site_price.c.price, Double))).where(
        site_price.c.site_id.in_(_below(site_id)), *_between(start_ts, end_ts)
    )
    by_energy, by_time = conn.execute(statement).one()
    price = by_time if by_energy is None else by_energy
    return None if price is None else Decimal(str(price)).quantize(_DIGITS)


def currency_of(conn: Connection, site_id: int) -> str | None:
    """Return the currency in which a node and all below it pay now; None where there is no tariff, or several pay
    in several currencies.
    """  # noqa: D205 - one thought
    found: tuple[str, ...] = tuple(conn.scalars(_currencies(site_id)))
    return found[0] if len(found) == 1 else None


def demand_price(conn: Connection, site_id: int, at: datetime) -> Decimal | None:
    """Return what one more kW of the month's peak costs a month, if the peak fell into the hour of ``at``.

    Of a site with meters; None where power costs nothing, or without a tariff.
    """
    hour = (
        select(site_price.c.demand_price)
        .where(site_price.c.site_id == site_id, site_price.c.ts <= at, site_price.c.ts > at - _AN_HOUR)
        .order_by(site_price.c.ts.desc())
        .limit(1)
    )
    price: Decimal | None = conn.execute(hour).scalar_one_or_none()
    return price


def _below(site_id: int) -> Select[tuple[int]]:
    return select(site_closure.c.descendant_id).where(site_closure.c.ancestor_id == site_id)


def _between(start: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    from_start = [] if start is None else [site_price.c.ts >= start]
    return from_start if end is None else [*from_start, site_price.c.ts < end]


def _newest_currency() -> ColumnElement[str]:
    """Select the currency of a site's newest bill: that of the hours to come."""
    newest = bill.alias("newest")
    return (
        select(newest.c.currency)
        .where(newest.c.site_id == site_price.c.site_id, newest.c.assigned)
        .order_by(newest.c.month.desc())
        .limit(1)
        .scalar_subquery()
    )


def _currencies(site_id: int) -> Select[tuple[str]]:
    """Select the currencies of the newest bills of all sites below a node."""
    newest = (
        select(bill.c.site_id, func.max(bill.c.month).label("month"))
        .where(bill.c.assigned, bill.c.site_id.in_(_below(site_id)))
        .group_by(bill.c.site_id)
        .subquery()
    )
    latest = and_(bill.c.site_id == newest.c.site_id, bill.c.month == newest.c.month, bill.c.assigned)
    return select(bill.c.currency).join_from(bill, newest, latest).distinct().order_by(bill.c.currency)
