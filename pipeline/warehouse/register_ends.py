"""First and last reading of each cumulative register: what joins the files of one meter.

Of a register the differences are stored, so the energy between the last reading of one file and the first of the next
would be lost. The two ends stay here; a load before or after them takes the nearer one along.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import Connection, case, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.warehouse.schema import register_end


@dataclass(frozen=True)
class RegisterEnds:
    """The first and the last reading of a register, in kWh, and when they were taken."""

    meter_id: int
    first_ts: datetime
    first_kwh: float
    last_ts: datetime
    last_kwh: float


def ends_of(meter_id: int, readings: pd.DataFrame) -> RegisterEnds | None:
    """Find the ends of new readings (standard frame); None where every one is missing."""
    known = readings.dropna(subset="energy_kwh")
    if known.empty:
        return None
    ts, states = known["ts"].to_numpy(), known["energy_kwh"].to_numpy()
    first, last = int(ts.argmin()), int(ts.argmax())
    instants = known["ts"].iloc[[first, last]].dt.to_pydatetime()
    return RegisterEnds(meter_id, instants.iloc[0], float(states[first]), instants.iloc[1], float(states[last]))


def stored_ends(conn: Connection, meter_ids: Iterable[int]) -> dict[int, RegisterEnds]:
    """Return what is stored of these registers."""
    rows = conn.execute(select(register_end).where(register_end.c.meter_id.in_(list(meter_ids)))).mappings()
    return {row["meter_id"]: RegisterEnds(**row) for row in rows}


def beside(ends: RegisterEnds, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Give the stored reading that lies before ``first``, or the one after ``last``, as readings of the register."""
    outside = {}
    if ends.last_ts < first:
        outside[ends.last_ts] = ends.last_kwh
    if ends.first_ts > last:
        outside[ends.first_ts] = ends.first_kwh
    return pd.DataFrame(
        {
            "ts": pd.DatetimeIndex(list(outside), tz="UTC").as_unit("us"),
            "duration_s": np.int32(0),
            "energy_kwh": np.array(list(outside.values()), float),
            "flag": np.int32(0),
            "line": np.int64(0),
        }
    )


def keep(conn: Connection, found: Mapping[int, RegisterEnds]) -> None:
    """Widen what is stored by the ends of a load; of two readings at one instant the newer stays."""
    if not found:
        return
    new = insert(register_end).values([asdict(ends) for ends in found.values()])
    old, given = register_end.c, new.excluded
    earlier, later = given.first_ts <= old.first_ts, given.last_ts >= old.last_ts
    conn.execute(
        new.on_conflict_do_update(
            index_elements=["meter_id"],
            set_={
                "first_kwh": case((earlier, given.first_kwh), else_=old.first_kwh),
                "last_kwh": case((later, given.last_kwh), else_=old.last_kwh),
                "first_ts": func.least(given.first_ts, old.first_ts),
                "last_ts": func.greatest(given.last_ts, old.last_ts),
            },
        )
    )


def joined(one: RegisterEnds | None, other: RegisterEnds) -> RegisterEnds:
    """Return the outermost ends of two."""
    if one is None:
        return other
    first = min(one, other, key=lambda ends: ends.first_ts)
    last = max(one, other, key=lambda ends: ends.last_ts)
    return RegisterEnds(one.meter_id, first.first_ts, first.first_kwh, last.last_ts, last.last_kwh)
