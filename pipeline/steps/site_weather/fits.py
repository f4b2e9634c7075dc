"""Fitting every site: reads load and temperature in bulk, a few sites at a time, and asks the models."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.local_calendar import public_holidays
from pipeline.analytics.site_temperature import SiteFit, complete_days, fit_site
from pipeline.analytics.temperature_lag import correlation_by_lag
from pipeline.errors import UNFORESEEN, ModelError
from pipeline.warehouse.load import Progress
from pipeline.warehouse.queries.model_inputs import daily_load, hourly_load, places
from pipeline.warehouse.queries.weather import daily_temperature, hourly_temperature
from pipeline.warehouse.runs import Failure, unforeseen

SITES_AT_ONCE = 20
A_YEAR = timedelta(days=365)
FIRST_OF_WEEKEND = 5
MONTH_COLUMNS = ["site_id", "month", "actual_kwh", "expected_kwh", "typical_kwh", "days"]
LAG_COLUMNS = ["site_id", "season", "lag_hours", "correlation", "hours"]


@dataclass
class Fitted:
    """Rows of the tables, and the sites that could not be fitted."""

    fits: list[dict[str, object]] = field(default_factory=list)
    months: list[pd.DataFrame] = field(default_factory=list)
    lags: list[pd.DataFrame] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    sites: int = 0


def fit_all(conn: Connection, progress: Progress) -> Fitted:
    """Fit all nodes of the tree that have use."""
    fitted, everywhere = Fitted(), places(conn)
    for first in range(0, len(everywhere), SITES_AT_ONCE):
        some = everywhere.iloc[first : first + SITES_AT_ONCE]
        progress(first / len(everywhere), "fitting use to temperature")
        for site, days, history_c, hours in _inputs(conn, some):
            try:
                _add(fitted, site, fit_site(days, history_c), hours)
            except ModelError as error:
                fitted.failures.append(Failure(f"site {site['name']}", str(error), site_id=int(site["site_id"])))
            except UNFORESEEN as error:
                fitted.failures.append(unforeseen(f"site {site['name']}", error, int(site["site_id"])))
    return fitted


def frame_of(parts: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Join the rows of all sites."""
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _inputs(
    conn: Connection, some: pd.DataFrame
) -> Iterator[tuple[pd.Series, pd.DataFrame, "pd.Series[float]", pd.DataFrame]]:
    """Yield each site with use: its days, all daily temperatures known, and its hours of the last year, local."""
    ids = some["site_id"].tolist()
    loads = dict(iter(daily_load(conn, "node", ids).groupby("owner_id")))
    temperatures = dict(iter(daily_temperature(conn, ids).groupby("site_id")))
    if not loads:
        return
    since = max(load["day"].max() for load in loads.values()).tz_localize("UTC") - A_YEAR
    hours = dict(iter(hourly_load(conn, "node", ids, start=since).groupby("owner_id")))
    degrees = dict(iter(hourly_temperature(conn, ids, start=since).groupby("site_id")))
    nothing = pd.DataFrame({"day": pd.DatetimeIndex([]), "temperature_c": pd.Series(dtype="float64")})
    for _, site in some.iterrows():
        number = site["site_id"]
        if number not in loads:
            continue
        history_c = temperatures.get(number, nothing).set_index("day")["temperature_c"]
        yield (
            site,
            _days(site, loads[number], history_c),
            history_c,
            _hours(site, hours.get(number), degrees.get(number)),
        )


def _days(site: pd.Series, load: pd.DataFrame, history_c: "pd.Series[float]") -> pd.DataFrame:
    whole = complete_days(load).set_index("day")
    index = pd.DatetimeIndex(whole.index)
    free = np.isin(index.to_numpy(), public_holidays(site["country"], site["subdivision"], index))
    workday = ~free & (np.asarray(index.day_of_week) < FIRST_OF_WEEKEND)
    return whole[["energy_kwh"]].join(history_c).assign(workday=workday)


def _hours(site: pd.Series, load: pd.DataFrame | None, degrees: pd.DataFrame | None) -> pd.DataFrame:
    """Join use and temperature by the hour, without the use of public holidays, which no weather explains."""
    if load is None or degrees is None:
        return pd.DataFrame(columns=["energy_kwh", "temperature_c"])
    joined = load.merge(degrees, on="ts").set_index("ts")[["energy_kwh", "temperature_c"]].tz_convert(site["timezone"])
    days = pd.DatetimeIndex(joined.index).tz_localize(None).normalize()
    free = np.isin(days.to_numpy(), public_holidays(site["country"], site["subdivision"], days))
    return joined.assign(energy_kwh=joined["energy_kwh"].mask(free))


def _add(fitted: Fitted, site: pd.Series, fit: SiteFit, hours: pd.DataFrame) -> None:
    number = int(site["site_id"])
    fitted.sites += 1
    for day_type, model in fit.fits.items():
        values = asdict(model)
        row = {"site_id": number, "day_type": day_type, "reasons": list(values.pop("disqualifications"))}
        span = {"first_day": fit.first_day, "last_day": fit.last_day, "qualified": model.qualified}
        fitted.fits.append(row | values | span)
    if fit.months is not None:
        fitted.months.append(fit.months.assign(site_id=number))
    fitted.lags.append(correlation_by_lag(hours).assign(site_id=number))
