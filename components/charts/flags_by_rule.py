import pandas as pd
import plotly.graph_objects as go

from components.charts.base import blank, message_figure, nothing_in
from components.theme import ESTIMATED
from pipeline.flags import FLAG_TEXTS

_MEANINGS = {text.name: text.meaning for text in FLAG_TEXTS.values()}


def flags_by_rule(frame: pd.DataFrame, theme: str) -> go.Figure:
    """Draw how many days of meters each rule marked: ``name, meter_days``; a bar's customdata is [name, meaning]."""
    if nothing_in(frame, "meter_days") or not (frame["meter_days"] > 0).any():
        return message_figure("No rule found anything to flag.", theme)
    ordered = frame[frame["meter_days"] > 0].sort_values("meter_days")
    counts = ordered["meter_days"].astype(int).tolist()
    names = ordered["name"].tolist()
    figure = blank(theme)
    figure.add_bar(
        x=counts,
        y=names,
        orientation="h",
        text=[f"{count:,}" for count in counts],
        textposition="outside",
        cliponaxis=False,
        textangle=0,
        marker_color=ESTIMATED,
        customdata=[[name, _MEANINGS.get(name, "")] for name in names],
        hovertemplate="%{y}: %{x:,} days of meters<br>%{customdata[1]}<extra></extra>",
    )
    return figure.update_layout(
        xaxis={"visible": False},
        yaxis={"type": "category", "showgrid": False},
        showlegend=False,
    )
