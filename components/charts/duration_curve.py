import pandas as pd
import plotly.graph_objects as go

from components.charts.base import NOTHING_TO_DRAW, PER_CENT_TICKS, Shown, blank, message_figure, nothing_in, numbers
from components.theme import ACTUAL, BAND
from pipeline.definitions import Measure


def duration_curve(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw the power exceeded for each share of the time: ``share_of_time`` (0 to 1), ``power_kw``, largest first."""
    if nothing_in(frame, "power_kw"):
        return message_figure(NOTHING_TO_DRAW, theme)
    shown = Shown.of(measure, frame["power_kw"])
    figure = blank(theme)
    figure.add_scatter(
        x=numbers(frame["share_of_time"], 100),
        y=shown.numbers(frame["power_kw"]),
        mode="lines",
        line={"color": ACTUAL, "width": 1.5},
        fill="tozeroy",
        fillcolor=BAND,
        hovertemplate=f"At least {shown.hover()}<br>for %{{x:.1f}} % of the time<extra></extra>",
    )
    return figure.update_layout(
        xaxis=PER_CENT_TICKS | {"title_text": "Share of the time", "range": [0, 100.2], "dtick": 20},
        yaxis={"title_text": shown.unit, "tickformat": ",~g"},
        showlegend=False,
        margin_r=22,  # half of "100 %"
    )
