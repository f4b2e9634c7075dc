"""What the Recommendations page asks: what could be saved, what was decided, what it adds up to, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, select

from pipeline.errors import SelectionError
from pipeline.warehouse import runs
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.recommendation_decisions import current_decisions
from pipeline.warehouse.schema import site, site_closure
from pipeline.warehouse.tables.recommendations import recommendation, recommendation_decision, saving
from pipeline.warehouse.tables.runs import model_failure

State = Literal["open", "accepted", "done", "dismissed"]
STEP = "recommend"
MOST_OF_A_SITE, MOST_IN_ALL = 3, 20
MOST_LISTED = 200
DAYS_PER_YEAR = 365


@dataclass(frozen=True)
class Board:
    """Recommendations to read: ``cards`` in their order, and how many ``more`` there are."""

    cards: pd.DataFrame
    more: int


@dataclass(frozen=True)
class Total:
    """What recommendations of one state add up to in a year; money by currency, where there is a tariff."""

    count: int
    kwh: float
    co2_kg: float
    money: Mapping[str, Decimal]


@dataclass(frozen=True)
class Totals:
    """Possible (open), accepted, expected of what is done, and realised, each in a year."""

    possible: Total
    accepted: Total
    done: Total
    realised: Total


@dataclass(frozen=True)
class Card:
    """One recommendation with its evidence (None where no run finds it any more) and the newest decision."""

    fingerprint: str
    site: str
    kind: str
    text: str
    evidence: Mapping[str, Any] | None
    state: State
    reason: str
    done_on: date | None
    history: tuple["Step", ...]


@dataclass(frozen=True)
class Step:
    """Who decided what, when."""

    state: str
    reason: str
    done_on: date | None
    decided_by: str
    decided_at: datetime


def last_run(conn: Connection) -> runs.Run | None:
    """Return the newest run of the step; None before the first."""
    return runs.latest(conn, STEP)


def state_of(text: str) -> State:
    """Read a state. Raises SelectionError."""
    for state in get_args(State):
        if state == text:
            found: State = state
            return found
    raise SelectionError(f"The state must be one of {', '.join(get_args(State))}.")


def board(conn: Connection, filters: Filters, state: State = "open", *, every: bool = False) -> Board:
    """List recommendations of one state below a node, those of most money times confidence on top.

    ``fingerprint, site_id, site, kind, text, kwh, money`` (Decimal or None)``, currency, co2_kg, confidence, effort,
    evidence, reason, done_on, place``. Money of several currencies cannot be compared: each currency has its own order,
    and the best of each take turns until there are twenty, at most three of a site. ``every`` lifts both limits.
    """
    ranked = _ranked(filters, state)
    chosen = select(ranked)
    if not every and state == "open":
        chosen = (
            chosen.where(ranked.c.of_site <= MOST_OF_A_SITE)
            .order_by(ranked.c.place, ranked.c.currency)
            .limit(MOST_IN_ALL)
        )
    else:
        chosen = chosen.order_by(ranked.c.place, ranked.c.currency).limit(MOST_LISTED)
    rows = conn.execute(chosen).mappings().all()
    count = conn.execute(select(func.count()).select_from(ranked)).scalar_one()
    cards = pd.DataFrame([dict(row) for row in rows], columns=[column.name for column in ranked.c])
    return Board(cards.drop(columns="of_site"), int(count) - len(cards))


def totals(conn: Connection, filters: Filters) -> Totals:
    """Add up what is possible, accepted, done and realised below a node."""
    found: dict[str, Total] = {}
    for state in ("open", "accepted", "done"):
        listed = _listed(filters, state_of(state)).subquery()
        found[state] = _total(conn, select(listed.c.kwh, listed.c.co2_kg, listed.c.money, listed.c.currency))
    done = current_decisions().subquery()
    to_year = literal(DAYS_PER_YEAR) / saving.c.days
    realised = (
        select(
            (saving.c.saved_kwh * to_year).label("kwh"),
            (saving.c.co2_kg * to_year).label("co2_kg"),
            (saving.c.money * to_year).label("money"),
            saving.c.currency,
        )
        .join(done, and_(done.c.fingerprint == saving.c.fingerprint, done.c.state == "done"))
        .where(below(done.c.site_id, filters))
    )
    return Totals(found["open"], found["accepted"], found["done"], _total(conn, realised))


def card(conn: Connection, fingerprint: str) -> Card:
    """Return one recommendation. Raises SelectionError where there is none of this name."""
    found = conn.execute(select(recommendation).where(recommendation.c.fingerprint == fingerprint)).mappings().first()
    history = _history(conn, fingerprint)
    kept = found or history[-1] if found or history else None
    if kept is None:
        raise SelectionError("This recommendation does not exist any more: reload the page.")
    newest = history[-1] if history else None
    return Card(
        fingerprint=fingerprint,
        site=conn.execute(select(site.c.name).where(site.c.id == kept["site_id"])).scalar_one(),
        kind=kept["kind"],
        text=kept["text"],
        evidence=found["evidence"] if found else None,
        state=state_of(newest["state"]) if newest else "open",
        reason=newest["reason"] if newest else "",
        done_on=newest["done_on"] if newest else None,
        history=tuple(
            Step(row["state"], row["reason"], row["done_on"], row["decided_by"], row["created_at"]) for row in history
        ),
    )


def evidence(conn: Connection, fingerprint: str) -> pd.DataFrame:
    """Return what the evidence draws: ``x`` and a column for each trace."""
    drawn = card(conn, fingerprint).evidence
    if drawn is None:
        return pd.DataFrame({"x": []})
    return pd.DataFrame({"x": drawn["x"]} | {trace["name"]: trace["y"] for trace in drawn["traces"]})


def refused(conn: Connection, filters: Filters) -> pd.DataFrame:
    """List sites below a node that nothing is recommended for, and savings not measured: ``site_id, site, reason``."""
    run = last_run(conn)
    statement = (
        select(site.c.id.label("site_id"), site.c.name.label("site"), model_failure.c.owner, model_failure.c.reason)
        .join(model_failure, model_failure.c.site_id == site.c.id)
        .where(model_failure.c.run_id == (run.id if run else -1), below(site.c.id, filters))
        .order_by(site.c.name, model_failure.c.owner)
    )
    return pd.read_sql(statement, conn)


def _ranked(filters: Filters, state: State) -> Any:  # noqa: ANN401 - a subquery's columns have no static type
    listed = _listed(filters, state).subquery("listed")
    worth = (listed.c.money * listed.c.confidence).desc().nulls_last()
    order = (worth, (listed.c.kwh * listed.c.confidence).desc(), listed.c.fingerprint)
    return select(
        listed,
        func.row_number().over(partition_by=listed.c.currency, order_by=order).label("place"),
        func.row_number().over(partition_by=listed.c.site_id, order_by=order).label("of_site"),
    ).subquery("ranked")


def _listed(filters: Filters, state: State) -> Select[Any]:
    """Select the recommendations of a state: open ones as found now, others with what was expected when decided."""
    newest = current_decisions().subquery("newest")
    found = recommendation
    decided: ColumnElement[str] = newest.c.state if state != "open" else func.coalesce(newest.c.state, "open")
    first, second = (found, newest) if state == "open" else (newest, found)
    key, joined = first.c, first.outerjoin(second, newest.c.fingerprint == found.c.fingerprint)
    expected = [key[name] for name in ("kind", "text", "kwh", "money", "currency", "co2_kg")]
    return (
        select(
            key.fingerprint,
            key.site_id,
            site.c.name.label("site"),
            *expected,
            func.coalesce(found.c.confidence, 0.0).label("confidence"),
            func.coalesce(found.c.effort, "").label("effort"),
            found.c.evidence,
            func.coalesce(newest.c.reason, "").label("reason"),
            newest.c.done_on,
        )
        .select_from(joined.join(site, site.c.id == key.site_id))
        .where(decided == state, below(key.site_id, filters))
    )


def below(site_id: ColumnElement[int], filters: Filters) -> ColumnElement[bool]:
    """Narrow to sites below the selected node, and of the selected sector."""
    nodes = select(site_closure.c.descendant_id).where(site_closure.c.ancestor_id == filters.site_id)
    if filters.sector is not None:
        nodes = nodes.join(site, site.c.id == site_closure.c.descendant_id).where(site.c.sector == filters.sector)
    return site_id.in_(nodes)


def _total(conn: Connection, statement: Select[Any]) -> Total:
    rows = conn.execute(statement).all()
    money: dict[str, Decimal] = {}
    for row in rows:
        if row.money is not None:
            money[row.currency] = money.get(row.currency, Decimal(0)) + row.money
    return Total(
        count=len(rows),
        kwh=sum(row.kwh for row in rows),
        co2_kg=sum(row.co2_kg or 0.0 for row in rows),
        money=dict(sorted(money.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def _history(conn: Connection, fingerprint: str) -> list[Mapping[str, Any]]:
    table = recommendation_decision
    statement = select(table).where(table.c.fingerprint == fingerprint).order_by(table.c.id)
    return [dict(row) for row in conn.execute(statement).mappings()]
