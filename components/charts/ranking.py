import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, blank, nothing_figure, nothing_in, plain, written
from components.theme import ACTUAL
from pipeline.definitions import Measure, format_share

MOST_BARS = 15


def ranking(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw the largest sites or meters as bars: ``kind, id, name, value, share``, largest on top.

    customdata of a bar is [kind, id, share in words].
    """
    if nothing_in(frame, "value"):
        return nothing_figure(frame, theme)
    ordered = frame.dropna(subset="value").nlargest(MOST_BARS, "value").iloc[::-1]
    shown = Shown.of(measure, ordered["value"])
    shares = ["" if pd.isna(share) else f"<br>{format_share(share, decimals=1)} of all" for share in ordered["share"]]
    figure = blank(theme)
    figure.add_bar(
        x=shown.numbers(ordered["value"]),
        y=plain(ordered["name"]),
        orientation="h",
        text=written(measure, ordered["value"]),
        textposition="auto",
        textangle=0,
        marker_color=ACTUAL,
        customdata=[list(row) for row in zip(ordered["kind"], ordered["id"].tolist(), shares, strict=True)],
        hovertemplate="%{y}<br>%{text}%{customdata[2]}<extra></extra>",
    )
    return figure.update_layout(
        xaxis=shown.axis(showgrid=True, showline=False, ticks=""),
        yaxis={"type": "category", "showgrid": False},
        showlegend=False,
    )
