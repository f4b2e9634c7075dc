"""Daily shapes of load, hour by hour in local time, for workdays, Saturdays and Sundays or holidays."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from pipeline.demo.clock import SATURDAY, SUNDAY, WORKDAY, Clock, Floats
from pipeline.demo.meters import DemoMeter

DAYS_OF_WEEK = (5, 1, 1)
DAY_MIN = 1440


def _hours(*runs: tuple[int, float]) -> list[float]:
    """Write out a day from (number of hours, level) pairs."""
    return [level for hours, level in runs for _ in range(hours)]


HOME_WORKDAY = _hours((5, 0.5), (1, 0.65), (1, 0.95), (2, 1.25), (3, 0.85), (2, 0.95), (2, 0.85), (1, 1.1), (1, 1.5))
HOME_WORKDAY += _hours((3, 1.95), (1, 1.6), (1, 1.05), (1, 0.7))
HOME_WEEKEND = _hours((6, 0.5), (2, 0.7), (2, 1.2), (2, 1.35), (2, 1.45), (3, 1.15), (1, 1.45), (3, 1.85), (1, 1.5))
HOME_WEEKEND += _hours((1, 1.05), (1, 0.75))
SHOP_OPEN = _hours((7, 0.35), (1, 0.7), (1, 1.3), (9, 1.75), (2, 1.7), (1, 0.9), (3, 0.4))
SHOP_SUNDAY = _hours((9, 0.35), (1, 0.8), (7, 1.45), (1, 0.7), (6, 0.36))
OFFICE_WORKDAY = _hours((6, 0.42), (1, 0.7), (1, 1.3), (4, 2.0), (1, 1.85), (4, 1.95), (1, 1.5), (1, 0.95), (5, 0.45))
SCHOOL_WORKDAY = _hours((6, 0.35), (1, 0.8), (1, 1.7), (4, 2.3), (1, 2.5), (2, 2.1), (1, 1.3), (2, 0.9), (6, 0.36))
TWO_SHIFTS = _hours((5, 0.3), (1, 0.8), (3, 1.6), (1, 1.35), (4, 1.6), (3, 1.5), (1, 1.25), (4, 1.45), (2, 0.4))
EARLY_SHIFT = _hours((5, 0.3), (1, 0.8), (3, 1.4), (1, 1.2), (4, 1.35), (10, 0.32))
THREE_SHIFTS = _hours((6, 0.95), (8, 1.12), (8, 1.08), (2, 0.98))

SHAPES: dict[str, tuple[list[float], list[float], list[float]]] = {
    "home": (HOME_WORKDAY, HOME_WEEKEND, HOME_WEEKEND),
    "shop": (SHOP_OPEN, SHOP_OPEN, SHOP_SUNDAY),
    "office": (OFFICE_WORKDAY, _hours((24, 0.44)), _hours((24, 0.4))),
    "school": (SCHOOL_WORKDAY, _hours((24, 0.36)), _hours((24, 0.34))),
    "two shifts": (TWO_SHIFTS, EARLY_SHIFT, _hours((24, 0.28))),
    "three shifts": (THREE_SHIFTS, THREE_SHIFTS, _hours((6, 0.9), (16, 0.75), (2, 0.9))),
    "flat": (_hours((24, 1.0)), _hours((24, 0.98)), _hours((24, 0.97))),
}


@dataclass(frozen=True, eq=False)
class Presence:
    """What the calendar asks of a meter: ``level`` around 1 and ``occupied`` from 0 to 1, by interval."""

    level: Floats
    occupied: Floats


def presence_of(meter: DemoMeter, clock: Clock) -> Presence:
    """Follow the shape of the meter's kind through weekdays, holidays and the breaks of its region."""
    day_type = clock.day_type
    if meter.kind.profile == "shop" and meter.region.country == "IN":
        day_type = np.full_like(day_type, WORKDAY)
    table = _shape(meter.kind.profile, clock.step_s // 60, meter.region.country == "DE")
    slot = clock.minute // (clock.step_s // 60)
    level = table[day_type, slot]
    quiet = table[SUNDAY, slot]
    if meter.kind.profile == "school":
        level = np.where(clock.school_out, 0.8 * quiet, level)
    if meter.kind.profile == "two shifts":
        level = np.where(clock.works_closed, 0.7 * quiet, level)
    low, high = table.min(), table.max()
    return Presence(level, np.clip((level - low) / max(high - low, 0.2), 0, 1))


@cache
def _shape(profile: str, step_min: int, sunday_closed: bool) -> Floats:  # noqa: FBT001 - part of the cache key
    """Return the level by day type and slot of the day, of mean 1 over an ordinary week."""
    middles = np.arange(step_min / 2, DAY_MIN, step_min) / 60
    knots = np.arange(-0.5, 25)
    days = [np.interp(middles, knots, [day[-1], *day, day[0]]) for day in SHAPES[profile]]
    if sunday_closed and profile == "shop":
        days[SUNDAY] = np.full(len(middles), min(SHAPES[profile][SATURDAY]))
    table = np.array(days)
    return np.asarray(table / np.average(table.mean(axis=1), weights=DAYS_OF_WEEK), dtype=np.float64)
