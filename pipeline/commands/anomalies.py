"""The commands `anomalies` and `alerts`."""

from pipeline.commands import steps
from pipeline.commands.printing import AsJson


def anomalies(*, as_json: AsJson = False) -> None:
    """Look for anomalies at every meter, and keep them as events."""
    from pipeline.steps import anomalies as step  # noqa: PLC0415 - the models take long to import

    steps.do("meters", step.STEP, step.run, as_json=as_json)


def alerts(*, as_json: AsJson = False) -> None:
    """Tell people of new anomalies by their rules, and send what waited."""
    from pipeline.steps import alerts as step  # noqa: PLC0415 - as above

    steps.do("messages", step.STEP, step.run, as_json=as_json)
