"""The command `publish`."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.printing import AsJson, bar, show
from pipeline.commands.selecting import FirstDay, LastDay, Site
from pipeline.errors import UserError


def publish(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="a .tdsx or .twbx to publish; without it a new one is made")
    ] = None,
    *,
    name: Annotated[
        str | None, typer.Option(metavar="N", help="name on Tableau; default: the file's or site's")
    ] = None,
    site: Site = None,
    start: FirstDay = None,
    end: LastDay = None,
    append: Annotated[bool, typer.Option("--append", help="add rows to that data source, don't overwrite it")] = False,
    workbook: Annotated[bool, typer.Option("--workbook", help="make a workbook instead of a data source")] = False,
    as_json: AsJson = False,
) -> None:
    """Publish a data source or workbook to Tableau Server or Cloud, where the settings WATTSCAPE_TABLEAU_… say."""
    from pipeline import run  # noqa: PLC0415 - what it needs takes long to import
    from pipeline.outputs.options import PackageKind  # noqa: PLC0415 - as above
    from pipeline.outputs.tableau.account import account_of  # noqa: PLC0415 - as above
    from pipeline.outputs.tableau.contents import Mode, check_mode  # noqa: PLC0415 - as above
    from pipeline.outputs.tableau.publication import publish_selection  # noqa: PLC0415 - as above
    from pipeline.outputs.tableau.publishing import publish as send  # noqa: PLC0415 - as above
    from pipeline.settings import settings  # noqa: PLC0415 - as above

    account = account_of(settings())
    mode: Mode = "append" if append else "overwrite"
    kind: PackageKind = "twbx" if workbook else "tdsx"
    check_mode(kind, mode)
    if file is not None and (site or start or end or workbook):
        raise UserError("Give a file to publish, or a site and period to make one of, not both.")
    with bar(hidden=as_json) as progress:
        if file is not None:
            done = send(file, name or file.stem, account, mode=mode, progress=progress(file.name))
        else:
            filters = run.select_for_export(site, start and start.date(), end and end.date())
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"wattscape.{kind}"
                told = progress("publish")
                done = publish_selection(
                    path, filters, account, kind=kind, name=name, mode=mode, progress=told
                ).publication
    show(asdict(done), as_json=as_json)
