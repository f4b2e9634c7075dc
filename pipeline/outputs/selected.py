"""The meters and sites behind a selection, as tables and as what each row of readings is labelled with."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sqlalchemy import ARRAY, ColumnElement, Connection, Integer, bindparam, func, select

from pipeline.outputs.places import describe_sites
from pipeline.outputs.stand_in import STAND_IN, with_whole
from pipeline.sources.frame import Direction
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.schema import meter, site
from pipeline.warehouse.selection import Selection, nearest, resolve

# What one kWh of a meter adds to the consumption of its site; own generation is inside it already.
SIGN: dict[Direction, float] = {"import": 1.0, "net": 1.0, "export": -1.0, "generation": 0.0}


@dataclass(frozen=True, eq=False)
class Selected:
    """The meters of a selection in order of their number, and the sites they belong to, with those above.

    ``meters``: ``meter_id, meter, site_id, site, sector, direction, timezone, step_s, unit, capacity_kw, first_ts,
    last_ts, sign, calendar_id``; ``sites``: see `describe_sites` and `with_whole`.
    """

    filters: Filters
    selection: Selection
    meters: pd.DataFrame
    sites: pd.DataFrame

    @property
    def timezone(self) -> str:
        """Return the time zone of the whole selection."""
        return self.selection.timezone

    @property
    def has_stand_in(self) -> bool:
        """Say whether no node stands for the whole selection, so that a row of its own does."""
        return bool((self.sites["site_id"] == STAND_IN).any())

    @property
    def currency(self) -> str | None:
        """Return the currency of the whole selection, None where it has several, or no prices."""
        found: str | None = self.sites.loc[self.sites["whole_selection"], "currency"].iloc[0]
        return found

    @property
    def by_zone(self) -> dict[str, list[int]]:
        """Return the meters of each time zone."""
        return {str(zone): group["meter_id"].tolist() for zone, group in self.meters.groupby("timezone", sort=True)}

    @property
    def site_ids(self) -> list[int]:
        """Return the sites of the meters."""
        return sorted(int(number) for number in self.meters["site_id"].unique())

    @property
    def complete_by_zone(self) -> dict[str, list[int]]:
        """Return the nodes of each time zone all of whose meters are selected."""
        complete = self.sites[self.sites["complete"].astype(bool) & (self.sites["site_id"] != STAND_IN)]
        return {str(zone): group["site_id"].tolist() for zone, group in complete.groupby("timezone", sort=True)}

    @property
    def complete_sites(self) -> list[int]:
        """Return the sites all of whose meters are selected."""
        return sorted(number for numbers in self.complete_by_zone.values() for number in numbers)

    def among(self, meter_id: ColumnElement[int]) -> ColumnElement[bool]:
        """Say whether a meter is selected; of one parameter, however many there are."""
        return meter_id == func.any(bindparam(None, self.meters["meter_id"].tolist(), type_=ARRAY(Integer)))

    def positions(self, meter_ids: pa.Array) -> npt.NDArray[np.intp]:
        """Find the meter of each row: its place in ``meters``."""
        return np.searchsorted(self.meters["meter_id"].to_numpy(), np.asarray(meter_ids))

    def site_positions(self, site_ids: pa.Array) -> npt.NDArray[np.intp]:
        """Find the site of each row: its place in ``sites``."""
        return np.searchsorted(self.sites["site_id"].to_numpy(np.int64), np.asarray(site_ids))

    def calendar_of(self, site_ids: pa.Array) -> pa.Array:
        """Give the number of the calendar that each row's site follows."""
        return pa.array(self.sites["calendar_id"].to_numpy(np.int32)[self.site_positions(site_ids)])

    def label(self, positions: npt.NDArray[np.intp], column: str) -> pa.Array:
        """Give a property of the meter of each row."""
        return self._columns[column].take(pa.array(positions))

    def signs(self, positions: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Give +1, -1 or 0 for each row: how its energy counts in the selection."""
        signs = self.meters["sign"].to_numpy(np.float64)
        return signs[positions]

    @cached_property
    def _columns(self) -> dict[str, pa.Array]:
        return {name: pa.array(self.meters[name], pa.string()) for name in ("meter", "site", "sector")}


def select_meters(conn: Connection, filters: Filters) -> Selected:
    """Find what the filters select. Raises SelectionError for a site or meter that does not exist."""
    selection = resolve(conn, filters)
    statement = (
        select(
            meter.c.id.label("meter_id"),
            meter.c.name.label("meter"),
            site.c.id.label("site_id"),
            site.c.name.label("site"),
            nearest(site.c.id, "sector").label("sector"),
            site.c.timezone,
            *(meter.c[name] for name in ("direction", "step_s", "unit", "capacity_kw", "first_ts", "last_ts")),
        )
        .join_from(meter, site)
        .where(meter.c.id.in_(selection.meter_ids()))
        .order_by(meter.c.id)
    )
    meters = pd.read_sql(statement, conn)
    alone = selection.kind == "meter"
    sites = describe_sites(conn, meters["meter_id"].tolist())
    meters["sign"] = 1.0 if alone else meters["direction"].map(SIGN).astype("float64")
    meters["calendar_id"] = meters["site_id"].map(dict(zip(sites["site_id"], sites["calendar_id"], strict=True)))
    complete = sites["complete"].astype(bool) & (not alone)
    return Selected(filters, selection, meters, with_whole(conn, sites.assign(complete=complete), selection, filters))
