"""Cost and CO2 of a selection, and what is missing where there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, union_all

from pipeline.definitions import MeasureKey, ValuedKey
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.schema import meter, meter_day, site, site_closure
from pipeline.warehouse.selection import Selection, owner_of, resolve
from pipeline.warehouse.tables.costs import node_cost_scope
from pipeline.warehouse.valuation import currencies
from pipeline.warehouse.valued import VALUES

NOT_COMPUTED = "Cost and CO\N{SUBSCRIPT TWO} have not been computed yet: run python -m pipeline run."
NO_PRICES = "No tariff is known here, so there is no cost: give the site one, then run python -m pipeline run."
NO_FACTORS = (
    "No emission factors are known here, so there is no CO\N{SUBSCRIPT TWO}: "
    "load some with python -m pipeline emissions."
)


@dataclass(frozen=True)
class CostScope:
    """How far prices and factors reach: ``sites`` with meters, how many of them have prices and factors."""

    currencies: tuple[str, ...] = ()
    sites: int = 0
    priced_sites: int = 0
    factored_sites: int = 0

    @property
    def currency(self) -> str | None:
        """Return the one currency of all costs; None where there is none, or more than one."""
        return self.currencies[0] if len(self.currencies) == 1 else None

    def why_none(self, measure: MeasureKey) -> str | None:
        """Say in a sentence why there is no cost or CO2; None where there is, and for every other measure."""
        if measure not in ("cost", "co2_kg"):
            return None
        if not self.sites:
            return NOT_COMPUTED
        if measure == "co2_kg":
            return None if self.factored_sites else NO_FACTORS
        if len(self.currencies) > 1:
            return (
                f"The sites here are billed in {_listed(self.currencies)}, which do not add up: "
                "choose a site or region of one currency."
            )
        return None if self.currencies else NO_PRICES

    def note(self, measure: MeasureKey) -> str:
        """Say what part of the sites a cost or CO2 covers; nothing where it is all."""
        known = {"cost": self.priced_sites, "co2_kg": self.factored_sites}.get(measure, self.sites)
        return "" if known == self.sites else f"{known} of {self.sites} sites"

    def short_note(self, measure: ValuedKey) -> str:
        """Say in a few words what is missing of a figure; nothing where it is whole."""
        if measure == "cost" and len(self.currencies) > 1:
            return f"several: {', '.join(self.currencies)}"
        if self.why_none(measure):
            return "no tariff yet" if measure == "cost" else "no factors yet"
        note = self.note(measure)
        return f"of {note}" if note else ""


@dataclass(frozen=True)
class Amounts:
    """What a period cost, in ``currency``, and emitted; None where it is not known.

    ``by_currency`` is the cost in each where there are several, which do not add up.
    """

    cost: Decimal | None = None
    co2_kg: float | None = None
    currency: str | None = None
    by_currency: Mapping[str, Decimal] = field(default_factory=dict)

    def value(self, measure: ValuedKey) -> float | None:
        """Return one of them as a number to show."""
        found = self.cost if measure == "cost" else self.co2_kg
        return None if found is None else float(found)


def scope(conn: Connection, filters: Filters) -> CostScope:
    """Say how far prices and factors reach in a selection."""
    return _scope_of(conn, resolve(conn, filters))


def amounts(conn: Connection, filters: Filters) -> tuple[Amounts, Amounts | None]:
    """Return what the period cost and emitted, and the same of the period it is compared with."""
    selection = resolve(conn, filters)
    currencies = _scope_of(conn, selection).currencies
    before = filters.compare_period
    now = _amounts(conn, selection, filters.period, currencies)
    return now, None if before is None else _amounts(conn, selection, before, currencies)


def _scope_of(conn: Connection, selection: Selection) -> CostScope:
    table = node_cost_scope
    rows = conn.execute(select(table).where(table.c.site_id.in_(_nodes(conn, selection)))).all()
    return CostScope(
        tuple(sorted({currency for row in rows for currency in row.currencies})),
        sum(row.sites for row in rows),
        sum(row.priced_sites for row in rows),
        sum(row.factored_sites for row in rows),
    )


def _nodes(conn: Connection, selection: Selection) -> list[int]:
    if selection.kind == "node":
        return list(selection.ids)
    return list(conn.scalars(select(meter.c.site_id).where(meter.c.id.in_(selection.ids))))


def _amounts(conn: Connection, selection: Selection, period: Period, currencies: Sequence[str]) -> Amounts:
    days = VALUES[selection.days]
    chosen = (owner_of(days).in_(selection.ids), *_within(days.c.day, period))
    cost, co2_kg = conn.execute(select(func.sum(days.c.cost), func.sum(days.c.co2_kg)).where(*chosen)).one()
    if len(currencies) > 1 and selection.kind == "node":
        return Amounts(co2_kg=co2_kg, by_currency=_by_currency(conn, selection, period))
    currency = currencies[0] if len(currencies) == 1 else None
    return Amounts(cost if currency else None, co2_kg, currency)


def _by_currency(conn: Connection, selection: Selection, period: Period) -> dict[str, Decimal]:
    """Add up the highest nodes below that have one currency each, and the own meters of those above them."""
    days, own, above = VALUES[selection.days], node_cost_scope, node_cost_scope.alias()
    below = and_(site_closure.c.descendant_id == own.c.site_id, site_closure.c.ancestor_id.in_(selection.ids))
    topmost = or_(own.c.site_id.in_(selection.ids), func.cardinality(above.c.currencies) > 1)
    of_nodes = (
        select(own.c.currencies[1].label("currency"), days.c.cost)
        .join_from(own, site_closure, below)
        .join(site, site.c.id == own.c.site_id)
        .outerjoin(above, above.c.site_id == site.c.parent_id)
        .join(days, owner_of(days) == own.c.site_id)
        .where(func.cardinality(own.c.currencies) == 1, topmost, *_within(days.c.day, period))
    )
    meters, billed = VALUES[meter_day], currencies()
    of_meters = (
        select(billed.c.currency, meters.c.cost)
        .join_from(own, site_closure, below)
        .join(billed, billed.c.site_id == own.c.site_id)
        .join(meter, meter.c.site_id == own.c.site_id)
        .join(meters, meters.c.meter_id == meter.c.id)
        .where(func.cardinality(own.c.currencies) > 1, *_within(meters.c.day, period))
    )
    parts = union_all(of_nodes, of_meters).subquery("part")
    known = select(parts.c.currency, func.sum(parts.c.cost)).where(parts.c.cost.is_not(None))
    rows = conn.execute(known.group_by(parts.c.currency).order_by(parts.c.currency)).all()
    return {row[0]: row[1] for row in rows}


def _within(day: ColumnElement[object], period: Period) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return day >= period.start, day < period.end


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
