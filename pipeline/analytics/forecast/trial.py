"""Models tried on the past of some series, as the command `backtest` and the benchmarks do."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from pipeline.analytics.forecast.answer import Refusal
from pipeline.analytics.forecast.backtest import Backtest, Schedule, backtests, schedule
from pipeline.analytics.forecast.company import with_company
from pipeline.analytics.forecast.forecasting import chosen_models, refusal
from pipeline.analytics.forecast.grid import CYCLE, Grid, from_midnight, grid_of, margin
from pipeline.analytics.forecast.series import Series

LONG_TEST_DAYS = 90  # models are trained anew about this often
MOST_TRAININGS = 4


def try_models(
    series: Sequence[Series],
    horizon: int,
    *,
    origins: int,
    after: date | None = None,
    models: Sequence[str] | None = None,
) -> list[Backtest | Refusal]:
    """Forecast ``horizon`` steps from ``origins`` local midnights (days, months), spread over what follows ``after``.

    Without ``after`` the last ones are used. All series have one step; they are learnt from together.
    """
    series = with_company(series)
    refusals = {number: reason for number, one in enumerate(series) if (reason := refusal(one)) is not None}
    grids = {
        number: from_midnight(grid_of(one, horizon)) for number, one in enumerate(series) if number not in refusals
    }
    cells = horizon + margin(series[0])
    plans: dict[int, Schedule] = {}
    for number, grid in list(grids.items()):
        since = None if after is None else _cell_of(grid, after)
        plan = schedule(grid, cells, origins, since, refits=_trainings(grid, since))
        if len(plan.origins) == plan.warm:
            refusals[number] = f"{grid.series.name} has no room for a forecast of {horizon} steps in the time to test."
            continue
        plans[number] = plan
    records: dict[int, Backtest] = {}
    for blocks in sorted({len(plan.blocks) for plan in plans.values()}):
        alike = [number for number, plan in plans.items() if len(plan.blocks) == blocks]
        chosen = chosen_models(models, len(series))
        found = backtests([grids[n] for n in alike], chosen, cells, [plans[n] for n in alike])
        records |= dict(zip(alike, found, strict=True))
    return [
        records[number] if number in records else Refusal(one.name, refusals[number])
        for number, one in enumerate(series)
    ]


def _trainings(grid: Grid, since: int | None) -> int:
    if since is None or grid.cycle <= CYCLE["MS"]:
        return 1
    days = (grid.end - since) / grid.cycle
    return int(min(MOST_TRAININGS, max(1, round(days / LONG_TEST_DAYS))))


def _cell_of(grid: Grid, day: date) -> int:
    """Return the first cell of a local day."""
    index = grid.series.index
    start = pd.Timestamp(day) if index.tz is None else pd.Timestamp(day, tz=grid.series.timezone)
    place = int(index.searchsorted(start))
    return int(grid.cell[min(place, len(grid.cell) - 1)])
