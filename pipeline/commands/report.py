"""The command `report`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.commands.printing import AsJson, bar, show
from pipeline.commands.publish import FirstDay, LastDay
from pipeline.definitions import SWITCHABLE


def report(
    form: Annotated[Literal["pdf", "xlsx", "csv"], typer.Argument(metavar="pdf|xlsx|csv", help="format")],
    *,
    path: Annotated[Path, typer.Option("--out", metavar="PATH", help="file to write")],
    site: Annotated[
        str | None,
        typer.Option(metavar="S", help="site by name, with all below it; default: the whole tree, where there is one"),
    ] = None,
    start: FirstDay = None,
    end: LastDay = None,
    sector: Annotated[str | None, typer.Option(metavar="K", help="sites of this sector alone")] = None,
    measure: Annotated[
        str, typer.Option(metavar="M", help=f"what charts show: {', '.join(SWITCHABLE)}")
    ] = "energy_kwh",
    as_json: AsJson = False,
) -> None:
    """Write a report of a site and period: key figures, charts, tables and notes on data quality."""
    from pipeline import run  # noqa: PLC0415 - what it needs takes long to import
    from pipeline.outputs.reports.making import make_report  # noqa: PLC0415 - as above

    whole = run.select_for_export(site, start and start.date(), end and end.date())
    filters = run.narrowed(whole, sector=sector, measure=measure)
    with bar(hidden=as_json) as progress:
        manifest = make_report(path, filters, form, progress(path.name))
    result = {
        "path": str(path),
        "rows": manifest.rows_of_use,
        "energy_kwh": manifest.energy_kwh,
        "peak_kw": manifest.peak_kw,
        "sha256": manifest.sha256,
        "seconds": manifest.seconds,
    }
    show(result, as_json=as_json)
