"""Whose load is forecast: every meter and every node, with its calendar and its place in the tree."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

HALF_HOUR_S, HOUR_S, DAY_S = 1800, 3600, 86_400
SIGNS = {"import": 1.0, "net": 1.0, "export": -1.0, "generation": 0.0}


@dataclass(frozen=True)
class Owner:
    """A meter or node. ``site`` is the name of its site, ``above`` the nodes whose load it is part of.

    They go from its own up to the top of its tree. ``sign`` says how a meter counts in them: 0 for generation, which no
    sum holds. ``positive`` load is never negative. ``step_s`` is the length of its readings, for a node of the shortest
    below it: nothing finer can be told from them.
    """

    kind: Literal["meter", "node"]
    number: int
    name: str
    site: str
    site_id: int
    above: tuple[int, ...]
    timezone: str
    country: str | None
    subdivision: str | None
    sign: float = 1.0
    positive: bool = False
    step_s: int = HOUR_S

    @property
    def key(self) -> str:
        """Name the series of this owner, unlike any other: ``meter 12``."""
        return f"{self.kind} {self.number}"

    @property
    def title(self) -> str:
        """Name it for people: ``Main building``, ``Boiler (Main building)``."""
        return self.name if self.kind == "node" else f"{self.name} ({self.site})"

    @property
    def root(self) -> int:
        """Return the top of its tree."""
        return self.above[-1]

    @property
    def half_hourly(self) -> bool:
        """Whether it is a meter that is read by the half hour."""
        return self.kind == "meter" and self.step_s == HALF_HOUR_S


def owners(places: pd.DataFrame, meters: pd.DataFrame, within: int | None = None) -> list[Owner]:
    """List the nodes, then the meters, of `model_inputs.places` and `.meters`; all, or those of one site's branch."""
    rows = {int(row["site_id"]): row for row in places.to_dict("records")}
    above = {number: _above(rows, number) for number in rows}
    devices = [_meter(row, rows[int(row["site_id"])], above[int(row["site_id"])]) for row in meters.to_dict("records")]
    finest = _finest_below(devices)
    nodes = [
        _owner("node", number, row["name"], row, above[number], step_s=finest.get(number, HOUR_S))
        for number, row in rows.items()
    ]
    return [owner for owner in [*nodes, *devices] if within is None or within in owner.above]


def _finest_below(meters: Sequence[Owner]) -> dict[int, int]:
    """Return the shortest step of the meters in each node."""
    finest: dict[int, int] = {}
    for meter in meters:
        for number in meter.above if meter.sign else ():
            finest[number] = min(meter.step_s, finest.get(number, meter.step_s))
    return finest


def _above(rows: Mapping[int, Mapping[Hashable, Any]], number: int) -> tuple[int, ...]:
    path = [number]
    while not pd.isna(parent := rows[path[-1]]["parent_id"]):
        path.append(int(parent))
    return tuple(path)


def _meter(meter: Mapping[Hashable, Any], place: Mapping[Hashable, Any], above: tuple[int, ...]) -> Owner:
    return _owner(
        "meter",
        int(meter["meter_id"]),
        meter["name"],
        place,
        above,
        sign=SIGNS[meter["direction"]],
        positive=meter["direction"] != "net",
        step_s=_step_s(meter["step_s"], meter["longest_s"]),
    )


def _step_s(usual: float, longest: float) -> int:
    """Return the step of a meter; without a usual one (months differ in length) the longest, if it is a day or more."""
    if not pd.isna(usual):
        return int(usual)
    return int(longest) if longest >= DAY_S else HOUR_S


def _owner(
    kind: Literal["meter", "node"],
    number: int,
    name: str,
    place: Mapping[Hashable, Any],
    above: tuple[int, ...],
    **more: Any,  # noqa: ANN401 - fields of a meter
) -> Owner:
    return Owner(
        kind,
        number,
        name,
        place["name"],
        int(place["site_id"]),
        above,
        place["timezone"],
        _text(place["country"]),
        _text(place["subdivision"]),
        **more,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
