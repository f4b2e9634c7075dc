import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, blank, message_figure, nothing_in
from components.theme import ACTUAL, MORE
from pipeline.definitions import Measure

NO_TYPICAL_YEAR = "Use at typical weather needs a year of weather at the station, and a fit."


def normalised_use(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw the use of months as bars, and what it would have been at typical weather as a line.

    Columns: ``month, actual_kwh, normalised_kwh``.
    """
    if nothing_in(frame, "normalised_kwh"):
        return message_figure(NO_TYPICAL_YEAR, theme)
    shown = Shown.of(measure, frame["actual_kwh"], frame["normalised_kwh"])
    months = frame["month"].dt.strftime("%Y-%m-%d").tolist()
    figure = blank(theme)
    figure.add_bar(
        x=months,
        y=shown.numbers(frame["actual_kwh"]),
        name="As used",
        marker_color=ACTUAL,
        hovertemplate=shown.hover() + "<extra>As used</extra>",
    )
    figure.add_scatter(
        x=months,
        y=shown.numbers(frame["normalised_kwh"]),
        name="At typical weather",
        mode="lines+markers",
        line={"color": MORE, "width": 2},
        marker={"size": 6},
        hovertemplate=shown.hover() + "<extra>At typical weather</extra>",
    )
    return figure.update_layout(
        xaxis={"tickformat": "%b\n%Y", "hoverformat": "%B %Y"}, yaxis=shown.axis(), hovermode="x unified"
    )
