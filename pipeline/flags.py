"""What is known about the quality of a reading, one bit each; ``reading.flag`` holds their sum."""

from dataclasses import dataclass
from enum import IntFlag


class Flag(IntFlag):
    """Quality flags. The numbers are stored: never change one, only add."""

    GAP = 1 << 0
    DUPLICATE = 1 << 1
    WRONG_STEP = 1 << 2
    NEGATIVE = 1 << 3
    ZERO_RUN = 1 << 4
    FLAT_RUN = 1 << 5
    SPIKE = 1 << 6
    ABOVE_CAPACITY = 1 << 7
    SUM_CHECK = 1 << 8
    REGISTER_RESET = 1 << 9
    CLOCK_CHANGE = 1 << 10
    LOAD_FACTOR = 1 << 11
    ESTIMATED_LINE = 1 << 12
    ESTIMATED_LIKE_DAY = 1 << 13
    ESTIMATED_AT_SOURCE = 1 << 14
    EDITED = 1 << 15
    SPREAD = 1 << 16


ESTIMATED = Flag.ESTIMATED_LINE | Flag.ESTIMATED_LIKE_DAY | Flag.ESTIMATED_AT_SOURCE


@dataclass(frozen=True)
class FlagText:
    """How a flag is called and explained on pages, in CSV and in extracts."""

    name: str
    meaning: str


FLAG_TEXTS: dict[Flag, FlagText] = {
    Flag.GAP: FlagText("gap", "No usable value came for this interval."),
    Flag.DUPLICATE: FlagText("duplicate", "The source gave this interval more than once; the last value counts."),
    Flag.WRONG_STEP: FlagText("wrong step", "The interval is longer or shorter than the meter's usual one."),
    Flag.NEGATIVE: FlagText("negative", "Less than zero on a meter that should only count one way."),
    Flag.ZERO_RUN: FlagText("zero run", "Part of a run of zeros longer than this meter usually shows."),
    Flag.FLAT_RUN: FlagText("flat run", "The same value for 24 hours or more: a stuck meter or a filled gap."),
    Flag.SPIKE: FlagText("spike", "Far outside what this meter uses at this hour on this type of day."),
    Flag.ABOVE_CAPACITY: FlagText("above capacity", "More power than the connection can carry."),
    Flag.SUM_CHECK: FlagText("sum check", "The intervals do not add up to the register of the same day."),
    Flag.REGISTER_RESET: FlagText("register reset", "The register rolled over or the meter was exchanged."),
    Flag.CLOCK_CHANGE: FlagText("clock change", "Moved or matched by the rules for the change of the clocks."),
    Flag.LOAD_FACTOR: FlagText("load factor", "The day's mean and peak are not those of a plausible load."),
    Flag.ESTIMATED_LINE: FlagText("estimated by line", "Filled in on a straight line between its neighbours."),
    Flag.ESTIMATED_LIKE_DAY: FlagText("estimated by like days", "Filled in from similar days nearby."),
    Flag.ESTIMATED_AT_SOURCE: FlagText("estimated at source", "The source itself marks this value as estimated."),
    Flag.EDITED: FlagText("edited", "Changed by an analyst; the reason is kept."),
    Flag.SPREAD: FlagText("spread", "Spread evenly from a longer interval."),
}
