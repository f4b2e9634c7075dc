"""The command `weather`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands import steps
from pipeline.commands.printing import AsJson, show


def weather(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="EPW or a table with time and temperature")
    ] = None,
    *,
    station: Annotated[str | None, typer.Option(metavar="NAME", help="station that the file is of")] = None,
    latitude: Annotated[float | None, typer.Option(metavar="DEGREES", help="north is positive")] = None,
    longitude: Annotated[float | None, typer.Option(metavar="DEGREES", help="east is positive")] = None,
    timezone: Annotated[str, typer.Option(metavar="Z", help="zone of times without an offset")] = "UTC",
    as_json: AsJson = False,
) -> None:
    """Bring the weather up to date and fit use to temperature; with a FILE, store it as the weather of a station."""
    if file is not None:
        _import(file, station, latitude, longitude, timezone, as_json=as_json)
        return
    from pipeline.steps import weather as step  # noqa: PLC0415 - the models take long to import

    steps.do("sites", step.STEP, step.run, as_json=as_json)


def _import(
    file: Path, name: str | None, latitude: float | None, longitude: float | None, timezone: str, *, as_json: bool
) -> None:
    from pipeline.steps.site_weather.import_file import import_weather  # noqa: PLC0415 - the models take long to import
    from pipeline.warehouse.migrations import migrate  # noqa: PLC0415 - as above

    migrate()
    imported = import_weather(file, name, latitude, longitude, timezone)
    show(
        {
            "file": str(file),
            "station": imported.station,
            "hours": imported.hours,
            "first": imported.first,
            "last": imported.last,
        },
        as_json=as_json,
    )
