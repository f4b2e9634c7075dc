"""Readings that do not move: stuck meters, zeros, and values that never came."""

import numpy as np

from pipeline.analytics.anomalies.expectation import Expected
from pipeline.analytics.anomalies.grid import MENDED, Grid
from pipeline.analytics.anomalies.model import Direction, Finding, Floats, Ints
from pipeline.analytics.anomalies.spans import joined, runs
from pipeline.flags import Flag

FEWEST_ALIKE = 3
LEAST_HOURS, LEAST_CONFIDENCE = 12, 0.9
RARELY_ZERO = 0.005
LIT = 0.25
OFTEN = 0.05
FLOOR_CONFIDENCE = 0.1
SYSTEM_KW = 10_000.0
HOURS_A_DAY = 24


def stuck(grid: Grid) -> list[Finding]:
    """Find runs of the same value, not zero, that chance does not explain.

    How often two readings in a row are the same is counted by time and type of day; from that follows how many runs of
    each length chance alone would make in this series. The confidence in a run is the share of runs of its length or
    longer that chance leaves unexplained (a local false discovery rate in the sense of Efron, Large-Scale Inference,
    2010), so that a small or coarse meter, which repeats itself by nature, needs longer runs; twelve hours at least,
    and as long ones on one day in twenty at most. In a load of over 10 MW, the sum of thousands of consumers, three
    readings alike in a row are always reported, as by the screening of Ruggles, Farnham and Tong (Scientific Data 7,
    155, 2020); the confidence says whether chance explains them.
    """
    system = float(np.nanmedian(grid.came)) / grid.hours_a_step > SYSTEM_KW
    same = np.concatenate([[False], np.diff(grid.came) == 0]) & (grid.came != 0)
    first, last = runs(same)
    first = first - 1
    length = last - first + 1
    chance = _expected_runs(grid, same, int(length.max(initial=0)))
    found = []
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        size = end - begin + 1
        if size < FEWEST_ALIKE:
            continue
        seen = int((length >= size).sum())
        by_chance = float(chance[min(size, len(chance) - 1)])
        confidence = 1 - by_chance / seen
        rare = confidence >= LEAST_CONFIDENCE and seen <= OFTEN * len(grid.days)
        if system or (rare and size >= grid.steps(LEAST_HOURS)):
            evidence: dict[str, object] = {
                "detector": "standing",
                "draw": "band",
                "value_kwh": float(grid.came[begin]),
                "readings": size,
                "runs_by_chance": by_chance,
            }
            found.append(
                Finding(begin, end, "stuck", seen / max(by_chance, 0.1), max(confidence, FLOOR_CONFIDENCE), evidence)
            )
    return found


def _expected_runs(grid: Grid, same: np.ndarray, longest: int) -> Floats:
    """Count the runs of each length or longer (by position) that independent repeats would make.

    Runs of twelve hours are left out of the counts of repeats where they are rare, being what is looked for.
    """
    known = np.isfinite(grid.came)
    short = same.copy()
    first, last = runs(same)
    day = grid.steps(12)
    long = last - first >= day
    if long.sum() <= OFTEN * len(grid.days):
        for begin, end in zip(first[long].tolist(), last[long].tolist(), strict=True):
            short[begin : end + 1] = False
    pairs = np.bincount(grid.hour_type, weights=known.astype(float))
    share = np.bincount(grid.hour_type, weights=short.astype(float)) / np.maximum(pairs, 1)
    repeat = share[grid.hour_type] * known
    breaks = 1 - np.concatenate([[0.0], repeat[:-1]])  # the run begins here: the pair before was different
    expected = np.zeros(max(longest, FEWEST_ALIKE) + 1)
    product = breaks.copy()
    for size in range(2, len(expected)):
        product = product[:-1] * repeat[len(repeat) - len(product) + 1 :]
        expected[size] = float(product.sum())
        if expected[size] < 1e-6:  # noqa: PLR2004 - nothing longer happens by chance
            break
    return expected


def zeros(grid: Grid, expected: Expected, direction: Direction, *, by_sun: bool = False) -> list[Finding]:
    """Find runs of zeros at times of day at which this meter is at zero on fewer than one day in 200.

    Judged are the intervals of the run with a quarter of its highest usual energy, so not the nights of a generator.
    Behind solar panels a load may vanish at noon, so there, and for what is generated, only runs of a day count: a
    generator that is out. What is exported may be nothing all winter.
    """
    if direction not in {"import", "generation"}:
        return []
    least = grid.steps(HOURS_A_DAY) if by_sun or direction == "generation" else 1
    zero = grid.came == 0
    first, last = joined(*runs(zero), grid.steps(1))
    zeros_by_type = np.bincount(grid.slot, weights=zero.astype(float), minlength=grid.slots)
    readings = np.maximum(np.bincount(grid.slot, weights=np.isfinite(grid.came), minlength=grid.slots), 1)
    usual_share = (zeros_by_type / readings)[grid.slot]
    found = []
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        inside = slice(begin, end + 1)
        own_share = (end - begin + 1) * grid.hours_a_step / (24.0 * len(grid.days))
        usual = np.nan_to_num(expected.near[inside])
        judged = usual > LIT * usual.max()
        if end - begin + 1 < least or not judged.any():
            continue
        if float(usual_share[inside][judged].mean()) - own_share < RARELY_ZERO:
            evidence: dict[str, object] = {"detector": "standing", "draw": "band", "readings": end - begin + 1}
            found.append(Finding(begin, end, "zero_run", float(end - begin + 1), 0.95, evidence))
    return found


def gaps(grid: Grid) -> list[Finding]:
    """Find the intervals between the first and the last reading for which nothing came.

    Where the validation took a value out and nobody says what it was, the value is an event (`mended`), not a gap.
    """
    taken_out = ((grid.flags & MENDED) != 0) & ((grid.flags & int(Flag.GAP)) == 0)
    first, last = joined(*runs(np.isnan(grid.came) & ~taken_out), grid.steps(1))
    return [
        Finding(begin, end, "gap", float(end - begin + 1), 1.0, {"detector": "gaps", "draw": "band"})
        for begin, end in _pairs(first, last)
    ]


def _pairs(first: Ints, last: Ints) -> list[tuple[int, int]]:
    return list(zip(first.tolist(), last.tolist(), strict=True))
