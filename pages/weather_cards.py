"""The figures at the head of the Weather page, and the sentences about what is wrong with its data."""

from math import isfinite

import pandas as pd
from dash import html

from components.cards import kpi_card
from components.icons import icon
from components.states import empty_state
from pages.wording import DASH
from pipeline.definitions import MEASURES, format_share, format_value
from pipeline.warehouse.queries.site_weather import Source
from pipeline.warehouse.queries.weather import FAR_KM

NO_STATION = (
    "No weather is known here. Say where the site lies with the command site, and load a file with the command "
    "weather or choose a provider in the settings."
)
NO_FIT = "Nothing is fitted for this site yet: the command weather does it, once there are 30 days of use and weather."


def notices(source: Source, of_providers: pd.DataFrame, fits: pd.DataFrame) -> list[html.Div]:
    """Say what a reader should know before trusting the page."""
    if not source.stations:
        return [empty_state(NO_STATION, icon_name="weather")]
    found = [_provider(row) for row in of_providers.to_dict("records")]
    if source.is_far:
        found.append(
            f"The weather is from {_stations(source)}, {source.distance_km:,.0f} km away: beyond {FAR_KM:g} km it says "
            "little of this site."
        )
    if fits.empty:
        found.append(NO_FIT)
    else:
        found += fits.loc[fits["day_type"] == "all", "reasons"].explode().dropna().tolist()
    return [html.Div([icon("warning"), html.Span(text)], className="notice-bar") for text in found]


def cards(source: Source, fits: pd.DataFrame) -> list[html.Article]:
    """Show base load, heating, cooling, how much temperature explains, and the station; of workdays where apart."""
    fit = _telling(fits)
    day = "a workday" if fit.get("day_type") == "workday" else "a day"
    return [
        kpi_card("Base load", _energy(fit.get("base_kwh")), note=f"{day}, whatever the weather" if fit else ""),
        _slope("Heating", fit, "heating", f"{day} for each degree below"),
        _slope("Cooling", fit, "cooling", f"{day} for each degree above"),
        kpi_card("Explained by temperature", _share(fit.get("r2_adjusted")), note=_quality(fit)),
        _station(source),
    ]


def _telling(fits: pd.DataFrame) -> dict[str, object]:
    """Choose the model of workdays: weekends among them would hide what temperature does. That of all days, or none."""
    models = {row["day_type"]: row for row in fits.to_dict("records")}
    chosen = models.get("workday", models.get("all", {}))
    return {str(name): value for name, value in chosen.items()}


def _provider(row: dict[object, object]) -> str:
    last = row["last_success"]
    since = f" The last weather came on {last:%-d %b %Y at %H:%M} UTC." if isinstance(last, pd.Timestamp) else ""
    return f"{row['notice']}{since}"


def _slope(label: str, fit: dict[str, object], side: str, where: str) -> html.Article:
    slope, balance = fit.get(f"{side}_slope"), fit.get(f"{side}_balance_c")
    if not fit or not isinstance(balance, float) or not isfinite(balance):
        return kpi_card(label, DASH, note="no such part found" if fit else "")
    return kpi_card(label, _energy(slope), note=f"{where} {balance:g} °C")


def _energy(value: object) -> str:
    return format_value(MEASURES["energy_kwh"], value) if isinstance(value, float) else DASH


def _share(value: object) -> str:
    return format_share(value if isinstance(value, float) else None)


def _quality(fit: dict[str, object]) -> str:
    error = fit.get("cvrmse")
    return f"single days differ by {format_share(error)} (CV(RMSE))" if isinstance(error, float) else ""


def _station(source: Source) -> html.Article:
    away = DASH if source.distance_km is None else f"{source.distance_km:,.0f} km"
    if len(source.stations) > 1:
        return kpi_card("Weather stations", f"{len(source.stations)}", note=f"their mean; none beyond {away}")
    return kpi_card("Weather station", away, note=_stations(source))


def _stations(source: Source) -> str:
    if len(source.stations) > 1:
        return f"the mean of {len(source.stations)} stations"
    return source.stations[0] if source.stations else ""
