from typing import TypeVar

import pandas as pd
import plotly.graph_objects as go

from components.charts.base import PER_CENT_TICKS, blank, message_figure, plain
from components.theme import ACTUAL, FADED, MORE
from pipeline.definitions import format_share

NO_PEERS = "No site here has peers to be compared with in this."
LEVELS = 5
SPREAD = 0.16
Number = TypeVar("Number", float, pd.Series)


def peer_dots(frame: pd.DataFrame, label: str, unit: str, theme: str) -> go.Figure:
    """Draw each site as a dot among those of its sector, and the best fifth as a line: ``site_id, site, sector, value,
    best, peers, selected``. customdata of a dot is [site_id]; ratios (no unit) are written in per cent.
    """  # noqa: D205 - the columns belong to the sentence
    if frame.empty:
        return message_figure(NO_PEERS, theme)
    sectors = sorted(frame["sector"].unique(), reverse=True)
    place = {sector: number for number, sector in enumerate(sectors)}
    figure = blank(theme)
    for selected, colour, name in ((False, FADED, "Other sites"), (True, ACTUAL, "Selected sites")):
        dots = frame[frame["selected"] == selected]
        if not dots.empty:
            _add_dots(figure, dots, place, {"color": colour, "name": name, "unit": unit})
    _add_best(figure, frame.assign(best=_drawn(frame["best"], unit)), place)
    return figure.update_layout(
        xaxis={
            "title_text": f"{label}, {unit}" if unit else label,
            **({"tickformat": ",.3~g"} if unit else PER_CENT_TICKS),
            "showgrid": True,
            "rangemode": "tozero",
        },
        yaxis={
            "tickvals": list(place.values()),
            "ticktext": [name.capitalize() for name in plain(place)],
            "range": [-0.6, len(sectors) - 0.4],
            "rangemode": "normal",
            "zeroline": False,
            "showgrid": False,
        },
        hovermode="closest",
    )


def _add_dots(figure: go.Figure, dots: pd.DataFrame, place: dict[str, int], style: dict[str, str]) -> None:
    """Set the dots of a sector one above the other in turn, so that close ones do not hide each other."""
    turn = dots.groupby("sector").cumcount() % LEVELS - LEVELS // 2
    written = [f"{value:,.3g} {style['unit']}" if style["unit"] else format_share(value) for value in dots["value"]]
    figure.add_scatter(
        x=[float(f"{_drawn(value, style['unit']):.6g}") for value in dots["value"]],
        y=[place[sector] + float(step) * SPREAD / 2 for sector, step in zip(dots["sector"], turn, strict=True)],
        mode="markers",
        name=style["name"],
        marker={"color": style["color"], "size": 10},
        text=[f"{name}<br>{value}" for name, value in zip(plain(dots["site"]), written, strict=True)],
        customdata=[[int(number)] for number in dots["site_id"]],
        hovertemplate="%{text}<extra></extra>",
    )


def _add_best(figure: go.Figure, frame: pd.DataFrame, place: dict[str, int]) -> None:
    """Mark the best fifth of each sector by an upright line; where sizes make several groups, by their mean."""
    best = frame.dropna(subset="best").groupby("sector")["best"].mean()
    x: list[float | None] = []
    y: list[float | None] = []
    for sector, value in best.items():
        x += [float(value), float(value), None]
        y += [place[str(sector)] - 0.35, place[str(sector)] + 0.35, None]
    if x:
        line = {"color": MORE, "width": 2}
        figure.add_scatter(x=x, y=y, mode="lines", name="Best fifth", line=line, hoverinfo="skip")


def _drawn(value: Number, unit: str) -> Number:
    """Return a value as the axis has it: ratios in per cent."""
    return value if unit else value * 100
