"""How the use of one site follows the temperature: change-point models by type of day, and use at typical weather."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from pipeline.analytics.temperature import ChangePointFit, fit_change_point
from pipeline.analytics.typical_weather import typical_kwh
from pipeline.errors import ModelError

DayType: TypeAlias = Literal["all", "workday", "free"]

BASELINE_DAYS = 365  # before the end; CalTRACK 3.1.3
COMPLETE = 0.9  # of the usual meter-hours of a day; a day of fewer says less than the site used


@dataclass(frozen=True)
class SiteFit:
    """Models by type of day ("all" always), the days they were fitted to, and months at typical weather.

    ``months`` has ``month, actual_kwh, expected_kwh, typical_kwh, days``; None where the station's history is too short
    for a typical year.
    """

    fits: Mapping[DayType, ChangePointFit]
    first_day: date
    last_day: date
    months: pd.DataFrame | None


def complete_days(load: pd.DataFrame) -> pd.DataFrame:
    """Keep the days that all meters cover: ``day, energy_kwh, covered_hours``; on the usual number of meter-hours."""
    usual = load["covered_hours"].rolling(61, center=True, min_periods=1).median()
    return load[load["covered_hours"] >= COMPLETE * usual]


def fit_site(days: pd.DataFrame, history_c: "pd.Series[float]") -> SiteFit:
    """Fit the last year of a site and put each of its months at typical weather.

    ``days`` is indexed by local day, with ``energy_kwh, temperature_c, workday`` (bool); ``history_c`` is all that is
    known of the temperature by day. Raises ModelError for too few days.
    """
    if history_c.empty:
        raise ModelError(
            "No weather is known here: say where the site lies, and load the weather of a station near it."
        )
    known = days.dropna(subset=["energy_kwh", "temperature_c"]).sort_index()
    if known.empty:
        raise ModelError("No day has both use and temperature: the weather and the readings are of different times.")
    year = known[known.index > known.index.max() - pd.Timedelta(days=BASELINE_DAYS)]
    fits = _by_day_type(year)
    return SiteFit(
        fits=fits,
        first_day=year.index.min().date(),
        last_day=year.index.max().date(),
        months=_months(known, history_c[history_c.index <= known.index.max()], fits),
    )


def _by_day_type(year: pd.DataFrame) -> dict[DayType, ChangePointFit]:
    """Fit all days, and workdays and free days apart where there are enough of both; all days decide on the quality."""
    every = fit_change_point(year["temperature_c"], year["energy_kwh"])
    fits: dict[DayType, ChangePointFit] = {"all": every}
    try:
        for day_type, chosen in (("workday", year["workday"]), ("free", ~year["workday"])):
            fit = fit_change_point(year.loc[chosen, "temperature_c"], year.loc[chosen, "energy_kwh"])
            fits |= {day_type: replace(fit, disqualifications=every.disqualifications)}  # type: ignore[dict-item]
    except ModelError:
        return {"all": every}
    return fits


def _months(
    known: pd.DataFrame, history_c: "pd.Series[float]", fits: Mapping[DayType, ChangePointFit]
) -> pd.DataFrame | None:
    expected = pd.Series(np.nan, index=known.index)
    typical = pd.Series(np.nan, index=known.index)
    try:
        for fit, chosen in _models(fits, known["workday"]):
            days = pd.DatetimeIndex(known.index[chosen])
            expected[chosen] = fit.predict(known.loc[chosen, "temperature_c"])
            typical[chosen] = typical_kwh(days, history_c, fit.predict)
    except ModelError:
        return None
    rows = pd.DataFrame({"actual_kwh": known["energy_kwh"], "expected_kwh": expected, "typical_kwh": typical})
    by_month = rows.groupby(pd.DatetimeIndex(rows.index).to_period("M").to_timestamp())
    months = by_month.sum().assign(days=by_month.size())
    return months.rename_axis("month").reset_index()


def _models(
    fits: Mapping[DayType, ChangePointFit], workday: "pd.Series[bool]"
) -> list[tuple[ChangePointFit, "pd.Series[bool]"]]:
    """Say which model speaks for which days."""
    if "workday" in fits:
        return [(fits["workday"], workday), (fits["free"], ~workday)]
    return [(fits["all"], workday | True)]
