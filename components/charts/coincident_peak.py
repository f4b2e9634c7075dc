import pandas as pd
import plotly.graph_objects as go

from components.charts.base import blank, month_ticks, nothing_figure, nothing_in
from components.theme import ACTUAL, FADED
from pipeline.definitions import format_share


def coincident_peak(frame: pd.DataFrame, theme: str) -> go.Figure:
    """Draw a node's own peak of each month beside its power in the hour when the organisation peaked.

    ``month, at, at_peak_kw, own_peak_kw, own_at, share``.
    """
    if nothing_in(frame, "own_peak_kw"):
        return nothing_figure(frame, theme)
    months = frame["month"].dt.strftime("%Y-%m-%d").tolist()
    figure = blank(theme)
    figure.add_bar(
        x=months,
        y=frame["own_peak_kw"].round(2).tolist(),
        name="Own peak",
        marker_color=FADED,
        customdata=frame["own_at"].dt.strftime("%a %-d %b, %H:%M").tolist(),
        hovertemplate="%{y:,.4~g} kW, %{customdata}<extra>Own peak</extra>",
    )
    figure.add_bar(
        x=months,
        y=frame["at_peak_kw"].round(2).tolist(),
        name="When the organisation peaked",
        marker_color=ACTUAL,
        customdata=[
            f"{at:%a} {at.day} {at:%b, %H:%M}, {format_share(share, decimals=1)} of the peak"
            for at, share in zip(frame["at"], frame["share"], strict=True)
        ],
        hovertemplate="%{y:,.4~g} kW, %{customdata}<extra>At the organisation's peak</extra>",
    )
    return figure.update_layout(
        barmode="group",
        hovermode="x unified",
        xaxis={"dtick": month_ticks(len(months)), "tickformat": "%b\n%Y", "type": "date"},
        yaxis={"title_text": "kW", "tickformat": ",~s"},
    )
