import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, blank, message_figure, moments, nothing_in, plain
from components.theme import CATEGORIES
from pipeline.definitions import Measure

NO_DRIVERS = "The model in use does not say what drives it."


def drivers(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw what each group of inputs adds to the usual level or takes from it, stacked: ``time, group, value_kwh``."""
    if nothing_in(frame, "value_kwh"):
        return message_figure(NO_DRIVERS, theme)
    shown = Shown.of(measure, frame["value_kwh"])
    figure = blank(theme)
    for number, (group, rows) in enumerate(frame.groupby("group", sort=False)):
        name = plain([str(group).capitalize()])[0]
        figure.add_bar(
            x=moments(rows["time"]),
            y=shown.numbers(rows["value_kwh"]),
            name=name,
            marker={"color": CATEGORIES[number % len(CATEGORIES)]},
            hovertemplate=shown.hover() + f"<extra>{name}</extra>",
        )
    axis = shown.axis(zeroline=True)
    return figure.update_layout(barmode="relative", bargap=0.05, hovermode="x unified", yaxis=axis)
