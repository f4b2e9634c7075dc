"""The command `detect`: find anomalies in files, and store nothing."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.printing import BAD_INPUT, AsJson, Files, bar, out, say, show
from pipeline.errors import ModelError, UserError
from pipeline.sources.frame import Overrides

KEYS = ("series", "start", "end", "kind", "score", "expected_kwh", "actual_kwh")


def detect(
    files: Files,
    *,
    timezone: Annotated[str | None, typer.Option(metavar="Z", help="IANA zone of the times in the file")] = None,
    unit: Annotated[str | None, typer.Option(metavar="U", help="Wh, kWh, MWh, GWh, W, kW or MW")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="F", help="format, where the guess is wrong")
    ] = None,
    meter: Annotated[
        str | None, typer.Option(metavar="NAME", help="name of the meter, or what meters begin with")
    ] = None,
    column: Annotated[list[str] | None, typer.Option(metavar="NAME", help="column of values; may be repeated")] = None,
    country: Annotated[str | None, typer.Option(metavar="CC", help="ISO 3166 code, for public holidays")] = None,
    subdivision: Annotated[str | None, typer.Option(metavar="S", help="state or region code, for holidays")] = None,
    as_json: AsJson = False,
) -> None:
    """Find anomalies in files of readings, and store nothing."""
    overrides = Overrides(format=format_, timezone=timezone, unit=unit, meter=meter, columns=tuple(column or ()))
    refused = False
    with bar(hidden=as_json) as progress:
        for path in files:
            tell = progress(path.name)
            tell(0.0, "looking for anomalies")
            try:
                found = False
                for event in events_of_file(path, overrides, country, subdivision):
                    show(event, as_json=as_json)
                    found = True
                if not found and not as_json:
                    out.print(f"{path.name}: no anomaly found.")
            except UserError as error:
                say(str(error))
                refused = True
            tell(1.0, "done")
    if refused:
        raise typer.Exit(BAD_INPUT)


def events_of_file(
    path: Path, overrides: Overrides, country: str | None, subdivision: str | None
) -> Iterator[dict[str, object]]:
    """Yield the events of every series of a file, series by series in order of time. Raises UserError.

    A series that cannot be examined is named on standard error and doesn't keep the others from it.
    """
    from pipeline.analytics.anomalies import detect as find  # noqa: PLC0415 - the models take long to import
    from pipeline.analytics.anomalies.readings import observed_of_readings  # noqa: PLC0415 - as above
    from pipeline.validation.files import cleaned_meters  # noqa: PLC0415 - as above

    examined = False
    for meter in cleaned_meters(path, overrides, country=country):
        try:
            observed = observed_of_readings(
                meter.name,
                meter.readings,
                meter.timezone,
                direction=meter.direction,
                country=country,
                subdivision=subdivision,
            )
        except ModelError as error:
            say(str(error))
            continue
        examined = True
        for event in find(observed).assign(series=meter.name).to_dict("records"):
            yield {key: _known(event[key]) for key in KEYS}
    if not examined:
        raise UserError(f"{path.name} holds no series in which anomalies can be found.")


def _known(value: object) -> object:
    """Give what JSON can say: no value instead of NaN."""
    return None if isinstance(value, float) and math.isnan(value) else value
