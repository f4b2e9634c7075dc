"""Which events an alert rule tells of, and when its message goes out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

NEWS = timedelta(days=7)


@dataclass(frozen=True)
class Rule:
    """What a rule asks for; no kinds means every kind, no minimum any cost, also none."""

    site_ids: frozenset[int]
    kinds: frozenset[str]
    minimum_cost: Decimal | None
    currency: str | None
    persist: timedelta
    quiet: timedelta
    group: timedelta
    snoozed_until: datetime | None
    enabled: bool


@dataclass(frozen=True)
class Candidate:
    """An open event; ``data_until`` is the end of its meter's last reading."""

    fingerprint: str
    site_id: int
    meter_id: int
    kind: str
    start: datetime
    end: datetime
    data_until: datetime
    cost: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class Told:
    """What a message of the rule has told of before."""

    fingerprint: str
    meter_id: int
    kind: str
    at: datetime


def to_tell(rule: Rule, candidates: Iterable[Candidate], told: Sequence[Told], now: datetime) -> list[Candidate]:
    """Choose the events that a rule tells of now.

    Nothing while it is off or snoozed. An event must be of the rule's sites, kinds and cost (absolute, in the rule's
    currency); be news, ended at most seven days before its meter's last reading; have lasted for ``persist``. It is
    told once, and flapping is held down: nothing of the same kind at the same meter within ``quiet`` of the last.
    """
    if not rule.enabled or (rule.snoozed_until is not None and now < rule.snoozed_until):
        return []
    known = {event.fingerprint for event in told}
    quiet = {(event.meter_id, event.kind) for event in told if now - event.at < rule.quiet}
    return [
        event
        for event in candidates
        if _concerns(rule, event)
        and event.data_until - event.end <= NEWS
        and event.end - event.start >= rule.persist
        and event.fingerprint not in known
        and (event.meter_id, event.kind) not in quiet
    ]


def due_at(last_message_at: datetime | None, group: timedelta, now: datetime) -> datetime:
    """Say when a message goes out: at once, or when ``group`` has passed since the last one of the rule and site."""
    return now if last_message_at is None else max(now, last_message_at + group)


def _concerns(rule: Rule, event: Candidate) -> bool:
    if event.site_id not in rule.site_ids or (rule.kinds and event.kind not in rule.kinds):
        return False
    if rule.minimum_cost is None:
        return True
    return event.cost is not None and event.currency == rule.currency and abs(event.cost) >= rule.minimum_cost
