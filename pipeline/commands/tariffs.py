"""Commands about tariffs: bill all sites, and import a tariff."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands import steps
from pipeline.commands.printing import AsJson, show
from pipeline.errors import FileError


def tariffs(*, as_json: AsJson = False) -> None:
    """Bill every site with meters by the month, compare tariffs, and price every hour."""
    from pipeline.steps import tariffs as step  # noqa: PLC0415 - brings the warehouse

    steps.do("sites", step.STEP, step.run, as_json=as_json)


def tariff_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON of the OpenEI Utility Rate Database")],
    *,
    site: Annotated[str | None, typer.Option(metavar="S", help="site that gets the tariff, with all below it")] = None,
    start: Annotated[
        datetime | None,
        typer.Option("--from", metavar="D", formats=["%Y-%m-%d"], help="first day; default: the tariff's own"),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="N", help="name of the tariff; default: that in the file")] = None,
    as_json: AsJson = False,
) -> None:
    """Import tariffs from a file, and give the one in it to a site."""
    from pipeline.steps.billing.tariff_import import import_urdb  # noqa: PLC0415 - brings the warehouse
    from pipeline.warehouse.migrations import migrate  # noqa: PLC0415 - as above

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{file} cannot be read as text: check its name.") from error
    migrate()
    for stored in import_urdb(text, file.name, site=site, start=start.date() if start else None, name=name):
        show(stored, as_json=as_json)
