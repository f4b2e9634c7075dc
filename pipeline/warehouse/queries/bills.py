"""Bills of a node: those of all sites below it, one currency at a time. Money comes as Decimal where it is shown as
a sum, and as float in the frames that charts draw.
"""  # noqa: D205 - one thought

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Double,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array, distinct_on

from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries.frames import fetch
from pipeline.warehouse.schema import node_hour, site, site_closure
from pipeline.warehouse.tables.tariffs import bill, bill_line, invoice, site_price, site_tariff, tariff, tariff_version

_A_DAY = timedelta(days=1)
KINDS = ("fixed", "energy", "demand", "capacity", "minimum", "tax", "export")


def over_a_year(filters: Filters) -> Filters:
    """Return the same selection over the period's months, and at least the twelve up to its last."""
    last = (filters.end - _A_DAY).replace(day=1)
    a_year = last.replace(year=last.year - 1) + timedelta(days=31)
    return replace(filters, start=min(filters.start.replace(day=1), a_year.replace(day=1)))


def currencies(conn: Connection, site_id: int) -> list[str]:
    """List the currencies in which sites below a node are billed, that of most sites first."""
    statement = (
        select(bill.c.currency)
        .where(bill.c.assigned, bill.c.site_id.in_(_below(site_id)))
        .group_by(bill.c.currency)
        .order_by(func.count(bill.c.site_id.distinct()).desc(), bill.c.currency)
    )
    return list(conn.scalars(statement))


def billed_sites(conn: Connection, site_id: int) -> list[int]:
    """List the sites below a node that are billed, itself included."""
    return list(
        conn.scalars(
            select(bill.c.site_id)
            .where(bill.c.assigned, bill.c.site_id.in_(_below(site_id)))
            .distinct()
            .order_by(bill.c.site_id)
        )
    )


def by_month(conn: Connection, filters: Filters, currency: str) -> pd.DataFrame:
    """Add up the bills of the months that the period touches by kind of charge: ``month, kind, amount``."""
    statement = (
        select(bill_line.c.month, bill_line.c.kind, cast(func.sum(bill_line.c.amount), Double).label("amount"))
        .join_from(bill_line, bill, _same_bill())
        .where(*_own(filters, currency))
        .group_by(bill_line.c.month, bill_line.c.kind)
        .order_by(bill_line.c.month, bill_line.c.kind)
    )
    return fetch(conn, statement)


def totals(conn: Connection, filters: Filters, currency: str) -> pd.DataFrame:
    """Sum up each month: ``month, total, energy_kwh, export_kwh, share_estimated, coverage, sites``, oldest first."""
    covered = func.sum(bill.c.covered_hours)
    statement = (
        select(
            bill.c.month,
            cast(func.sum(bill.c.total), Double).label("total"),
            func.sum(bill.c.energy_kwh).label("energy_kwh"),
            func.sum(bill.c.export_kwh).label("export_kwh"),
            func.coalesce(func.sum(bill.c.share_estimated * bill.c.covered_hours) / func.nullif(covered, 0.0), 0.0)
            .cast(Double)
            .label("share_estimated"),
            (covered / func.sum(bill.c.hours)).label("coverage"),
            func.count().label("sites"),
        )
        .where(*_own(filters, currency))
        .group_by(bill.c.month)
        .order_by(bill.c.month)
    )
    return fetch(conn, statement)


def lines(conn: Connection, site_id: int, month: date, currency: str) -> pd.DataFrame:
    """List the lines of a month's bill in their order: ``kind, label, quantity, unit, price, amount, sites``.

    Of several sites, lines of the same name, unit and price are one: they add up to the total just the same.
    """
    statement = (
        select(
            bill_line.c.kind,
            bill_line.c.label,
            cast(func.sum(bill_line.c.quantity), Double).label("quantity"),
            bill_line.c.unit,
            cast(bill_line.c.price, Double).label("price"),
            cast(func.sum(bill_line.c.amount), Double).label("amount"),
            func.count().label("sites"),
        )
        .join_from(bill_line, bill, _same_bill())
        .where(bill.c.assigned, bill.c.month == month, bill.c.currency == currency, bill.c.site_id.in_(_below(site_id)))
        .group_by(bill_line.c.kind, bill_line.c.label, bill_line.c.unit, bill_line.c.price)
        .order_by(
            func.array_position(array(KINDS), bill_line.c.kind),
            func.min(bill_line.c.number),
            bill_line.c.label,
            bill_line.c.price.desc(),
        )
    )
    return fetch(conn, statement)


def notes(conn: Connection, site_id: int, month: date, currency: str) -> pd.DataFrame:
    """List what must be said of a month's bills: ``site, tariff, note``."""
    statement = (
        select(site.c.name.label("site"), tariff.c.name.label("tariff"), func.unnest(bill.c.notes).label("note"))
        .join_from(bill, site, site.c.id == bill.c.site_id)
        .join(tariff, tariff.c.id == bill.c.tariff_id)
        .where(bill.c.assigned, bill.c.month == month, bill.c.currency == currency, bill.c.site_id.in_(_below(site_id)))
        .order_by(site.c.name)
    )
    rows = conn.execute(statement).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=["site", "tariff", "note"])


