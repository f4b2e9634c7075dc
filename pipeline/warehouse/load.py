"""Load a file: read it, gather it by meter, validate, store and roll up. All of it is stored, or nothing.

Reading needs no database and is done first. Then one transaction takes its turn among the writers, stores what was
read and refreshes the rollups; a process killed in between leaves no trace.
"""

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from pipeline import sources
from pipeline.ahead import one_ahead
from pipeline.errors import FileError, WarehouseError
from pipeline.settings import settings
from pipeline.sources.frame import Chunk, MeterInfo, Overrides, Plan
from pipeline.warehouse import batches, rollups, sites
from pipeline.warehouse.batches import LoadReport, Tally
from pipeline.warehouse.changes import raise_version, take_turn
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.node_sums import NodeSums
from pipeline.warehouse.prepare import Prepared, Preparer, totals_by_meter
from pipeline.warehouse.rejected import Rejected
from pipeline.warehouse.rollups import Touched
from pipeline.warehouse.spill import ROWS_AT_ONCE, Spill
from pipeline.warehouse.statistics import refresh_statistics
from pipeline.warehouse.store import Store

# Told the share done (0 to 1) and what is being done.
Progress = Callable[[float, str], None]
SHARE_READ = 0.3
SHARE_STORED = 0.7
NOTHING_YET = "No energy is stored yet: a register needs an earlier or later reading to count from."


def load_file(
    path: Path,
    overrides: Overrides,
    *,
    loaded_by: str,
    site: str | None = None,
    progress: Progress | None = None,
) -> list[LoadReport]:
    """Store the readings of a file and say what came of it, one report for each table or member of an archive.

    Meters not seen before go to ``site``, by default one named after the file. A file that is stored already, read the
    same way, changes nothing. Raises FileError for a file with nothing usable, WarehouseError where the database fails.
    """
    digest = batches.digest_of_file(path)
    tell = progress or (lambda _share, _what: None)
    reports: list[LoadReport] = []
    refusals: list[FileError] = []
    for plan in sources.inspect_file(path, overrides):
        try:
            reports.append(load_plan(plan, digest, loaded_by=loaded_by, site=site, progress=tell))
        except FileError as refusal:
            refusals.append(refusal)
    if not reports:
        raise refusals[0]
    return reports


def load_plan(
    plan: Plan,
    digest: str,
    *,
    loaded_by: str,
    site: str | None,
    progress: Progress,
    read: Callable[[Plan], Iterator[Chunk]] | None = None,
) -> LoadReport:
    """Store the readings of one table; see `load_file`. Generated data comes with a ``read`` of its own."""
    began = time.monotonic()
    plan_digest = batches.digest_of_plan(plan)
    with connect() as conn:
        stored = batches.find_stored(conn, digest, plan_digest)
    if stored is not None:
        return batches.report_of_stored(plan, stored)
    folder = settings().data_folder / "spill"
    with _room_for_spill(), Spill(folder, ROWS_AT_ONCE, len(plan.meters)) as spill, Rejected(folder) as rejected:
        _gather((read or sources.read_plan)(plan), spill, rejected, progress)
        if not spill.usable:
            raise _refused(plan, digest, plan_digest, rejected, loaded_by)
        with begin() as conn:
            take_turn(conn)
            stored = batches.find_stored(conn, digest, plan_digest)  # another process may have been faster
            if stored is not None:
                return batches.report_of_stored(plan, stored)
            batch_id = batches.open_batch(conn, plan, digest, plan_digest, state="stored", loaded_by=loaded_by)
            store = Store(conn, batch_id)
            tally = store.tally
            meters = _meters(conn, plan, spill.names, site)
            preparer = Preparer(batch_id, [meters[name] for name in spill.names], totals_by_meter(plan.totals))
            nodes = NodeSums.of_meters(conn, [known.id for known in preparer.meters])
            touched, added_up = _store(store, _adding_up(preparer.prepared(spill.parts()), nodes), spill, progress)
            progress(SHARE_STORED, "Adding up hours, days and months")
            done = nodes.store(conn, {each.meter_id for each in added_up})
            rollups.refresh(conn, touched, added_up, done)
            tally.rejected = rejected.store(conn, batch_id)
            batches.close_batch(conn, batch_id, tally, meters=len(spill.names), seconds=time.monotonic() - began)
            raise_version(conn)
            progress(1.0, "Storing for good")
    refresh_statistics(store.partitions, tally.readings)
    return _report(plan, batch_id, tally, meters=len(spill.names), seconds=time.monotonic() - began)


