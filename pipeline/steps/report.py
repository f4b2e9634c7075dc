"""What a step says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepReport:
    """What came of one step: ``series`` done, ``failures`` refused or failed, each kept with its reason.

    ``skipped``: its inputs are as they were; ``failed``: nothing was stored, and ``message`` says why.
    """

    step: str
    series: int
    failures: int
    seconds: float
    message: str = ""
    skipped: bool = False
    failed: bool = False
