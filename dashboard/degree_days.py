"""Degree days by the method and the base that a reader chose."""

from collections.abc import Mapping

import pandas as pd

from dashboard.data import ask
from pipeline.errors import SelectionError
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import site_weather

COLDEST_BASE_C, HOTTEST_BASE_C = -10.0, 40.0
OF_THE_SITE, USUAL = "site", "15.5"


def degree_days_of(filters: Filters, options: Mapping[str, str]) -> pd.DataFrame:
    """Read ``method`` and ``base``, and ask for degree days by them. Raises SelectionError."""
    heating_c, cooling_c = bases_of(filters.site_id, options)
    match options.get("method", "mean"):
        case "mean":
            return ask(site_weather.degree_days, filters, "mean", heating_c, cooling_c)
        case "hourly":
            return ask(site_weather.degree_days, filters, "hourly", heating_c, cooling_c)
    raise SelectionError("Degree days are counted from the mean of a day or from its hours, in no other way.")


def bases_of(site_id: int, options: Mapping[str, str]) -> tuple[float, float]:
    """Read ``base``: degrees, or "site" for the site's own balance points; of heating and of cooling.

    Raises SelectionError.
    """
    text = options.get("base", USUAL)
    if text == OF_THE_SITE:
        return site_weather.balance_points(ask(site_weather.fits, site_id))
    try:
        degrees = float(text)
    except ValueError:
        raise SelectionError("The base of degree days is a temperature such as 15.5.") from None
    if not COLDEST_BASE_C <= degrees <= HOTTEST_BASE_C:
        raise SelectionError("The base of degree days lies between -10 and 40 °C.")
    return degrees, degrees
