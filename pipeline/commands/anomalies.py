"""The commands `anomalies` and `alerts`."""

from collections.abc import Callable

from pipeline.commands.printing import AsJson, bar, show
from pipeline.steps.report import StepReport
from pipeline.warehouse.load import Progress


def anomalies(*, as_json: AsJson = False) -> None:
    """Look for anomalies at every meter, and keep them as events."""
    from pipeline.steps import anomalies as step  # noqa: PLC0415 - the models take long to import

    _do("meters", step.STEP, step.run, as_json=as_json)


def alerts(*, as_json: AsJson = False) -> None:
    """Tell people of new anomalies by their rules, and send what waited."""
    from pipeline.steps import alerts as step  # noqa: PLC0415 - as above

    _do("messages", step.STEP, step.run, as_json=as_json)


def _do(counted: str, name: str, run: Callable[[Progress], StepReport], *, as_json: bool) -> None:
    from pipeline.warehouse.migrations import migrate  # noqa: PLC0415 - as above

    migrate()
    with bar(hidden=as_json) as progress:
        report = run(progress(name))
    show(
        {
            "step": report.step,
            counted: report.series,
            "failures": report.failures,
            "seconds": report.seconds,
            "skipped": report.skipped,
            "message": report.message,
        },
        as_json=as_json,
    )
