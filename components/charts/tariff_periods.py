import pandas as pd
import plotly.graph_objects as go

from components.charts.base import blank, message_figure, plain
from components.charts.money import NO_BILL
from components.theme import CATEGORIES
from pipeline.definitions import format_share


def tariff_periods(frame: pd.DataFrame, currency: str, theme: str) -> go.Figure:
    """Draw what energy cost in each period of the tariff, cheapest on top: ``tariff, period, energy_kwh, cost``
    and ``mean_price``.
    """  # noqa: D205 - the columns need the room
    if frame.empty:
        return message_figure(NO_BILL, theme)
    ordered = frame.sort_values(["tariff", "mean_price"], ascending=[False, False])
    tariffs = sorted(ordered["tariff"].unique())
    shares = ordered["cost"] / ordered["cost"].sum()
    figure = blank(theme)
    figure.add_bar(
        x=ordered["cost"].round(2).tolist(),
        y=[f"{plain([period])[0]}<br>{plain([tariff])[0]}" for period, tariff in _names(ordered)],
        orientation="h",
        marker_color=[CATEGORIES[tariffs.index(tariff) % len(CATEGORIES)] for tariff in ordered["tariff"]],
        text=[f"{price:.4f} {currency}/kWh" for price in ordered["mean_price"]],
        textposition="auto",
        customdata=[
            [f"{energy:,.0f} kWh", format_share(share, decimals=1)]
            for energy, share in zip(ordered["energy_kwh"], shares, strict=True)
        ],
        hovertemplate="%{y}<br>%{x:,.2f} " + currency + " for %{customdata[0]}, %{customdata[1]} of all<extra></extra>",
    )
    return figure.update_layout(
        xaxis={"title_text": currency, "tickformat": ",~s", "showgrid": True, "showline": False, "ticks": ""},
        yaxis={"type": "category", "showgrid": False},
        showlegend=False,
    )


def _names(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(frame["period"].astype(str), frame["tariff"].astype(str), strict=True))
