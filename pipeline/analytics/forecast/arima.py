"""Regression on Fourier terms, kinds of days and temperature, with ARIMA errors (pmdarima chooses their order)."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from pipeline.analytics.forecast.grid import CYCLE, HOLIDAY_AS_DAY, Grid, Positions
from pipeline.analytics.forecast.model import Fitted
from pipeline.analytics.forecast.scaling import Scaling, scaling_of
from pipeline.analytics.forecast.series import Values
from pipeline.analytics.one_thread import one_thread
from pipeline.errors import ModelError

COMFORT_C = 18.0
YEAR_CELLS = {"D": 365, "MS": 12}
LEARNT_CYCLES = 730  # two years of days that the regression is fitted to
ERRORS_LEARNT = 1000  # cells whose errors the ARIMA is fitted to: thin enough to take a second or two
LEAST = {"D": 56, "MS": 18}
LEAST_DAYS = 28  # of shorter steps
ASKED = 200  # times at most for the likelihood of one order: some never converge, most need a hundred
PENALTY = 1e-3  # of the ridge: keeps terms apart that hardly differ in a short history


@dataclass(frozen=True)
class Learnt:
    """Coefficients of the terms, and the polynomials of the errors: ``ar`` (differencing included) and ``ma``."""

    scaling: Scaling
    coefficients: Values
    ar: Values
    ma: Values
    waves: int


@dataclass(frozen=True)
class FittedArima(Fitted):
    """What was learnt of each series."""

    learnt: tuple[Learnt, ...]
    cells: int

    def predict(self, number: int, grid: Grid, origins: Positions) -> Values:
        """See `Fitted`."""
        learnt = self.learnt[number]
        first = max(0, int(origins.min()) - ERRORS_LEARNT)  # what was before is forgotten by then
        load, begins = learnt.scaling.apply(grid).filled[first:], origins - first
        regular = _terms(grid, learnt.waves, first) @ learnt.coefficients
        errors = load - regular[: len(load)]
        shocks = lfilter(learnt.ar, learnt.ma, errors)
        ahead = _ahead(errors, shocks, begins, self.cells, learnt)
        return learnt.scaling.in_kwh(regular[begins[:, None] + np.arange(self.cells)] + ahead)

    def contributions(self, number: int, grid: Grid, origin: int) -> pd.DataFrame | None:  # noqa: ARG002
        """See `Fitted`: terms and errors are not told apart."""
        return None


@dataclass(frozen=True)
class Arima:
    """Dynamic regression: Hyndman & Athanasopoulos, Forecasting: Principles and Practice, chapter 10.

    The regression is fitted first (ridge), then ARIMA to its errors; shocks of the past are worked out with fixed
    coefficients, so that one fit serves many origins.
    """

    name: str = "arima"

    def lacking(self, grid: Grid, end: int, cells: int) -> str | None:  # noqa: ARG002 - the same for any horizon
        """See `Model`."""
        step = grid.series.step
        least = LEAST.get(step, LEAST_DAYS * grid.cycle)
        if end < least:
            unit = {"D": f"{least} days", "MS": f"{least} months"}.get(step, f"{LEAST_DAYS} days")
            return f"It needs {unit} of history."
        if grid.known[max(0, end - ERRORS_LEARNT) : end].mean() < 0.8:  # noqa: PLR2004 - errors must be in a row
            return "More than a fifth of its recent history is missing."
        return None

    def fit(self, grids: Sequence[Grid], ends: Sequence[int], cells: int) -> FittedArima:
        """See `Model`."""
        return FittedArima(tuple(_learn(grid, end) for grid, end in zip(grids, ends, strict=True)), cells)


def _learn(grid: Grid, end: int) -> Learnt:
    import pmdarima  # noqa: PLC0415 - takes a second to import, which most commands should not wait for

    scaling = scaling_of(grid, end)
    begin = max(0, end - LEARNT_CYCLES * (grid.cycle if grid.cycle > CYCLE["MS"] else 3))
    waves = _yearly_waves(grid, end - begin)
    terms = _terms(grid, waves)[:end]
    load = scaling.apply(grid).filled[:end]
    known = np.flatnonzero(grid.known[begin:end]) + begin
    normal = terms[known].T @ terms[known] + PENALTY * len(known) * np.diag(np.append(0.0, np.ones(terms.shape[1] - 1)))
    coefficients = np.linalg.solve(normal, terms[known].T @ load[known])
    errors = (load - terms @ coefficients)[-ERRORS_LEARNT:]
    with warnings.catch_warnings(), one_thread():  # matrices too small to share out
        warnings.simplefilter("ignore")  # optimisers warn of every order that is tried in vain
        try:
            model = pmdarima.auto_arima(
                errors, seasonal=False, max_p=3, max_q=2, max_d=1,
                d=0 if grid.cycle > CYCLE["MS"] else None,
                with_intercept=False, maxiter=30, maxfun=ASKED, error_action="ignore",
            )  # fmt: skip
        except (ValueError, np.linalg.LinAlgError) as error:
            raise ModelError(f"No ARIMA fits {grid.series.name}: {error}.") from error
    ar = np.r_[1.0, -np.asarray(model.arparams())] if model.order[0] else np.ones(1)
    ma = np.r_[1.0, np.asarray(model.maparams())] if model.order[2] else np.ones(1)
    for _ in range(model.order[1]):
        ar = np.convolve(ar, [1.0, -1.0])
    return Learnt(scaling, np.asarray(coefficients, np.float64), ar, ma, waves)


def _ahead(errors: Values, shocks: Values, origins: Positions, cells: int, learnt: Learnt) -> Values:
    """Carry the errors on from each origin by the recursion of the ARIMA; shocks ahead are zero."""
    p, q = len(learnt.ar) - 1, len(learnt.ma) - 1
    past = errors[origins[:, None] - np.arange(1, p + 1)] if p else np.empty((len(origins), 0))
    shock = shocks[origins[:, None] - np.arange(1, q + 1)] if q else np.empty((len(origins), 0))
    ahead = np.empty((len(origins), cells))
    for lead in range(cells):
        ahead[:, lead] = -(past @ learnt.ar[1:]) + shock @ learnt.ma[1:]
        past = np.column_stack([ahead[:, lead], past[:, :-1]]) if p else past
        shock = np.column_stack([np.zeros(len(origins)), shock[:, :-1]]) if q else shock
    return ahead


def _terms(grid: Grid, waves: int, first: int = 0) -> Values:
    """Return the regression's terms for every cell from ``first`` on: (cells, terms)."""
    season, day_type = grid.season[first:], grid.day_type[first:]
    year = 2 * np.pi * season[:, None] * np.arange(1, waves + 1)
    columns = [np.ones((len(season), 1)), np.sin(year), np.cos(year)]
    if grid.series.step != "MS":
        free = day_type == HOLIDAY_AS_DAY
        kinds = np.eye(HOLIDAY_AS_DAY + 1)[day_type][:, 1:]
        columns.append(kinds)
        if grid.cycle > CYCLE["MS"]:
            rest = free | (day_type >= CYCLE["D"] - 2)
            day = 2 * np.pi * grid.clock[first:, None] / 96 * np.arange(1, 7)
            profile = np.concatenate([np.sin(day), np.cos(day)], axis=1)
            columns += [profile * ~rest[:, None], profile * rest[:, None]]
            columns += [profile * wave for wave in (*np.sin(year).T[:, :, None], *np.cos(year).T[:, :, None])]
    if grid.temperature_c is not None:
        degrees = np.nan_to_num(grid.temperature_c[first:] - COMFORT_C)[:, None]
        columns += [np.maximum(degrees, 0), np.maximum(-degrees, 0)]
    return np.concatenate(columns, axis=1)


def _yearly_waves(grid: Grid, cells: int) -> int:
    """Return how many yearly waves the history can tell: none in less than a year and a half."""
    year = YEAR_CELLS.get(grid.series.step, 365 * grid.cycle)
    return 2 if cells >= 2 * year else 1 if cells >= 1.5 * year else 0
