"""What the Anomalies page asks: events of a selection, what they add up to, and how good each kind has been."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, Literal, cast, get_args

import pandas as pd
from sqlalchemy import ColumnElement, Connection, DateTime, Double, Select, and_, case, false, func, or_, select
from sqlalchemy import cast as as_type

from pipeline.errors import SelectionError
from pipeline.warehouse import runs
from pipeline.warehouse.anomaly_ranks import answers_by_kind
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries.capped import Capped
from pipeline.warehouse.queries.frames import fetch
from pipeline.warehouse.schema import meter, site, site_closure
from pipeline.warehouse.selection import HOUR_S, resolve
from pipeline.warehouse.tables.anomalies import anomaly, planned_event

Wanted = Literal["open", "new", "acknowledged", "expected", "resolved", "excused", "all"]
STEP = "anomalies"
MOST_EVENTS = 2_000
ANSWERED = ("acknowledged", "expected", "resolved")
# An excuse speaks for an event until a person has answered it.
EXCUSED = and_(or_(anomaly.c.holiday.is_not(None), anomaly.c.planned_event_id.is_not(None)), anomaly.c.status == "new")


@dataclass(frozen=True)
class Narrowed:
    """What the reader narrows the events to, beyond site and period."""

    kind: str = ""
    status: Wanted = "open"
    minimum_cost: float = 0.0
    minimum_confidence: float = 0.0

    @classmethod
    def from_query(cls, query: Mapping[str, str | None]) -> "Narrowed":
        """Read ``kind, status, cost, confidence`` (0 to 1). Raises SelectionError."""
        status = query.get("status") or "open"
        if status not in get_args(Wanted):
            raise SelectionError(f"The status must be one of {', '.join(get_args(Wanted))}.")
        amounts = [_amount(name, query.get(name)) for name in ("cost", "confidence")]
        return cls((query.get("kind") or "")[:80], cast("Wanted", status), *amounts)


@dataclass(frozen=True)
class Summary:
    """Events of a selection and period that no holiday or plan excuses.

    ``costs`` are what open events cost above the expected, by currency; ``precision`` is the mean of the kinds' live
    precision weighted by events, None where there is none; ``excused`` counts those left out.
    """

    events: int
    open: int
    answered: int
    excused: int
    costs: Mapping[str, Decimal]
    precision: float | None


def events(conn: Connection, filters: Filters, narrowed: Narrowed) -> Capped:
    """List the events that touch the period, what to look at first on top, at most 2,000.

    ``id, kind, site_id, site, meter_id, meter, start, end`` (naive local)``, hours, expected_kwh, actual_kwh,
    deviation_kwh, cost`` (a number to sort and draw by)``, currency, confidence, rank, score, status`` (or excused)``,
    owner, found, explanation``.
    """
    columns: list[ColumnElement[Any]] = [
        anomaly.c.id,
        anomaly.c.kind,
        site.c.id.label("site_id"),
        site.c.name.label("site"),
        meter.c.id.label("meter_id"),
        meter.c.name.label("meter"),
        _local(anomaly.c.start_ts).label("start"),
        _local(anomaly.c.end_ts).label("end"),
        as_type(func.extract("epoch", anomaly.c.end_ts - anomaly.c.start_ts) / HOUR_S, Double).label("hours"),
        anomaly.c.expected_kwh,
        anomaly.c.actual_kwh,
        (anomaly.c.actual_kwh - anomaly.c.expected_kwh).label("deviation_kwh"),
        as_type(anomaly.c.cost, Double).label("cost"),
        func.coalesce(anomaly.c.currency, "").label("currency"),
        anomaly.c.confidence,
        as_type(anomaly.c.rank, Double).label("rank"),
        anomaly.c.score,
        case((EXCUSED, "excused"), else_=anomaly.c.status).label("status"),
        anomaly.c.owner,
        anomaly.c.found,
        anomaly.c.explanation,
    ]
    statement = (
        _with_places(select(*columns))
        .where(*_of(conn, filters), _is(narrowed))
        .order_by(anomaly.c.rank.desc(), anomaly.c.id)
        .limit(MOST_EVENTS + 1)
    )
    frame = fetch(conn, statement)
    return Capped(frame.iloc[:MOST_EVENTS], MOST_EVENTS, len(frame) > MOST_EVENTS)


def summary(conn: Connection, filters: Filters) -> Summary:
    """Count and price the events that touch the period."""
    chosen = _of(conn, filters)
    is_open = and_(anomaly.c.status.in_(("new", "acknowledged")), ~EXCUSED)
    counts: list[ColumnElement[Any]] = [
        func.count().filter(~EXCUSED),
        func.count().filter(is_open),
        func.count().filter(anomaly.c.status.in_(ANSWERED), ~EXCUSED),
        func.count().filter(EXCUSED),
    ]
    total, still_open, answered, excused = conn.execute(_with_places(select(*counts)).where(*chosen)).one()
    above = anomaly.c.cost > 0
    by_currency = _with_places(select(anomaly.c.currency, func.sum(anomaly.c.cost)))
    costs = conn.execute(
        by_currency.where(*chosen, is_open, above)
        .group_by(anomaly.c.currency)
        .order_by(func.sum(anomaly.c.cost).desc())
    ).all()
    kinds = conn.execute(
        _with_places(select(anomaly.c.kind, func.count())).where(*chosen, ~EXCUSED).group_by(anomaly.c.kind)
    )
    return Summary(
        total, still_open, answered, excused, dict(map(tuple, costs)), _precision(conn, dict(map(tuple, kinds.all())))
    )


def kinds(conn: Connection) -> list[str]:
    """List the kinds that there are events of, by name."""
    return list(conn.execute(select(anomaly.c.kind).distinct().order_by(anomaly.c.kind)).scalars())


def precision_by_kind(conn: Connection) -> pd.DataFrame:
    """Say how each kind has done by people's answers: ``kind, events, right, wrong, unanswered, precision``."""
    answers = answers_by_kind(conn)
    counted = conn.execute(select(anomaly.c.kind, func.count()).group_by(anomaly.c.kind).order_by(anomaly.c.kind))
    rows = [
        {
            "kind": kind,
            "events": number,
            "right": answers[kind].right,
            "wrong": answers[kind].wrong,
            "unanswered": number - answers[kind].right - answers[kind].wrong,
            "precision": answers[kind].precision,
        }
        for kind, number in counted
    ]
    return pd.DataFrame(rows, columns=["kind", "events", "right", "wrong", "unanswered", "precision"])


