"""All detectors over one meter or many, their findings merged into events."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from pipeline.analytics.anomalies.days import base_load, unusual_days
from pipeline.analytics.anomalies.events import events_of
from pipeline.analytics.anomalies.expectation import Expected, expected_of, follows_the_sun
from pipeline.analytics.anomalies.grid import Grid, grid_of, without
from pipeline.analytics.anomalies.levels import level_shifts
from pipeline.analytics.anomalies.mended import mended
from pipeline.analytics.anomalies.model import EVENT_COLUMNS, Finding, Observed
from pipeline.analytics.anomalies.points import points
from pipeline.analytics.anomalies.residuals import residuals
from pipeline.analytics.anomalies.shapes import clock_shifts, unusual_shapes
from pipeline.analytics.anomalies.standing import gaps, stuck, zeros

BRIEF_HOURS = 4
POINTS = frozenset({"spike", "dip"})


def detect(observed: Observed) -> pd.DataFrame:
    """Find the events of one meter (see the package's docstring), ordered by start and kind."""
    grid = grid_of(observed)
    if grid is None or not np.isfinite(grid.came).any():
        return pd.DataFrame(columns=list(EVENT_COLUMNS))
    expected = expected_of(grid)
    return events_of(list(_findings(grid, expected, observed)), grid, expected, observed.timezone)


def detect_many(observed: Sequence[Observed], progress: Callable[[float], None] | None = None) -> pd.DataFrame:
    """Find the events of many meters: those of `detect`, with the column ``series`` in front."""
    found = []
    for done, one in enumerate(observed, start=1):
        events = detect(one)
        events.insert(0, "series", one.name)
        found.append(events)
        if progress is not None:
            progress(done / len(observed))
    filled = [events for events in found if len(events)]
    if not filled:
        return pd.DataFrame(columns=["series", *EVENT_COLUMNS])
    return pd.concat(filled, ignore_index=True)


def _findings(grid: Grid, expected: Expected, observed: Observed) -> Iterator[Finding]:
    """Run the detectors of readings, then those of days on what is left of the readings."""
    direction = observed.direction
    by_sun = direction != "import" or follows_the_sun(grid, expected)
    short = [*mended(grid), *gaps(grid), *stuck(grid), *zeros(grid, expected, direction, by_sun=by_sun)]
    short += points(grid, expected, direction) if not by_sun else []
    yield from short
    left = without(grid, short)
    if by_sun or not np.isfinite(left.energy).any():
        return  # days of sun or wind differ without any fault
    yield from residuals(left, observed.expected)
    yield from unusual_days(left, expected)
    yield from base_load(left, expected)
    yield from level_shifts(left)
    yield from unusual_shapes(without(grid, _but_hours_off(short, grid)), expected)
    yield from clock_shifts(left, expected, direction)


def _but_hours_off(findings: Sequence[Finding], grid: Grid) -> list[Finding]:
    """Leave out the spikes and dips that fill hours of one day: a day of another shape explains them better."""
    hours_off = np.zeros(len(grid.days))
    for one in findings:
        if one.kind in POINTS:
            np.add.at(hours_off, grid.day[one.first : one.last + 1], grid.hours_a_step)
    return [one for one in findings if one.kind not in POINTS or hours_off[grid.day[one.first]] <= BRIEF_HOURS]
