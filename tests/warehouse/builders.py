"""Small warehouses with known content, for the tests of queries."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa
from sqlalchemy import Connection, func, insert, update

from pipeline.flags import Flag
from pipeline.warehouse import rollups, sites
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.partitions import Partitions
from pipeline.warehouse.rollups import Touched
from pipeline.warehouse.schema import ingest_batch, meter


@dataclass
class Builder:
    """Adds sites, meters and readings in one transaction, with the product's own rollups."""

    conn: Connection
    batch_id: int = field(init=False)

    def __post_init__(self) -> None:
        self.batch_id = self.batch("planted.csv")

    def site(self, name: str, zone: str = "UTC", parent: int | None = None, **details: object) -> int:
        kind = str(details.pop("kind", "site"))
        return sites.ensure_site(self.conn, name, timezone=zone, parent_id=parent, kind=kind, details=details)

    def meter(self, site_id: int, name: str, direction: str = "import", step_s: int | None = 3600) -> int:
        values = {"site_id": site_id, "name": name, "direction": direction, "step_s": step_s, "longest_s": step_s}
        return self.conn.execute(insert(meter).values(values).returning(meter.c.id)).scalar_one()

    def readings(
        self,
        meter_id: int,
        start: datetime,
        values: Sequence[float | None],
        step_s: int = 3600,
        flag: Flag | int = 0,
    ) -> None:
        """Add consecutive readings from ``start`` (UTC); None leaves a gap. ``line`` counts from 1."""
        step = timedelta(seconds=step_s)
        known = [(number, value) for number, value in enumerate(values) if value is not None]
        kwh = pa.array([value for _, value in known], pa.float64())
        table = pa.table(
            {
                "meter_id": pa.array([meter_id] * len(known), pa.int32()),
                "batch_id": pa.array([self.batch_id] * len(known), pa.int32()),
                "ts": pa.array([start + number * step for number, _ in known], pa.timestamp("us", "UTC")),
                "energy_kwh": kwh,
                "raw_kwh": kwh,
                "duration_s": pa.array([step_s] * len(known), pa.int32()),
                "flag": pa.array([int(flag)] * len(known), pa.int32()),
                "line": pa.array([number + 1 for number, _ in known], pa.int64()),
            }
        )
        partitions = Partitions(self.conn)
        partitions.append(table)
        partitions.attach()
        end = start + len(values) * step
        self._widen(meter_id, start, end)
        rollups.refresh(self.conn, [Touched(meter_id, start, end)])
        raise_version(self.conn)

    def batch(self, file_name: str, **columns: object) -> int:
        values = {
            "file_name": file_name,
            "digest": uuid.uuid4().hex,
            "plan_digest": "plan",
            "format": "long csv",
            "plan": {"warnings": []},
            "state": "stored",
            "loaded_by": "tests",
        }
        statement = insert(ingest_batch).values(values | columns).returning(ingest_batch.c.id)
        return self.conn.execute(statement).scalar_one()

    def _widen(self, meter_id: int, start: datetime, end: datetime) -> None:
        self.conn.execute(
            update(meter)
            .where(meter.c.id == meter_id)
            .values(first_ts=func.least(meter.c.first_ts, start), last_ts=func.greatest(meter.c.last_ts, end))
        )