def comparison(conn: Connection, filters: Filters, currency: str) -> pd.DataFrame:
    """Compare what each site paid in up to a year of months with what it would have paid under other tariffs.

    The months are the newest twelve up to the end of the period that have bills under both. Columns: ``site_id, site,
    tariff_id, tariff, current`` (bool), ``months, energy_kwh, cost, paid, difference`` (cost less paid, float), the
    cheapest of each site first.
    """
    last = filters.end - _A_DAY
    first = last.replace(day=1, year=last.year - 1) + timedelta(days=31)
    own, other = bill.alias("own"), bill.alias("other")
    both = and_(other.c.site_id == own.c.site_id, other.c.month == own.c.month, other.c.currency == own.c.currency)
    current = cast(other.c.assigned, Boolean)
    cost, paid = func.sum(other.c.total), func.sum(own.c.total)
    name = case((current, literal("Own tariffs")), else_=tariff.c.name)
    number = case((current, 0), else_=other.c.tariff_id)
    statement = (
        select(
            own.c.site_id,
            site.c.name.label("site"),
            number.label("tariff_id"),
            func.max(case((current, tariff.c.name), else_=name)).label("tariff"),
            func.bool_or(current, type_=Boolean()).label("current"),
            func.count().label("months"),
            func.sum(other.c.energy_kwh).label("energy_kwh"),
            cast(cost, Double).label("cost"),
            cast(paid, Double).label("paid"),
            cast(cost - paid, Double).label("difference"),
        )
        .join_from(own, other, both)
        .join(site, site.c.id == own.c.site_id)
        .join(tariff, tariff.c.id == other.c.tariff_id)
        .where(own.c.assigned, own.c.currency == currency, own.c.site_id.in_(_below(filters.site_id)))
        .where(own.c.month >= first.replace(day=1), own.c.month <= last)
        .group_by(own.c.site_id, site.c.name, number)
        .order_by(site.c.name, own.c.site_id, cost)
    )
    return fetch(conn, statement)


def by_period(conn: Connection, filters: Filters, currency: str) -> pd.DataFrame:
    """Split the cost of energy, its taxes included, by the tariff's periods over the local days of the filters.

    Columns: ``tariff, period, energy_kwh, cost`` and ``mean_price`` (float), the dearest price first.
    """
    billed = _stretches(filters, currency)
    energy = func.sum(site_price.c.import_kwh)
    cost = func.sum(cast(site_price.c.price, Double) * site_price.c.import_kwh)
    mean_price = cast(cost / func.nullif(energy, 0.0), Double).label("mean_price")
    within = and_(
        site_price.c.site_id == billed.c.site_id, site_price.c.ts >= billed.c.first, site_price.c.ts < billed.c.after
    )
    statement = (
        select(billed.c.tariff, site_price.c.period, energy.label("energy_kwh"), cost.label("cost"), mean_price)
        .join_from(billed, site_price, within)
        .group_by(billed.c.tariff, site_price.c.period)
        .having(energy > 0)
        .order_by(mean_price.desc(), billed.c.tariff)
    )
    return fetch(conn, statement)


def coincident_peak(conn: Connection, filters: Filters) -> pd.DataFrame:
    """Compare a node's own peak with its power when the whole organisation peaked, by month of the root's zone.

    Columns: ``month, at`` (when the organisation peaked, naive local time of the node), ``organisation_kw``,
    ``at_peak_kw`` (the node's power then), ``own_peak_kw``, ``own_at`` (its own highest hour) and ``share`` (of the
    organisation's peak). Months that the period touches.
    """
    root = (
        select(site_closure.c.ancestor_id)
        .where(site_closure.c.descendant_id == filters.site_id)
        .order_by(site_closure.c.depth.desc())
        .limit(1)
        .scalar_subquery()
    )
    whole, mine = _peaks(root, filters, "whole"), _peaks(filters.site_id, filters, "mine")
    then = _power(filters.site_id, filters).subquery("now")
    zone = select(site.c.timezone).where(site.c.id == filters.site_id).scalar_subquery()
    statement = (
        select(
            whole.c.month,
            func.timezone(zone, whole.c.ts, type_=DateTime()).label("at"),
            whole.c.kw.label("organisation_kw"),
            then.c.kw.label("at_peak_kw"),
            mine.c.kw.label("own_peak_kw"),
            func.timezone(zone, mine.c.ts, type_=DateTime()).label("own_at"),
            cast(then.c.kw / func.nullif(whole.c.kw, 0.0), Double).label("share"),
        )
        .join_from(whole, mine, mine.c.month == whole.c.month)
        .join(then, then.c.ts == whole.c.ts)
        .order_by(whole.c.month)
    )
    return fetch(conn, statement)


