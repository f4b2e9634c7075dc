"""An extract that follows the data: a copy of the one before, in which only what has changed is written again."""

import logging
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tableauhyperapi import Connection, Inserter, SqlType, TableDefinition, TableName

from pipeline.errors import UserError
from pipeline.outputs.extract.changes import Changes, Standing, changes_since, month_after
from pipeline.outputs.extract.contents import Contents
from pipeline.outputs.extract.totals import same, settle, totals_of
from pipeline.outputs.extract_schema import TABLES, layout
from pipeline.outputs.hyper import append, open_extract
from pipeline.outputs.manifest import Manifest, read_manifest, sha256_of
from pipeline.outputs.options import HyperOptions
from pipeline.outputs.tally import Tally
from pipeline.warehouse.changes import is_known
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.value_state import months_revalued, state_of_values

STALE = TableDefinition(
    TableName("stale"),
    [
        TableDefinition.Column("meter_id", SqlType.int()),
        TableDefinition.Column("first_day", SqlType.date()),
        TableDefinition.Column("end_day", SqlType.date()),
    ],
)
ALWAYS, NEVER = date(1, 1, 1), date(9999, 12, 31)
STANDING = """
select m.meter_id, m.site_id, m.timezone, m.sign, s.calendar_id from meters m join sites s on s.site_id = m.site_id
"""

log = logging.getLogger(__name__)


def follow(path: Path, part: Path, contents: Contents, options: HyperOptions, tally: Tally) -> bool:
    """Write to ``part`` what the extract at ``path`` becomes by the changes since; False where all must be written."""
    before = _known(path, contents, options)
    if before is None:
        return False
    shutil.copyfile(path, part)
    names = _partitioned(contents.names)
    with open_extract(part) as connection:
        if sha256_of(path) != before.sha256 and not _holds(connection, before, names):
            return _anew(path, "it does not hold what its manifest says")
        standing = {row[0]: _standing(row) for row in connection.execute_list_query(STANDING)}
        period, version = _filters(before).period, before.origin.data_version
        values = state_of_values(contents.conn, contents.selected.site_ids)
        revalued = months_revalued(before.values, values)
        if revalued is None:
            return _anew(path, "emission factors have changed")
        changes = changes_since(contents.conn, contents.selected, version, standing, period, revalued=revalued)
        if changes is None:
            return _anew(path, "most of it has changed")
        gone = _remove(connection, changes, contents.names)
    append(part, contents.tables(dict.fromkeys(names, changes.parts)), tally)
    settle(part, contents.names, tally, {name: before.rows[name] - gone[name] for name in names})
    return True


def _known(path: Path, contents: Contents, options: HyperOptions) -> Manifest | None:
    """Return the manifest of the extract at ``path`` if that can be followed up."""
    try:
        before = read_manifest(path)
    except UserError as error:
        _anew(path, str(error))
        return None
    reason = _hindrance(path, before, contents, options)
    if reason:
        _anew(path, reason)
        return None
    return before


def _hindrance(path: Path, before: Manifest, contents: Contents, options: HyperOptions) -> str:
    if not path.is_file():
        return "it is not there"
    if before.kind != "hyper" or before.layout != layout() or before.options != options.to_mapping():
        return "it was made with other options or by another version"
    if _place(_filters(before)) != _place(contents.selected.filters):
        return "it is of another selection"
    if not is_known(contents.conn, before.origin.data_version, before.origin.data_changed_at):
        return "it was made from another warehouse, or from one that was restored since"
    return ""


def _anew(path: Path, reason: str) -> bool:
    log.info("%s is written anew: %s", path.name, reason)
    return False


def _holds(connection: Connection, manifest: Manifest, names: list[str]) -> bool:
    """Say whether the rows are those that were written: whoever opens an extract changes a byte or two of the file."""
    found = totals_of(connection, names, names)
    return all(
        found.rows[name] == manifest.rows[name] and same(found.energy_kwh[name], manifest.energy_kwh_by_table[name])
        for name in names
    )


def _filters(manifest: Manifest) -> Filters:
    return Filters.from_query(manifest.filters, date(2000, 1, 1))


def _place(filters: Filters) -> tuple[int, int | None, str | None]:
    return filters.site_id, filters.meter_id, filters.sector


def _standing(row: list[object]) -> Standing:
    return int(str(row[1])), str(row[2]), float(str(row[3])), int(str(row[4]))


def _partitioned(names: list[str]) -> list[str]:
    return [name for name in names if TABLES[name].partitioned]


def _remove(connection: Connection, changes: Changes, names: list[str]) -> dict[str, int]:
    """Delete changed months, meters that are gone and days outside, and count these rows; empty all other tables."""
    connection.execute_command("begin transaction")
    connection.execute_command("create temp table stale (meter_id int, first_day date, end_day date)")
    with Inserter(connection, STALE) as inserter:
        inserter.add_rows(_stale(changes))
        inserter.execute()
    gone = {name: _delete(connection, name, changes) for name in _partitioned(names)}
    for name in names:
        if name not in gone:
            connection.execute_command(f'truncate table "{name}"')
    connection.execute_command("commit")
    return gone


def _delete(connection: Connection, name: str, changes: Changes) -> int:
    return sum(connection.execute_command(command) or 0 for command in _deletions(name, changes))


def _deletions(name: str, changes: Changes) -> tuple[str, str]:
    rows, kept = f'delete from "{name}"', changes.kept  # noqa: S608 - our own names
    return (
        f'{rows} using stale where stale.meter_id = "{name}".meter_id and day >= first_day and day < end_day',
        f"{rows} where day < date '{kept.start}' or day >= date '{kept.end}'",
    )


def _stale(changes: Changes) -> Iterator[list[object]]:
    for meter_id, months in changes.removed.items():
        for month in months:
            yield [meter_id, month, month_after(month)]
    for meter_id in changes.gone:
        yield [meter_id, ALWAYS, NEVER]
