"""Rolling-origin backtest: what each model would have said at earlier times, knowing only what was known then."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from pipeline.analytics.forecast import ensemble, scores
from pipeline.analytics.forecast.conformal import rolling_bands
from pipeline.analytics.forecast.grid import Grid, Mask, Positions
from pipeline.analytics.forecast.inputs import level
from pipeline.analytics.forecast.model import Fitted, Model
from pipeline.analytics.forecast.scores import Score
from pipeline.analytics.forecast.seasonal_naive import season_of
from pipeline.analytics.forecast.series import Values
from pipeline.errors import ModelError

NAIVE = "seasonal_naive"
SPACING = {"D": 3, "MS": 1}  # origins of series of days are three days apart
WARM_UP = {"D": 30, "MS": 8}
WARM_UP_DAYS = 40  # origins before the tested ones, whose errors are the first to weigh and calibrate by
LAST_SHARE = 0.4  # of the history may be forecast again where no date says from when


@dataclass(frozen=True)
class Schedule:
    """Origins of one series: the first ``warm`` of them are not scored. ``blocks`` are trained on what lies before."""

    origins: Positions
    warm: int
    blocks: tuple[slice, ...]


@dataclass(frozen=True)
class Track:
    """What one model said at each origin: (origins, cells) in kWh."""

    predicted: Values
    low: Values
    high: Values
    train_seconds: float
    predict_seconds: float


@dataclass(frozen=True)
class Backtest:
    """The record of one series.

    ``actual``: kWh by origin and cell, NaN where not measured; ``lacking``: by model, what it would need; ``unit``: by
    origin, what errors are in proportion to.
    """

    grid: Grid
    schedule: Schedule
    actual: Values
    unit: Values
    tracks: dict[str, Track]
    lacking: dict[str, str]
    scores: tuple[Score, ...]

    @property
    def at_rest(self) -> Mask:
        """Whether each cell lies on a weekend or public holiday: (origins, cells)."""
        return self.grid.at_rest(self.schedule.origins[:, None] + np.arange(self.actual.shape[1]))

    @property
    def selected(self) -> str:
        """The model with the least error."""
        return next(score.model for score in self.scores if score.selected)


def schedule(grid: Grid, cells: int, tested: int, after: int | None = None, refits: int = 1) -> Schedule:
    """Choose ``tested`` origins: the last ones, or evenly from cell ``after`` on; and the warm-up before them.

    Each of ``refits`` blocks of tested origins (the first with the warm-up) is predicted by models trained on what lies
    before it.
    """
    step = grid.series.step
    whole = cells if step != "MS" else 1  # there are never enough months for whole horizons
    every = grid.origins(season_of(grid), grid.end - whole + 1)
    spacing, wanted = SPACING.get(step, 1), WARM_UP.get(step, WARM_UP_DAYS)
    if after is None:
        spaced = every[every >= grid.end * (1 - LAST_SHARE)][::-spacing][::-1]
        chosen = spaced[min(wanted, len(spaced) // 2) :][-tested:]
    else:
        late = every[every >= after]
        chosen = late[np.unique(np.linspace(0, len(late) - 1, min(tested, len(late))).astype(int))]
    if not len(chosen):
        return Schedule(chosen, 0, ())
    warm = every[every < chosen[0]][::-spacing][:wanted][::-1]
    if after is None:
        warm = warm[warm >= grid.end * (1 - LAST_SHARE)]
    origins = np.concatenate([warm, chosen])
    bounds = np.linspace(len(warm), len(origins), refits + 1).astype(int).tolist()
    starts = sorted({0, *bounds[1:-1]})
    blocks = tuple(slice(*ends) for ends in pairwise([*starts, len(origins)]))
    return Schedule(origins, len(warm), blocks)


def backtests(
    grids: Sequence[Grid], models: Sequence[Model], cells: int, schedules: Sequence[Schedule]
) -> list[Backtest]:
    """Let every model forecast from every origin, weigh, calibrate and score. All schedules have as many blocks."""
    ends = [int(plan.origins[plan.blocks[0].start]) for plan in schedules]
    found = [_empty(grid, plan, cells) for grid, plan in zip(grids, schedules, strict=True)]
    for model in models:
        able = []
        for number, (grid, end) in enumerate(zip(grids, ends, strict=True)):
            reason = model.lacking(grid, end, cells)
            if reason is None:
                able.append(number)
            else:
                found[number].lacking[model.name] = reason
        _follow(model, [found[number] for number in able], cells)
    return [_scored(_with_ensemble(backtest)) for backtest in found]


def _empty(grid: Grid, plan: Schedule, cells: int) -> Backtest:
    target = plan.origins[:, None] + np.arange(cells)
    inside = np.minimum(target, grid.end - 1)
    actual = np.where((target < grid.end) & grid.known[inside], grid.filled[inside], np.nan)
    return Backtest(grid, plan, actual, level(grid, plan.origins), {}, {}, ())


def _follow(model: Model, records: Sequence[Backtest], cells: int) -> None:
    """Put what a model says into the records, block by block."""
    if not records:
        return
    predicted = [np.empty_like(record.actual) for record in records]
    training, predicting = 0.0, 0.0
    blocks = len(records[0].schedule.blocks)
    for block in range(blocks):
        ends = [int(record.schedule.origins[record.schedule.blocks[block].start]) for record in records]
        began = time.perf_counter()
        try:
            fitted = model.fit([record.grid for record in records], ends, cells)
        except ModelError as error:
            if len(records) == 1:
                records[0].lacking[model.name] = str(error)
            for record in records if len(records) > 1 else ():  # the others learn without the one that cannot
                _follow(model, [record], cells)
            return
        training += time.perf_counter() - began
        for number, record in enumerate(records):
            part = record.schedule.blocks[block]
            predicted[number][part] = fitted.predict(number, record.grid, record.schedule.origins[part])
        predicting = _seconds_of_one(fitted, records[0], ends[0])
    share = training / blocks / len(records)
    for record, values in zip(records, predicted, strict=True):
        record.tracks[model.name] = track(values, record, share, predicting)


def track(predicted: Values, record: Backtest, train_seconds: float = 0.0, predict_seconds: float = 0.0) -> Track:
    """Calibrate what a model said."""
    if record.grid.series.values[np.isfinite(record.grid.series.values)].min(initial=0.0) >= 0:
        predicted = np.maximum(predicted, 0.0)
    low, high = rolling_bands(predicted, record.actual, record.unit, record.schedule.origins, record.at_rest)
    return Track(predicted, low, high, train_seconds, predict_seconds)


def _seconds_of_one(fitted: Fitted, record: Backtest, end: int) -> float:
    """Time one prediction from where the model learnt to, as those that are stored are made."""
    began = time.perf_counter()
    fitted.predict(0, record.grid, np.array([end]))
    return time.perf_counter() - began


def _with_ensemble(record: Backtest) -> Backtest:
    if len(record.tracks) < 2:  # noqa: PLR2004 - a mean of one is that one
        return record
    stacked = np.stack([found.predicted for found in record.tracks.values()])
    mixed = ensemble.rolling_mean_of_models(stacked, record.actual, record.schedule.origins)
    seconds = [
        sum(getattr(found, name) for found in record.tracks.values()) for name in ("train_seconds", "predict_seconds")
    ]
    return replace(record, tracks={**record.tracks, ensemble.NAME: track(mixed, record, *seconds)})


def _scored(record: Backtest) -> Backtest:
    tested = slice(record.schedule.warm, None)
    actual = record.actual[tested]
    grid = record.grid
    history = np.where(grid.known, grid.filled, np.nan)[: int(record.schedule.origins[record.schedule.warm])]
    usual = scores.naive_error(history, season_of(grid))
    errors = {
        name: scores.mean_absolute_error(actual, found.predicted[tested]) for name, found in record.tracks.items()
    }
    best = min(errors, key=lambda name: errors[name])
    table = tuple(
        _score(name, found, record, usual, errors, selected=name == best) for name, found in record.tracks.items()
    )
    return replace(record, scores=table)


def _score(
    name: str, found: Track, record: Backtest, usual: float, errors: Mapping[str, float], *, selected: bool
) -> Score:
    tested = slice(record.schedule.warm, None)
    actual, predicted, low, high = (
        values[tested] for values in (record.actual, found.predicted, found.low, found.high)
    )
    naive = errors.get(NAIVE, float("nan"))
    return Score(
        series=record.grid.series.name,
        model=name,
        mae_kwh=errors[name],
        wape=scores.relative(np.abs(actual - predicted), actual),
        mase=errors[name] / usual if usual else float("nan"),
        pinball_kwh=scores.pinball(actual, {0.1: low, 0.5: predicted, 0.9: high}),
        coverage=scores.coverage(actual, low, high),
        bias=scores.relative(np.where(np.isfinite(actual), predicted - actual, np.nan), actual),
        skill=1 - errors[name] / naive if naive else float("nan"),
        origins=len(actual),
        train_seconds=found.train_seconds,
        predict_seconds=found.predict_seconds,
        selected=selected,
    )