def _gather(chunks: Iterator[Chunk], spill: Spill, rejected: Rejected, progress: Progress) -> None:
    """Read the whole source into ``spill``, and the lines that could not be used into ``rejected``."""
    for chunk in chunks:
        spill.add(chunk.readings)
        rejected.add(chunk.rejected)
        progress(SHARE_READ * spill.rows / (spill.rows + spill.rows_at_once), f"{spill.rows:,} readings read")


def _adding_up(parts: Iterator[Prepared], nodes: NodeSums) -> Iterator[Prepared]:
    """Add the hours of each part to those of its sites."""
    for part in parts:
        nodes.add(part.added_up.hours)
        yield part


def _store(
    store: Store, parts: Iterator[Prepared], spill: Spill, progress: Progress
) -> tuple[list[Touched], list[Touched]]:
    """Validate and store all parts; returns what `Store.finish` does."""
    done = 0
    for part in one_ahead(parts):
        store.add(part.readings, part.overlapping, part.added_up)
        store.widen_registers(part.registers)
        store.tally.duplicates += part.duplicates
        done += part.readings.num_rows
        share = min(1.0, done / spill.rows)
        progress(SHARE_READ + (SHARE_STORED - SHARE_READ) * share, f"{done:,} readings validated and stored")
    return store.finish()


def _meters(conn: Connection, plan: Plan, names: list[str], site: str | None) -> dict[str, sites.StoredMeter]:
    """Find the meters, adding new ones to ``site`` or to a site named after the file."""
    known = sites.find_meters(conn, names)
    new = [name for name in names if name not in known]
    if not new:
        return known
    infos = {info.name: info for info in plan.meters}
    register = plan.mapping is not None and plan.mapping.quantity == "register"
    unit = plan.mapping.unit if plan.mapping is not None else "kWh"
    zone = batches.timezone_of(plan)
    site_id = sites.site_for_load(conn, site or plan.path.name.split(".")[0], zone)
    wanted = [infos.get(name, MeterInfo(name, unit=unit, register=register)) for name in new]
    return known | sites.ensure_meters(conn, site_id, wanted)


def _refused(plan: Plan, digest: str, plan_digest: str, rejected: Rejected, loaded_by: str) -> FileError:
    """Keep the record of a file with nothing usable, and return the sentence that says so."""
    with begin() as conn:
        batch_id = batches.open_batch(conn, plan, digest, plan_digest, state="refused", loaded_by=loaded_by)
        tally = Tally(rejected=rejected.store(conn, batch_id))
        batches.close_batch(conn, batch_id, tally, meters=0, seconds=0.0)
    name = batches.name_of(plan)
    first = rejected.first
    if first is None:
        return FileError(f"{name} holds no reading: every value is missing. Check the columns that were chosen.")
    return FileError(
        f"{name} holds no usable reading: {tally.rejected} lines were rejected, the first at line {first.line} "
        f"({first.reason}). Check columns, dates and unit, or name them by options."
    )


def _report(plan: Plan, batch_id: int, tally: Tally, *, meters: int, seconds: float) -> LoadReport:
    return LoadReport(
        file=batches.name_of(plan),
        format=plan.format,
        batch=batch_id,
        meters=meters,
        readings=tally.readings,
        duplicates=tally.duplicates,
        rejected=tally.rejected,
        energy_kwh=tally.energy_kwh,
        first=tally.first,
        last=tally.last,
        step_seconds=tally.step_s,
        timezone=batches.timezone_of(plan),
        warnings=plan.warnings if tally.readings or tally.duplicates else (*plan.warnings, NOTHING_YET),
        estimated=tally.estimated,
        replaced=tally.replaced,
        seconds=round(seconds, 3),
    )


@contextmanager
def _room_for_spill() -> Iterator[None]:
    """Say it in a sentence when the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        folder = settings().data_folder
        raise WarehouseError(f"The disk of {folder} is full, nothing was stored: make room and load again.") from error