def plans(conn: Connection, filters: Filters) -> pd.DataFrame:
    """List the planned events of the site, those above and below it, newest first.

    ``id, site, start, end`` (naive local)``, note, entered_by, excuses`` (events).
    """
    related = or_(
        planned_event.c.site_id.in_(
            select(site_closure.c.descendant_id).where(site_closure.c.ancestor_id == filters.site_id)
        ),
        planned_event.c.site_id.in_(
            select(site_closure.c.ancestor_id).where(site_closure.c.descendant_id == filters.site_id)
        ),
    )
    excused = select(func.count()).where(anomaly.c.planned_event_id == planned_event.c.id).scalar_subquery()
    statement = (
        select(
            planned_event.c.id,
            site.c.name.label("site"),
            _local(planned_event.c.start_ts).label("start"),
            _local(planned_event.c.end_ts).label("end"),
            planned_event.c.note,
            planned_event.c.entered_by,
            excused.label("excuses"),
        )
        .join_from(planned_event, site, site.c.id == planned_event.c.site_id)
        .where(related)
        .order_by(planned_event.c.start_ts.desc(), planned_event.c.id)
    )
    return fetch(conn, statement)


def last_run(conn: Connection) -> runs.Run | None:
    """Return the newest run of the detectors."""
    return runs.latest(conn, STEP)


def _with_places(statement: Select[Any]) -> Select[Any]:
    return (
        statement.select_from(anomaly)
        .join(meter, meter.c.id == anomaly.c.meter_id)
        .join(site, site.c.id == meter.c.site_id)
    )


def _of(conn: Connection, filters: Filters) -> tuple[ColumnElement[bool], ...]:
    """Say which events are of the selection and touch its local days."""
    meters = resolve(conn, filters).meter_ids()
    start, end = (as_type(day, DateTime) for day in (filters.start, filters.end))
    return (anomaly.c.meter_id.in_(meters), _local(anomaly.c.start_ts) < end, _local(anomaly.c.end_ts) > start)


def _is(narrowed: Narrowed) -> ColumnElement[bool]:
    wanted = [anomaly.c.confidence >= narrowed.minimum_confidence, _has_status(narrowed.status)]
    wanted += [anomaly.c.kind == narrowed.kind] if narrowed.kind else []
    wanted += [func.abs(anomaly.c.cost) >= Decimal(str(narrowed.minimum_cost))] if narrowed.minimum_cost else []
    return and_(*wanted)


def _has_status(status: Wanted) -> ColumnElement[bool]:
    match status:
        case "all":
            return ~false()
        case "excused":
            return EXCUSED
        case "open":
            return and_(anomaly.c.status.in_(("new", "acknowledged")), ~EXCUSED)
    return and_(anomaly.c.status == status, ~EXCUSED)


def _precision(conn: Connection, events_by_kind: Mapping[str, int]) -> float | None:
    total = sum(events_by_kind.values())
    if not total:
        return None
    answers = answers_by_kind(conn)
    return sum(number * answers[kind].precision for kind, number in events_by_kind.items()) / total


def _local(ts: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.timezone(site.c.timezone, ts, type_=DateTime())


def _amount(name: str, text: str | None) -> float:
    try:
        value = float(text or 0)
    except ValueError:
        raise SelectionError(f"The {name} must be a number.") from None
    if not isfinite(value) or value < 0:
        raise SelectionError(f"The {name} must be a number of at least 0.")
    return value
