"""Whether an export is what its manifest says, and what the warehouse would say today: read again from both ends."""

import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, open_csv
from sqlalchemy import select

from pipeline.errors import FileError, SelectionError
from pipeline.outputs.export import Source, source_of
from pipeline.outputs.extract.totals import Totals, open_copy, same, totals_of
from pipeline.outputs.hyper import ExtractError
from pipeline.outputs.manifest import Manifest, read_manifest, sha256_of
from pipeline.outputs.options import CsvOptions, Options, options_of
from pipeline.outputs.reports.contents import gather
from pipeline.outputs.reports.kinds import is_report
from pipeline.outputs.tables import ExportTable
from pipeline.outputs.tally import COUNTED, Progress, Tally, no_progress
from pipeline.warehouse import engine
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import overview
from pipeline.warehouse.schema import data_version

State = Literal["equal", "outdated", "differs"]
ANY_DAY = date(2000, 1, 1)


@dataclass(frozen=True)
class Verification:
    """What came of it: ``differences`` as sentences; "outdated" where only the data has moved on since."""

    path: str
    state: State
    differences: tuple[str, ...]
    rows: int
    energy_kwh: float
    peak_kw: float | None
    data_version: int
    data_version_now: int
    seconds: float

    @property
    def equal(self) -> bool:
        """Say whether file, manifest and warehouse agree."""
        return self.state == "equal"

    def to_mapping(self) -> dict[str, object]:
        """Write it as JSON takes it, with ``equal`` beside ``state``."""
        said = asdict(self)
        return {"path": said.pop("path"), "equal": self.equal} | said


def verify(path: Path, progress: Progress = no_progress) -> Verification:
    """Compare an export with its manifest and with the warehouse. Raises FileError where there is nothing to compare.

    Raises ExtractError where Hyper cannot be started, WarehouseError where the database fails.
    """
    began = time.perf_counter()
    if not path.is_file():
        raise FileError(f"{path} is not a file: check its name.")
    manifest = read_manifest(path)
    in_file = list(_file_differences(path, manifest))
    with engine.connect() as conn:
        version: int = conn.execute(select(data_version.c.version)).scalar_one()
    in_warehouse = list(_warehouse_differences(manifest, progress))
    moved_on = version != manifest.origin.data_version
    if in_warehouse and moved_on:
        in_warehouse.insert(
            0, f"The data has changed since: version {manifest.origin.data_version} then, {version} now."
        )
    state: State = "equal"
    if in_file or in_warehouse:
        state = "outdated" if moved_on and not in_file else "differs"
    return Verification(
        path=str(path),
        state=state,
        differences=(*in_file, *in_warehouse),
        rows=manifest.rows_of_use,
        energy_kwh=manifest.energy_kwh,
        peak_kw=manifest.peak_kw,
        data_version=manifest.origin.data_version,
        data_version_now=version,
        seconds=round(time.perf_counter() - began, 3),
    )


def _file_differences(path: Path, manifest: Manifest) -> Iterator[str]:
    digest = sha256_of(path)
    if digest != manifest.sha256:
        yield f"The file has changed since it was written: its SHA-256 is {digest}, not {manifest.sha256}."
    try:
        found = _totals_of_file(path, manifest)
    except (pa.ArrowInvalid, ExtractError, KeyError, UnicodeDecodeError, zipfile.BadZipFile, zlib.error) as error:
        yield f"The file cannot be read ({str(error).splitlines()[0]})."
        return
    yield from _compared("file", found, manifest)


def _warehouse_differences(manifest: Manifest, progress: Progress) -> Iterator[str]:
    filters = Filters.from_query(manifest.filters, ANY_DAY)
    try:
        with source_of(filters) as source:
            found = _totals_of_warehouse(source, manifest, progress)
            kpis = overview.kpis(source.conn, filters)
    except SelectionError as error:
        yield f"The warehouse no longer has it: {error}"
        return
    yield from _compared("warehouse", found, manifest)
    for name, then, now in (
        ("peak kW", manifest.peak_kw, kpis.peak_kw),
        ("share estimated", manifest.share_estimated, kpis.share_estimated),
    ):
        if not same(then, now):
            yield f"{name}: {_written(then)} in the manifest, {_written(now)} in the warehouse."


def _totals_of_file(path: Path, manifest: Manifest) -> Totals:
    if is_report(manifest.kind):  # its checksum says all: a PDF is not read back
        return Totals(manifest.rows, manifest.energy_kwh_by_table)
    options = _options(manifest)
    return _totals_of_csv(path, options) if isinstance(options, CsvOptions) else _totals_of_extract(path, manifest)


def _options(manifest: Manifest) -> Options:
    return options_of("csv" if manifest.kind == "csv" else "hyper", manifest.options)


def _totals_of_csv(path: Path, options: CsvOptions) -> Totals:
    reader = open_csv(
        path,
        read_options=ReadOptions(skip_rows=_head_lines(path)),
        parse_options=ParseOptions(delimiter=options.separator, newlines_in_values=True),
        convert_options=ConvertOptions(
            include_columns=[COUNTED], column_types={COUNTED: pa.float64()}, decimal_point=options.decimal
        ),
    )
    tally = Tally(1.0, no_progress)
    _read(tally, ExportTable(options.table, reader.schema, iter(reader)))
    return Totals(tally.rows, tally.energy_kwh)


def _head_lines(path: Path) -> int:
    with path.open(encoding="utf-8") as file:
        lines = 0
        while file.readline().lstrip('"').startswith("#"):
            lines += 1
    return lines


def _totals_of_extract(path: Path, manifest: Manifest) -> Totals:
    with open_copy(path) as connection:
        return totals_of(connection, manifest.rows, manifest.energy_kwh_by_table)


def _totals_of_warehouse(source: Source, manifest: Manifest, progress: Progress) -> Totals:
    if is_report(manifest.kind):
        report = gather(source.conn, source.selected.filters, source.origin)
        return Totals(report.rows, report.energy_kwh)
    options = _options(manifest)
    tables = [source.csv_table(options)] if isinstance(options, CsvOptions) else source.contents(options).tables()
    tally = Tally(float(sum(manifest.rows.values())), progress)
    for table in tables:
        _read(tally, table)
    return Totals(tally.rows, tally.energy_kwh)


def _read(tally: Tally, table: ExportTable) -> None:
    """Let a table pass by."""
    for _batch in tally.reader(table):
        pass
    tally.raise_failure()


def _compared(where: str, found: Totals, manifest: Manifest) -> Iterator[str]:
    for name in dict.fromkeys([*manifest.rows, *found.rows]):
        then, now = manifest.rows.get(name, 0), found.rows.get(name, 0)
        if then != now:
            yield f"rows of {name}: {then:,} in the manifest, {now:,} in the {where}."
    for name, energy_kwh in found.energy_kwh.items():
        said = manifest.energy_kwh_by_table.get(name)
        if not same(said, energy_kwh):
            yield f"energy kWh of {name}: {_written(said)} in the manifest, {_written(energy_kwh)} in the {where}."


def _written(value: float | None) -> str:
    return "none" if value is None else f"{value:,.6f}".rstrip("0").rstrip(".")
