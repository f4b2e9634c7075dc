"""The command `recommend`."""

from typing import Annotated

import typer

from pipeline.commands import steps
from pipeline.commands.printing import AsJson


def recommend(
    *,
    power_factor: Annotated[
        list[str] | None,
        typer.Option(metavar="SITE=F", help="power factor of a site, as its bill shows it; may be repeated"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare sites, find what each could save, and measure what was saved by what was done."""
    from pipeline.steps import recommend as step  # noqa: PLC0415 - the models take long to import
    from pipeline.warehouse.migrations import migrate  # noqa: PLC0415 - as above

    migrate()
    for pair in power_factor or ():
        _enter(pair)
    steps.do("sites", step.STEP, step.run, as_json=as_json)


def _enter(pair: str) -> None:
    from pipeline.errors import UserError  # noqa: PLC0415 - as above
    from pipeline.warehouse.engine import begin  # noqa: PLC0415 - as above
    from pipeline.warehouse.recommendation_store import enter_power_factor  # noqa: PLC0415 - as above
    from pipeline.warehouse.sites import site_called  # noqa: PLC0415 - as above

    name, _, text = pair.rpartition("=")
    try:
        factor = float(text)
    except ValueError:
        raise UserError(f"{pair!r} is no power factor of a site: write it as 'Main campus=0.86'.") from None
    with begin() as conn:
        enter_power_factor(conn, site_called(conn, name), factor, entered_by="command line")
