"""The command `report`."""

from typing import Annotated, Literal

import typer

from pipeline.commands.printing import AsJson, bar
from pipeline.commands.selecting import FirstDay, LastDay, Out, Site, show_written
from pipeline.definitions import SWITCHABLE


def report(
    form: Annotated[Literal["pdf", "xlsx", "csv"], typer.Argument(metavar="pdf|xlsx|csv", help="format")],
    *,
    path: Out,
    site: Site = None,
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
    show_written(path, manifest, as_json=as_json)
