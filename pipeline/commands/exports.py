"""The commands that write files and check them."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline import run
from pipeline.commands.printing import FAILED, AsJson, bar, show
from pipeline.commands.selecting import FirstDay, LastDay, Out, Site, show_written
from pipeline.errors import UserError


def export(
    kind: Annotated[
        Literal["csv", "hyper", "tdsx", "twbx"],
        typer.Argument(help="csv; for Tableau hyper, tdsx (with a data source) or twbx (with a workbook)"),
    ],
    *,
    path: Out,
    site: Site = None,
    start: FirstDay = None,
    end: LastDay = None,
    table: Annotated[
        str | None, typer.Option(metavar="T", help="csv: readings, hourly or daily; default: readings")
    ] = None,
    incremental: Annotated[
        bool, typer.Option("--incremental", help="hyper: write only what has changed since the file was made")
    ] = False,
    no_readings: Annotated[
        bool, typer.Option("--no-readings", help="for Tableau: hours and days, no single readings")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a selection to a file, with a manifest beside it."""
    from pipeline.outputs.export import export as write  # noqa: PLC0415 - the Hyper library takes long to import
    from pipeline.outputs.options import CsvOptions, HyperOptions  # noqa: PLC0415 - with it
    from pipeline.outputs.tableau.exporting import export_package  # noqa: PLC0415 - as above

    if incremental and kind != "hyper":
        raise UserError(f"--incremental is for hyper, not for {kind}.")
    if (no_readings and kind == "csv") or (table is not None and kind != "csv"):
        raise UserError("--table is for csv, --no-readings for what goes to Tableau, which holds all tables.")
    as_csv = CsvOptions.from_mapping({} if table is None else {"table": table})
    as_extract = HyperOptions("without" if no_readings else "with")
    filters = run.select_for_export(site, start and start.date(), end and end.date())
    with bar(hidden=as_json) as progress:
        told = progress(path.name)
        if kind == "tdsx" or kind == "twbx":  # noqa: PLR1714 - tells the type checker what is left
            manifest = export_package(path, filters, kind, as_extract, told)
        else:
            manifest = write(
                path, filters, kind, as_csv if kind == "csv" else as_extract, told, incremental=incremental
            )
    show_written(path, manifest, as_json=as_json)


def verify(
    path: Annotated[Path, typer.Argument(metavar="EXPORT", help="file that was exported, its manifest beside it")],
    *,
    as_json: AsJson = False,
) -> None:
    """Compare an export with its manifest and with the warehouse; exit status 1 where they differ."""
    from pipeline.outputs.verify import verify as check  # noqa: PLC0415 - the Hyper library takes long to import

    with bar(hidden=as_json) as progress:
        report = check(path, progress(path.name))
    show(report.to_mapping(), as_json=as_json)
    if not report.equal:
        raise typer.Exit(FAILED)
