import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, blank, nothing_figure, nothing_in
from components.theme import ACTUAL, ESTIMATED, FADED
from pipeline.definitions import Measure

MOST_GROUPS = 60
HOURS_A_DAY = 24
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_STARTS = (1, 32, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335)


def overlay(frame: pd.DataFrame, measure: Measure, theme: str, *, by: str = "week") -> go.Figure:
    """Draw weeks or years on top of each other: ``group, position, value``, the newest strongest, the one before amber.

    position counts hours from Monday 00:00 for a week and days of the year from 1 for a year.
    """
    if nothing_in(frame, "value"):
        return nothing_figure(frame, theme)
    shown = Shown.of(measure, frame["value"])
    groups = sorted(frame["group"].dropna().unique().tolist())[-MOST_GROUPS:]
    figure = blank(theme)
    for age, group in reversed(list(enumerate(reversed(groups)))):
        _add_group(figure, frame[frame["group"] == group].sort_values("position"), str(group), age, shown)
    return figure.update_layout(
        hovermode="closest",
        xaxis=_week_axis() if by == "week" else _year_axis(),
        yaxis=shown.axis(),
        legend_traceorder="reversed",
    )


def _add_group(figure: go.Figure, group: pd.DataFrame, name: str, age: int, shown: Shown) -> None:
    newest, before = 0, 1
    line = {newest: {"color": ACTUAL, "width": 2}, before: {"color": ESTIMATED, "width": 1.25}}
    figure.add_scatter(
        x=group["position"].to_numpy(dtype=np.uint16),
        y=(group["value"] * shown.factor).to_numpy(dtype=np.float32),
        name=name,
        mode="lines",
        line=line.get(age, {"color": FADED, "width": 1}),
        showlegend=age <= before,
        hovertemplate=f"{name}<br>{shown.hover()}<extra></extra>",
    )


def _week_axis() -> dict[str, object]:
    noons = [day * HOURS_A_DAY + HOURS_A_DAY // 2 for day in range(len(WEEKDAYS))]
    return {"tickvals": noons, "ticktext": list(WEEKDAYS), "range": [0, HOURS_A_DAY * len(WEEKDAYS)], "ticks": ""}


def _year_axis() -> dict[str, object]:
    return {"tickvals": list(MONTH_STARTS), "ticktext": list(MONTHS), "range": [1, 366]}
