import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, blank, message_figure, nothing_in
from components.theme import FADED, MORE
from pipeline.definitions import MEASURES

NO_DAYS = "This meter has no reading on the day of the event or days like it."


def like_days(frame: pd.DataFrame, theme: str) -> go.Figure:
    """Draw the event's day over the days of its type before: ``day, hour, energy_kwh, role`` ("event", "like")."""
    if nothing_in(frame, "energy_kwh"):
        return message_figure(NO_DAYS, theme)
    shown = Shown.of(MEASURES["energy_kwh"], frame["energy_kwh"])
    figure = blank(theme)
    others = frame[frame["role"] == "like"]
    for place, (day, hours) in enumerate(others.groupby("day")):
        _add_day(figure, hours, day, shown, {"color": FADED, "width": 1}, first=place == 0, name="Like days before")
    for day, hours in frame[frame["role"] == "event"].groupby("day"):
        _add_day(figure, hours, day, shown, {"color": MORE, "width": 2.4}, first=True, name="Day of the event")
    ticks = {"tickvals": list(range(0, 24, 3)), "ticktext": [f"{hour:02d}:00" for hour in range(0, 24, 3)]}
    return figure.update_layout(hovermode="closest", xaxis=ticks, yaxis=shown.axis())


def _add_day(
    figure: go.Figure,
    hours: pd.DataFrame,
    day: object,
    shown: Shown,
    line: dict[str, object],
    *,
    first: bool,
    name: str,
) -> None:
    written = f"{pd.Timestamp(str(day)):%a %-d %b %Y}"
    figure.add_scatter(
        x=hours["hour"].tolist(),
        y=shown.numbers(hours["energy_kwh"]),
        name=name,
        legendgroup=name,
        showlegend=first,
        mode="lines",
        line=line,
        hovertemplate=f"{written}, %{{x}}:00: {shown.hover()}<extra></extra>",
    )
