"""The steps of the pipeline in their order, for the command line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import func, select, text

from pipeline.definitions import SWITCHABLE
from pipeline.errors import SelectionError, UserError
from pipeline.settings import settings
from pipeline.sources.frame import Overrides
from pipeline.warehouse.batches import LoadReport
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.load import Progress, load_file
from pipeline.warehouse.migrations import migrate
from pipeline.warehouse.queries import sites
from pipeline.warehouse.schema import data_version, ingest_batch, meter, site
from pipeline.warehouse.site_details import SiteDetails, describe_site

LOADED_BY = "command line"


@dataclass(frozen=True)
class Status:
    """What the warehouse holds; ``readings`` counts what all batches brought."""

    server: str
    sites: int
    meters: int
    readings: int
    batches: int
    first: datetime | None
    last: datetime | None
    data_version: int


def load(path: Path, overrides: Overrides, *, site: str | None, progress: Progress) -> list[LoadReport]:
    """Load a file and say what came of it. Raises UserError for one that is refused."""
    if not path.is_file():
        raise UserError(f"{path} is not a file: check its name.")
    migrate()
    return load_file(path, overrides, loaded_by=LOADED_BY, site=site, progress=progress)


def describe(name: str, details: SiteDetails, *, parent: str | None, meters: Sequence[str]) -> None:
    """Set what is known of a site. Raises UserError for what is not there or cannot be."""
    migrate()
    with begin() as conn:
        describe_site(conn, name, details, parent=parent, meters=meters)


def load_demo(progress: Progress) -> None:
    """Load the generated demo data; what is there already stays as it is."""
    from pipeline.demo.load import load_demo as fill  # noqa: PLC0415 - the generator is not needed by other steps

    migrate()
    fill(progress=progress)


def prepare(progress: Progress, *, demo_wanted: bool) -> None:
    """Bring the tables up to date, and fill an empty warehouse with the demo where the settings allow it."""
    migrate()
    with connect() as conn:
        empty = sites.root(conn) is None
    if empty and demo_wanted and settings().demo:
        load_demo(progress)


def select_for_export(name: str | None, start: date | None, end: date | None) -> Filters:
    """Say what an export holds: a site by name (default: the one tree) and its local days, both ends included.

    Raises UserError where there is no such site, several trees to choose from, or nothing stored.
    """
    migrate()
    with connect() as conn:
        found = conn.execute(
            select(site.c.id, site.c.name).where(
                site.c.name == name if name is not None else site.c.parent_id.is_(None)
            )
        ).all()
        if len(found) != 1:
            raise UserError(_which_site(name, [row.name for row in found]))
        site_id = found[0].id
        first, last = conn.execute(
            text("select min(day), max(day) from node_day where site_id = :id"), {"id": site_id}
        ).one()
    if first is None:
        raise UserError("There is no reading to export: load a file first.")
    return Filters(site_id, start or first, date.fromordinal((end or last).toordinal() + 1))


def narrowed(filters: Filters, *, sector: str | None, measure: str) -> Filters:
    """Keep a sector alone, and show a measure. Raises SelectionError for one that is not there."""
    key = next((key for key in SWITCHABLE if key == measure), None)
    if key is None:
        raise SelectionError(f"There is no measure {measure[:40]!a}: choose one of {', '.join(SWITCHABLE)}.")
    if sector is not None:
        with connect() as conn:
            sites.check_sector(conn, filters.site_id, sector)
    return replace(filters, sector=sector, measure=key)


def _which_site(name: str | None, found: list[str]) -> str:
    if name is None and not found:
        return "There is no reading to export: load a file first."
    if name is None:
        return f"Choose what to export with --site: {' or '.join(map(repr, found))}."
    if found:
        return f"{len(found)} sites are called {name!r}: rename all but one."
    return f"There is no site called {name!r}."


def status() -> Status:
    """Say what the warehouse holds."""
    migrate()
    statement = select(
        select(func.count()).select_from(site).scalar_subquery(),
        select(func.count()).select_from(meter).scalar_subquery(),
        select(func.count()).select_from(ingest_batch).where(ingest_batch.c.state == "stored").scalar_subquery(),
        select(func.min(meter.c.first_ts)).scalar_subquery(),
        select(func.max(meter.c.last_ts)).scalar_subquery(),
        select(data_version.c.version).scalar_subquery(),
        select(func.coalesce(func.sum(ingest_batch.c.readings), 0)).scalar_subquery(),
        func.current_setting("server_version"),
    )
    with connect() as conn:
        row = conn.execute(statement).one()
    return Status(
        server=f"PostgreSQL {row[7]}",
        sites=row[0],
        meters=row[1],
        readings=int(row[6]),
        batches=row[2],
        first=row[3],
        last=row[4],
        data_version=row[5],
    )
