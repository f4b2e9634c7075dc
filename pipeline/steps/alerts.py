"""Tells people of new events by their rules: messages are written down first, then sent, at least once.

A message whose sending is not recorded (the process died in between) is sent again; its key is the same, so that a
receiver can drop the second one.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from pipeline.steps.alerting.collect import collect
from pipeline.steps.alerting.deliver import deliver
from pipeline.steps.report import StepReport

STEP = "alerts"

Progress: TypeAlias = Callable[[float, str], None]


def run(progress: Progress) -> StepReport:
    """Write down what the rules tell of now, and send what is due."""
    started = time.monotonic()
    progress(0.0, "looking for new events")
    collect(datetime.now(UTC))
    progress(0.5, "sending")
    sent, failed = deliver(datetime.now(UTC))
    progress(1.0, "done")
    result = f"{sent} sent, {failed} not" if sent or failed else "nothing to tell"
    return StepReport(STEP, sent, failed, time.monotonic() - started, result)
