"""What stands for a whole selection among its sites: a node of the tree, or else a row of its own."""

import pandas as pd
from sqlalchemy import Connection, select

from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import costs
from pipeline.warehouse.schema import meter
from pipeline.warehouse.selection import Selection

STAND_IN = 0  # nodes are numbered from 1
KIND = "selection"


def with_whole(conn: Connection, sites: pd.DataFrame, selection: Selection, filters: Filters) -> pd.DataFrame:
    """Say in ``whole_selection`` which site's figures are those of the selection.

    Of one meter or many nodes that is a row added: below the meter's site, or where the sector was chosen, and like it.
    """
    if selection.kind == "node" and len(selection.ids) == 1:
        return sites.assign(whole_selection=sites["site_id"] == selection.ids[0])
    number, name = _below(conn, selection, filters)
    above = sites.loc[sites["site_id"] == number]
    if above.empty:  # nothing is selected, which whoever exports it says
        return sites.assign(whole_selection=False)
    row = above.assign(
        site_id=STAND_IN,
        parent_site_id=number,
        site=name or f"{above['site'].iloc[0]}, {filters.sector}",
        kind=KIND,
        path=above["path"] + " / " + (name or f"sector {filters.sector}"),
        depth=above["depth"] + 1,
        sector=filters.sector or above["sector"],
        timezone=selection.timezone,
        currency=costs.scope(conn, filters).currency,
        floor_area_m2=None,
        complete=True,
    )
    both = pd.concat([row, sites], ignore_index=True)
    return both.assign(whole_selection=both["site_id"] == STAND_IN)


def _below(conn: Connection, selection: Selection, filters: Filters) -> tuple[int, str]:
    if selection.kind == "node":
        return filters.site_id, ""
    found = conn.execute(select(meter.c.site_id, meter.c.name).where(meter.c.id == selection.ids[0])).one()
    return found.site_id, found.name
