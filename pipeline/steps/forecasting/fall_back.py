"""Months of owners whose history is too short for models of months: the same days a year before."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.analytics.year_ahead import YearAhead, year_ahead
from pipeline.steps.forecasting.histories import Histories
from pipeline.steps.forecasting.issue import BASE, Issued
from pipeline.steps.forecasting.owners import Owner
from pipeline.steps.forecasting.refusals import Refused, alone
from pipeline.steps.forecasting.series import LENGTHS, Ends
from pipeline.warehouse.forecasts import YARDSTICK

MODEL = "year_before"
WHY = (
    "Models of months need several years; known are {months:.0f} months. So each day is taken from 364 days before, "
    "moved by half of the change over the last quarter."
)
DAYS_OF_MONTH = 365.25 / 12


def months_from_days(
    refused: Sequence[Refused], histories: Histories, newest: Ends
) -> tuple[list[Issued], list[Refused]]:
    """Forecast the months of refused owners from their days; those with too few days of their own stay refused."""
    issued: list[Issued] = []
    still: list[Refused] = []
    for one in refused:
        with alone(one.owner, still):
            found = _issued(one.owner, histories, newest)
            if found is None:
                still.append(one)
            else:
                issued.append(found)
    return issued, still


def _issued(owner: Owner, histories: Histories, newest: Ends) -> Issued | None:
    days, months = histories.days.get(owner.key), histories.months.get(owner.key)
    if days is None or months is None or owner.root not in newest:
        return None
    index = pd.date_range(months.index[-1], newest[owner.root] + LENGTHS["MS"], freq="MS", inclusive="neither")
    found = year_ahead(days, index)
    if found is None:
        return None
    quantiles = np.maximum(found.quantiles, 0.0) if owner.positive else found.quantiles
    naive = found.naive[:, None] + (found.quantiles - found.quantiles[:, 1:2])
    courses = {MODEL: quantiles, YARDSTICK: np.maximum(naive, 0.0) if owner.positive else naive}
    return Issued(
        owner,
        months,
        index,
        "MS",
        MODEL,
        WHY.format(months=len(days) / DAYS_OF_MONTH),
        {BASE: quantiles},
        courses,
        None,
        [_score(found)],
    )


def _score(found: YearAhead) -> dict[str, object]:
    errors = found.predicted_kwh - found.actual_kwh
    size = float(np.abs(found.actual_kwh).sum())
    return {
        "model": MODEL,
        "mae_kwh": float(np.abs(errors).mean()),
        "wape": float(np.abs(errors).sum()) / size if size else None,
        "mase": None,
        "pinball_kwh": None,
        "coverage": found.coverage,
        "bias": float(errors.sum()) / size if size else None,
        "skill": None,
        "origins": len(errors),
        "selected": True,
        "train_seconds": None,
        "predict_seconds": None,
    }
