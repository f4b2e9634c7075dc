import pandas as pd
import plotly.graph_objects as go

from components.charts.base import blank, message_figure, nothing_in, numbers
from components.theme import LESS, MORE

NO_CORRELATION = "Too few hours have both use and temperature."
SMALLEST_RANGE = 0.5  # below, noise would look like much
SEASONS = {"cold": ("Cold days", LESS), "warm": ("Warm days", MORE)}


def temperature_lag(frame: pd.DataFrame, theme: str) -> go.Figure:
    """Draw the correlation of use with the temperature some hours before: ``season, lag_hours, correlation, hours``.

    The strongest of each season is marked.
    """
    if nothing_in(frame, "correlation"):
        return message_figure(NO_CORRELATION, theme)
    figure = blank(theme)
    largest = min(1.05, max(SMALLEST_RANGE, 1.2 * float(frame["correlation"].abs().max())))
    for season, (label, colour) in SEASONS.items():
        lags = frame[frame["season"] == season].sort_values("lag_hours")
        if lags.empty:
            continue
        strongest = int(lags["correlation"].abs().to_numpy().argmax())
        sizes = [9 if place == strongest else 0 for place in range(len(lags))]
        figure.add_scatter(
            x=lags["lag_hours"].tolist(),
            y=numbers(lags["correlation"]),
            name=label,
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": sizes, "opacity": 1},
            hovertemplate=f"%{{x}} hours before: %{{y:.2f}}<extra>{label}</extra>",
        )
    return figure.update_layout(
        xaxis={"title_text": "Hours that the temperature comes before", "dtick": 6},
        yaxis={"title_text": "Correlation", "range": [-largest, largest], "tickformat": ".1f"},
    )
