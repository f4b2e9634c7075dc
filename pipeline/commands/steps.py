"""What commands that do one step share."""

from collections.abc import Callable

from pipeline.commands.printing import bar, show
from pipeline.steps.report import StepReport
from pipeline.warehouse.load import Progress


def do(counted: str, name: str, run: Callable[[Progress], StepReport], *, as_json: bool) -> None:
    """Do a step in an up-to-date warehouse, and print what came of it; ``counted`` is what its series are."""
    from pipeline.warehouse.migrations import migrate  # noqa: PLC0415 - takes long to import

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
