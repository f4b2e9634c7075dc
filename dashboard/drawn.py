"""What each chart draws, by the chart's name: the frame behind its figure and behind its CSV is the same."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import pandas as pd

from dashboard import forecasts
from dashboard.data import ask
from dashboard.degree_days import degree_days_of
from dashboard.explained_change import change_in_steps
from pipeline.analytics.recommendations.indicator_list import INDICATORS
from pipeline.errors import SelectionError
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import (
    anomalies,
    anomaly_detail,
    bills,
    consumption,
    costs,
    overview,
    quality,
    realised,
    recommendations,
    site_profiles,
    site_weather,
)
from pipeline.warehouse.recommendation_decisions import FINGERPRINT
from pipeline.warehouse.valued import is_valued

Options = Mapping[str, str]
Zoom = tuple[datetime, datetime]
Drawn = Callable[[Filters, Options], pd.DataFrame]

WHOLE = "This is the whole organisation: choose a site to see its part of the peak."
ALL = 0.999_999  # a sum of the same hours in another order


def frame_of(chart: str, filters: Filters, options: Options) -> pd.DataFrame:
    """Return what the chart of this name draws. Raises SelectionError where there is no such chart."""
    if chart not in CHARTS:
        raise SelectionError("There is no chart of this name.")
    frame = CHARTS[chart](filters, options)
    return explained(frame, filters) if chart in FOLLOW_THE_MEASURE else frame


def explained(frame: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """Empty a frame of cost or CO2 where there is none to show, with the reason in ``attrs["nothing"]``."""
    reason = ask(costs.scope, filters).why_none(filters.measure) if is_valued(filters.measure) else None
    return frame if reason is None else emptied(frame, reason)


def emptied(frame: pd.DataFrame, reason: str) -> pd.DataFrame:
    """Leave the columns of a frame alone, with the reason in ``attrs["nothing"]``: for the chart and its CSV alike."""
    empty = frame.iloc[:0].copy()
    empty.attrs["nothing"] = reason
    return empty


def coincident_peak(filters: Filters) -> pd.DataFrame:
    """Return the part of a site in the organisation's peak, of the year to the period's end; of itself, nothing."""
    frame = ask(bills.coincident_peak, bills.over_a_year(filters))
    return emptied(frame, WHOLE) if len(frame) and (frame["share"] > ALL).all() else frame


def zoom_of(options: Options) -> Zoom | None:
    """Read ``zoom_start`` and ``zoom_end``, naive local times; None without. Raises SelectionError."""
    start, end = options.get("zoom_start"), options.get("zoom_end")
    if not start or not end:
        return None
    zoom = _time(start), _time(end)
    if zoom[0] >= zoom[1]:
        raise SelectionError("The zoomed part must start before it ends.")
    return zoom


def overlay_of(options: Options) -> Literal["week", "year"]:
    """Read ``by``: weeks or years on top of each other. Raises SelectionError."""
    match options.get("by", "week"):
        case "week":
            return "week"
        case "year":
            return "year"
    raise SelectionError("Weeks or years can be laid over each other, nothing else.")


def breakdown_of(options: Options) -> Literal["tree", "sector"]:
    """Read ``by``: parts by the site tree or by sector. Raises SelectionError."""
    match options.get("by", "tree"):
        case "tree":
            return "tree"
        case "sector":
            return "sector"
    raise SelectionError("The parts can be those of the site tree or the sectors, nothing else.")


def anomaly_of(options: Options) -> int:
    """Read ``anomaly``, the number of an event. Raises SelectionError."""
    text = options.get("anomaly", "")
    if not (text.isascii() and text.isdecimal() and len(text) < len(str(2**31))):
        raise SelectionError("Choose an anomaly from the list.")
    return int(text)


def recommendation_of(options: Options) -> str:
    """Read ``recommendation``, the fingerprint of one. Raises SelectionError."""
    name = options.get("recommendation", "")
    if not FINGERPRINT.fullmatch(name):
        raise SelectionError("Choose a recommendation.")
    return name


def indicator_of(options: Options) -> str:
    """Read ``indicator``, what sites are compared by. Raises SelectionError."""
    key = options.get("indicator") or "base_share"
    if key not in INDICATORS:
        raise SelectionError("Sites are not compared by this.")
    return key


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise SelectionError("The zoomed part must be given as times like 2024-12-31T08:00.") from None
    return time.replace(tzinfo=None, microsecond=0)


FOLLOW_THE_MEASURE = frozenset(
    {
        "overview-trend",
        "overview-map",
        "overview-parts",
        "overview-movers",
        "overview-change",
        "consumption-series",
        "consumption-carpet",
        "consumption-profile",
        "consumption-overlay",
        "consumption-ranking",
    }
)


def currency_of(filters: Filters, options: Options) -> str:
    """Read ``currency``, by default that of most sites; empty without a bill. Raises SelectionError for another."""
    paid = ask(bills.currencies, filters.site_id)
    chosen = options.get("currency") or (paid[0] if paid else "")
    if chosen and chosen not in paid:
        raise SelectionError(f"No site here pays in {chosen[:3]!a}: choose another currency.")
    return chosen


CHARTS: dict[str, Drawn] = {
    "overview-trend": lambda filters, _: ask(overview.trend, filters),
    "overview-map": lambda filters, _: ask(overview.site_map, filters),
    "overview-parts": lambda filters, options: ask(overview.breakdown, filters, by=breakdown_of(options)),
    "overview-movers": lambda filters, _: ask(overview.movers, filters),
    "overview-change": lambda filters, _: change_in_steps(filters),
    "consumption-series": lambda filters, options: ask(consumption.series, filters, zoom=zoom_of(options)).frame,
    "consumption-carpet": lambda filters, _: ask(consumption.carpet, filters),
    "consumption-profile": lambda filters, _: ask(consumption.profile, filters),
    "consumption-duration": lambda filters, _: ask(consumption.duration_curve, filters),
    "consumption-overlay": lambda filters, options: ask(consumption.overlay, filters, by=overlay_of(options)),
    "consumption-ranking": lambda filters, _: ask(consumption.ranking, filters),
    "consumption-histogram": lambda filters, _: ask(consumption.histogram, filters),
    "anomalies-timeline": lambda filters, options: (
        ask(anomalies.events, filters, anomalies.Narrowed.from_query(options)).frame
    ),
    "anomaly-course": lambda _, options: ask(anomaly_detail.course, anomaly_of(options)),
    "anomaly-like-days": lambda _, options: ask(anomaly_detail.like_days, anomaly_of(options)),
    "weather-scatter": lambda filters, _: ask(site_weather.days, filters),
    "weather-degree-days": degree_days_of,
    "weather-lag": lambda filters, _: ask(site_weather.lags, filters.site_id),
    "weather-months": lambda filters, _: ask(site_weather.months, filters.site_id),
    "recommendations-evidence": lambda _, options: ask(recommendations.evidence, recommendation_of(options)),
    "recommendations-realised": lambda filters, _: ask(realised.measured, filters),
    "recommendations-cusum": lambda _, options: ask(realised.course, recommendation_of(options)),
    "recommendations-peers": lambda filters, options: ask(site_profiles.compared, filters, indicator_of(options)),
    "recommendations-shapes": lambda _, __: ask(site_profiles.shapes),
    "forecast-fan": lambda filters, options: forecasts.fan(filters, forecasts.Choice.from_query(options)),
    "forecast-drivers": lambda filters, options: forecasts.drivers(filters, forecasts.Choice.from_query(options)),
    "forecast-past": lambda filters, options: forecasts.past(filters, forecasts.Choice.from_query(options)),
    "data-flags": lambda filters, _: ask(quality.flags_by_rule, filters),
    "bills-months": lambda filters, options: ask(
        bills.by_month, bills.over_a_year(filters), currency_of(filters, options)
    ),
    "bills-periods": lambda filters, options: ask(bills.by_period, filters, currency_of(filters, options)),
    "bills-comparison": lambda filters, options: ask(bills.comparison, filters, currency_of(filters, options)),
    "bills-peak": lambda filters, _: coincident_peak(filters),
}
