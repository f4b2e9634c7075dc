"""Meters as detectors want them, in groups of peers that fit into memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.anomalies import Observed
from pipeline.warehouse.queries import anomaly_inputs, model_inputs

MOST_METERS = 100


@dataclass(frozen=True)
class Group:
    """Meters of one sector, direction, zone and state (like weather, like terms), each other's peers: 100 at most."""

    meters: pd.DataFrame

    @property
    def titles(self) -> dict[int, str]:
        """Name the meters for people, by their number: ``Boiler (Main building)``."""
        named = zip(self.ids, self.meters["name"], self.meters["site"], strict=True)
        return {number: f"{name} ({site})" for number, name, site in named}

    @property
    def ids(self) -> list[int]:
        """Return the numbers of the meters."""
        return [int(number) for number in self.meters["meter_id"]]


def placed_meters(conn: Connection) -> pd.DataFrame:
    """List the meters with what is known of their sites: name, calendar and sector."""
    places = model_inputs.places(conn).rename(columns={"name": "site"})
    places = places[["site_id", "site", "timezone", "country", "subdivision", "sector"]]
    return model_inputs.meters(conn).merge(places, on="site_id").sort_values("meter_id")


def groups(meters: pd.DataFrame) -> Iterator[Group]:
    """Divide the meters into groups of peers."""
    for _, alike in meters.groupby(["sector", "direction", "timezone", "country", "subdivision"], dropna=False):
        for first in range(0, len(alike), MOST_METERS):
            yield Group(alike.iloc[first : first + MOST_METERS])


def observe(conn: Connection, group: Group) -> list[Observed]:
    """Read the meters of a group that have readings, with what was forecast of them; named by the meter's number."""
    readings: dict[object, pd.DataFrame] = dict(iter(anomaly_inputs.readings(conn, group.ids).groupby("meter_id")))
    forecasts: dict[object, pd.DataFrame] = dict(iter(anomaly_inputs.forecasts(conn, group.ids).groupby("meter_id")))
    return [
        Observed(
            name=str(meter["meter_id"]),
            readings=readings[meter["meter_id"]].set_index("ts").drop(columns="meter_id"),
            timezone=meter["timezone"],
            country=_known(meter["country"]),
            subdivision=_known(meter["subdivision"]),
            direction=meter["direction"],
            expected=forecasts[meter["meter_id"]].set_index("ts") if meter["meter_id"] in forecasts else None,
        )
        for meter in group.meters.to_dict("records")
        if meter["meter_id"] in readings
    ]


def _known(value: object) -> str | None:
    return value if isinstance(value, str) else None
