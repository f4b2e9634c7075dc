"""Rules on time: the usual step, odd steps, gaps and the changes of the clocks."""

import numpy as np

from pipeline.validation.clock import clock_changes, offsets, to_utc
from pipeline.validation.model import DAY, HOUR, Instants, Mask, Positions

LONGEST_GAP = 14 * DAY
BILLING_PERIOD = 27 * DAY
MOST_MISSING, FEW = 2, 100_000
CLOCK_WINDOW = 2 * HOUR


def usual_step(duration: Instants, stated: int | None) -> int:
    """Length of at least half of the intervals, or the stated one where that is as common; 0 where there is none.

    Microseconds.
    """
    if not len(duration):
        return stated or 0
    if (duration == duration[0]).all():
        return int(duration[0])
    if stated and 2 * np.count_nonzero(duration == stated) >= len(duration):
        return stated
    lengths, counts = np.unique(duration, return_counts=True)
    common = int(counts.argmax())
    return int(lengths[common]) if 2 * counts[common] >= len(duration) else 0


def wrong_step(start: Instants, duration: Instants, usual: int, zone: str) -> Positions:
    """Positions of intervals that are longer or shorter than the usual step without a good reason.

    Good reasons: whole local days (23 and 25 hours when clocks change), billing periods of 27 days or more, and a
    lasting change of the step, which is one that holds for 24 hours or longer.
    """
    odd = np.flatnonzero(duration != usual) if usual else np.empty(0, np.intp)
    if not len(odd):
        return odd
    change = np.flatnonzero(np.diff(duration) != 0)
    stretch = np.searchsorted(change, odd)
    first, last = np.append(0, change + 1)[stretch], np.append(change, len(duration) - 1)[stretch]
    lasting = (last > first) & (start[last] + duration[last] - start[first] >= DAY)
    whole_days = at_midnight(start[odd], zone) & at_midnight(start[odd] + duration[odd], zone)
    return np.asarray(odd[~(lasting | whole_days | (duration[odd] >= BILLING_PERIOD))])


def at_midnight(instants: Instants, zone: str) -> Mask:
    """Say which instants begin a local day, also where the clocks skip midnight."""
    wall = instants + offsets(instants, zone)
    return np.asarray(to_utc(wall // DAY * DAY, zone) == instants)


def gap(start: Instants, duration: Instants, usual: int, zone: str) -> tuple[Instants, Instants, int]:
    """Intervals that are missing between the first and the last one.

    Gives their starts and durations (microseconds), and how many more lie in gaps of over 14 days, which stay open.
    They continue the step on both sides of a gap where that is the same, else the usual step. Where far more is missing
    than came, as in a few seconds of readings each week, no gap is filled.
    """
    end = start + duration
    before = np.flatnonzero(end[:-1] < start[1:])
    opens, closes = end[before], start[before + 1]
    step = np.where(duration[before] == duration[before + 1], duration[before], usual)
    count = np.where(step > 0, np.rint((closes - opens) / np.maximum(step, 1)), 0).astype(np.int64)
    short = (closes - opens <= LONGEST_GAP) & (count > 0)
    if count[short].sum() > MOST_MISSING * len(start) + FEW:
        short[:] = False
    left_open = int(count[~short].sum())
    return *slots(opens[short], closes[short], step[short], count[short], zone), left_open


def slots(opens: Instants, closes: Instants, step: Instants, count: Instants, zone: str) -> tuple[Instants, Instants]:
    """Cut each gap into ``count`` intervals of ``step``; between local midnights, into local days."""
    which = np.repeat(np.arange(len(opens)), count)
    place = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    by_calendar = (step >= DAY - HOUR) & at_midnight(opens, zone) & at_midnight(closes, zone)
    days = np.where(by_calendar, np.rint(step / DAY).astype(np.int64) * DAY, step)
    regular = opens[which] + place * days[which]
    wall = (opens + offsets(opens, zone))[which] + place * days[which]
    start = np.where(by_calendar[which], to_utc(wall, zone), regular)
    closing = np.where(place == count[which] - 1, closes[which], np.append(start[1:], 0))
    longest = np.where(by_calendar, closes - opens, step)
    return start, np.minimum(closing - start, longest[which])


def clock_change(start: Instants, suspects: Positions, zone: str) -> Positions:
    """Those of the suspects (gaps, duplicates, odd steps) that lie within two hours of a change of the clocks.

    A source in wall-clock time that leaves out or doubles an hour shows there.
    """
    changes, _ = clock_changes(zone)
    instants = start[suspects]
    near = np.searchsorted(changes, instants - CLOCK_WINDOW) != np.searchsorted(changes, instants + CLOCK_WINDOW)
    return np.asarray(suspects[near])
