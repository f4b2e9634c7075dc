"""One event: its course against what days like it had before, and what people said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    CTE,
    Connection,
    Date,
    DateTime,
    Double,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)

from pipeline.errors import SelectionError
from pipeline.warehouse.day_types import day_type, public_holidays
from pipeline.warehouse.filters import Filters, Period
from pipeline.warehouse.queries.frames import fetch, utc
from pipeline.warehouse.relations import clock_hours, hour_of
from pipeline.warehouse.schema import meter, meter_day, meter_hour, site
from pipeline.warehouse.selection import nearest, resolve
from pipeline.warehouse.tables.anomalies import anomaly, anomaly_answer, planned_event

Step = Literal["hour", "day"]
LONGEST_BY_HOUR = timedelta(days=14)
REFERENCE = timedelta(weeks=8)
LIKE_DAYS = 8
BAND = (0.1, 0.5, 0.9)
A_DAY = timedelta(days=1)
SAID = {"low_kwh": "p10", "expected_kwh": "p50", "high_kwh": "p90"}


@dataclass(frozen=True)
class Event:
    """One event; ``start`` and ``end`` are naive local times, ``excuse`` the holiday or plan that explains it."""

    id: int
    kind: str
    site_id: int
    site: str
    meter_id: int
    meter: str
    start: datetime
    end: datetime
    timezone: str
    country: str | None
    subdivision: str | None
    score: float
    confidence: float
    expected_kwh: float | None
    actual_kwh: float | None
    cost: Decimal | None
    currency: str | None
    cost_reason: str
    explanation: str
    evidence: Mapping[str, Any]
    excuse: str
    found: bool
    status: str
    owner: str
    note: str

    @property
    def step(self) -> Step:
        """Return the step in which the event draws well."""
        return "hour" if self.end - self.start <= LONGEST_BY_HOUR else "day"

    @property
    def shown(self) -> Period:
        """Return the local days to draw: the event with as much time around it, one to fourteen days."""
        margin = min(max(self.end - self.start, A_DAY), LONGEST_BY_HOUR)
        return Period((self.start - margin).date(), (self.end + margin).date() + A_DAY)

    @property
    def before(self) -> Period:
        """Return the eight weeks before the event, which days are compared with."""
        return Period((self.start - REFERENCE).date(), self.start.date())


def event(conn: Connection, number: int) -> Event:
    """Read one event. Raises SelectionError for one that is not there."""
    names = ("id", "kind", "meter_id", "score", "confidence", "expected_kwh", "actual_kwh", "cost", "currency")
    texts = ("cost_reason", "explanation", "evidence", "found", "status", "owner", "note")
    statement = (
        select(
            *(anomaly.c[name] for name in names + texts),
            meter.c.name.label("meter"),
            site.c.id.label("site_id"),
            site.c.name.label("site"),
            site.c.timezone,
            nearest(site.c.id, "country").label("country"),
            nearest(site.c.id, "subdivision", needs="country").label("subdivision"),
            func.timezone(site.c.timezone, anomaly.c.start_ts, type_=DateTime()).label("start"),
            func.timezone(site.c.timezone, anomaly.c.end_ts, type_=DateTime()).label("end"),
            func.coalesce(anomaly.c.holiday, planned_event.c.note, "").label("excuse"),
        )
        .join_from(anomaly, meter, meter.c.id == anomaly.c.meter_id)
        .join(site, site.c.id == meter.c.site_id)
        .join(planned_event, planned_event.c.id == anomaly.c.planned_event_id, isouter=True)
        .where(anomaly.c.id == number)
    )
    row = conn.execute(statement).mappings().one_or_none()
    if row is None:
        raise SelectionError(f"There is no anomaly {number} any more: the newest run does not find it.")
    return Event(**row)


def course(conn: Connection, number: int) -> pd.DataFrame:
    """Read the meter's load around an event beside what like days had in the eight weeks before it, oldest first.

    ``time`` (naive local)``, actual_kwh, low_kwh, expected_kwh, high_kwh`` (P10, median and P90 of the same type of
    day, by hour of the clock or by day)``, inside`` (the event). Missing where there is no reading or nothing like it.
    Within the event it is what the rule expected where that knows better: a forecast, or the meter's peers.
    Raises SelectionError.
    """
    found = event(conn, number)
    return _by_the_rule(found, fetch(conn, _by_hour(conn, found) if found.step == "hour" else _by_day(found)))


def like_days(conn: Connection, number: int) -> pd.DataFrame:
    """Read the event's first day and the eight days of its type before it, by clock hour, newest day first.

    ``day, hour`` (0 to 23)``, energy_kwh, role`` ("event" or "like"). Raises SelectionError.
    """
    found = event(conn, number)
    first = _first_whole_day(found)
    period = Period(first - REFERENCE, first + A_DAY)
    hours = _hours(conn, found, period)
    of_first = day_type(literal(first, Date), _free_days(found, period))
    like = (
        select(hours.c.day)
        .where(hours.c.day < found.start.date(), hours.c.day_type == of_first)
        .distinct()
        .order_by(hours.c.day.desc())
        .limit(LIKE_DAYS)
    )
    chosen = (hours.c.day == first) | hours.c.day.in_(like)
    statement = (
        select(
            hours.c.day,
            hours.c.hour,
            func.sum(hours.c.energy_kwh).label("energy_kwh"),
            case((hours.c.day == first, "event"), else_="like").label("role"),
        )
        .where(chosen)
        .group_by(hours.c.day, hours.c.hour)
        .order_by(hours.c.day.desc(), hours.c.hour)
    )
    return fetch(conn, statement)


def answers(conn: Connection, number: int) -> pd.DataFrame:
    """List what people said of an event, newest first: ``status, owner, note, answered_by, answered_at`` (UTC)."""
    columns = [anomaly_answer.c[name] for name in ("status", "owner", "note", "answered_by")]
    statement = (
        select(*columns, utc(anomaly_answer.c.created_at).label("answered_at"))
        .where(anomaly_answer.c.anomaly_id == number)
        .order_by(anomaly_answer.c.id.desc())
    )
    return fetch(conn, statement)


def _by_the_rule(found: Event, course: pd.DataFrame) -> pd.DataFrame:
    """Put what the rule expected in place of like days; its band is as wide as it says, or nothing."""
    reference = found.evidence.get("reference")
    if reference is None or reference["step"] != found.step:
        return course
    start = pd.Timestamp(reference["start"])
    times = pd.date_range(start, periods=len(reference["p50"]), freq="h" if found.step == "hour" else "D")
    if times.tz is not None:
        times = times.tz_convert(found.timezone).tz_localize(None)
    said = pd.DataFrame({column: reference.get(name) or reference["p50"] for column, name in SAID.items()}, index=times)
    said = said[~said.index.duplicated()].reindex(course["time"]).set_axis(course.index)
    known = said["expected_kwh"].notna()
    return course.assign(**{column: course[column].where(~known, said[column]) for column in SAID})


def _by_hour(conn: Connection, found: Event) -> Select[Any]:
    shown, usual = _hours(conn, found, found.shown), _usual(_hours(conn, found, found.before), "hour")
    inside = and_(shown.c.local >= _to_the_hour(found.start), shown.c.local < found.end)
    return (
        select(
            shown.c.local.label("time"),
            shown.c.energy_kwh.label("actual_kwh"),
            usual.c.low_kwh,
            usual.c.expected_kwh,
            usual.c.high_kwh,
            inside.label("inside"),
        )
        .join_from(shown, usual, and_(usual.c.day_type == shown.c.day_type, usual.c.hour == shown.c.hour), isouter=True)
        .order_by(shown.c.local)
    )


def _by_day(found: Event) -> Select[Any]:
    shown, usual = _days(found, found.shown), _usual(_days(found, found.before))
    inside = and_(shown.c.day >= found.start.date(), shown.c.day < _day_after(found.end))
    return (
        select(
            cast(shown.c.day, DateTime).label("time"),
            shown.c.energy_kwh.label("actual_kwh"),
            usual.c.low_kwh,
            usual.c.expected_kwh,
            usual.c.high_kwh,
            inside.label("inside"),
        )
        .join_from(shown, usual, usual.c.day_type == shown.c.day_type, isouter=True)
        .order_by(shown.c.day)
    )


def _hours(conn: Connection, found: Event, period: Period) -> CTE:
    """Return every clock hour of the period: ``local, day, hour, day_type, energy_kwh`` (null without reading)."""
    meter_alone = Filters(found.site_id, period.start, period.end, meter_id=found.meter_id)
    every = clock_hours(resolve(conn, meter_alone), period)
    day = cast(every.c.local, Date)
    same = and_(meter_hour.c.meter_id == found.meter_id, meter_hour.c.ts == every.c.ts)
    return (
        select(
            every.c.local,
            day.label("day"),
            hour_of(every.c.local).label("hour"),
            day_type(day, _free_days(found, period)).label("day_type"),
            meter_hour.c.energy_kwh,
        )
        .join_from(every, meter_hour, same, isouter=True)
        .cte()
    )


def _days(found: Event, period: Period) -> CTE:
    """Return every local day of the period: ``day, day_type, energy_kwh`` (null without reading)."""
    last = period.end - A_DAY
    moment = func.generate_series(cast(period.start, DateTime), cast(last, DateTime), A_DAY).column_valued("moment")
    every = select(cast(moment, Date).label("day")).subquery("every")
    same = and_(meter_day.c.meter_id == found.meter_id, meter_day.c.day == every.c.day)
    kind = day_type(every.c.day, _free_days(found, period)).label("day_type")
    return select(every.c.day, kind, meter_day.c.energy_kwh).join_from(every, meter_day, same, isouter=True).cte()


def _usual(rows: CTE, *more: str) -> Subquery:
    """Return what was usual by type of day and ``more``: ``low_kwh, expected_kwh, high_kwh``."""
    keys = [rows.c[name] for name in ("day_type", *more)]
    names = ("low_kwh", "expected_kwh", "high_kwh")
    bands = [
        cast(func.percentile_cont(share).within_group(rows.c.energy_kwh), Double).label(name)
        for share, name in zip(BAND, names, strict=True)
    ]
    return select(*keys, *bands).group_by(*keys).subquery()


def _free_days(found: Event, period: Period) -> tuple[date, ...]:
    return public_holidays(found.country, found.subdivision, period)


def _first_whole_day(found: Event) -> date:
    """Return the first day that lies in the event whole; where there is none, the day it starts."""
    following = _day_after(found.start)
    return following if datetime.combine(following, datetime.min.time()) + A_DAY <= found.end else found.start.date()


def _day_after(moment: datetime) -> date:
    """Return the day of a midnight, and else the next one."""
    return (moment + A_DAY - timedelta(microseconds=1)).date()


def _to_the_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
