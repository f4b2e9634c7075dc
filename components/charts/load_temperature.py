from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, blank, message_figure, numbers
from components.theme import ACTUAL, ESTIMATED
from pipeline.definitions import Measure

NOTHING_TO_COMPARE = "No day of this year has both use and temperature."
DAY_TYPES = {"all": ("All days", ACTUAL), "workday": ("Workdays", ACTUAL), "free": ("Weekends and holidays", ESTIMATED)}


def load_temperature(days: pd.DataFrame, fits: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw the use of days over their mean temperature, with the change-point models.

    ``days``: ``day, energy_kwh, temperature_c, day_type, selected``; days of the selected period are drawn stronger.
    ``fits``: ``day_type, base_kwh, heating_slope, heating_balance_c, cooling_slope, cooling_balance_c``.
    """
    if days.empty:
        return message_figure(NOTHING_TO_COMPARE, theme)
    shown = Shown.of(measure, days["energy_kwh"])
    figure = blank(theme)
    for day_type in ("workday", "free"):
        some = days[days["day_type"] == day_type]
        for selected in (False, True):
            in_legend = selected or not some["selected"].any()
            _add_days(figure, some[some["selected"] == selected], day_type, shown, strong=selected, in_legend=in_legend)
    apart = fits[fits["day_type"] != "all"]
    for fit in (apart if len(apart) else fits).to_dict("records"):
        _add_model(figure, fit, days["temperature_c"], shown)
    return figure.update_layout(
        xaxis={"title_text": "Mean temperature of the day, °C", "ticksuffix": "", "zeroline": False},
        yaxis=shown.axis(title_text=f"{shown.unit} per day"),
        hovermode="closest",
    )


def _add_days(
    figure: go.Figure, days: pd.DataFrame, day_type: str, shown: Shown, *, strong: bool, in_legend: bool
) -> None:
    if days.empty:
        return
    name, colour = DAY_TYPES[day_type]
    figure.add_scatter(
        x=numbers(days["temperature_c"]),
        y=shown.numbers(days["energy_kwh"]),
        mode="markers",
        name=name,
        legendgroup=day_type,
        showlegend=in_legend,
        marker={"color": colour, "size": 8 if strong else 5, "opacity": 0.95 if strong else 0.3},
        customdata=days["day"].dt.strftime("%a %-d %b %Y").tolist(),
        hovertemplate=f"%{{customdata}}<br>%{{x:.1f}} °C<br>{shown.hover()}<extra></extra>",
    )


def _add_model(figure: go.Figure, fit: Mapping[Hashable, Any], temperature_c: "pd.Series[float]", shown: Shown) -> None:
    """Draw a model as a line that bends at its balance points."""
    name, colour = DAY_TYPES[str(fit["day_type"])]
    balances = [fit["heating_balance_c"], fit["cooling_balance_c"]]
    known = [float(value) for value in balances if pd.notna(value)]
    low, high = float(temperature_c.min()), float(temperature_c.max())
    at = np.array(sorted({low, high, *(value for value in known if low < value < high)}))
    use = np.full(len(at), float(fit["base_kwh"]))
    if pd.notna(balances[0]):
        use += float(fit["heating_slope"]) * np.maximum(float(balances[0]) - at, 0)
    if pd.notna(balances[1]):
        use += float(fit["cooling_slope"]) * np.maximum(at - float(balances[1]), 0)
    figure.add_scatter(
        x=at.round(2).tolist(),
        y=shown.numbers(pd.Series(use)),
        mode="lines",
        name=f"Model, {name.lower()}",
        showlegend=False,
        line={"color": colour, "width": 2.5},
        hovertemplate=f"Model at %{{x:.1f}} °C<br>{shown.hover()}<extra></extra>",
    )
