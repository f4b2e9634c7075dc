"""Weather: asks the provider, where one is set, and fits the use of every site to the temperature."""

import time

from sqlalchemy import Connection

from pipeline.settings import settings
from pipeline.steps.report import StepReport
from pipeline.steps.site_weather.fetch import Fetched, fetch
from pipeline.steps.site_weather.fits import LAG_COLUMNS, MONTH_COLUMNS, fit_all, frame_of
from pipeline.warehouse import runs
from pipeline.warehouse.changes import raise_version, take_turn
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.load import Progress
from pipeline.warehouse.temperature_fits import replace_fits
from pipeline.warehouse.weather_state import fingerprint

STEP = "weather"
SHARE_FETCHED, SHARE_FITTED = 0.3, 0.95
METHOD = 4  # raise it when the models change, so that stored fits are made anew


def run(progress: Progress) -> StepReport:
    """Bring the weather and all fits up to date; fits are made anew where readings or weather have changed."""
    started = time.monotonic()
    fetched = fetch(settings(), lambda share, what: progress(share * SHARE_FETCHED, what))
    with connect() as conn:
        inputs = _inputs(conn)
        if runs.is_current(conn, STEP, inputs):
            return StepReport(STEP, 0, 0, time.monotonic() - started, _message(fetched), skipped=not fetched.places)
        width = SHARE_FITTED - SHARE_FETCHED
        fitted = fit_all(conn, lambda share, what: progress(SHARE_FETCHED + share * width, what))
    outcome = runs.Outcome(STEP, inputs, fitted.sites, time.monotonic() - started, fitted.failures, _message(fetched))
    with begin() as conn:
        take_turn(conn)  # the command and the pages' worker may come at once
        run_id = runs.record(conn, outcome)
        months, lags = frame_of(fitted.months, MONTH_COLUMNS), frame_of(fitted.lags, LAG_COLUMNS)
        replace_fits(conn, run_id, fitted.fits, months, lags)
        raise_version(conn)
    progress(1.0, "done")
    return StepReport(STEP, fitted.sites, len(fitted.failures), time.monotonic() - started, _message(fetched))


def _inputs(conn: Connection) -> str:
    return runs.inputs_digest(conn, parameters=(METHOD, fingerprint(conn)))


def _message(fetched: Fetched) -> str:
    if fetched.notice:
        return fetched.notice
    return f"{fetched.hours:,} hours of weather for {fetched.places:,} places" if fetched.places else ""
