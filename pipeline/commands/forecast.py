"""The command `forecast`."""

from functools import partial
from typing import Annotated

import typer

from pipeline.commands import steps
from pipeline.commands.printing import AsJson


def forecast(
    *,
    site: Annotated[str | None, typer.Option(metavar="S", help="this site alone, with all below it")] = None,
    as_json: AsJson = False,
) -> None:
    """Forecast every meter and site 48 hours, 35 days and 13 months ahead, and score what was forecast before."""
    from pipeline.steps import forecast as step  # noqa: PLC0415 - the models take long to import

    number = None if site is None else _number_of(site)
    steps.do("series", step.STEP, partial(step.run, site_id=number), as_json=as_json)


def _number_of(name: str) -> int:
    from pipeline.warehouse.engine import connect  # noqa: PLC0415 - as above
    from pipeline.warehouse.migrations import migrate  # noqa: PLC0415 - as above
    from pipeline.warehouse.sites import site_called  # noqa: PLC0415 - as above

    migrate()
    with connect() as conn:
        return site_called(conn, name)
