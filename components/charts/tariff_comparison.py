import pandas as pd
import plotly.graph_objects as go

from components.charts.base import blank, message_figure, plain, room_for_words
from components.charts.money import amount
from components.theme import ACTUAL, COMPARE, LESS, MORE

NOTHING_TO_COMPARE = "There is no other tariff of this country to compare with: import one below."
MOST_BARS = 15


def tariff_comparison(frame: pd.DataFrame, currency: str, theme: str) -> go.Figure:
    """Draw what a site's load would have cost under each tariff; of several sites, what the cheapest would change.

    ``site_id, site, tariff, current, months, cost, difference``.
    """
    others = frame[~frame["current"]]
    if others.empty:
        return message_figure(NOTHING_TO_COMPARE, theme)
    if (frame["site_id"] == frame["site_id"].iloc[0]).all():
        return _costs(frame, currency, theme)
    return _savings(others, currency, theme)


def _costs(frame: pd.DataFrame, currency: str, theme: str) -> go.Figure:
    ordered = frame.sort_values("cost", ascending=False)
    names = [
        f"{name} (now)" if current else name
        for name, current in zip(plain(ordered["tariff"]), ordered["current"], strict=True)
    ]
    colours = [ACTUAL if current else COMPARE for current in ordered["current"]]
    return _bars(ordered["cost"], names, colours, currency, theme)


def _savings(others: pd.DataFrame, currency: str, theme: str) -> go.Figure:
    best = others.loc[others.groupby("site_id")["difference"].idxmin()]
    ordered = best.sort_values("difference", ascending=True).head(MOST_BARS).iloc[::-1]
    sites, tariffs = plain(ordered["site"]), plain(ordered["tariff"])
    names = [f"{site}<br>{tariff}" for site, tariff in zip(sites, tariffs, strict=True)]
    colours = [LESS if value < 0 else MORE for value in ordered["difference"]]
    return _bars(ordered["difference"], names, colours, currency, theme)


def _bars(values: pd.Series, names: list[str], colours: list[str], currency: str, theme: str) -> go.Figure:
    figure = blank(theme)
    figure.add_bar(
        x=values.round(2).tolist(),
        y=names,
        orientation="h",
        marker_color=colours,
        text=[amount(value, currency) for value in values],
        textposition="auto",
        cliponaxis=False,
        hovertemplate="%{y}<br>%{text}<extra></extra>",
    )
    return figure.update_layout(
        xaxis={
            "title_text": currency,
            "tickformat": ",~s",
            "showgrid": True,
            "showline": False,
            "ticks": "",
            "range": room_for_words(values.astype(float), 0.16),
        },
        yaxis={"type": "category", "showgrid": False},
        showlegend=False,
    )
