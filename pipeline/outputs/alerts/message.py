from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

MOST_LISTED = 20
LONGEST_SUBJECT = 150


@dataclass(frozen=True)
class AlertEvent:
    """What an alert tells of one event; ``start`` and ``end`` are naive local times of the site."""

    id: int
    kind: str
    site: str
    meter: str
    start: datetime
    end: datetime
    cost: Decimal | None
    currency: str | None
    explanation: str


@dataclass(frozen=True)
class Message:
    """A message for any channel; ``key`` is the same each time it is sent, so that a receiver can drop a second one."""

    key: str
    subject: str
    text: str
    payload: dict[str, object]


def message(key: str, site: str, events: Sequence[AlertEvent], public_url: str | None) -> Message:
    """Write what happened at a site, the first events in full and how many more there are."""
    count = "1 anomaly" if len(events) == 1 else f"{len(events)} anomalies"
    subject = one_line(f"{count} at {site}")[:LONGEST_SUBJECT]
    listed = [_paragraph(event, public_url) for event in events[:MOST_LISTED]]
    rest = len(events) - len(listed)
    more = [f"and {rest} more."] if rest > 0 else []
    payload: dict[str, object] = {
        "key": key,
        "site": site,
        "count": len(events),
        "events": [_fields(event, public_url) for event in events],
    }
    return Message(key, f"Wattscape: {subject}", "\n\n".join([f"{subject}:", *listed, *more]) + "\n", payload)


def test_message(key: str, site: str) -> Message:
    """Write a message that shows only that the way works."""
    text = f"This is a test of an alert rule for {one_line(site)}. Nothing has happened."
    payload: dict[str, object] = {"key": key, "site": site, "count": 0, "events": [], "test": True}
    return Message(key, f"Wattscape: test for {one_line(site)[:LONGEST_SUBJECT]}", text + "\n", payload)


def link(number: int, public_url: str | None) -> str | None:
    """Return the address of an event's page; None where the pages' own address is not set."""
    return f"{public_url.rstrip('/')}/anomalies?{urlencode({'anomaly': number})}" if public_url else None


def _paragraph(event: AlertEvent, public_url: str | None) -> str:
    times = f"{event.start:%-d %b %Y %H:%M} to {event.end:%-d %b %Y %H:%M}"
    cost = f", {event.cost:,.2f} {event.currency}" if event.cost is not None else ""
    first = f"{one_line(event.meter)}: {event.kind.replace('_', ' ')}, {times}{cost}"
    return "\n".join(filter(None, [first, one_line(event.explanation), link(event.id, public_url)]))


def _fields(event: AlertEvent, public_url: str | None) -> dict[str, object]:
    return {
        "anomaly": event.id,
        "kind": event.kind,
        "site": event.site,
        "meter": event.meter,
        "start": event.start.isoformat(),
        "end": event.end.isoformat(),
        "cost": None if event.cost is None else str(event.cost),
        "currency": event.currency,
        "explanation": event.explanation,
        "url": link(event.id, public_url),
    }


def one_line(text: str) -> str:
    """Keep names from files from adding lines, or headers, of their own."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
