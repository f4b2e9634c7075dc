"""Makes the rows to store of what the detectors found: merged, priced, excused, recognised."""

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.events.costing import costs
from pipeline.analytics.events.excuses import holiday_excuse
from pipeline.analytics.events.matching import fingerprint, same_events
from pipeline.analytics.events.merging import merge_neighbours
from pipeline.warehouse.anomaly_store import known_events
from pipeline.warehouse.queries.prices import hourly_prices

# What people do differently on a holiday; a meter that fails does so on any day.
HOLIDAY_KINDS = frozenset({"high_use", "low_use", "leak", "unusual_day", "zero_run", "dip"})
EARNING = ("export", "generation")


def rows_of(conn: Connection, found: pd.DataFrame, meters: pd.DataFrame) -> pd.DataFrame:
    """Return the events as `anomaly_store.store` takes them, from those of the detectors and the meters' places."""
    merged = merge_neighbours(found)
    placed = merged.merge(
        meters[["meter_id", "site_id", "direction", "timezone", "country", "subdivision"]], on="meter_id"
    )
    return placed.assign(
        **_priced(conn, placed),
        holiday=pd.Series([_holiday(event) for event in placed.to_dict("records")], placed.index, dtype=object),
        id=same_events(known_events(conn), placed),
        fingerprint=[
            fingerprint(meter_id, kind, start, end)
            for meter_id, kind, start, end in zip(
                placed["meter_id"], placed["kind"], placed["start"], placed["end"], strict=True
            )
        ],
    )


def _priced(conn: Connection, events: pd.DataFrame) -> dict[str, pd.Series]:
    """Price what deviates; less export or generation than usual is what costs, so its sign is turned."""
    sites = sorted({int(number) for number in events["site_id"]})
    prices = hourly_prices(conn, sites, events["start"].min().floor("h"), events["end"].max())
    priced = costs(events, prices)
    earning = events["direction"].isin(EARNING)
    turned = [
        -cost if earns and isinstance(cost, Decimal) else cost
        for cost, earns in zip(priced["cost"], earning, strict=True)
    ]
    return {
        "cost": pd.Series(turned, events.index, dtype=object),
        "currency": priced["currency"],
        "cost_reason": priced["cost_reason"],
    }


def _holiday(event: Mapping[Hashable, Any]) -> str | None:
    if event["kind"] not in HOLIDAY_KINDS:
        return None
    country, subdivision = (
        value if isinstance(value, str) else None for value in (event["country"], event["subdivision"])
    )
    return holiday_excuse(event["start"], event["end"], event["timezone"], country, subdivision)
