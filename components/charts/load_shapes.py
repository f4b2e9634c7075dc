import pandas as pd
import plotly.graph_objects as go

from components.charts.base import PER_CENT_TICKS, blank, message_figure, plain
from components.theme import CATEGORIES
from pipeline.definitions import format_share

NO_SHAPES = "There are too few whole days to group them by their shape."


def load_shapes(frame: pd.DataFrame, theme: str) -> go.Figure:
    """Draw the mean day of each group of days, 1 being the mean of the day: ``shape, name, share, hour, value``."""
    if frame.empty:
        return message_figure(NO_SHAPES, theme)
    figure = blank(theme)
    for shape, hours in frame.groupby("shape"):
        name, share = plain(hours["name"].iloc[:1])[0], float(hours["share"].iloc[0])
        figure.add_scatter(
            x=hours["hour"].tolist(),
            y=[float(f"{100 * value:.4g}") for value in hours["value"]],
            mode="lines",
            name=f"{name} \N{MIDDLE DOT} {format_share(share)}",
            line={"color": CATEGORIES[int(str(shape)) % len(CATEGORIES)], "width": 1.5 + 2.5 * share},
            hovertemplate=f"%{{y:.0f}} % of the day's mean<extra>{name}</extra>",
        )
    return figure.update_layout(
        xaxis={"title_text": "Local hour", "tickvals": [0, 6, 12, 18], "ticktext": ["00", "06", "12", "18"]},
        yaxis={"title_text": "Share of the day's mean", **PER_CENT_TICKS},
        hovermode="closest",
        legend={"orientation": "h", "y": -0.2, "yanchor": "top"},
    )
