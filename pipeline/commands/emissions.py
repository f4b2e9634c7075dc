"""The commands `costs` and `emissions`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands import steps
from pipeline.commands.printing import AsJson, show
from pipeline.errors import UserError


def costs(*, as_json: AsJson = False) -> None:
    """Compute cost and CO2 of every site and meter from readings, prices and emission factors."""
    from pipeline.steps import costs as step  # noqa: PLC0415 - what it needs takes long to import

    steps.do("nodes", step.STEP, step.run, as_json=as_json)


def emissions(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: times, and kg CO2 per kWh")],
    *,
    site: Annotated[str, typer.Option(metavar="S", help="site that uses them, with all below it")],
    kind: Annotated[str, typer.Option(metavar="average|marginal", help="of all kWh, or of the last one")] = "average",
    unit: Annotated[str, typer.Option(metavar="kg|g", help="per kWh")] = "kg",
    as_json: AsJson = False,
) -> None:
    """Load emission factors by hour for a site; `costs` or `run` then computes its CO2."""
    from pipeline.sources.emission_file import read_factors  # noqa: PLC0415 - brings pandas
    from pipeline.warehouse.emission_series import FactorKind, give_factors, store_factors  # noqa: PLC0415
    from pipeline.warehouse.engine import begin  # noqa: PLC0415 - as above
    from pipeline.warehouse.migrations import migrate  # noqa: PLC0415 - as above
    from pipeline.warehouse.sites import site_called  # noqa: PLC0415 - as above

    kinds: dict[str, FactorKind] = {"average": "average", "marginal": "marginal"}
    if kind not in kinds or unit not in {"kg", "g"}:
        raise UserError("Give --kind average or marginal, and --unit kg or g.")
    factors = read_factors(file, unit=unit)
    migrate()
    with begin() as conn:
        number = store_factors(conn, f"{file.stem}, {kind}", kinds[kind], factors, source=file.name)
        give_factors(conn, site_called(conn, site), kinds[kind], number)
    result = {"file": str(file), "site": site, "kind": kind, "hours": len(factors)}
    times = {"first": factors.index[0].to_pydatetime(), "last": factors.index[-1].to_pydatetime()}
    show(result | times | {"mean_kg_per_kwh": float(factors.mean())}, as_json=as_json)
