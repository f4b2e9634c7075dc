"""The sites of a selection as the extract describes them: their place in the tree and on the map, money, calendar."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import Connection, select

from pipeline.warehouse.queries.weather import stations_of
from pipeline.warehouse.schema import meter, site
from pipeline.warehouse.tables.costs import node_cost_scope

OF_CALENDAR = ["country", "subdivision", "southern"]
AS_STORED = ("kind", "timezone", "latitude", "longitude", "floor_area_m2", "generated")
Row = Mapping[str, Any]


class CalendarKey(NamedTuple):
    """What days are like: by country and its part (None where unknown) and hemisphere."""

    calendar_id: int
    country: str | None
    subdivision: str | None
    southern: bool | None


@dataclass(frozen=True)
class Tree:
    """All sites by number; ``selected`` counts the selected meters of each, ``missing`` the others."""

    sites: Mapping[int, Row]
    selected: Counter[int]
    missing: Counter[int]

    def up(self, number: int) -> Iterator[Row]:
        """Go from a site to the top, itself first."""
        found: int | None = number
        while found is not None:
            yield self.sites[found]
            found = self.sites[found]["parent_id"]

    @cached_property
    def chosen(self) -> list[int]:
        """Return the sites of selected meters and all above them, in order."""
        return sorted({row["id"] for number in self.selected for row in self.up(number)})

    @cached_property
    def incomplete(self) -> frozenset[int]:
        """Return the sites that have meters, or such below, that are not selected."""
        return frozenset(row["id"] for number in self.missing for row in self.up(number))

    def nearest(self, number: int, column: str, needs: str | None = None) -> Any:  # noqa: ANN401 - of any type
        """Return a property of the site itself, or of the nearest one above that has it (or has ``needs``)."""
        return next((row[column] for row in self.up(number) if row[needs or column] is not None), None)

    def of_kind(self, number: int, kind: str) -> str | None:
        """Return the name of the site itself, or of the nearest one above, that is of a kind."""
        return next((row["name"] for row in self.up(number) if row["kind"] == kind), None)


def describe_sites(conn: Connection, meter_ids: Collection[int]) -> pd.DataFrame:
    """Describe the sites of some meters and all above them, by number: the columns of the extract's ``sites``.

    ``complete`` says that all meters below a site are among ``meter_ids``. And ``southern``: the hemisphere, None
    where no latitude is known.
    """
    tree = _tree(conn, meter_ids)
    frame = pd.DataFrame([_describe(tree, number) for number in tree.chosen], columns=_columns(), dtype=object)
    scopes = conn.execute(select(node_cost_scope.c.site_id, node_cost_scope.c.currencies)).all()
    currency = {row.site_id: row.currencies[0] for row in scopes if len(row.currencies) == 1}
    serving = stations_of(conn, tree.chosen)
    alone = serving[serving["share"] == 1]
    station = dict(zip(alone["site_id"].tolist(), alone["station_id"].tolist(), strict=True))
    return _with_calendars(
        frame.assign(
            currency=_looked_up(frame, currency),
            station_id=_looked_up(frame, station),
        )
    )


def calendars_of(sites: pd.DataFrame) -> list[CalendarKey]:
    """Return what makes each calendar, in order of their numbers."""
    rows = zip(sites["calendar_id"].tolist(), *(sites[name].tolist() for name in OF_CALENDAR), strict=True)
    found = {row[0]: CalendarKey(*row) for row in rows}
    return [found[number] for number in sorted(found)]


def _tree(conn: Connection, meter_ids: Collection[int]) -> Tree:
    sites: dict[int, Row] = {row["id"]: dict(row) for row in conn.execute(select(site)).mappings()}
    of_site = {row.id: row.site_id for row in conn.execute(select(meter.c.id, meter.c.site_id))}
    selected = Counter(of_site[number] for number in meter_ids)
    return Tree(sites, selected, Counter(of_site.values()) - selected)


def _columns() -> list[str]:
    names = ("site_id", "parent_site_id", "site", "path", "depth", "region", "state", "city", "sector", "country")
    return [*names, "subdivision", *AS_STORED, "complete", "southern"]


def _describe(tree: Tree, number: int) -> dict[str, object]:
    own = tree.sites[number]
    names = [row["name"] for row in tree.up(number)]
    latitude = tree.nearest(number, "latitude")
    subdivision = tree.nearest(number, "subdivision", needs="country")
    return {name: own[name] for name in AS_STORED} | {
        "site_id": number,
        "parent_site_id": own["parent_id"],
        "site": own["name"],
        "path": " / ".join(reversed(names)),
        "depth": len(names) - 1,
        "region": tree.of_kind(number, "region"),
        "state": tree.of_kind(number, "state") or subdivision,
        "city": tree.of_kind(number, "city"),
        "sector": tree.nearest(number, "sector"),
        "country": tree.nearest(number, "country"),
        "subdivision": subdivision,
        "complete": number not in tree.incomplete,
        "southern": None if latitude is None else latitude < 0,
    }


def _looked_up(sites: pd.DataFrame, known: Mapping[int, object]) -> pd.Series:
    return pd.Series([known.get(number) for number in sites["site_id"]], index=sites.index, dtype=object)


def _with_calendars(sites: pd.DataFrame) -> pd.DataFrame:
    """Give each calendar a number, in order of country, part and hemisphere."""
    placed = sites.assign(southern=_hemispheres(sites))
    keys = [tuple(map(str, row)) for row in placed[OF_CALENDAR].itertuples(index=False)]
    numbers = {key: number for number, key in enumerate(sorted(set(keys)), start=1)}
    return placed.assign(calendar_id=np.array([numbers[key] for key in keys], dtype=np.int32))


def _hemispheres(sites: pd.DataFrame) -> pd.Series:
    """Take the hemisphere of a site that no latitude is known of from the others of its country, where they agree."""
    known = sites.dropna(subset=["country", "southern"]).groupby("country")["southern"].agg(set)
    agreed = {country: next(iter(found)) for country, found in known.items() if len(found) == 1}
    pairs = zip(sites["country"], sites["southern"], strict=True)
    found = [agreed.get(country) if southern is None else southern for country, southern in pairs]
    return pd.Series(found, index=sites.index, dtype=object)
