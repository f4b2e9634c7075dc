"""The command line: `python -m pipeline --help`. Results go to standard output, all else to standard error."""

import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from pipeline import run
from pipeline.commands import (
    anomalies,
    backtest,
    detect,
    emissions,
    exports,
    forecast,
    load,
    publish,
    recommend,
    report,
    tariffs,
    weather,
)
from pipeline.commands.printing import BAD_INPUT, FAILED, AsJson, bar, out, say, show
from pipeline.errors import UserError, WattscapeError
from pipeline.sources.frame import Overrides
from pipeline.warehouse.migrations import migrate
from pipeline.warehouse.site_details import SiteDetails

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def init() -> None:
    """Make the tables of the warehouse, or bring them to this version."""
    migrate()
    out.print("The warehouse is ready.")


@app.command()
def demo() -> None:
    """Load the generated demo data: a utility with 300 meters and two years of readings."""
    with bar() as progress:
        run.load_demo(progress("demo"))
    out.print("The demo is loaded.")


@app.command()
def site(
    name: Annotated[str, typer.Argument(metavar="NAME", help="site; added if it is not there")],
    *,
    under: Annotated[str | None, typer.Option(metavar="SITE", help="site that it belongs to")] = None,
    meter: Annotated[list[str] | None, typer.Option(metavar="NAME", help="meter it gets; may be repeated")] = None,
    kind: Annotated[str | None, typer.Option(metavar="K", help="region, campus, building, feeder …")] = None,
    timezone: Annotated[str | None, typer.Option(metavar="Z", help="IANA zone of its days and hours")] = None,
    latitude: Annotated[float | None, typer.Option(metavar="DEGREES", help="north is positive")] = None,
    longitude: Annotated[float | None, typer.Option(metavar="DEGREES", help="east is positive")] = None,
    floor_area: Annotated[float | None, typer.Option(metavar="M2", help="floor area in square metres")] = None,
    sector: Annotated[str | None, typer.Option(metavar="S", help="kind of use, such as office or school")] = None,
    country: Annotated[str | None, typer.Option(metavar="CC", help="ISO 3166 code, for public holidays")] = None,
    subdivision: Annotated[str | None, typer.Option(metavar="S", help="state or region code, for holidays")] = None,
) -> None:
    """Say where a site is, what kind it is, and which meters it has; what is not given stays as it is."""
    details = SiteDetails(kind, timezone, latitude, longitude, floor_area, sector, country, subdivision)
    run.describe(name, details, parent=under, meters=meter or [])
    out.print(f"{name} is up to date.", markup=False)


@app.command()
def worker() -> None:
    """Do the jobs that pages ask for, such as loading uploads and writing exports, until it is stopped."""
    from pipeline.jobs.worker import run_worker  # noqa: PLC0415 - brings the queue, which other commands don't use

    migrate()
    run_worker()


@app.command(name="run")
def run_all(
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE…]")] = None, as_json: AsJson = False
) -> None:
    """Do all steps in order: tables, demo data in an empty warehouse, the files given, the models."""
    with bar(hidden=as_json) as progress:
        run.prepare(progress("demo"), demo_wanted=not files)
    refused = load.load_all(files or [], Overrides(), None, as_json=as_json)
    failed = _run_steps(as_json=as_json)
    if refused or failed:
        raise typer.Exit(BAD_INPUT if refused else FAILED)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say what the warehouse holds."""
    show(asdict(run.status()), as_json=as_json)


def _run_steps(*, as_json: bool) -> bool:
    """Do every step of the models and print what came of each; returns whether one failed."""
    from pipeline.steps.every import run_every  # noqa: PLC0415 - brings the models' libraries

    failed = False
    with bar(hidden=as_json) as progress:
        for report in run_every(progress("models")):
            failed |= report.failed
            show(asdict(report), as_json=as_json)
    return failed


app.command()(load.load)
app.command()(exports.export)
app.command()(exports.verify)
app.command()(report.report)
app.command()(backtest.backtest)
app.command()(detect.detect)
app.command()(weather.weather)
app.command()(forecast.forecast)
app.command()(anomalies.anomalies)
app.command()(anomalies.alerts)
app.command()(recommend.recommend)
app.command()(publish.publish)
app.command()(tariffs.tariffs)
app.command()(tariffs.tariff_import)
app.command()(emissions.costs)
app.command()(emissions.emissions)


def main() -> None:
    """Run a command; errors become one line on standard error and an exit status."""
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # a lost server is said in our own sentence
    try:
        sys.exit(app(standalone_mode=False))
    except TyperException as error:  # an option or argument that does not exist or cannot be
        _fail(error.format_message(), BAD_INPUT)
    except typer.Abort:
        _fail("Stopped.", FAILED)
    except UserError as error:
        _fail(str(error), BAD_INPUT)
    except (WattscapeError, OSError) as error:
        _fail(str(error), FAILED)
    except ValidationError as error:
        first = error.errors()[0]
        _fail(f"The setting WATTSCAPE_{str(first['loc'][0]).upper()} is not valid: {first['msg']}.", BAD_INPUT)


def _fail(sentence: str, status: int) -> None:
    if sentence:
        say(sentence)
    sys.exit(status)


if __name__ == "__main__":
    main()
