"""All steps that work on stored readings, in their order; each is done only where its inputs have changed."""

import logging
import time
from collections.abc import Iterator
from importlib import import_module

from pipeline.errors import UNFORESEEN, WattscapeError
from pipeline.steps.report import StepReport
from pipeline.warehouse import runs
from pipeline.warehouse.engine import begin
from pipeline.warehouse.load import Progress

log = logging.getLogger(__name__)

# What a step reads comes from those before it. Modules are imported one by one: the models' libraries are large.
STEPS = ("weather", "tariffs", "costs", "forecast", "anomalies", "alerts", "recommend")


def run_every(progress: Progress) -> Iterator[StepReport]:
    """Do each step and say what came of it. One that fails is kept with its reason, and the next ones are done."""
    for place, name in enumerate(STEPS):
        yield run_step(name, _part(progress, place, name))


def run_step(name: str, progress: Progress) -> StepReport:
    """Do one step; a failure is recorded as a run of its own and reported, not raised."""
    began = time.monotonic()
    try:
        report: StepReport = import_module(f"pipeline.steps.{name}").run(progress)
    except WattscapeError as error:
        return _failed(name, str(error), time.monotonic() - began)
    except UNFORESEEN as error:
        log.exception("step %s", name)
        message = f"The step met numbers that it cannot work with ({type(error).__name__}: {error})."
        return _failed(name, message, time.monotonic() - began)
    return report


def _failed(name: str, message: str, seconds: float) -> StepReport:
    with begin() as conn:
        runs.record(conn, runs.Outcome(name, inputs="", series=0, seconds=seconds, message=message, state="failed"))
    return StepReport(name, series=0, failures=1, seconds=seconds, message=message, failed=True)


def _part(progress: Progress, place: int, name: str) -> Progress:
    return lambda share, what: progress((place + share) / len(STEPS), f"{name}: {what}")
