import pandas as pd
import plotly.graph_objects as go

from components.charts.base import blank, message_figure, month_ticks
from components.charts.money import KINDS, NO_BILL, amount


def bill_months(frame: pd.DataFrame, currency: str, theme: str, *, chosen: str = "") -> go.Figure:
    """Stack the bills of months by kind of charge: ``month, kind, amount``; what is credited lies below zero.

    customdata and x of a bar are its month, "YYYY-MM-01"; ``chosen`` is the month to mark.
    """
    if frame.empty:
        return message_figure(NO_BILL, theme)
    figure = blank(theme)
    months = frame["month"].dt.strftime("%Y-%m-%d")
    for kind, (name, colour) in KINDS.items():
        of_kind = frame["kind"] == kind
        if of_kind.any():
            figure.add_bar(
                x=months[of_kind].tolist(),
                y=frame.loc[of_kind, "amount"].round(2).tolist(),
                name=name,
                marker_color=colour,
                hovertemplate="%{y:,.2f} " + currency + "<extra>" + name + "</extra>",
            )
    totals = frame.groupby(months)["amount"].sum()
    figure.add_scatter(
        x=totals.index.tolist(),
        y=totals.round(2).tolist(),
        name="Total",
        mode="markers",
        marker={"size": 1, "opacity": 0},  # only to be read
        showlegend=False,
        text=[amount(total, currency) for total in totals],
        hovertemplate="%{text}<extra>Total</extra>",
    )
    if chosen in totals.index:
        figure.add_vrect(
            x0=str(pd.Timestamp(chosen) - pd.Timedelta(days=14)),
            x1=str(pd.Timestamp(chosen) + pd.Timedelta(days=14)),
            fillcolor="rgba(128, 140, 152, 0.16)",
            line_width=0,
            layer="below",
        )
    return figure.update_layout(
        barmode="relative",
        hovermode="x unified",
        xaxis={
            "dtick": month_ticks(len(totals)),
            "tickformat": "%b\n%Y",
            "hoverformat": "%B %Y",
            "type": "date",
        },
        yaxis={"title_text": currency, "tickformat": ",~s"},
    )
