"""Tables with the times of the day (or whole dates) across as columns: what the headers say."""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.sources import dates, words
from pipeline.sources.dates import DAY, HOUR, MINUTE
from pipeline.sources.table import Integers

FEWEST_TIMES, FEWEST_DATES = 12, 3
HOURS, MINUTES = 24, 60
STEPS = {24: 3600, 25: 3600, 48: 1800, 50: 1800, 96: 900, 100: 900, 144: 600, 150: 600, 288: 300, 300: 300, 12: 7200}
CLOCK = re.compile(r".*?(\d{1,2}):(\d{2})(?::\d{2})?(?:\s*(?:-|\u2013|to)\s*\d{1,2}:\d{2}(?::\d{2})?)?\D*")
COUNTED = re.compile(r"\D*?(\d{1,3})\D*")
FOUR_DIGITS = re.compile(r"\D*(\d{2})(\d{2})\D*")


@dataclass(frozen=True)
class Across:
    """``offsets`` from midnight (or whole instants where ``dated``) at which the readings in ``names`` start."""

    names: tuple[str, ...]
    offsets: Integers
    step_s: int
    dated: bool = False
    reason: str = ""


def times_across(names: tuple[str, ...]) -> Across | None:
    """Find the longest run of columns whose names are times of day, hours or periods; None where there is none."""
    for read, reason in ((_clock, "times"), (_four_digits, "times"), (_counted, "numbers of periods")):
        known = [(name, offset) for name, offset in ((name, read(name)) for name in names) if offset is not None]
        if len(known) < FEWEST_TIMES:
            continue
        found = _from_numbers(known) if read is _counted else _from_clock(known)
        if found is not None:
            return Across(
                found.names, found.offsets, found.step_s, reason=f"{len(found.names)} columns are {reason} of the day"
            )
    return None


def dates_across(names: tuple[str, ...]) -> Across | None:
    """Find columns whose names are dates, with or without time; all are read in one order of day and month."""
    parsed = _in_one_order(pa.array(names))
    if parsed.valid.sum() < FEWEST_DATES:
        return None
    offsets = parsed.seconds[parsed.valid]
    chosen = tuple(np.array(names)[parsed.valid].tolist())
    step = int(np.median(np.diff(offsets)))
    return Across(chosen, offsets, step, dated=True, reason=f"{len(chosen)} columns are dates") if step > 0 else None


def mixed_dates(names: tuple[str, ...]) -> str | None:
    """Say why dates across cannot be read: some are day-first, some month-first, and some could be either."""
    order = dates.parse(pa.array(names)).order
    if not (order.first_above and order.second_above and order.either):
        return None
    return (
        f"day-first dates ({order.first_example}) with month-first dates ({order.second_example}) "
        f"among the names of its columns, and {order.either:,} could be either"
    )


def _in_one_order(names: pa.Array) -> dates.Parsed:
    """Read dates in the order that some of them show or, where none does, the one that makes steps even."""
    order = dates.parse(names).order
    if order.first_above or order.second_above:
        return dates.parse(names, day_first=order.first_above >= order.second_above)
    both = [dates.parse(names, day_first=day_first) for day_first in (True, False)]
    return min(both, key=lambda parsed: dates.even_steps(parsed.seconds[parsed.valid] // DAY))


def offsets_of(names: tuple[str, ...]) -> Across:
    """Return what the chosen columns mean; they were found by one of the two functions above."""
    found = times_across(names) or dates_across(names)
    if found is None:
        return Across(names, np.arange(len(names)) * (DAY // max(1, len(names))), DAY // max(1, len(names)))
    return found


def _clock(name: str) -> int | None:
    match = CLOCK.fullmatch(name.strip())
    return int(match[1]) * HOUR + int(match[2]) * MINUTE if match and int(match[1]) <= HOURS else None


def _four_digits(name: str) -> int | None:
    match = FOUR_DIGITS.fullmatch(name.strip())
    return (
        int(match[1]) * HOUR + int(match[2]) * MINUTE
        if match and int(match[1]) <= HOURS and int(match[2]) < MINUTES
        else None
    )


def _counted(name: str) -> int | None:
    match = COUNTED.fullmatch(name.strip())
    return int(match[1]) if match and not words.plain(name).startswith("column") else None


def _from_clock(known: list[tuple[str, int]]) -> Across | None:
    """Read times as starts, or as ends where the first is not midnight and the last is (24:00 or 00:00)."""
    names = tuple(name for name, _ in known)
    offsets = np.array([offset for _, offset in known], np.int64)
    steps = np.diff(offsets)
    step = int(np.median(steps))
    if step <= 0 or (steps[:-1] != step).any():
        return None
    if offsets[0] == step and offsets[-1] in (0, DAY):
        offsets = np.arange(len(offsets)) * step
    return Across(names, offsets, step) if (np.diff(offsets) == step).all() else None


def _from_numbers(known: list[tuple[str, int]]) -> Across | None:
    numbers = np.array([number for _, number in known], np.int64)
    step = STEPS.get(len(numbers))
    if step is None or numbers[0] not in (0, 1) or (np.diff(numbers) != 1).any():
        return None
    return Across(tuple(name for name, _ in known), (numbers - numbers[0]) * step, step)
