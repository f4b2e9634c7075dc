"""What the Gaussian process sees of a day ahead: the load of the days before as vectors, kinds of days, weather."""

import numpy as np

from pipeline.analytics.forecast.inputs import Look, others
from pipeline.analytics.forecast.series import Values

KINDS = 8  # weekdays and holidays
LEVELS_BACK = (3, 4, 5, 6, 8, 14, 21, 28)
LEVELS_BESIDE = (2, 3, 7, 8)
HOLIDAY = 7
WINTER_BREAK = (355 / 366, 3 / 366)  # 22 December to 3 January, when work is slack in much of the world
COMFORT_C = 18.0  # below it buildings are heated, above it cooled
BLOCKS = 6  # parts of a day whose mean temperature is looked at


def load_inputs(look: Look) -> Values:
    """Return the last two days, those a week before the days ahead, and levels further back: (origins, inputs)."""
    cycle = look.grid.cycle
    ranges = np.r_[-2 * cycle : 0, -7 * cycle : -6 * cycle]
    vectors = look.at(look.origins[:, None] + ranges)
    levels = [look.mean(back, back - 1) for back in LEVELS_BACK]
    return np.concatenate([vectors, *levels, look.mean(7), look.mean(28), *_beside(look)], axis=1)


def _beside(look: Look) -> list[Values]:
    """Return of each series beside the shape of its last day, and its level against those of days and weeks before."""
    cycle, found = look.grid.cycle, []
    for other in others(look):
        found.append(other.at(look.origins[:, None] + np.arange(-cycle, 0)) - other.mean(1))
        found += [other.mean(1) - other.mean(back, back - 1) for back in LEVELS_BESIDE]
        found.append(other.mean(1) - other.mean(28))
    return found


def calendar_inputs(look: Look) -> Values:
    """Return kinds of the days ahead and beside, and the season: (origins, inputs)."""
    grid, cycle = look.grid, look.grid.cycle
    days = -(-look.cells // cycle) if look.cells > cycle + cycle // 12 else 1
    kinds = [
        np.eye(KINDS)[grid.day_type[np.minimum(look.origins + day * cycle, len(grid.day_type) - 1)]]
        for day in range(min(days, 2))
    ]
    last = np.minimum(look.origins + min(days, 2) * cycle - 1, len(grid.day_type) - 1)
    near = [grid.next_type[last], *(grid.day_type[np.maximum(look.origins - 1 - n * cycle, 0)] for n in (0, 1, 6))]
    year = grid.season[look.origins]
    slack = (year >= WINTER_BREAK[0]) | (year <= WINTER_BREAK[1])
    waves = [wave(2 * np.pi * n * year) for n in (1, 2) for wave in (np.sin, np.cos)]
    flags = [(kind == HOLIDAY) * 1.0 for kind in near]
    return np.concatenate([*kinds, np.stack([*flags, slack * 1.0, *waves], axis=1)], axis=1)


def weather_inputs(look: Look) -> Values:
    """Return heating and cooling degrees by parts of the days ahead and of the last day: (origins, inputs)."""
    temperature, cycle = look.grid.temperature_c, look.grid.cycle
    if temperature is None:
        return np.empty((len(look.origins), 0))
    days = [-1, 0] if look.cells <= cycle + cycle // 12 else [-1, 0, 1]
    cells = look.origins[:, None] + np.concatenate([np.arange(cycle) + day * cycle for day in days])
    found = temperature[np.clip(cells, 0, len(temperature) - 1)].reshape(len(look.origins), -1, cycle // BLOCKS)
    degrees = np.nan_to_num(found - COMFORT_C).mean(axis=2)
    return np.concatenate([np.maximum(degrees, 0), np.maximum(-degrees, 0)], axis=1)