def tariffs(conn: Connection) -> pd.DataFrame:
    """List the tariffs by name: ``tariff_id, name, currency, country, sector, source, valid_from`` (of the newest)."""
    newest = func.max(tariff_version.c.valid_from)
    statement = (
        select(
            tariff.c.id.label("tariff_id"),
            *(tariff.c[name] for name in ("name", "currency", "country", "sector", "source")),
            newest.label("valid_from"),
        )
        .join_from(tariff, tariff_version)
        .group_by(tariff.c.id)
        .order_by(tariff.c.name)
    )
    rows = conn.execute(statement).all()
    names = [str(column.name) for column in statement.selected_columns]
    return pd.DataFrame([tuple(row) for row in rows], columns=names)


def tariffs_of(conn: Connection, site_id: int) -> pd.DataFrame:
    """List the tariffs that a node was given, and the nodes above it, the nearest first and the newest of each.

    Columns: ``valid_from`` (date), ``tariff, currency, given_to, assigned_by``.
    """
    statement = (
        select(
            site_tariff.c.valid_from,
            tariff.c.name.label("tariff"),
            tariff.c.currency,
            site.c.name.label("given_to"),
            site_tariff.c.assigned_by,
        )
        .join_from(site_tariff, tariff)
        .join(site, site.c.id == site_tariff.c.site_id)
        .join(site_closure, site_closure.c.ancestor_id == site_tariff.c.site_id)
        .where(site_closure.c.descendant_id == site_id)
        .order_by(site_closure.c.depth, site_tariff.c.valid_from.desc())
    )
    rows = conn.execute(statement).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=[str(one.name) for one in statement.selected_columns])


def invoices(conn: Connection, site_id: int) -> pd.DataFrame:
    """List a node's invoices, newest first: ``id, start_day, end_day, amount`` (Decimal), ``currency, entered_by``."""
    columns = [invoice.c[name] for name in ("id", "start_day", "end_day", "amount", "currency", "entered_by")]
    rows = conn.execute(
        select(*columns).where(invoice.c.site_id == site_id).order_by(invoice.c.start_day.desc(), invoice.c.id.desc())
    ).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=[column.name for column in columns])


def _below(site_id: int) -> Select[tuple[int]]:
    return select(site_closure.c.descendant_id).where(site_closure.c.ancestor_id == site_id)


def _same_bill() -> ColumnElement[bool]:
    keys = ("site_id", "month", "tariff_id", "assigned")
    return and_(*(bill_line.c[key] == bill.c[key] for key in keys))


def _own(filters: Filters, currency: str) -> list[ColumnElement[bool]]:
    """Choose the bills under the sites' own tariffs, of the months that the period touches."""
    return [
        bill.c.assigned,
        bill.c.currency == currency,
        bill.c.site_id.in_(_below(filters.site_id)),
        bill.c.month >= filters.start.replace(day=1),
        bill.c.month < filters.end,
    ]


def _stretches(filters: Filters, currency: str) -> Subquery:
    """Cut each site's bills to the period: ``site_id, tariff, first, after`` (instants)."""
    month_after = bill.c.month + literal_column("interval '1 month'")
    first = func.greatest(cast(bill.c.month, DateTime), cast(filters.start, DateTime))
    after = func.least(month_after, cast(filters.end, DateTime))
    return (
        select(
            bill.c.site_id,
            tariff.c.name.label("tariff"),
            func.timezone(site.c.timezone, first).label("first"),
            func.timezone(site.c.timezone, after).label("after"),
        )
        .join_from(bill, site, site.c.id == bill.c.site_id)
        .join(tariff, tariff.c.id == bill.c.tariff_id)
        .where(*_own(filters, currency))
        .subquery("billed")
    )


def _power(site_id: ScalarSelect[int] | int, filters: Filters) -> Select[*tuple[Any, ...]]:
    """Select the power of the months that the period touches by quarters of an hour: ``ts, month, kw``.

    Hours begin at different minutes in different zones; in quarters they can be added up, each hour at its mean power.
    """
    first, after = filters.start.replace(day=1), (filters.end - _A_DAY).replace(day=28) + timedelta(days=4)
    month = cast(func.date_trunc("month", func.min(node_hour.c.day)), Date).label("month")
    quarter = func.generate_series(0, 3).table_valued("number", name="quarter").render_derived()
    ts = (node_hour.c.ts + quarter.c.number * literal_column("interval '15 minutes'")).label("ts")
    return (
        select(ts, month, func.sum(node_hour.c.energy_kwh).label("kw"))
        .join_from(node_hour, quarter, true())
        .where(node_hour.c.site_id == site_id)
        .where(node_hour.c.day >= first, node_hour.c.day < after.replace(day=1))
        .where(node_hour.c.ts >= first - _A_DAY, node_hour.c.ts < after + _A_DAY)
        .group_by(ts)
    )


def _peaks(site_id: ScalarSelect[int] | int, filters: Filters, name: str) -> Subquery:
    """Select the highest power of each month: ``month, ts, kw``."""
    hours = _power(site_id, filters).subquery(f"{name}_hours")
    return (
        select(hours.c.month, hours.c.ts, hours.c.kw)
        .ext(distinct_on(hours.c.month))
        .order_by(hours.c.month, hours.c.kw.desc(), hours.c.ts)
        .subquery(name)
    )
