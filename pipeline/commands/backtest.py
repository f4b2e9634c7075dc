"""The command `backtest`: score the forecast models on files, and store nothing."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from pipeline.commands.printing import BAD_INPUT, AsJson, Files, bar, say, show
from pipeline.errors import UserError
from pipeline.sources.frame import Overrides

if TYPE_CHECKING:
    from pipeline.analytics.forecast import Series

KEYS = ("series", "model", "wape", "mase", "coverage", "skill", "origins", "train_seconds", "predict_seconds")
USUAL_HORIZON = {"30min": "24h", "h": "24h", "D": "35d", "MS": "13mo"}
HOURS = {"h": 1.0, "d": 24.0, "w": 168.0, "mo": 730.5}
STEP_HOURS = {"30min": 0.5, "h": 1.0, "D": 24.0, "MS": 730.5}


def backtest(
    files: Files,
    *,
    horizon: Annotated[
        str | None, typer.Option(metavar="24h", help="how far ahead: 24h, 48h, 35d, 13mo; default: by the step")
    ] = None,
    origins: Annotated[int, typer.Option(metavar="N", min=1, help="how many earlier forecasts to score")] = 28,
    after: Annotated[
        datetime | None,
        typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="first local day to forecast; default: the last ones"),
    ] = None,
    column: Annotated[list[str] | None, typer.Option(metavar="NAME", help="column of values; may be repeated")] = None,
    timezone: Annotated[str | None, typer.Option(metavar="Z", help="IANA zone that the load lives by")] = None,
    country: Annotated[str | None, typer.Option(metavar="CC", help="ISO 3166 code, for public holidays")] = None,
    subdivision: Annotated[str | None, typer.Option(metavar="S", help="state or region code, for holidays")] = None,
    as_json: AsJson = False,
) -> None:
    """Score the forecast models on files of readings, and store nothing."""
    overrides = Overrides(columns=tuple(column or ()))
    place = Place(timezone, country, subdivision)
    refused = False
    with bar(hidden=as_json) as progress:
        for path in files:
            tell = progress(path.name)
            tell(0.0, "Forecasting the past")
            try:
                for result in scores_of(
                    path, overrides, place, horizon=horizon, origins=origins, after=after and after.date()
                ):
                    show(result, as_json=as_json)
            except UserError as error:
                say(str(error))
                refused = True
            tell(1.0, "Done")
    if refused:
        raise typer.Exit(BAD_INPUT)


class Place(NamedTuple):
    """Where the load is; None where the file tells (the zone) or nothing is known."""

    timezone: str | None
    country: str | None
    subdivision: str | None


def scores_of(
    path: Path, overrides: Overrides, place: Place, *, horizon: str | None, origins: int, after: date | None
) -> Iterator[dict[str, object]]:
    """Yield the scores of every model on every series of a file. Raises UserError."""
    from pipeline.analytics.forecast.answer import Refusal  # noqa: PLC0415 - the models take long to import
    from pipeline.analytics.forecast.trial import try_models  # noqa: PLC0415 - as above

    series = _series(path, overrides, place)
    found = False
    for step in dict.fromkeys(one.step for one in series):
        alike = [one for one in series if one.step == step]
        for record in try_models(alike, steps_of(horizon, step), origins=origins, after=after):
            if isinstance(record, Refusal):
                say(record.reason)
                continue
            found = True
            for score in record.scores:
                fields = asdict(score)
                yield {key: fields[key] for key in (*KEYS, "selected")}
    if not found:
        raise UserError(f"{path.name} holds no series that can be forecast.")


def steps_of(horizon: str | None, step: str) -> int:
    """Return a horizon such as 24h, 35d or 13mo in steps, at least one. Raises UserError."""
    given = horizon or USUAL_HORIZON[step]
    match = re.fullmatch(r"\s*(\d+)\s*(h|d|w|mo)\s*", given.lower())
    if match is None or not int(match[1]):
        raise UserError(f"{given!r} is not a horizon: write hours, days, weeks or months, such as 24h, 35d or 13mo.")
    return max(1, round(int(match[1]) * HOURS[match[2]] / STEP_HOURS[step]))


def _series(path: Path, overrides: Overrides, place: Place) -> list["Series"]:
    from pipeline.analytics.forecast.readings import series_of_readings  # noqa: PLC0415 - the models take long to import
    from pipeline.validation.files import cleaned_meters  # noqa: PLC0415 - as above

    found = []
    for meter in cleaned_meters(path, overrides, country=place.country):
        one = series_of_readings(
            meter.name,
            meter.readings,
            place.timezone or meter.timezone,
            country=place.country,
            subdivision=place.subdivision,
        )
        if one is None:
            say(f"{meter.name} has no measured reading.")
        else:
            found.append(one)
    return found
