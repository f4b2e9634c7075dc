"""The tabular CUSUM."""

import numpy as np

from pipeline.analytics.anomalies.model import Floats, Ints

SLACK = 0.5
DECISION = 5.0


def upper_cusum(z: Floats, slack: float = SLACK) -> Floats:
    """Sum up standardised values above ``slack``, never below zero; missing values leave it as it is.

    The one-sided tabular CUSUM, C+(i) = max(0, C+(i-1) + z(i) - k), with k = 0.5 and an alarm above h = 5 for shifts of
    one standard deviation (Page, Biometrika 1954; Montgomery, Introduction to Statistical Quality Control, chapter 9).
    """
    steps = np.nan_to_num(z - slack, nan=0.0)
    total = np.cumsum(steps)
    return np.asarray(total - np.minimum.accumulate(np.minimum(total, 0.0)))


def alarms(z: Floats, decision: float = DECISION, slack: float = SLACK) -> tuple[Ints, Ints]:
    """Find the first and last position of each shift upwards that raises an alarm.

    It begins after the last time the sum was zero (Montgomery's counter N+) and ends where the sum was highest.
    """
    starts, ends = [], []
    position = 0
    while position < len(z):
        total = upper_cusum(z[position:], slack)
        over = np.flatnonzero(total > decision)
        if not len(over):
            break
        alarm = int(over[0])
        zero = np.flatnonzero(total[:alarm] == 0)
        begin = int(zero[-1]) + 1 if len(zero) else 0
        peak = alarm + int(total[alarm : alarm + _fallen(total[alarm:], decision)].argmax())
        starts.append(position + begin)
        ends.append(position + peak)
        position += max(peak, alarm) + 1
    return np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)


def _fallen(total: Floats, decision: float) -> int:
    """Count the values until the sum has fallen by ``decision`` from its highest, or all of them."""
    fallen = np.flatnonzero(total < np.maximum.accumulate(total) - decision)
    return int(fallen[0]) if len(fallen) else len(total)
