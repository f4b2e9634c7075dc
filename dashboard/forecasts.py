"""The choices of the Forecast page, and what its charts draw for them: a forecast, or what would be if."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import get_args

import pandas as pd

from dashboard.data import ask
from pipeline.errors import SelectionError
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import forecast_record, forecasts
from pipeline.warehouse.queries.forecasts import Horizon

BEST, BASE = "best", "base"
LEAST_GROWTH, MOST_GROWTH = -100.0, 500.0  # per cent; beyond, it is a slip of the keyboard
GROWN = ["p10_kwh", "p50_kwh", "p90_kwh"]
LONGEST_NAME = 40


@dataclass(frozen=True)
class Choice:
    """What is drawn: the model's name or "best", the scenario or "base", and growth in per cent on top."""

    horizon: Horizon = "hours"
    model: str = BEST
    scenario: str = BASE
    growth: float = 0.0

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Choice":
        """Read ``horizon, model, whatif, growth`` from a URL. Raises SelectionError for what makes no sense."""
        model, scenario = query.get("model") or BEST, query.get("whatif") or BASE
        if max(len(model), len(scenario)) > LONGEST_NAME:
            raise SelectionError("There is no model or scenario of this name.")
        return cls(_horizon(query.get("horizon") or "hours"), model, scenario, _growth(query.get("growth") or "0"))

    def to_query(self) -> dict[str, str]:
        """Write the choice as the keys of a URL."""
        return {
            "horizon": self.horizon,
            "model": self.model,
            "whatif": self.scenario,
            "growth": f"{self.growth:g}",
        }


def fan(filters: Filters, choice: Choice) -> pd.DataFrame:
    """Return what was measured and what is forecast, growth included; columns as of `forecasts.fan`."""
    frame = ask(forecasts.fan, filters, choice.horizon, choice.model, choice.scenario)
    return frame.assign(**{name: frame[name] * (1 + choice.growth / 100) for name in GROWN})


def drivers(filters: Filters, choice: Choice) -> pd.DataFrame:
    """Return what drives the forecast."""
    return ask(forecasts.drivers, filters, choice.horizon)


def past(filters: Filters, choice: Choice) -> pd.DataFrame:
    """Return past forecasts beside what happened."""
    return ask(forecast_record.past, filters, choice.horizon)


def _horizon(text: str) -> Horizon:
    for horizon in get_args(Horizon):
        if text == horizon:
            found: Horizon = horizon
            return found
    raise SelectionError("Forecasts reach 48 hours, 35 days or 13 months: the horizon is hours, days or months.")


def _growth(text: str) -> float:
    try:
        growth = float(text)
    except ValueError:
        growth = float("nan")
    if not isfinite(growth) or not LEAST_GROWTH <= growth <= MOST_GROWTH:
        raise SelectionError(f"Growth must be a number of per cent from {LEAST_GROWTH:g} to {MOST_GROWTH:g}.")
    return growth
