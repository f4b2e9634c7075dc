"""What the validation has found and mended already: its flags become events."""

from pipeline.analytics.anomalies.grid import Grid
from pipeline.analytics.anomalies.model import Finding
from pipeline.analytics.anomalies.spans import joined, runs
from pipeline.flags import Flag

RULES = (
    ("spike", Flag.SPIKE | Flag.ABOVE_CAPACITY),
    ("stuck", Flag.FLAT_RUN),
    ("zero_run", Flag.ZERO_RUN),
    ("negative", Flag.NEGATIVE),
    ("gap", Flag.GAP),
    ("meter_exchange", Flag.REGISTER_RESET),
)
CONFIDENCE = 0.9


def mended(grid: Grid) -> list[Finding]:
    """Turn runs of the validation's flags into findings; each rule is described in docs/validation.md."""
    found = []
    for kind, flag in RULES:
        first, last = joined(*runs((grid.flags & int(flag)) != 0), grid.steps(1))
        found += [
            Finding(begin, end, kind, 1.0, CONFIDENCE, {"detector": "validation", "draw": "band"})
            for begin, end in zip(first.tolist(), last.tolist(), strict=True)
        ]
    return found
