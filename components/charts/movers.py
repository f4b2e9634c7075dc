import pandas as pd
import plotly.graph_objects as go

from components.charts.base import (
    Shown,
    blank,
    message_figure,
    nothing_figure,
    nothing_in,
    plain,
    room_for_words,
    written,
)
from components.theme import LESS, MORE
from pipeline.definitions import Measure, format_change

MOST_BARS = 12


def movers(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw the largest changes as diverging bars: ``site_id, name, amount, compare_amount, change, change_ratio``.

    customdata of a bar is [site_id, now, before].
    """
    if nothing_in(frame, "change"):
        return nothing_figure(frame, theme, "Choose a period to compare with to see what changed.")
    known = frame.dropna(subset="change")
    if not known["compare_amount"].fillna(0.0).any():
        return message_figure("There is nothing in the period compared with.", theme)
    largest = known.loc[known["change"].abs().sort_values(ascending=False).index[:MOST_BARS]]
    ordered = largest.sort_values("change")
    shown = Shown.of(measure, ordered["change"])
    changes = shown.numbers(ordered["change"])
    now, before = written(measure, ordered["amount"]), written(measure, ordered["compare_amount"])
    figure = blank(theme)
    figure.add_bar(
        x=changes,
        y=plain(ordered["name"]),
        orientation="h",
        text=[format_change(ratio) for ratio in ordered["change_ratio"]],
        textposition="outside",
        textangle=0,
        cliponaxis=False,
        marker_color=[MORE if change > 0 else LESS for change in ordered["change"]],
        customdata=[list(row) for row in zip(ordered["site_id"].tolist(), now, before, strict=True)],
        hovertemplate="%{y}<br>%{customdata[2]} → %{customdata[1]}<br>"
        f"{shown.hover('x')} (%{{text}})<extra></extra>",
    )
    return figure.update_layout(
        xaxis=shown.axis(showgrid=True, showline=False, ticks="", range=room_for_words(changes, 0.34)),
        yaxis={"type": "category", "showgrid": False},
        showlegend=False,
    )
