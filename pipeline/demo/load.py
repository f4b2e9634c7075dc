"""The demo into the warehouse, through the same validation, COPY and rollups as any file."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from pipeline.demo import tariffs, taylor
from pipeline.demo.generate import Demo
from pipeline.demo.lay_out import add_taylor, lay_out
from pipeline.sources.frame import Chunk, Mapping, Plan
from pipeline.warehouse.changes import take_turn
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.load import load_plan
from pipeline.warehouse.schema import ingest_batch

FORMAT = "demo"
LOADED_BY = "demo"
SHARE_PLACES, SHARE_DEMO = 0.03, 0.98
Progress = Callable[[float, str], None]


def load_demo(progress: Progress | None = None, *, end: date | None = None, meters: int = 300, days: int = 730) -> None:
    """Fill the warehouse with the generated utility and the one real series; a demo that is there stays as it is.

    ``end`` is the first day that is not in it: by default today, so that the demo reaches up to yesterday.
    """
    tell = progress or (lambda _share, _what: None)
    demo = Demo(end or datetime.now(UTC).date(), meters, days)
    if not _is_stored(f"{FORMAT}.generated"):
        tell(0.0, "Laying out sites and weather")
        with begin() as conn:
            take_turn(conn)
            lay_out(conn, demo)
        _load(_demo_plan(demo), lambda _plan: demo.chunks(), _part(tell, SHARE_PLACES, SHARE_DEMO))
    else:
        _complete()
    if not _is_stored(f"{FORMAT}.taylor"):
        with begin() as conn:
            add_taylor(conn)
        _load(_taylor_plan(), lambda _plan: iter([taylor.taylor_chunk()]), _part(tell, SHARE_DEMO, 1.0))
    tell(1.0, "The demo is there")


def _complete() -> None:
    """Add what demos of earlier versions did not have."""
    with begin() as conn:
        if not tariffs.are_there(conn):
            plan = conn.execute(
                select(ingest_batch.c.plan["details"]).where(ingest_batch.c.file_name == f"{FORMAT}.generated")
            ).scalar_one()
            end = date.fromisoformat(plan["end"])
            tariffs.add_tariffs(conn, end - timedelta(days=plan["days"]), end)


def _is_stored(name: str) -> bool:
    stored = select(ingest_batch.c.id).where(ingest_batch.c.file_name == name, ingest_batch.c.state == "stored")
    with connect() as conn:
        return conn.execute(stored).first() is not None


def _load(plan: Plan, read: Callable[[Plan], Iterator[Chunk]], progress: Progress) -> None:
    digest = hashlib.sha256(repr((plan.path.name, plan.details)).encode()).hexdigest()
    load_plan(plan, digest, loaded_by=LOADED_BY, site=None, progress=progress, read=read)


def _part(tell: Progress, first: float, last: float) -> Progress:
    return lambda share, what: tell(first + share * (last - first), what)


def _demo_plan(demo: Demo) -> Plan:
    details: dict[str, object] = {"seed": demo.seed, "end": demo.end.isoformat(), "days": demo.days}
    return Plan(Path(f"{FORMAT}.generated"), FORMAT, Mapping(), demo.infos, ("Generated data, not measured.",), details)


def _taylor_plan() -> Plan:
    return Plan(Path(f"{FORMAT}.taylor"), FORMAT, Mapping(unit="MW", quantity="power", step_s=1800), (taylor.METER,))
