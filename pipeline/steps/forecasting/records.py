"""What was issued, in the form in which the warehouse keeps it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.steps.forecasting.issue import BASE, P50, Issued
from pipeline.warehouse.forecasts import BEST, Courses, NewForecast

SIGNIFICANT = 5  # digits of contributions, which are drawn and never added up
METHOD = "weighted least squares"


def record(
    agreed: Issued, before: Issued, horizon: str, *, month_end: Mapping[str, object] | None = None
) -> NewForecast:
    """Write down a forecast; ``before`` is the same one as its model made it, before the tree was made to agree."""
    owner, energy = agreed.owner, agreed.energy_kwh
    return NewForecast(
        site_id=owner.number if owner.kind == "node" else None,
        meter_id=owner.number if owner.kind == "meter" else None,
        horizon=horizon,
        step=agreed.step,
        issued_at=_instant(agreed.index[0], owner.timezone),
        trained_from=_instant(energy.index[0], owner.timezone),
        model=agreed.model,
        index=agreed.index,
        courses=_courses(agreed),
        fallback=agreed.fallback,
        contributions=_contributions(agreed.contributions),
        reconciliation=_reconciliation(agreed, before),
        scores=agreed.scores,
        month_end=month_end,
    )


def _courses(issued: Issued) -> Courses:
    used = {(BEST, name): course for name, course in issued.scenarios.items()}
    return used | {(model, BASE): course for model, course in issued.candidates.items()}


def _instant(start: pd.Timestamp, timezone: str) -> pd.Timestamp:
    """Return the instant of a start, which for days and months is a local midnight."""
    if start.tz is not None:
        return start.tz_convert("UTC")
    return start.tz_localize(timezone, ambiguous=True, nonexistent="shift_forward").tz_convert("UTC")


def _contributions(frame: pd.DataFrame | None) -> dict[str, list[float | None]]:
    if frame is None:
        return {}
    return {str(name): [_rounded(value) for value in column.to_numpy(np.float64)] for name, column in frame.items()}


def _rounded(value: float) -> float | None:
    return float(f"{value:.{SIGNIFICANT}g}") if np.isfinite(value) else None


def _reconciliation(agreed: Issued, before: Issued) -> dict[str, object]:
    first, then = (float(one.scenarios[BASE][:, P50].sum()) for one in (before, agreed))
    return {"method": METHOD, "before_kwh": first, "after_kwh": then} if first != then else {}
