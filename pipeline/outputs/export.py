"""A selection into a file: one snapshot of the data, streamed, written aside, counted and renamed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, func, select

from pipeline.errors import SelectionError
from pipeline.outputs import tables
from pipeline.outputs.aside import written_aside
from pipeline.outputs.csv_file import write_csv
from pipeline.outputs.definitions_used import definitions_used
from pipeline.outputs.extract.contents import Contents
from pipeline.outputs.extract.follow import follow
from pipeline.outputs.extract.totals import settle
from pipeline.outputs.extract_schema import TABLES, layout
from pipeline.outputs.hyper import append, create, is_full, no_room
from pipeline.outputs.manifest import Manifest, Origin, now, sha256_of
from pipeline.outputs.options import CsvOptions, HyperOptions, Options, PlainKind, options_of
from pipeline.outputs.selected import Selected, select_meters
from pipeline.outputs.tally import Progress, Tally, no_progress
from pipeline.settings import settings
from pipeline.warehouse import engine
from pipeline.warehouse.arrow import Bulk, same_snapshot
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import overview
from pipeline.warehouse.schema import data_version, meter, meter_day, site
from pipeline.warehouse.value_state import state_of_values

HOUR_S = 3600.0
UNIT = "kWh"


@dataclass(frozen=True)
class Source:
    """What a file is made from: the selection in one snapshot of the data."""

    conn: Connection
    bulk: Bulk
    selected: Selected
    origin: Origin

    def contents(self, options: HyperOptions) -> Contents:
        """Return the tables of an extract."""
        file = settings().entitlements_file
        return Contents(self.conn, self.bulk, self.selected, file, with_readings=options.readings == "with")

    def csv_table(self, options: CsvOptions) -> tables.ExportTable:
        """Return the table of a CSV file."""
        return tables.facts_of(self.bulk, self.selected, tables.CSV_TABLES[options.table])


def export(
    path: Path,
    filters: Filters,
    kind: PlainKind,
    options: Options | None = None,
    progress: Progress = no_progress,
    *,
    incremental: bool = False,
) -> Manifest:
    """Write what ``filters`` select to ``path``, with a manifest beside it, and return the manifest.

    Until all is written there is no file at ``path``, or the one that was there before. An ``incremental`` extract
    takes over what has not changed since the one at ``path``; where that cannot be known, all is written.
    Raises SelectionError for a site or meter that does not exist or has no reading in the period, WarehouseError or
    ExtractError where reading or writing fails.
    """
    started = time.perf_counter()
    chosen = options or options_of(kind, None)
    with room_for(path), source_of(filters) as source, written_aside(path) as part:
        tally = Tally(_expected_rows(source.conn, source.selected), progress)
        if isinstance(chosen, CsvOptions):
            write_csv(part, source.csv_table(chosen), chosen, source.origin.head(filters), tally)
        else:
            contents = source.contents(chosen)
            if not (incremental and follow(path, part, contents, chosen, tally)):
                _write_hyper(part, contents, tally)
        kpis = overview.kpis(source.conn, filters)
        values = state_of_values(source.conn, source.selected.site_ids) if kind == "hyper" else {}
        digest, size = sha256_of(part), part.stat().st_size
    manifest = Manifest(
        file_name=path.name,
        kind=kind,
        origin=source.origin,
        filters=filters.to_query(),
        options=chosen.to_mapping(),
        rows=tally.rows,
        energy_kwh=tally.energy_kwh[chosen.table if isinstance(chosen, CsvOptions) else "daily"],
        energy_kwh_by_table=tally.energy_kwh,
        peak_kw=kpis.peak_kw,
        share_estimated=kpis.share_estimated,
        layout=layout() if kind == "hyper" else "",
        values=values,
        queries={name: query for name, query in tally.queries.items() if query},
        definitions=definitions_used(),
        bytes=size,
        sha256=digest,
        seconds=round(time.perf_counter() - started, 3),
        created_at=now(),
    )
    manifest.write_beside(path)
    return manifest


@contextmanager
def source_of(filters: Filters) -> Iterator[Source]:
    """Open what is selected, in one snapshot. Raises SelectionError for what is not there, or is empty."""
    with engine.connect() as conn, same_snapshot(conn) as bulk:
        selected = select_meters(conn, filters)
        origin = _origin(conn, selected)
        if _is_empty(conn, selected):
            raise SelectionError(
                f"There is nothing to export: {origin.site} has no reading from {filters.start} to {filters.end} "
                "of what is selected. Choose another period, site or sector."
            )
        yield Source(conn, bulk, selected, origin)


@contextmanager
def room_for(path: Path) -> Iterator[None]:
    """Say it in a sentence when the disk is full. Raises ExtractError."""
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise no_room(path) from error


def _write_hyper(part: Path, contents: Contents, tally: Tally) -> None:
    create(part, [TABLES[name] for name in contents.names])
    append(part, contents.tables(), tally)
    settle(part, contents.names, tally)


def _origin(conn: Connection, selected: Selected) -> Origin:
    name = conn.execute(select(site.c.name).where(site.c.id == selected.filters.site_id)).scalar_one()
    version, changed_at = conn.execute(select(data_version.c.version, data_version.c.changed_at)).one()
    return Origin(
        site=name,
        timezone=selected.timezone,
        timezones=list(selected.by_zone),
        unit=UNIT,
        data_version=version,
        data_changed_at=changed_at.isoformat(),
        generated=bool(selected.sites["generated"].any()),
    )


def _is_empty(conn: Connection, selected: Selected) -> bool:
    any_day = select(meter_day.c.day).where(*_days_of(selected)).limit(1)
    return conn.execute(any_day).first() is None


def _expected_rows(conn: Connection, selected: Selected) -> float:
    """Work out from the daily rollup about how many readings there are; counting them would take as long as reading."""
    statement = (
        select(func.sum(meter_day.c.covered_hours * HOUR_S / func.coalesce(meter.c.step_s, HOUR_S)))
        .join_from(meter_day, meter, meter.c.id == meter_day.c.meter_id)
        .where(*_days_of(selected))
    )
    return float(conn.execute(statement).scalar_one() or 0.0)


def _days_of(selected: Selected) -> tuple[ColumnElement[bool], ...]:
    filters = selected.filters
    return (
        selected.among(meter_day.c.meter_id),
        meter_day.c.day >= filters.start,
        meter_day.c.day < filters.end,
    )
