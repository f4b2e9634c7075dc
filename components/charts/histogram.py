import pandas as pd
import plotly.graph_objects as go

from components.charts.base import NOTHING_TO_DRAW, Shown, blank, message_figure, nothing_in, numbers
from components.theme import ACTUAL
from pipeline.definitions import Measure


def histogram(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw how many hours fell into each range of power: ``from_kw, to_kw, hours``; the measure is one of power."""
    if nothing_in(frame, "hours"):
        return message_figure(NOTHING_TO_DRAW, theme)
    shown = Shown.of(measure, frame["to_kw"], frame["from_kw"])
    low, high = shown.numbers(frame["from_kw"]), shown.numbers(frame["to_kw"])
    middle, width = (frame["from_kw"] + frame["to_kw"]) / 2, frame["to_kw"] - frame["from_kw"]
    figure = blank(theme)
    figure.add_bar(
        x=shown.numbers(middle),
        y=numbers(frame["hours"]),
        width=numbers(width, shown.factor * 0.96),
        marker_color=ACTUAL,
        customdata=[list(pair) for pair in zip(low, high, strict=True)],
        hovertemplate="%{customdata[0]:,.4~g} to %{customdata[1]:,.4~g} "
        f"{shown.unit}<br>%{{y:,.4~g}} hours<extra></extra>",
    )
    return figure.update_layout(
        xaxis={"title_text": shown.unit, "tickformat": ",~g"},
        yaxis={"title_text": "Hours", "tickformat": ",~g"},
        showlegend=False,
    )
